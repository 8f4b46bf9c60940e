# What a run was, beside its results: its configuration, and how each figure is drawn. With it, others can compare a run
# with this one, or redraw its figures.
rule record:
    input:
        source=files(provenance.sources("emergence.reference.record")),
    output:
        json="<results>/record.json",
    log:
        "<logs>/record.log",
    benchmark:
        "<benchmarks>/record.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        record=of_run,
    message:
        "Writing down the configuration and how figures are drawn"
    shell:
        "python3 -m emergence record --record {params.record:q} --path {output.json:q} 2> {log:q}"
