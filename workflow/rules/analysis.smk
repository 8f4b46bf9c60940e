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
    localrule: True
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
    localrule: True
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
    localrule: True
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
    localrule: True
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


rule leads:
    input:
        events=rules.events.output.events_table,
        scores=rules.events.output.scores_table,
        measures=of_signal(CONFIG.anatomy.followed, RUNS),
        source=sources("leads"),
    output:
        leads_table="<results>/analysis/leads/{measure}.parquet",
        nulls_table="<results>/analysis/null_leads/{measure}.parquet",
        onsets_table="<results>/analysis/onsets/{measure}.parquet",
    log:
        "<logs>/leads/{measure}.log",
    benchmark:
        "<benchmarks>/leads/{measure}.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("leads"),
    message:
        "Comparing {wildcards.measure} with emergence events, and under every null"
    shell:
        "python3 -m emergence leads --settings {params.settings:q} --events {input.events:q}"
        " --scores {input.scores:q} --measures {input.measures:q} --leads-table {output.leads_table:q}"
        " --nulls-table {output.nulls_table:q} --onsets-table {output.onsets_table:q} 2> {log:q}"


rule precursors:
    input:
        events=rules.events.output.events_table,
        leads=expand("<results>/analysis/leads/{measure}.parquet", measure=SIGNALS),
        source=sources("precursors"),
    output:
        rates_table="<results>/analysis/precursors.parquet",
        hierarchy_table="<results>/analysis/hierarchy.parquet",
    log:
        "<logs>/precursors.log",
    benchmark:
        "<benchmarks>/precursors.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("precursors"),
    message:
        "Taking precursor rates of all measures, beside nulls"
    shell:
        "python3 -m emergence precursors --settings {params.settings:q} --events {input.events:q}"
        " --leads {input.leads:q} --rates-table {output.rates_table:q}"
        " --hierarchy-table {output.hierarchy_table:q} 2> {log:q}"


rule sensitivity:
    input:
        scores=rules.events.output.scores_table,
        measures=expand("<results>/measures/rankme/{run}.parquet", run=RUNS),
        source=sources("sensitivity"),
    output:
        table="<results>/analysis/sensitivity.parquet",
    log:
        "<logs>/sensitivity.log",
    benchmark:
        "<benchmarks>/sensitivity.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("sensitivity"),
    message:
        "Trying other settings for floors and precursor rates"
    shell:
        "python3 -m emergence sensitivity --settings {params.settings:q} --scores {input.scores:q}"
        " --measures {input.measures:q} --table {output.table:q} 2> {log:q}"
