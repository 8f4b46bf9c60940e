# Language models are measured as every other run is, seen through the probe sets and passages.
use rule follow as language_follow with:
    input:
        manifest="<results>/trajectories/{model}/manifest.json",
        checkpoints=kept,
        probes="<results>/language/items.parquet",
        source=lambda wildcards: sources(
            "follow", measure=wildcards.measure, subject="language_subject"
        ),
    output:
        table="<results>/measures/{measure}/{model}.parquet",
    log:
        "<logs>/follow/{measure}/{model}.log",
    benchmark:
        "<benchmarks>/follow/{measure}/{model}.tsv"
    resources:
        mem_mb=grown(of_model),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("follow"),
        state=state("follow"),
        folder=subpath(input.manifest, parent=True),
    message:
        "Following {wildcards.measure} along {wildcards.model}"
