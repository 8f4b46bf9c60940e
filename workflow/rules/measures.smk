# Measures along every trajectory, and a sweep of one measure's settings.
PROBES = {"language": "items.parquet"}


use rule stage as measure_run with:
    input:
        "<results>/{study}/trajectories/{run}/manifest.json",
        lambda wildcards: checkpoints(wildcards.study, wildcards.run),
        probes=lambda wildcards: f"<results>/{wildcards.study}/tasks/"
        + PROBES.get(wildcards.study, "probes.safetensors"),
    output:
        table=f"<results>/{{study}}/measures/{{measure}}/{{run,{one_of(TRAINED)}}}.parquet",
    params:
        stage=stage(
            "measure_run",
            modules=lambda wildcards: [
                f"emergence.measures.{wildcards.measure}",
                f"emergence.subjects.{SUBJECTS[wildcards.study]}",
            ],
            trajectory=TRAJECTORY,
            state=STATE,
        ),


# Models from elsewhere may be larger; on a cluster they are not part of an array, whose jobs all ask for the same.
use rule measure_run as measure_series with:
    output:
        table=f"<results>/{{study}}/measures/{{measure}}/{{run,{one_of(SERIES)}}}.parquet",


if "anatomy" in STUDIES:

    use rule stage as llc_sweep with:
        input:
            f"<results>/anatomy/trajectories/{STUDIES['anatomy'].middle}/manifest.json",
            f"<results>/anatomy/trajectories/{STUDIES['anatomy'].middle}/checkpoints",
            probes=rules.task_data.output.probes,
        output:
            table=table("anatomy", "llc_sweep"),
        params:
            stage=stage(
                "llc_sweep",
                fixed={"run": STUDIES["anatomy"].middle},
                trajectory=TRAJECTORY,
                state=STATE,
                modules=lambda wildcards: ["emergence.subjects.task_transformer"],
            ),
