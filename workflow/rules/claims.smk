# Verdicts on the claims of every study, again under other settings, and in one table.
JUDGED_AGAIN = [
    study for study in ("anatomy", "language") if possible(CONFIG, f"{study}_stability")
]


use rule stage as study_claims with:
    input:
        tables=lambda wildcards: layout.judged_from(wildcards.study),
    output:
        table="<results>/{study}/claims.parquet",
    params:
        stage=stage("{study}_claims"),


use rule stage as stability with:
    input:
        scores="<results>/{study}/analysis/scores.parquet",
        measures=lambda wildcards: [
            path
            for measure in STUDIES[wildcards.study].measures_of_task_levels
            for path in of_runs(f"measures/{measure}/{{run}}.parquet", wildcards.study)
        ],
        smallest_leads=lambda wildcards: made(wildcards.study, "smallest_leads"),
    output:
        table="<results>/{study}/analysis/stability.parquet",
    params:
        stage=stage("{study}_stability"),


use rule stage as lead_power with:
    input:
        scores="<results>/{study}/analysis/scores.parquet",
        events="<results>/{study}/analysis/events.parquet",
        measures=lambda wildcards: [
            path
            for measure in STUDIES[wildcards.study].measures_of_task_levels
            for path in of_runs(f"measures/{measure}/{{run}}.parquet", wildcards.study)
        ],
    output:
        lead_power_table="<results>/{study}/analysis/lead_power.parquet",
        smallest_leads_table="<results>/{study}/analysis/smallest_leads.parquet",
    params:
        stage=stage("lead_power"),


use rule stage as claims with:
    input:
        claims=[f"<results>/{study}/claims.parquet" for study in CLAIMED],
        stabilities=[table(study, "stability") for study in JUDGED_AGAIN],
        exploratory=files([CONFIG.exploratory] if CONFIG.exploratory else []),
        published_sizes=LARGER_RUN[:1],
    output:
        table="<results>/claims.parquet",
        csv=report(
            "<results>/claims.csv",
            caption="../captions/claims.rst",
            category="All claims",
            labels=labels("table of all claims"),
        ),
    params:
        stage=stage("claims"),
