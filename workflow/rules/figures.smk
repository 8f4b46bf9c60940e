# Figures, each from finished tables, and the explorer, which has all of them on one page.
CAPTIONS = {figure: caption(figure) for figure in FIGURES}
CATEGORIES = {**TITLES, None: "Calibration"}


# Now, not when they are asked for: of what fails then, Snakemake shows the lines of Python.
DRAWN_FROM = {figure: drawn_from(figure) for figure in FIGURES}


use rule stage as figure with:
    input:
        unpack(lambda wildcards: DRAWN_FROM[wildcards.figure]),
    output:
        pdf="<figures>/{figure}.pdf",
        png=report(
            "<figures>/{figure}.png",
            caption="../captions/figure.rst",
            category=lambda wildcards: CATEGORIES[
                stages.STAGES[wildcards.figure].study
            ],
            labels=lambda wildcards: support.labels_of_figure(wildcards.figure),
        ),
    params:
        stage=stage("{figure}"),
        caption=lambda wildcards, output: Path(*CAPTIONS[wildcards.figure]).read_text(
            encoding="utf-8"
        ),


use rule stage as explorer with:
    input:
        ASSETS,
        **layout.explorer_inputs(),
        figures=expand("<figures>/{figure}.png", figure=FIGURES),
        captions=list(CAPTIONS.values()),
    output:
        page=report(
            "<results>/explorer.html",
            caption="../captions/explorer.rst",
            category="All claims",
            labels=labels("the explorer: claims with their evidence, runs, rates"),
        ),
    params:
        stage=stage("explorer"),
