# The numbers of the paper of the reference run, from its kept tables and by its own settings, as today's text quotes them.
KEPT = load(RECORD.config)
KEPT_LAYOUT = ResultsLayout(KEPT)
ACCOUNT = REFERENCE / "run.json"
stage_of_kept = partial(support.stage, KEPT, folder)


def kept_numbers(wildcards):
    """Tables that the paper quotes of a study."""
    quoted = KEPT_LAYOUT.quoted_from(wildcards.study)
    return {name: kept(paths) for name, paths in quoted.items()}


use rule stage as study_numbers with:
    input:
        unpack(kept_numbers),
    output:
        json="<results>/{study}/numbers.json",
    params:
        stage=stage_of_kept("{study}_numbers"),


use rule stage as paper_numbers with:
    input:
        claims=kept(["claims.parquet"]),
        calibration=kept(["calibration.parquet"]),
        studies=[
            f"<results>/{study}/numbers.json"
            for study in KEPT.studies_with_claims
            if possible(KEPT, f"{study}_claims")
        ],
        account=files([ACCOUNT]),
        published_sizes=LARGER_RUN,
        larger_clock=LARGER_CLOCK,
    output:
        json="<results>/numbers.json",
    params:
        stage=stage_of_kept("paper_numbers"),


use rule stage as compute with:
    input:
        account=files([ACCOUNT]),
    output:
        csv="<results>/compute.csv",
    params:
        stage=stage("kept_compute"),
