rule follow:
    input:
        manifest="<results>/trajectories/{run}/manifest.json",
        checkpoints="<results>/trajectories/{run}/checkpoints",
        probes=probes,
        source=lambda wildcards: sources(
            "follow", measure=wildcards.measure, subject=subject(wildcards)
        ),
    output:
        table="<results>/measures/{measure}/{run}.parquet",
    log:
        "<logs>/follow/{measure}/{run}.log",
    benchmark:
        "<benchmarks>/follow/{measure}/{run}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("follow"),
        state=state("follow"),
        folder=subpath(input.manifest, parent=True),
    message:
        "Following {wildcards.measure} along {wildcards.run}"
    shell:
        "python3 -m emergence follow --settings {params.settings:q} --trajectory {params.folder:q}"
        " --probes {input.probes:q} --table {output.table:q} --state {params.state:q} 2> {log:q}"


rule plateau:
    input:
        manifest=f"<results>/trajectories/{CONFIG.anatomy.middle}/manifest.json",
        checkpoints=f"<results>/trajectories/{CONFIG.anatomy.middle}/checkpoints",
        probes=rules.tasks.output.probes,
        source=sources("plateau", subject="task_subject"),
    output:
        table="<results>/analysis/plateau.parquet",
    log:
        "<logs>/plateau.log",
    benchmark:
        "<benchmarks>/plateau.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("plateau"),
        state=state("plateau"),
        folder=subpath(input.manifest, parent=True),
    message:
        "Trying settings of the local learning coefficient"
    shell:
        "python3 -m emergence plateau --settings {params.settings:q} --trajectory {params.folder:q}"
        " --probes {input.probes:q} --table {output.table:q} --state {params.state:q} 2> {log:q}"
