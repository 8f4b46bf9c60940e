from snakemake.utils import min_version

min_version("9.20")


configfile: "config.yaml"


container: "workflow/envs/emergence.sif"  # used with --software-deployment-method apptainer only; docs/cluster.md


report: "workflow/captions/workflow.rst"


include: "workflow/rules/common.smk"


if CONFIG.source == "reference":

    include: "workflow/rules/kept.smk"
    include: "workflow/rules/reference.smk"

    rule all:
        input:
            expand("<figures>/{figure}.pdf", figure=RECIPES),

else:

    include: "workflow/rules/tasks.smk"
    include: "workflow/rules/training.smk"
    include: "workflow/rules/measures.smk"
    include: "workflow/rules/analysis.smk"
    include: "workflow/rules/validity.smk"
    include: "workflow/rules/calibration.smk"
    include: "workflow/rules/limits.smk"
    include: "workflow/rules/solvable.smk"
    include: "workflow/rules/transformer.smk"
    include: "workflow/rules/joint.smk"
    include: "workflow/rules/scaling.smk"
    include: "workflow/rules/language.smk"
    include: "workflow/rules/language_measures.smk"
    include: "workflow/rules/language_analysis.smk"
    include: "workflow/rules/multifractal.smk"
    include: "workflow/rules/claims.smk"
    include: "workflow/rules/figures.smk"
    include: "workflow/rules/paper.smk"
    include: "workflow/rules/report.smk"
    include: "workflow/rules/record.smk"

    rule all:
        input:
            "<results>/record.json",
            "<results>/claims.parquet",
            "<results>/calibration.parquet",
            "<results>/explorer.html",
            expand(
                "<results>/measures/{measure}/{run}.parquet",
                measure=MEASURES,
                run=RUNS,
            ),
            expand(
                "<results>/measures/{measure}/{run}.parquet",
                measure=CONFIG.solvable.measures.names,
                run=NETWORKS,
            ),
            expand("<figures>/fig{number}.pdf", number=FIGURES),
            "<paper>/paper.pdf",

    rule trajectories:
        input:
            expand("<results>/trajectories/{run}/manifest.json", run=RUNS),


onstart:
    look_when_a_job_ends()


onsuccess:
    show_claims()
