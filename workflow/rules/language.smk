# Language models: the text and its questions, the ladder trained on it, series from elsewhere, and what all answer.
rule corpus:
    input:
        source=sources("corpus"),
    output:
        questions="<results>/language/items.parquet",
        baselines="<results>/language/baselines.parquet",
        tokenizer="<results>/language/tokenizer.json",
        tokens="<results>/language/tokens.safetensors",
    log:
        "<logs>/corpus.log",
    benchmark:
        "<benchmarks>/corpus.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("corpus"),
    message:
        "Preparing the text of the language models and the questions to them"
    shell:
        "python3 -m emergence corpus --settings {params.settings:q} --items-table {output.questions:q}"
        " --baselines-table {output.baselines:q} --tokenizer {output.tokenizer:q} --tokens {output.tokens:q}"
        " 2> {log:q}"


rule ladder:
    input:
        tokens=rules.corpus.output.tokens,
        tokenizer=rules.corpus.output.tokenizer,
        source=sources("ladder"),
    output:
        checkpoints=directory("<results>/trajectories/{model}/checkpoints"),
        manifest=ensure("<results>/trajectories/{model}/manifest.json", non_empty=True),
    log:
        "<logs>/ladder/{model}.log",
    benchmark:
        "<benchmarks>/ladder/{model}.tsv"
    wildcard_constraints:
        model=one_of(LADDER),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("ladder"),
        state=state("ladder"),
        folder=subpath(output.manifest, parent=True),
    message:
        "Training {wildcards.model} on the text"
    shell:
        "python3 -m emergence ladder --settings {params.settings:q} --tokens {input.tokens:q}"
        " --tokenizer {input.tokenizer:q} --folder {params.folder:q} --state {params.state:q} 2> {log:q}"


rule series:
    input:
        source=sources("series"),
    output:
        manifest=ensure("<results>/trajectories/{model}/manifest.json", non_empty=True),
    log:
        "<logs>/series/{model}.log",
    benchmark:
        "<benchmarks>/series/{model}.tsv"
    wildcard_constraints:
        model=one_of(SERIES),
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(of_model),
        runtime=grown(720, DAY),
    params:
        settings=settings("series"),
        downloads=f"{RESULTS}/downloads",
        folder=subpath(output.manifest, parent=True),
    message:
        "Finding and reading the checkpoints of {wildcards.model}"
    shell:
        "python3 -m emergence series --settings {params.settings:q} --downloads {params.downloads:q}"
        " --folder {params.folder:q} 2> {log:q}"


rule answers:
    input:
        manifest="<results>/trajectories/{model}/manifest.json",
        checkpoints=kept,
        questions=rules.corpus.output.questions,
        source=sources("answers"),
    output:
        behaviour="<results>/trajectories/{model}/behaviour.parquet",
    log:
        "<logs>/answers/{model}.log",
    benchmark:
        "<benchmarks>/answers/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(of_model),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("answers"),
        state=state("answers"),
        folder=subpath(input.manifest, parent=True),
    message:
        "Asking {wildcards.model} all questions at every checkpoint"
    shell:
        "python3 -m emergence answers --settings {params.settings:q} --trajectory {params.folder:q}"
        " --items {input.questions:q} --behaviour-table {output.behaviour:q} --state {params.state:q} 2> {log:q}"
