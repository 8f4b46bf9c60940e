# Trajectories: models that are trained here, and series of checkpoints from elsewhere.
TOGETHER = (
    STUDIES["anatomy"].groups(CONFIG.compute.together)
    if "anatomy" in STUDIES and CONFIG.compute.together > 1
    else []
)
TRANSFORMERS = list(STUDIES["parity"].transformers) if "parity" in STUDIES else []


if not TOGETHER:

    use rule stage as train with:
        input:
            evaluation=rules.task_data.output.evaluation,
        output:
            trajectory("anatomy"),
        params:
            stage=stage("train", folder=TRAJECTORY, state=STATE),


# Runs that share a job: a rule for each group, since one job writes the trajectories of all. `use rule stage as` takes
# no computed name, so these say again what the base rule says.
for number, group in enumerate(TOGETHER, start=1):

    rule:
        name:
            f"train_stack_{number}"
        input:
            evaluation=rules.task_data.output.evaluation,
        output:
            [path for run in group for path in trajectory("anatomy", run)],
        conda:
            "../../environment.yml"
        threads: 1
        resources:
            **ASKED,
        params:
            files=support.options,
            stage=stage(
                "train_stack",
                fixed={"run": group[0]},
                job=f"train_stack/{group[0]}",
                folders=[f"<results>/anatomy/trajectories/{run}" for run in group],
                state=STATE,
            ),
        shell:
            COMMAND


use rule stage as train_network with:
    output:
        trajectory("parity"),
    params:
        stage=stage("train_network", folder=TRAJECTORY, state=STATE),


use rule stage as train_sweep with:
    output:
        table="<results>/parity/analysis/sweeps/{sweep}.parquet",
    params:
        stage=stage("train_sweep", state=STATE),


use rule stage as train_scalar_transformer with:
    output:
        table=f"<results>/parity/analysis/transformers/{{run,{one_of(TRANSFORMERS)}}}.parquet",
    params:
        stage=stage("train_scalar_transformer", state=STATE),


use rule stage as train_clock with:
    output:
        table="<results>/interventions/analysis/clock_runs/{seed}.parquet",
    params:
        stage=stage("train_clock", state=STATE),


use rule stage as train_arms with:
    output:
        table="<results>/interventions/analysis/arm_runs/{size}.parquet",
    params:
        stage=stage("train_arms", state=STATE),


use rule stage as train_method with:
    output:
        table="<results>/interventions/analysis/method_runs/{size}.parquet",
    params:
        stage=stage("train_method", state=STATE),


use rule stage as train_frequencies with:
    output:
        table="<results>/interventions/analysis/frequency_runs.parquet",
    params:
        stage=stage("train_frequencies", state=STATE),


use rule stage as train_language_model with:
    input:
        tokens=rules.corpus.output.tokens,
        tokenizer=rules.corpus.output.tokenizer,
    output:
        trajectory("language", f"{{run,{one_of(TRAINED)}}}", behaviour=False),
    params:
        stage=stage("train_language_model", folder=TRAJECTORY, state=STATE),


use rule stage as train_language_arms with:
    input:
        tokens=rules.corpus.output.tokens,
        tokenizer=rules.corpus.output.tokenizer,
        questions=rules.corpus.output.items_table,
    output:
        table="<results>/interventions/analysis/language_arm_runs/{size}.parquet",
    params:
        stage=stage("train_language_arms", state=STATE),


use rule stage as record_series with:
    output:
        ensure(
            f"<results>/language/trajectories/{{run,{one_of(SERIES)}}}/manifest.json",
            non_empty=True,
        ),
    params:
        stage=stage("record_series", downloads="<results>/downloads", folder=TRAJECTORY),


use rule stage as evaluate_language_model with:
    input:
        "<results>/language/trajectories/{run}/manifest.json",
        lambda wildcards: checkpoints("language", wildcards.run),
        probes=rules.corpus.output.items_table,
    output:
        behaviour_table="<results>/language/trajectories/{run}/behaviour.parquet",
    params:
        stage=stage("evaluate_language_model", trajectory=TRAJECTORY, state=STATE),
