# Verdicts on the claims of every study, again under other settings, and in one table.
JUDGED_AGAIN = [
    study for study in ("anatomy", "language") if possible(CONFIG, f"{study}_stability")
]
CLAIM_TABLES = {
    "anatomy": made(
        "anatomy",
        "events",
        "collapse",
        "floors",
        "size_slopes",
        "direction_shares",
        "precursors",
        "lead_differences",
        "hierarchy",
        "order_prediction",
        "llc_validity",
        "smallest_leads",
    ),
    "parity": made(
        "parity",
        "constants",
        "crossings",
        "deviations",
        "comparisons",
        "shots",
        "network_exponents",
        "sweeps/width",
        "entropy_slopes",
        "scaling_exponents",
        "model_strengths",
        "model_crossings",
        "staging",
        "emergence_times",
        "power_laws",
        "detection_times",
        "detector_error",
        "measure_tracking",
        "rule_outcomes",
        "precursors",
        "lead_differences",
        "lead_power",
        "smallest_leads",
        "llc_validity",
    )
    + (
        of_runs("measures/layer_balance/{run}.parquet", "parity")
        if "parity" in STUDIES and "layer_balance" in STUDIES["parity"].measures.names
        else []
    ),
    "neuromfa": [
        *made("neuromfa", "run_means", "baseline_comparison", "untrained"),
        *made("neuromfa", "degree_of_emergence"),
        *made("anatomy", "precursors", "lead_differences"),
    ],
    "language": [
        *made("language", "events", "collapse", "direction_shares", "phase_shares"),
        *made("language", "llc_validity", "smallest_leads"),
        *made("language", "precursors", "lead_differences", "hierarchy"),
        *of_signals("leads", "language"),
        *[
            path
            for path in of_signals("onsets", "language")
            if Path(path).stem == "rankme"
        ],
    ],
    "interventions": made(
        "interventions",
        "clock_laws",
        "clock_shares",
        "arm_effects",
        "method_effects",
        "frequency_exponents",
        "language_arm_effects",
        "early_accuracy",
    ),
}


use rule stage as study_claims with:
    input:
        tables=lambda wildcards: CLAIM_TABLES[wildcards.study],
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
