rule transformer:
    input:
        source=sources("transformer"),
    output:
        table="<results>/solvable/transformers/{transformer}.parquet",
    log:
        "<logs>/transformer/{transformer}.log",
    benchmark:
        "<benchmarks>/transformer/{transformer}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(720, DAY),
        gpu=GPU,
    params:
        settings=settings("transformer"),
        state=state("transformer"),
    message:
        "Training transformer {wildcards.transformer} on multitask sparse parity"
    shell:
        "python3 -m emergence transformer --settings {params.settings:q} --table {output.table:q}"
        " --state {params.state:q} 2> {log:q}"


rule powers:
    input:
        behaviour=expand("<results>/trajectories/{run}/behaviour.parquet", run=NETWORKS),
        adam="<results>/solvable/sweeps/adam.parquet",
        transformers=expand(
            "<results>/solvable/transformers/{transformer}.parquet",
            transformer=TRANSFORMERS,
        ),
        source=sources("powers"),
    output:
        emergences_table="<results>/solvable/emergences.parquet",
        powers_table="<results>/solvable/powers.parquet",
    log:
        "<logs>/powers.log",
    benchmark:
        "<benchmarks>/powers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("powers"),
    message:
        "Fitting the exponent of emergence times"
    shell:
        "python3 -m emergence powers --settings {params.settings:q} --behaviour {input.behaviour:q}"
        " --adam {input.adam:q} --transformers {input.transformers:q}"
        " --emergences-table {output.emergences_table:q} --powers-table {output.powers_table:q} 2> {log:q}"


rule figS8:
    input:
        transformers=rules.powers.input.transformers,
        emergences=rules.powers.output.emergences_table,
        powers=rules.powers.output.powers_table,
        source=sources("figS8"),
    output:
        pdf="<figures>/figS8.pdf",
        png=report(
            "<figures>/figS8.png",
            caption="../captions/figS8.rst",
            category="Solvable model",
            labels=labels("S8", "the power law of emergence times"),
        ),
    log:
        "<logs>/figS8.log",
    benchmark:
        "<benchmarks>/figS8.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS8"),
    message:
        "Drawing figure S8: the power law of emergence times"
    shell:
        "python3 -m emergence figS8 --settings {params.settings:q} --transformers {input.transformers:q}"
        " --emergences {input.emergences:q} --powers {input.powers:q} --pdf {output.pdf:q} --png {output.png:q}"
        " 2> {log:q}"
