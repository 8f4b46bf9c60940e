# Tasks, probes and texts: what models are trained and evaluated on.
use rule stage as task_data with:
    output:
        evaluation="<results>/anatomy/tasks/evaluation.safetensors",
        probes="<results>/anatomy/tasks/probes.safetensors",
        baselines_table="<results>/anatomy/tasks/baselines.parquet",
    params:
        stage=stage("task_data"),


use rule stage as parity_probes with:
    output:
        probes="<results>/parity/tasks/probes.safetensors",
        baselines_table="<results>/parity/tasks/baselines.parquet",
    params:
        stage=stage("parity_probes"),


use rule stage as corpus with:
    output:
        items_table="<results>/language/tasks/items.parquet",
        baselines_table="<results>/language/tasks/baselines.parquet",
        tokenizer="<results>/language/tasks/tokenizer.json",
        tokens="<results>/language/tasks/tokens.safetensors",
    params:
        stage=stage("corpus"),
