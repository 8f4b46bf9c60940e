rule scaling:
    input:
        source=sources("scaling"),
    output:
        scaling_table="<results>/solvable/scaling.parquet",
        exponents_table="<results>/solvable/exponents.parquet",
    log:
        "<logs>/scaling.log",
    benchmark:
        "<benchmarks>/scaling.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        settings=settings("scaling"),
    message:
        "Summing the loss over many skills"
    shell:
        "python3 -m emergence scaling --settings {params.settings:q} --scaling-table {output.scaling_table:q}"
        " --exponents-table {output.exponents_table:q} 2> {log:q}"


rule models:
    input:
        source=sources("models"),
    output:
        models_table="<results>/solvable/models.parquet",
        passages_table="<results>/solvable/passages.parquet",
    log:
        "<logs>/models.log",
    benchmark:
        "<benchmarks>/models.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        settings=settings("models"),
    message:
        "Training the models that theory solves"
    shell:
        "python3 -m emergence models --settings {params.settings:q} --models-table {output.models_table:q}"
        " --passages-table {output.passages_table:q} 2> {log:q}"


rule staging:
    input:
        crossings=rules.curves.output.crossings_table,
        source=sources("staging"),
    output:
        table="<results>/solvable/stages.parquet",
    log:
        "<logs>/staging.log",
    benchmark:
        "<benchmarks>/staging.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        settings=settings("staging"),
    message:
        "Asking whether skills wait for one another"
    shell:
        "python3 -m emergence staging --settings {params.settings:q} --crossings {input.crossings:q}"
        " --table {output.table:q} 2> {log:q}"


rule fig7:
    input:
        scaling=rules.scaling.output.scaling_table,
        exponents=rules.scaling.output.exponents_table,
        source=sources("fig7"),
    output:
        pdf="<figures>/fig7.pdf",
        png=report(
            "<figures>/fig7.png",
            caption="../captions/fig7.rst",
            category="Solvable model",
            labels=labels("7", "scaling laws"),
        ),
    log:
        "<logs>/fig7.log",
    benchmark:
        "<benchmarks>/fig7.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig7"),
    message:
        "Drawing figure 7: scaling laws"
    shell:
        "python3 -m emergence fig7 --settings {params.settings:q} --scaling {input.scaling:q}"
        " --exponents {input.exponents:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule figS6:
    input:
        models=rules.models.output.models_table,
        stages=rules.staging.output.table,
        source=sources("figS6"),
    output:
        pdf="<figures>/figS6.pdf",
        png=report(
            "<figures>/figS6.png",
            caption="../captions/figS6.rst",
            category="Solvable model",
            labels=labels("S6", "stage-like training"),
        ),
    log:
        "<logs>/figS6.log",
    benchmark:
        "<benchmarks>/figS6.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS6"),
    message:
        "Drawing figure S6: stage-like training"
    shell:
        "python3 -m emergence figS6 --settings {params.settings:q} --models {input.models:q} --stages {input.stages:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
