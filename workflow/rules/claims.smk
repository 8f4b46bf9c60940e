rule claims:
    input:
        events=rules.events.output.events_table,
        collapses=rules.collapse.output.table,
        floors=rules.floors.output.table,
        top_down=rules.direction.output.shares_table,
        precursors=rules.precursors.output.rates_table,
        hierarchy=rules.precursors.output.hierarchy_table,
        limits=rules.limits.output.table,
        source=sources("claims"),
    output:
        table="<results>/claims.parquet",
        csv=report(
            "<results>/claims.csv",
            caption="../captions/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
    log:
        "<logs>/claims.log",
    benchmark:
        "<benchmarks>/claims.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("claims"),
    message:
        "Judging the published claims"
    shell:
        "python3 -m emergence claims --settings {params.settings:q} --events {input.events:q}"
        " --collapses {input.collapses:q} --floors {input.floors:q} --top-down {input.top_down:q}"
        " --precursors {input.precursors:q} --hierarchy {input.hierarchy:q} --limits {input.limits:q}"
        " --table {output.table:q} --csv {output.csv:q} 2> {log:q}"
