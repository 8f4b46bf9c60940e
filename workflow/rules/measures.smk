rule measure:
    input:
        manifest=rules.train.output.manifest,
        checkpoints=rules.train.output.checkpoints,
        probes=rules.tasks.output.probes,
        source=lambda wildcards: sources("measure", measure=wildcards.measure),
    output:
        table="<results>/measures/{measure}/{run}.parquet",
    log:
        "<logs>/measure/{measure}/{run}.log",
    benchmark:
        "<benchmarks>/measure/{measure}/{run}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
        gpu=GPU,
    params:
        settings=settings("measure"),
        folder=subpath(input.manifest, parent=True),
    message:
        "Measuring {wildcards.measure} along {wildcards.run}"
    shell:
        "python3 -m emergence measure --settings {params.settings:q} --trajectory {params.folder:q}"
        " --probes {input.probes:q} --table {output.table:q} 2> {log:q}"
