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
        table="<results>/claims/anatomy.parquet",
    log:
        "<logs>/claims.log",
    benchmark:
        "<benchmarks>/claims.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("claims"),
    message:
        "Judging the claims of the geometric anatomy"
    shell:
        "python3 -m emergence claims --settings {params.settings:q} --events {input.events:q}"
        " --collapses {input.collapses:q} --floors {input.floors:q} --top-down {input.top_down:q}"
        " --precursors {input.precursors:q} --hierarchy {input.hierarchy:q} --limits {input.limits:q}"
        " --table {output.table:q} 2> {log:q}"


rule stability:
    input:
        scores=rules.events.output.scores_table,
        measures=expand(
            "<results>/measures/{measure}/{run}.parquet",
            measure=measures_of(CONFIG.settings("stability")),
            run=RUNS,
        ),
        source=sources("stability"),
    output:
        table="<results>/analysis/stability.parquet",
    log:
        "<logs>/stability.log",
    benchmark:
        "<benchmarks>/stability.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(2000),
        runtime=60,
    params:
        settings=settings("stability"),
    message:
        "Judging the claims of the geometric anatomy under other settings"
    shell:
        "python3 -m emergence stability --settings {params.settings:q} --scores {input.scores:q}"
        " --measures {input.measures:q} --table {output.table:q} 2> {log:q}"


rule language_stability:
    input:
        scores=rules.language_events.output.scores_table,
        measures=expand(
            "<results>/measures/{measure}/{run}.parquet",
            measure=measures_of(CONFIG.settings("language_stability")),
            run=LANGUAGE,
        ),
        source=sources("language_stability"),
    output:
        table="<results>/language/analysis/stability.parquet",
    log:
        "<logs>/language/stability.log",
    benchmark:
        "<benchmarks>/language/stability.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(2000),
        runtime=60,
    params:
        settings=settings("language_stability"),
    message:
        "Judging the claims about language models under other settings"
    shell:
        "python3 -m emergence language_stability --settings {params.settings:q} --scores {input.scores:q}"
        " --measures {input.measures:q} --table {output.table:q} 2> {log:q}"


rule all_claims:
    input:
        claims=expand("<results>/claims/{study}.parquet", study=STUDIES),
        stability=[
            rules.stability.output.table,
            rules.language_stability.output.table,
        ],
        source=sources("all_claims"),
    output:
        table="<results>/claims.parquet",
        csv=report(
            "<results>/claims.csv",
            caption="../captions/claims.rst",
            category="All claims",
            labels=labels("–", "table of all claims"),
        ),
    log:
        "<logs>/all_claims.log",
    benchmark:
        "<benchmarks>/all_claims.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("all_claims"),
    message:
        "Joining the claims of all studies"
    shell:
        "python3 -m emergence all_claims --settings {params.settings:q} --claims {input.claims:q}"
        " --stability {input.stability:q} --table {output.table:q} --csv {output.csv:q} 2> {log:q}"


rule solvable_claims:
    input:
        constants=rules.constants.output.table,
        crossings=rules.curves.output.crossings_table,
        deviations=rules.curves.output.deviations_table,
        entropy=rules.entropy.output.slopes_table,
        exponents=rules.scaling.output.exponents_table,
        models=rules.models.output.models_table,
        passages=rules.models.output.passages_table,
        stages=rules.staging.output.table,
        emergences=rules.powers.output.emergences_table,
        powers=rules.powers.output.powers_table,
        detected=rules.joint.output.detected_table,
        errors=rules.joint.output.errors_table,
        tracking=rules.joint.output.tracking_table,
        conclusions=rules.joint.output.conclusions_table,
        source=sources("solvable_claims"),
    output:
        table="<results>/claims/solvable.parquet",
    log:
        "<logs>/solvable_claims.log",
    benchmark:
        "<benchmarks>/solvable_claims.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("solvable_claims"),
    message:
        "Judging the claims of the solvable model"
    shell:
        "python3 -m emergence solvable_claims --settings {params.settings:q} --constants {input.constants:q}"
        " --crossings {input.crossings:q} --deviations {input.deviations:q} --entropy {input.entropy:q}"
        " --exponents {input.exponents:q} --models {input.models:q} --passages {input.passages:q}"
        " --stages {input.stages:q} --emergences {input.emergences:q} --powers {input.powers:q}"
        " --detected {input.detected:q} --errors {input.errors:q} --tracking {input.tracking:q}"
        " --conclusions {input.conclusions:q} --table {output.table:q} 2> {log:q}"
