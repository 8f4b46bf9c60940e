# Study 1's stages on the networks of Study 2, whose true times of emergence are known; then the joint study.
FOLLOWED = list(CONFIG.solvable.followed(CONFIG))


use rule events as joint_events with:
    input:
        behaviour=expand("<results>/trajectories/{run}/behaviour.parquet", run=NETWORKS),
        baselines=rules.parity.output.baselines,
        source=sources("events"),
    output:
        scores_table="<results>/solvable/analysis/scores.parquet",
        events_table="<results>/solvable/analysis/events.parquet",
    log:
        "<logs>/joint/events.log",
    benchmark:
        "<benchmarks>/joint/events.tsv"
    localrule: True
    params:
        settings=settings("events", study="solvable"),
    message:
        "Finding emergence events of networks on multitask sparse parity"


use rule leads as joint_leads with:
    input:
        events=rules.joint_events.output.events_table,
        scores=rules.joint_events.output.scores_table,
        measures=of_signal(CONFIG.solvable.followed(CONFIG), NETWORKS),
        source=sources("leads"),
    output:
        leads_table="<results>/solvable/analysis/leads/{measure}.parquet",
        nulls_table="<results>/solvable/analysis/null_leads/{measure}.parquet",
        onsets_table="<results>/solvable/analysis/onsets/{measure}.parquet",
    log:
        "<logs>/joint/leads/{measure}.log",
    benchmark:
        "<benchmarks>/joint/leads/{measure}.tsv"
    localrule: True
    params:
        settings=settings("leads", study="solvable"),
    message:
        "Comparing {wildcards.measure} with emergence on multitask sparse parity, and under every null"


use rule precursors as joint_precursors with:
    input:
        events=rules.joint_events.output.events_table,
        leads=expand(
            "<results>/solvable/analysis/leads/{measure}.parquet", measure=FOLLOWED
        ),
        source=sources("precursors"),
    output:
        rates_table="<results>/solvable/analysis/precursors.parquet",
        hierarchy_table="<results>/solvable/analysis/hierarchy.parquet",
    log:
        "<logs>/joint/precursors.log",
    benchmark:
        "<benchmarks>/joint/precursors.tsv"
    localrule: True
    params:
        settings=settings("precursors", study="solvable"),
    message:
        "Taking precursor rates on multitask sparse parity, beside nulls"


rule joint:
    input:
        behaviour=expand("<results>/trajectories/{run}/behaviour.parquet", run=NETWORKS),
        constants=rules.constants.output.table,
        scores=rules.joint_events.output.scores_table,
        onsets=expand(
            "<results>/solvable/analysis/onsets/{measure}.parquet", measure=FOLLOWED
        ),
        leads=expand(
            "<results>/solvable/analysis/leads/{measure}.parquet", measure=FOLLOWED
        ),
        precursors=rules.joint_precursors.output.rates_table,
        source=sources("joint"),
    output:
        detected_table="<results>/solvable/detections.parquet",
        errors_table="<results>/solvable/detector_error.parquet",
        movements_table="<results>/solvable/movements.parquet",
        tracking_table="<results>/solvable/tracking.parquet",
        skills_table="<results>/solvable/skill_leads.parquet",
        conclusions_table="<results>/solvable/conclusions.parquet",
    log:
        "<logs>/joint.log",
    benchmark:
        "<benchmarks>/joint.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("joint"),
    message:
        "Holding detectors, measures and rules against known times of emergence"
    shell:
        "python3 -m emergence joint --settings {params.settings:q} --behaviour {input.behaviour:q}"
        " --constants {input.constants:q} --scores {input.scores:q} --onsets {input.onsets:q} --leads {input.leads:q}"
        " --precursors {input.precursors:q} --detected-table {output.detected_table:q}"
        " --errors-table {output.errors_table:q} --movements-table {output.movements_table:q}"
        " --tracking-table {output.tracking_table:q} --skills-table {output.skills_table:q}"
        " --conclusions-table {output.conclusions_table:q} 2> {log:q}"


rule fig8:
    input:
        behaviour=f"<results>/trajectories/{NETWORKS[0]}/behaviour.parquet",
        detected=rules.joint.output.detected_table,
        errors=rules.joint.output.errors_table,
        movements=rules.joint.output.movements_table,
        tracking=rules.joint.output.tracking_table,
        precursors=rules.joint_precursors.output.rates_table,
        conclusions=rules.joint.output.conclusions_table,
        source=sources("fig8"),
    output:
        pdf="<figures>/fig8.pdf",
        png=report(
            "<figures>/fig8.png",
            caption="../captions/fig8.rst",
            category="Solvable model",
            labels=labels("8", "geometry where the truth is known"),
        ),
    log:
        "<logs>/fig8.log",
    benchmark:
        "<benchmarks>/fig8.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig8"),
    message:
        "Drawing figure 8: geometry where the truth is known"
    shell:
        "python3 -m emergence fig8 --settings {params.settings:q} --behaviour {input.behaviour:q}"
        " --detected {input.detected:q} --errors {input.errors:q} --movements {input.movements:q}"
        " --tracking {input.tracking:q} --precursors {input.precursors:q} --conclusions {input.conclusions:q}"
        " --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
