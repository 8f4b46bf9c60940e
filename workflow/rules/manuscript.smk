# The manuscript of the paper, its PDF and its archive: of this run, or of the reference.
SOURCES = sorted(
    path for kind in ("*.typ", "*.yml") for path in (CHECKOUT / "paper").rglob(kind)
)
LARGER_FIGURES = []
if CONFIG.published_sizes:
    from emergence.release import record

    KEEP = record.read(Path(CONFIG.published_sizes)).config.get("keep", {})
    LARGER_FIGURES = [f"figures/{name}.pdf" for name in KEEP.get("figures", [])]


use rule stage as manuscript with:
    input:
        sources=files(SOURCES),
        captions=list(CAPTIONS.values()),
        figures=expand("<figures>/{figure}.pdf", figure=FIGURES),
        numbers=rules.paper_numbers.output.json,
        compute=rules.compute.output.csv,
        larger=of_kept_run(CONFIG.published_sizes, *LARGER_FIGURES),
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


use rule stage as arxiv with:
    input:
        manuscript=rules.manuscript.output.folder,
    output:
        archive="<paper>/arxiv.tar.gz",
    params:
        stage=stage("arxiv"),
