rule tasks:
    input:
        source=sources("tasks"),
    output:
        evaluation="<results>/tasks/evaluation.safetensors",
        probes="<results>/tasks/probes.safetensors",
        baselines="<results>/tasks/baselines.parquet",
    log:
        "<logs>/tasks.log",
    benchmark:
        "<benchmarks>/tasks.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings("tasks"),
    message:
        "Drawing evaluation and probe sets"
    shell:
        "python3 -m emergence tasks --settings {params.settings:q} --evaluation {output.evaluation:q}"
        " --probes {output.probes:q} --baselines-table {output.baselines:q} 2> {log:q}"
