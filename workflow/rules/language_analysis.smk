# Study 1's stages on language models, whose probe sets are the tasks; phases, claims, and figure 10.
SPOKEN = CONFIG.language.followed(CONFIG)  # signals of language models


use rule events as language_events with:
    input:
        behaviour=expand(
            "<results>/trajectories/{model}/behaviour.parquet", model=LANGUAGE
        ),
        baselines=rules.corpus.output.baselines,
        source=sources("events"),
    output:
        scores_table="<results>/language/analysis/scores.parquet",
        events_table="<results>/language/analysis/events.parquet",
    log:
        "<logs>/language/events.log",
    benchmark:
        "<benchmarks>/language/events.tsv"
    localrule: True
    params:
        settings=settings("events", study="language"),
    message:
        "Finding emergence events of language models"


use rule collapse as language_collapse with:
    input:
        measures=expand("<results>/measures/rankme/{model}.parquet", model=LANGUAGE),
        source=sources("collapse"),
    output:
        table="<results>/language/analysis/collapse.parquet",
    log:
        "<logs>/language/collapse.log",
    benchmark:
        "<benchmarks>/language/collapse.tsv"
    localrule: True
    params:
        settings=settings("collapse", study="language"),
    message:
        "Finding collapse and recovery in language models"


use rule direction as language_direction with:
    input:
        collapses=rules.language_collapse.output.table,
        source=sources("direction"),
    output:
        steps_table="<results>/language/analysis/direction.parquet",
        shares_table="<results>/language/analysis/top_down.parquet",
    log:
        "<logs>/language/direction.log",
    benchmark:
        "<benchmarks>/language/direction.tsv"
    localrule: True
    params:
        settings=settings("direction", study="language"),
    message:
        "Comparing collapse steps over layers of language models"


use rule leads as language_leads with:
    input:
        events=rules.language_events.output.events_table,
        scores=rules.language_events.output.scores_table,
        measures=of_signal(SPOKEN, LANGUAGE),
        source=sources("leads"),
    output:
        leads_table="<results>/language/analysis/leads/{measure}.parquet",
        nulls_table="<results>/language/analysis/null_leads/{measure}.parquet",
        onsets_table="<results>/language/analysis/onsets/{measure}.parquet",
    log:
        "<logs>/language/leads/{measure}.log",
    benchmark:
        "<benchmarks>/language/leads/{measure}.tsv"
    localrule: True
    params:
        settings=settings("leads", study="language"),
    message:
        "Comparing {wildcards.measure} with emergence in language models, and under every null"


use rule precursors as language_precursors with:
    input:
        events=rules.language_events.output.events_table,
        leads=expand(
            "<results>/language/analysis/leads/{measure}.parquet", measure=SPOKEN
        ),
        source=sources("precursors"),
    output:
        rates_table="<results>/language/analysis/precursors.parquet",
        hierarchy_table="<results>/language/analysis/hierarchy.parquet",
    log:
        "<logs>/language/precursors.log",
    benchmark:
        "<benchmarks>/language/precursors.tsv"
    localrule: True
    params:
        settings=settings("precursors", study="language"),
    message:
        "Taking precursor rates in language models, beside nulls"


rule phases:
    input:
        measures=expand("<results>/measures/rankme/{model}.parquet", model=LANGUAGE),
        source=sources("phases"),
    output:
        phases_table="<results>/language/analysis/phases.parquet",
        shares_table="<results>/language/analysis/phase_shares.parquet",
    log:
        "<logs>/phases.log",
    benchmark:
        "<benchmarks>/phases.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("phases"),
    message:
        "Finding the phases of representations in language models"
    shell:
        "python3 -m emergence phases --settings {params.settings:q} --measures {input.measures:q}"
        " --phases-table {output.phases_table:q} --shares-table {output.shares_table:q} 2> {log:q}"


rule language_claims:
    input:
        events=rules.language_events.output.events_table,
        collapses=rules.language_collapse.output.table,
        top_down=rules.language_direction.output.shares_table,
        leads=expand(
            "<results>/language/analysis/leads/{measure}.parquet", measure=SPOKEN
        ),
        precursors=rules.language_precursors.output.rates_table,
        hierarchy=rules.language_precursors.output.hierarchy_table,
        shares=rules.phases.output.shares_table,
        onsets="<results>/language/analysis/onsets/rankme.parquet",
        source=sources("language_claims"),
    output:
        table="<results>/claims/language.parquet",
    log:
        "<logs>/language_claims.log",
    benchmark:
        "<benchmarks>/language_claims.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("language_claims"),
    message:
        "Judging the claims about language models"
    shell:
        "python3 -m emergence language_claims --settings {params.settings:q} --events {input.events:q}"
        " --collapses {input.collapses:q} --top-down {input.top_down:q} --leads {input.leads:q}"
        " --precursors {input.precursors:q} --hierarchy {input.hierarchy:q} --shares {input.shares:q}"
        " --onsets {input.onsets:q} --table {output.table:q} 2> {log:q}"


rule fig10:
    input:
        behaviour=expand(
            "<results>/trajectories/{model}/behaviour.parquet", model=LANGUAGE
        ),
        baselines=rules.corpus.output.baselines,
        events=rules.language_events.output.events_table,
        measures=expand("<results>/measures/rankme/{model}.parquet", model=LANGUAGE),
        phases=rules.phases.output.phases_table,
        shares=rules.phases.output.shares_table,
        top_down=rules.language_direction.output.shares_table,
        precursors=rules.language_precursors.output.rates_table,
        degree="<results>/multifractal/degree.parquet",
        source=sources("fig10"),
    output:
        pdf="<figures>/fig10.pdf",
        png=report(
            "<figures>/fig10.png",
            caption="../captions/fig10.rst",
            category="Language models",
            labels=labels("10", "language models"),
        ),
    log:
        "<logs>/fig10.log",
    benchmark:
        "<benchmarks>/fig10.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig10"),
    message:
        "Drawing figure 10: language models"
    shell:
        "python3 -m emergence fig10 --settings {params.settings:q} --behaviour {input.behaviour:q}"
        " --baselines {input.baselines:q} --events {input.events:q} --measures {input.measures:q}"
        " --phases {input.phases:q} --shares {input.shares:q} --top-down {input.top_down:q}"
        " --precursors {input.precursors:q} --degree {input.degree:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
