rule calibration:
    input:
        source=sources("calibration"),
    output:
        table="<results>/calibration.parquet",
        csv=report(
            "<results>/calibration.csv",
            caption="../captions/calibration.rst",
            category="All claims",
            labels=labels("–", "table of every estimator against exact values"),
        ),
    log:
        "<logs>/calibration.log",
    benchmark:
        "<benchmarks>/calibration.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("calibration"),
    message:
        "Calibrating every estimator against exact values"
    shell:
        "python3 -m emergence calibration --settings {params.settings:q} --table {output.table:q}"
        " --csv {output.csv:q} 2> {log:q}"


rule figS2:
    input:
        table=rules.calibration.output.table,
        source=sources("figS2"),
    output:
        pdf="<figures>/figS2.pdf",
        png=report(
            "<figures>/figS2.png",
            caption="../captions/figS2.rst",
            category="Calibration",
            labels=labels("S2", "every estimator against exact values"),
        ),
    log:
        "<logs>/figS2.log",
    benchmark:
        "<benchmarks>/figS2.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS2"),
    message:
        "Drawing figure S2: every estimator against exact values"
    shell:
        "python3 -m emergence figS2 --settings {params.settings:q} --table {input.table:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
