# The paper: the numbers that it quotes, the manuscript, its PDF and its archive; and the record of the run.
MANUSCRIPT = sorted(
    path for kind in ("*.typ", "*.yml") for path in (CHECKOUT / "paper").rglob(kind)
)
# Tables that the paper quotes of each study.
QUOTED = {
    "anatomy": dict(
        events=table("anatomy", "events"),
        collapses=made("anatomy", "collapse"),
        floors=made("anatomy", "floors"),
        top_down=made("anatomy", "direction_shares"),
        precursors=table("anatomy", "precursors"),
        hierarchy=table("anatomy", "hierarchy"),
        limits=table("anatomy", "order_prediction"),
        validity=table("anatomy", "detector_validity"),
        sensitivity=made("anatomy", "sensitivity"),
    ),
    "parity": dict(
        constants=table("parity", "constants"),
        crossings=table("parity", "crossings"),
        deviations=table("parity", "deviations"),
        entropy=table("parity", "entropy_slopes"),
        exponents=table("parity", "scaling_exponents"),
        powers=table("parity", "power_laws"),
        stages=table("parity", "staging"),
        errors=table("parity", "detector_error"),
        tracking=table("parity", "measure_tracking"),
        conclusions=table("parity", "rule_outcomes"),
    ),
    "neuromfa": dict(
        over_runs=table("neuromfa", "run_means"),
        untrained=table("neuromfa", "untrained"),
    ),
    "language": dict(
        events=table("language", "events"),
        top_down=made("language", "direction_shares"),
        phases=made("language", "phase_shares"),
        precursors=table("language", "precursors"),
        hierarchy=table("language", "hierarchy"),
    ),
    "interventions": dict(
        laws=table("interventions", "clock_laws"),
        shares=table("interventions", "clock_shares"),
        effects=table("interventions", "arm_effects"),
        method=made("interventions", "method_effects"),
    ),
}


use rule stage as study_numbers with:
    input:
        unpack(lambda wildcards: QUOTED[wildcards.study]),
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


use rule stage as manuscript with:
    input:
        sources=files(MANUSCRIPT),
        captions=list(CAPTIONS.values()),
        figures=expand("<figures>/{figure}.pdf", figure=FIGURES),
        numbers=rules.paper_numbers.output.json,
        compute=rules.compute.output.csv,
    output:
        folder=directory("<results>/manuscript"),
    params:
        stage=stage("manuscript"),


use rule stage as paper with:
    input:
        manuscript=rules.manuscript.output.folder,
    output:
        pdf=report(
            "<paper>/paper.pdf",
            caption="../captions/paper.rst",
            category="Paper",
            labels={"document": "paper"},
        ),
    params:
        stage=stage("paper"),


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
                    rules.manuscript.output.folder,
                    rules.paper.output.pdf,
                ]
            ),
        ],
    output:
        sums="<results>/SHA256SUMS",
    params:
        stage=stage("checksums"),


use rule stage as arxiv with:
    input:
        manuscript=rules.manuscript.output.folder,
    output:
        archive="<paper>/arxiv.tar.gz",
    params:
        stage=stage("arxiv"),


use rule stage as record with:
    output:
        json="<results>/record.json",
    params:
        stage=stage("record", settings=lambda wildcards: support.record(CONFIG)),
