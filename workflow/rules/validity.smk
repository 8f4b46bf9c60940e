rule validity:
    input:
        scores=rules.events.output.scores_table,
        source=sources("validity"),
    output:
        validity_table="<results>/analysis/validity.parquet",
        detections_table="<results>/analysis/detections.parquet",
    log:
        "<logs>/validity.log",
    benchmark:
        "<benchmarks>/validity.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("validity"),
    message:
        "Trying the event detectors on planted curves"
    shell:
        "python3 -m emergence validity --settings {params.settings:q} --scores {input.scores:q}"
        " --validity-table {output.validity_table:q} --detections-table {output.detections_table:q} 2> {log:q}"


rule figS1:
    input:
        validity=rules.validity.output.validity_table,
        source=sources("figS1"),
    output:
        pdf="<figures>/figS1.pdf",
        png=report(
            "<figures>/figS1.png",
            caption="../captions/figS1.rst",
            category="Anatomy",
            labels=labels("S1", "validity of the event detectors"),
        ),
    log:
        "<logs>/figS1.log",
    benchmark:
        "<benchmarks>/figS1.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS1"),
    message:
        "Drawing figure S1: validity of the event detectors"
    shell:
        "python3 -m emergence figS1 --settings {params.settings:q} --validity {input.validity:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
