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
            labels={"figure": "1", "shows": "what is learned when"},
        ),
    log:
        "<logs>/fig1.log",
    benchmark:
        "<benchmarks>/fig1.tsv"
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
            labels={"figure": "2", "shows": "collapse and recovery"},
        ),
    log:
        "<logs>/fig2.log",
    benchmark:
        "<benchmarks>/fig2.tsv"
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
            labels={"figure": "3", "shows": "where the collapse starts"},
        ),
    log:
        "<logs>/fig3.log",
    benchmark:
        "<benchmarks>/fig3.tsv"
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
