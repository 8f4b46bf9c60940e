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
        run=one_of([] if TOGETHER else RUNS),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("train"),
        state=state("train"),
        folder=subpath(output.manifest, parent=True),
    message:
        "Training {wildcards.run}"
    shell:
        "python3 -m emergence train --settings {params.settings:q} --evaluation {input.evaluation:q}"
        " --folder {params.folder:q} --state {params.state:q} 2> {log:q}"


# Runs that share a job: a rule a group, since one job writes the trajectories of all.
for number, group in enumerate(TOGETHER, start=1):

    rule:
        name:
            f"train_together_{number}"
        input:
            evaluation=rules.tasks.output.evaluation,
            source=sources("train_together"),
        output:
            checkpoints=directory(
                expand("<results>/trajectories/{run}/checkpoints", run=group)
            ),
            behaviour=expand(
                "<results>/trajectories/{run}/behaviour.parquet", run=group
            ),
            manifest=ensure(
                expand("<results>/trajectories/{run}/manifest.json", run=group),
                non_empty=True,
            ),
        log:
            f"<logs>/train_together/{group[0]}.log",
        benchmark:
            f"<benchmarks>/train_together/{group[0]}.tsv"
        conda:
            "../../environment.yml"
        threads: 1
        resources:
            mem_mb=grown(MEMORY),
            runtime=grown(240 * len(group), DAY),
            gpu=GPU,
        params:
            settings=settings("train_together", run=group[0]),
            state=state("train_together", group[0]),
            folders=lambda wildcards, output: list(
                map(os.path.dirname, output.manifest)
            ),
        message:
            f"Training {', '.join(group)} together"
        shell:
            "python3 -m emergence train_together --settings {params.settings:q}"
            " --evaluation {input.evaluation:q} --folders {params.folders:q} --state {params.state:q} 2> {log:q}"
