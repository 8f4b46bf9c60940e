# The paper: the numbers that it quotes, the manuscript, its PDF and its archive; and the record of the run.
MANUSCRIPT = sorted(
    path for kind in ("*.typ", "*.yml") for path in (CHECKOUT / "paper").rglob(kind)
)
LARGER_FIGURES = []
if CONFIG.published_sizes:
    from emergence.release import record

    KEEP = record.read(Path(CONFIG.published_sizes)).config.get("keep", {})
    LARGER_FIGURES = [f"figures/{name}.pdf" for name in KEEP.get("figures", [])]
# Tables that the paper quotes of each study.
QUOTED = {
    "anatomy": [
        "events",
        "collapse",
        "floors",
        "direction_shares",
        "precursors",
        "hierarchy",
        "order_prediction",
        "detector_validity",
        "sensitivity",
        "lead_differences",
        "smallest_leads",
        "llc_validity",
    ],
    "parity": [
        "constants",
        "crossings",
        "deviations",
        "entropy_slopes",
        "scaling_exponents",
        "power_laws",
        "staging",
        "detector_error",
        "measure_tracking",
        "rule_outcomes",
    ],
    "neuromfa": ["run_means", "untrained"],
    "language": [
        "events",
        "direction_shares",
        "phase_shares",
        "precursors",
        "hierarchy",
    ],
    "interventions": [
        "clock_laws",
        "clock_shares",
        "arm_effects",
        "method_effects",
        "early_accuracy",
    ],
}


use rule stage as study_numbers with:
    input:
        unpack(
            lambda wildcards: {
                name: made(wildcards.study, name) for name in QUOTED[wildcards.study]
            }
        ),
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
        published_sizes=of_larger_run("tables/claims.parquet", "run.json"),
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
        larger=of_larger_run(*LARGER_FIGURES),
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
