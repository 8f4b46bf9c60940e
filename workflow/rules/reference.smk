# Figures of the reference run, redrawn from the tables that are kept of it; nothing is trained or measured. Every figure
# is drawn by the stage and with the settings that the run's record names, whatever config.yaml says now.
wildcard_constraints:
    figure=one_of(RECIPES),


rule redraw:
    input:
        tables=kept_tables,
        source=lambda wildcards: sources(RECIPES[wildcards.figure].stage),
    output:
        pdf="<figures>/{figure}.pdf",
        png="<figures>/{figure}.png",
    log:
        "<logs>/redraw/{figure}.log",
    benchmark:
        "<benchmarks>/redraw/{figure}.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        drawn=drawn,
    message:
        "Drawing {wildcards.figure} of the reference run"
    shell:
        "python3 -m emergence {params.drawn:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
