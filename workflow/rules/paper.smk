# The numbers that the paper quotes, what the run took, its record and its checksums.


use rule stage as study_numbers with:
    input:
        unpack(lambda wildcards: layout.quoted_from(wildcards.study)),
    output:
        json="<results>/{study}/numbers.json",
    params:
        stage=stage("{study}_numbers"),


use rule stage as paper_numbers with:
    input:
        claims=rules.claims.output.table,
        calibration=rules.calibration.output.table,
        studies=[f"<results>/{study}/numbers.json" for study in CLAIMED],
        manifests=[
            f"<results>/{study}/trajectories/{run}/manifest.json"
            for study, runs in RUNS.items()
            for run in runs
            if run not in SERIES
            or not TRAINED  # a tier of series alone has no other runs
        ],
        published_sizes=LARGER_RUN,
        larger_clock=LARGER_CLOCK,
    output:
        json="<results>/numbers.json",
    params:
        stage=stage("paper_numbers"),


# When all else is done: it sums up the benchmarks that are there then.
use rule stage as compute with:
    input:
        rules.claims.output.table,
        rules.calibration.output.table,
        expand("<figures>/{figure}.pdf", figure=FIGURES),
    output:
        csv="<results>/compute.csv",
    params:
        stage=stage("compute", benchmarks="<benchmarks>"),


# Of what has no hash inside, as tables, arrays and checkpoints have.
use rule stage as checksums with:
    input:
        files=[
            "<results>/record.json",
            "<results>/claims.csv",
            "<results>/calibration.csv",
            "<results>/explorer.html",
            [f"<results>/{study}/numbers.json" for study in CLAIMED],
            expand("<figures>/{figure}.{kind}", figure=FIGURES, kind=["pdf", "png"]),
            (
                []
                if HOSTED
                else [
                    rules.paper_numbers.output.json,
                    rules.compute.output.csv,
                    "<results>/manuscript",
                    "<paper>/paper.pdf",
                ]
            ),
        ],
    output:
        sums="<results>/SHA256SUMS",
    params:
        stage=stage("checksums"),


use rule stage as record with:
    output:
        json="<results>/record.json",
    params:
        stage=stage("record", settings=lambda wildcards: support.record(CONFIG)),
