# Signals with a curve of each task-level; one of the whole network is the same for all, and tells no order.
ORDERED = [
    name
    for name, signal in CONFIG.anatomy.followed.items()
    if signal.measure != "neuromfa"
]


rule limits:
    input:
        events=rules.events.output.events_table,
        onsets=expand("<results>/analysis/onsets/{measure}.parquet", measure=ORDERED),
        source=sources("limits"),
    output:
        table="<results>/analysis/limits.parquet",
    log:
        "<logs>/limits.log",
    benchmark:
        "<benchmarks>/limits.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("limits"),
    message:
        "Comparing measures with the order of emergence"
    shell:
        "python3 -m emergence limits --settings {params.settings:q} --events {input.events:q}"
        " --onsets {input.onsets:q} --table {output.table:q} 2> {log:q}"
