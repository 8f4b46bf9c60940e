rule fig1:
    input:
        scores=rules.events.output.scores_table,
        events=rules.events.output.events_table,
        source=sources("fig1"),
    output:
        pdf="<figures>/fig1.pdf",
        png=report(
            "<figures>/fig1.png",
            caption="../captions/fig1.rst",
            category="Anatomy",
            labels=labels("1", "what is learned when"),
        ),
    log:
        "<logs>/fig1.log",
    benchmark:
        "<benchmarks>/fig1.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig1"),
    message:
        "Drawing figure 1: what is learned when"
    shell:
        "python3 -m emergence fig1 --settings {params.settings:q} --scores {input.scores:q} --events {input.events:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule fig2:
    input:
        measures=expand("<results>/measures/rankme/{run}.parquet", run=RUNS),
        collapses=rules.collapse.output.table,
        floors=rules.floors.output.table,
        source=sources("fig2"),
    output:
        pdf="<figures>/fig2.pdf",
        png=report(
            "<figures>/fig2.png",
            caption="../captions/fig2.rst",
            category="Anatomy",
            labels=labels("2", "collapse and recovery"),
        ),
    log:
        "<logs>/fig2.log",
    benchmark:
        "<benchmarks>/fig2.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig2"),
    message:
        "Drawing figure 2: collapse and recovery"
    shell:
        "python3 -m emergence fig2 --settings {params.settings:q} --measures {input.measures:q}"
        " --collapses {input.collapses:q} --floors {input.floors:q} --pdf {output.pdf:q}"
        " --png {output.png:q} 2> {log:q}"


rule fig3:
    input:
        measures=expand("<results>/measures/rankme/{run}.parquet", run=RUNS),
        direction=rules.direction.output.steps_table,
        shares=rules.direction.output.shares_table,
        source=sources("fig3"),
    output:
        pdf="<figures>/fig3.pdf",
        png=report(
            "<figures>/fig3.png",
            caption="../captions/fig3.rst",
            category="Anatomy",
            labels=labels("3", "where the collapse starts"),
        ),
    log:
        "<logs>/fig3.log",
    benchmark:
        "<benchmarks>/fig3.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig3"),
    message:
        "Drawing figure 3: where the collapse starts"
    shell:
        "python3 -m emergence fig3 --settings {params.settings:q} --measures {input.measures:q}"
        " --direction {input.direction:q} --shares {input.shares:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule fig4:
    input:
        leads=expand("<results>/analysis/leads/{measure}.parquet", measure=SIGNALS),
        null_leads=expand(
            "<results>/analysis/null_leads/{measure}.parquet", measure=SIGNALS
        ),
        precursors=rules.precursors.output.rates_table,
        hierarchy=rules.precursors.output.hierarchy_table,
        source=sources("fig4"),
    output:
        pdf="<figures>/fig4.pdf",
        png=report(
            "<figures>/fig4.png",
            caption="../captions/fig4.rst",
            category="Anatomy",
            labels=labels("4", "what leads and what lags"),
        ),
    log:
        "<logs>/fig4.log",
    benchmark:
        "<benchmarks>/fig4.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig4"),
    message:
        "Drawing figure 4: what leads and what lags"
    shell:
        "python3 -m emergence fig4 --settings {params.settings:q} --leads {input.leads:q}"
        " --null-leads {input.null_leads:q} --precursors {input.precursors:q} --hierarchy {input.hierarchy:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule fig5:
    input:
        events=rules.events.output.events_table,
        onsets=expand("<results>/analysis/onsets/{measure}.parquet", measure=ORDERED),
        limits=rules.limits.output.table,
        source=sources("fig5"),
    output:
        pdf="<figures>/fig5.pdf",
        png=report(
            "<figures>/fig5.png",
            caption="../captions/fig5.rst",
            category="Anatomy",
            labels=labels("5", "limits of prediction"),
        ),
    log:
        "<logs>/fig5.log",
    benchmark:
        "<benchmarks>/fig5.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig5"),
    message:
        "Drawing figure 5: the limits of prediction"
    shell:
        "python3 -m emergence fig5 --settings {params.settings:q} --events {input.events:q}"
        " --onsets {input.onsets:q} --limits {input.limits:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule figS3:
    input:
        plateau=rules.plateau.output.table,
        source=sources("figS3"),
    output:
        pdf="<figures>/figS3.pdf",
        png=report(
            "<figures>/figS3.png",
            caption="../captions/figS3.rst",
            category="Anatomy",
            labels=labels("S3", "settings of the local learning coefficient"),
        ),
    log:
        "<logs>/figS3.log",
    benchmark:
        "<benchmarks>/figS3.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS3"),
    message:
        "Drawing figure S3: settings of the local learning coefficient"
    shell:
        "python3 -m emergence figS3 --settings {params.settings:q} --plateau {input.plateau:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule figS4:
    input:
        sensitivity=rules.sensitivity.output.table,
        source=sources("figS4"),
    output:
        pdf="<figures>/figS4.pdf",
        png=report(
            "<figures>/figS4.png",
            caption="../captions/figS4.rst",
            category="Anatomy",
            labels=labels("S4", "sensitivity to choices"),
        ),
    log:
        "<logs>/figS4.log",
    benchmark:
        "<benchmarks>/figS4.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS4"),
    message:
        "Drawing figure S4: sensitivity to choices"
    shell:
        "python3 -m emergence figS4 --settings {params.settings:q} --sensitivity {input.sensitivity:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
