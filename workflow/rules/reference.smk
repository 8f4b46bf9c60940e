# Figures and explorer of the reference run, drawn from its tables; nothing is trained or measured. Each is made by the
# stage and with the settings that the run's record names, whatever config.yaml says now.
from emergence.release import record

try:
    RECORD = record.read(REFERENCE)
except EmergenceError as error:
    raise WorkflowError(f"There is no reference run to draw from.\n{error}") from None
RECIPES = RECORD.figures
FIGURES = list(RECIPES)
CAPTIONS = {figure: caption(figure) for figure in FIGURES}


def kept(paths):
    """Tables of the reference run, as inputs, from their paths in the run."""
    return files(
        REFERENCE / "tables" / path.removeprefix("<results>/") for path in paths
    )


def kept_tables(recipe):
    """Tables of a recipe of the reference run, by their names."""
    return {name: kept(paths) for name, paths in recipe.inputs.items()}


def refuse(wildcards):
    """Say why a figure cannot be drawn."""
    raise WorkflowError(
        f"{wildcards.figure}: the reference run (tier {RECORD.config['tier']}) has no such figure, only {', '.join(RECIPES)}. "
        "A figure that is newer than that run needs a run of its own: leave out source=reference."
    )


use rule stage as redraw with:
    input:
        unpack(lambda wildcards: kept_tables(RECIPES[wildcards.figure])),
    output:
        pdf=f"<figures>/{{figure,{one_of(RECIPES)}}}.pdf",
        png=f"<figures>/{{figure,{one_of(RECIPES)}}}.png",
    params:
        stage=stage(
            "{figure}",
            settings=lambda wildcards: RECIPES[wildcards.figure].settings,
        ),


rule no_figure:
    input:
        refuse,
    output:
        f"<figures>/{{figure,(?!({one_of(RECIPES)})\\.)fig[^/]*}}.{{kind,pdf|png}}",


use rule stage as explorer with:
    input:
        ASSETS,
        **kept_tables(RECORD.explorer),
        figures=expand("<figures>/{figure}.png", figure=FIGURES),
        captions=list(CAPTIONS.values()),
    output:
        page="<results>/explorer.html",
    params:
        stage=stage("explorer", settings=lambda wildcards: RECORD.explorer.settings),
