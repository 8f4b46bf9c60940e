rule train:
    input:
        evaluation=rules.tasks.output.evaluation,
        source=sources("train"),
    output:
        checkpoints=directory("<results>/trajectories/{run}/checkpoints"),
        behaviour="<results>/trajectories/{run}/behaviour.parquet",
        manifest=ensure("<results>/trajectories/{run}/manifest.json", non_empty=True),
    log:
        "<logs>/train/{run}.log",
    benchmark:
        "<benchmarks>/train/{run}.tsv"
    wildcard_constraints:
        run="|".join(map(re.escape, RUNS)),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
        gpu=GPU,
    params:
        settings=settings("train"),
        folder=subpath(output.manifest, parent=True),
    message:
        "Training {wildcards.run}"
    shell:
        "python3 -m emergence train --settings {params.settings:q} --evaluation {input.evaluation:q}"
        " --folder {params.folder:q} 2> {log:q}"
