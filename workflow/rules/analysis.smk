# Of every study with runs: events, collapse, leads and precursors.


use rule stage as events with:
    input:
        behaviour=of_runs("trajectories/{run}/behaviour.parquet"),
        baselines="<results>/{study}/tasks/baselines.parquet",
    output:
        scores_table="<results>/{study}/analysis/scores.parquet",
        events_table="<results>/{study}/analysis/events.parquet",
    params:
        stage=stage("events"),


use rule stage as collapse with:
    input:
        measures=of_runs("measures/rankme/{run}.parquet"),
    output:
        table="<results>/{study}/analysis/collapse.parquet",
    params:
        stage=stage("collapse"),


use rule stage as direction with:
    input:
        collapses=rules.collapse.output.table,
    output:
        direction_table="<results>/{study}/analysis/direction.parquet",
        direction_shares_table="<results>/{study}/analysis/direction_shares.parquet",
    params:
        stage=stage("direction"),


use rule stage as leads with:
    input:
        events=rules.events.output.events_table,
        scores=rules.events.output.scores_table,
        measures=layout.of_signal,
    output:
        leads_table="<results>/{study}/analysis/leads/{measure}.parquet",
        null_leads_table="<results>/{study}/analysis/null_leads/{measure}.parquet",
        onsets_table="<results>/{study}/analysis/onsets/{measure}.parquet",
    params:
        stage=stage("leads"),


use rule stage as precursors with:
    input:
        events=rules.events.output.events_table,
        leads=of_signals("leads"),
    output:
        precursors_table="<results>/{study}/analysis/precursors.parquet",
        hierarchy_table="<results>/{study}/analysis/hierarchy.parquet",
    params:
        stage=stage("precursors"),


use rule stage as llc_validity with:
    input:
        llc=of_runs("measures/llc/{run}.parquet"),
        hessian=lambda wildcards: (
            of_runs("measures/hessian/{run}.parquet", wildcards.study)
            if STUDIES[wildcards.study].measures.hessian
            else []
        ),
    output:
        table="<results>/{study}/analysis/llc_validity.parquet",
    params:
        stage=stage("llc_validity"),


use rule stage as lead_differences with:
    input:
        events=rules.events.output.events_table,
        scores=rules.events.output.scores_table,
        onsets=of_signals("onsets"),
        leads=of_signals("leads"),
    output:
        table="<results>/{study}/analysis/lead_differences.parquet",
    params:
        stage=stage("lead_differences"),


# Study 1: floors, the order of emergence, and how sound the detectors and choices are.
use rule stage as floors with:
    input:
        collapses=table("anatomy", "collapse"),
    output:
        table=table("anatomy", "floors"),
    params:
        stage=stage("floors"),


use rule stage as size_slopes with:
    input:
        collapses=table("anatomy", "collapse"),
    output:
        table=table("anatomy", "size_slopes"),
    params:
        stage=stage("size_slopes"),


use rule stage as order_prediction with:
    input:
        events=table("anatomy", "events"),
        onsets=[
            table("anatomy", f"onsets/{name}")
            for name in (
                STUDIES["anatomy"].ordering_signals if "anatomy" in STUDIES else []
            )
        ],
    output:
        table=table("anatomy", "order_prediction"),
    params:
        stage=stage("order_prediction"),


use rule stage as sensitivity with:
    input:
        scores=table("anatomy", "scores"),
        measures=of_runs("measures/rankme/{run}.parquet", "anatomy"),
    output:
        table=table("anatomy", "sensitivity"),
    params:
        stage=stage("sensitivity"),


use rule stage as detector_validity with:
    input:
        scores=table("anatomy", "scores"),
    output:
        detector_validity_table=table("anatomy", "detector_validity"),
        detections_table=table("anatomy", "detections"),
    params:
        stage=stage("detector_validity"),


# Study 2: networks against theory.
DATA_SWEEPS, MANY_SKILLS = (
    (list(STUDIES["parity"].data_sweeps), list(STUDIES["parity"].scaling_sweeps))
    if "parity" in STUDIES
    else ([], [])
)


use rule stage as constants with:
    input:
        time=table("parity", "sweeps/one_skill_time"),
        data=table("parity", "sweeps/one_skill_data"),
        width=table("parity", "sweeps/one_skill_width"),
    output:
        table=table("parity", "constants"),
    params:
        stage=stage("constants"),


use rule stage as single_skill with:
    input:
        constants=rules.constants.output.table,
        time=table("parity", "sweeps/one_skill_time"),
        data=table("parity", "sweeps/one_skill_data"),
        width=table("parity", "sweeps/one_skill_width"),
    output:
        table=table("parity", "one_skill"),
    params:
        stage=stage("single_skill"),


use rule stage as curves with:
    input:
        constants=rules.constants.output.table,
        behaviour=of_runs("trajectories/{run}/behaviour.parquet", "parity"),
        data=table("parity", "sweeps/data"),
        width=table("parity", "sweeps/width"),
    output:
        curves_table=table("parity", "curves"),
        crossings_table=table("parity", "crossings"),
        deviations_table=table("parity", "deviations"),
        comparisons_table=table("parity", "comparisons"),
    params:
        stage=stage("curves"),


use rule stage as shots with:
    input:
        sweeps=[table("parity", f"sweeps/{name}") for name in DATA_SWEEPS],
    output:
        table=table("parity", "shots"),
    params:
        stage=stage("shots"),


use rule stage as network_scaling with:
    input:
        constants=rules.constants.output.table,
        behaviour=of_runs("trajectories/{run}/behaviour.parquet", "parity"),
        sweeps=[table("parity", f"sweeps/{name}") for name in ["data", *MANY_SKILLS]],
    output:
        network_losses_table=table("parity", "network_losses"),
        network_exponents_table=table("parity", "network_exponents"),
    params:
        stage=stage("network_scaling"),


use rule stage as theory_curves with:
    output:
        table=table("parity", "theory_curves"),
    params:
        stage=stage("theory_curves"),


use rule stage as entropy_slopes with:
    input:
        sweep=table("parity", "sweeps/cross_entropy"),
    output:
        entropy_table=table("parity", "entropy"),
        entropy_slopes_table=table("parity", "entropy_slopes"),
    params:
        stage=stage("entropy_slopes"),


use rule stage as scaling_laws with:
    output:
        scaling_laws_table=table("parity", "scaling_laws"),
        scaling_exponents_table=table("parity", "scaling_exponents"),
        scaling_conditions_table=table("parity", "scaling_conditions"),
    params:
        stage=stage("scaling_laws"),


use rule stage as models with:
    output:
        model_strengths_table=table("parity", "model_strengths"),
        model_crossings_table=table("parity", "model_crossings"),
    params:
        stage=stage("models"),


use rule stage as staging with:
    input:
        behaviour=of_runs("trajectories/{run}/behaviour.parquet", "parity"),
    output:
        table=table("parity", "staging"),
    params:
        stage=stage("staging"),


use rule stage as power_laws with:
    input:
        behaviour=of_runs("trajectories/{run}/behaviour.parquet", "parity"),
        adam=table("parity", "sweeps/adam"),
        transformers=expand(table("parity", "transformers/{run}"), run=TRANSFORMERS),
    output:
        emergence_times_table=table("parity", "emergence_times"),
        power_laws_table=table("parity", "power_laws"),
    params:
        stage=stage("power_laws"),


# Detectors and measures of Study 1 where the times of emergence are known.
use rule stage as joint with:
    input:
        behaviour=of_runs("trajectories/{run}/behaviour.parquet", "parity"),
        constants=rules.constants.output.table,
        scores=table("parity", "scores"),
        onsets=of_signals("onsets", "parity"),
        leads=of_signals("leads", "parity"),
    output:
        detection_times_table=table("parity", "detection_times"),
        detector_error_table=table("parity", "detector_error"),
        signal_times_table=table("parity", "signal_times"),
        measure_tracking_table=table("parity", "measure_tracking"),
        skill_leads_table=table("parity", "skill_leads"),
    params:
        stage=stage("joint"),


use rule stage as rule_outcomes with:
    input:
        precursors=table("parity", "precursors"),
        lead_differences=table("parity", "lead_differences"),
        tracking=table("parity", "measure_tracking"),
    output:
        table=table("parity", "rule_outcomes"),
    params:
        stage=stage("rule_outcomes"),


# Study 3: NeuroMFA on the runs of all studies that measure it.
use rule stage as degree_of_emergence with:
    input:
        measures=[
            f"<results>/{study}/measures/neuromfa/{run}.parquet"
            for study, runs in CONFIG.neuromfa_runs.items()
            for run in runs
        ],
    output:
        degree_of_emergence_table=table("neuromfa", "degree_of_emergence"),
        spectra_table=table("neuromfa", "spectra"),
        untrained_table=table("neuromfa", "untrained"),
    params:
        stage=stage("degree_of_emergence"),


use rule stage as baselines with:
    input:
        degree=rules.degree_of_emergence.output.degree_of_emergence_table,
        scores=[table(study, "scores") for study in CONFIG.neuromfa_runs],
    output:
        capability_table=table("neuromfa", "capability"),
        baseline_comparison_table=table("neuromfa", "baseline_comparison"),
        run_means_table=table("neuromfa", "run_means"),
    params:
        stage=stage("baselines"),


# Language models: phases of representations.
use rule stage as phases with:
    input:
        measures=of_runs("measures/rankme/{run}.parquet", "language"),
    output:
        phases_table=table("language", "phases"),
        phase_shares_table=table("language", "phase_shares"),
    params:
        stage=stage("phases"),


# Study 4: the clock of the collapse, and paired runs.
use rule stage as clock with:
    input:
        runs=[
            table("interventions", f"clock_runs/{seed}")
            for seed in (
                CONFIG.interventions.clock_seeds if CONFIG.interventions else []
            )
        ],
    output:
        clock_collapses_table=table("interventions", "clock_collapses"),
        clock_predictions_table=table("interventions", "clock_predictions"),
        clock_laws_table=table("interventions", "clock_laws"),
        clock_shares_table=table("interventions", "clock_shares"),
    params:
        stage=stage("clock"),


use rule stage as arms with:
    input:
        runs=[
            table("interventions", f"arm_runs/{size}")
            for size in (
                CONFIG.interventions.paired_sizes if CONFIG.interventions else []
            )
        ],
    output:
        arm_events_table=table("interventions", "arm_events"),
        arm_effects_table=table("interventions", "arm_effects"),
    params:
        stage=stage("arms"),


use rule stage as method with:
    input:
        runs=[
            table("interventions", f"method_runs/{size}")
            for size in (
                CONFIG.interventions.method_sizes if CONFIG.interventions else []
            )
        ],
    output:
        method_effects_table=table("interventions", "method_effects"),
    params:
        stage=stage("method"),


use rule stage as frequencies with:
    input:
        runs=table("interventions", "frequency_runs"),
    output:
        frequency_events_table=table("interventions", "frequency_events"),
        frequency_exponents_table=table("interventions", "frequency_exponents"),
    params:
        stage=stage("frequencies"),


use rule stage as language_arms with:
    input:
        runs=[
            table("interventions", f"language_arm_runs/{size}")
            for size in (
                CONFIG.interventions.language.named_sizes
                if possible(CONFIG, "language_arms")
                else []
            )
        ],
    output:
        language_arm_effects_table=table("interventions", "language_arm_effects"),
    params:
        stage=stage("language_arms"),


# From the first steps of Study 1's runs.
use rule stage as predict_early with:
    input:
        scores=table("anatomy", "scores"),
        events=table("anatomy", "events"),
        measures=of_runs("measures/rankme/{run}.parquet", "anatomy"),
    output:
        early_predictions_table=table("interventions", "early_predictions"),
        early_accuracy_table=table("interventions", "early_accuracy"),
    params:
        stage=stage("predict_early"),


# Every estimator against exact values.
use rule stage as calibration with:
    output:
        table="<results>/calibration.parquet",
        csv=report(
            "<results>/calibration.csv",
            caption="../captions/calibration.rst",
            category="All claims",
            labels=labels("table of every estimator against exact values"),
        ),
    params:
        stage=stage("calibration"),
