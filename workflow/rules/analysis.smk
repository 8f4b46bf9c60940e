rule events:
    input:
        behaviour=expand("<results>/trajectories/{run}/behaviour.parquet", run=RUNS),
        baselines=rules.tasks.output.baselines,
        source=sources("events"),
    output:
        scores_table="<results>/analysis/scores.parquet",
        events_table="<results>/analysis/events.parquet",
    log:
        "<logs>/events.log",
    benchmark:
        "<benchmarks>/events.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("events"),
    message:
        "Finding emergence events"
    shell:
        "python3 -m emergence events --settings {params.settings:q} --behaviour {input.behaviour:q}"
        " --baselines {input.baselines:q} --scores-table {output.scores_table:q}"
        " --events-table {output.events_table:q} 2> {log:q}"


rule collapse:
    input:
        measures=expand("<results>/measures/rankme/{run}.parquet", run=RUNS),
        source=sources("collapse"),
    output:
        table="<results>/analysis/collapse.parquet",
    log:
        "<logs>/collapse.log",
    benchmark:
        "<benchmarks>/collapse.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("collapse"),
    message:
        "Finding collapse and recovery"
    shell:
        "python3 -m emergence collapse --settings {params.settings:q} --measures {input.measures:q}"
        " --table {output.table:q} 2> {log:q}"


rule floors:
    input:
        collapses=rules.collapse.output.table,
        source=sources("floors"),
    output:
        table="<results>/analysis/floors.parquet",
    log:
        "<logs>/floors.log",
    benchmark:
        "<benchmarks>/floors.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("floors"),
    message:
        "Comparing collapse floors over sizes"
    shell:
        "python3 -m emergence floors --settings {params.settings:q} --collapses {input.collapses:q}"
        " --table {output.table:q} 2> {log:q}"


rule direction:
    input:
        collapses=rules.collapse.output.table,
        source=sources("direction"),
    output:
        steps_table="<results>/analysis/direction.parquet",
        shares_table="<results>/analysis/top_down.parquet",
    log:
        "<logs>/direction.log",
    benchmark:
        "<benchmarks>/direction.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("direction"),
    message:
        "Comparing collapse steps over layers"
    shell:
        "python3 -m emergence direction --settings {params.settings:q} --collapses {input.collapses:q}"
        " --steps-table {output.steps_table:q} --shares-table {output.shares_table:q} 2> {log:q}"


rule precursors:
    input:
        events=rules.events.output.events_table,
        measures=expand("<results>/measures/rankme/{run}.parquet", run=RUNS),
        source=sources("precursors"),
    output:
        leads_table="<results>/analysis/leads.parquet",
        rates_table="<results>/analysis/precursors.parquet",
    log:
        "<logs>/precursors.log",
    benchmark:
        "<benchmarks>/precursors.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("precursors"),
    message:
        "Comparing RankMe with emergence events, beside nulls"
    shell:
        "python3 -m emergence precursors --settings {params.settings:q} --events {input.events:q}"
        " --measures {input.measures:q} --leads-table {output.leads_table:q}"
        " --rates-table {output.rates_table:q} 2> {log:q}"


rule claims:
    input:
        events=rules.events.output.events_table,
        collapses=rules.collapse.output.table,
        floors=rules.floors.output.table,
        top_down=rules.direction.output.shares_table,
        precursors=rules.precursors.output.rates_table,
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
        " --precursors {input.precursors:q} --table {output.table:q} --csv {output.csv:q} 2> {log:q}"
