# The paper: what it quotes of each study, the manuscript that holds text, numbers and figures, its PDF, its archive.
WRITTEN = SOURCE.parent / "paper"
MANUSCRIPT = sorted([*WRITTEN.rglob("*.typ"), *WRITTEN.rglob("*.yml")])
CAPTIONS = sorted((SOURCE.parent / "workflow/captions").glob("fig*.rst"))
BENCHMARKS = workflow.modifier.path_modifier.replace_prefix(
    workflow.pathvars.apply("<benchmarks>")
)


rule anatomy_numbers:
    input:
        events=rules.events.output.events_table,
        collapses=rules.collapse.output.table,
        floors=rules.floors.output.table,
        top_down=rules.direction.output.shares_table,
        precursors=rules.precursors.output.rates_table,
        hierarchy=rules.precursors.output.hierarchy_table,
        limits=rules.limits.output.table,
        validity=rules.validity.output.validity_table,
        sensitivity=rules.sensitivity.output.table,
        source=sources("anatomy_numbers"),
    output:
        json="<results>/numbers/anatomy.json",
    log:
        "<logs>/anatomy_numbers.log",
    benchmark:
        "<benchmarks>/anatomy_numbers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("anatomy_numbers"),
    message:
        "Collecting what the paper quotes of the geometric anatomy"
    shell:
        "python3 -m emergence anatomy_numbers --settings {params.settings:q} --events {input.events:q}"
        " --collapses {input.collapses:q} --floors {input.floors:q} --top-down {input.top_down:q}"
        " --precursors {input.precursors:q} --hierarchy {input.hierarchy:q} --limits {input.limits:q}"
        " --validity {input.validity:q} --sensitivity {input.sensitivity:q} --json {output.json:q} 2> {log:q}"


rule solvable_numbers:
    input:
        constants=rules.constants.output.table,
        crossings=rules.curves.output.crossings_table,
        deviations=rules.curves.output.deviations_table,
        entropy=rules.entropy.output.slopes_table,
        exponents=rules.scaling.output.exponents_table,
        powers=rules.powers.output.powers_table,
        stages=rules.staging.output.table,
        errors=rules.joint.output.errors_table,
        tracking=rules.joint.output.tracking_table,
        conclusions=rules.joint.output.conclusions_table,
        source=sources("solvable_numbers"),
    output:
        json="<results>/numbers/solvable.json",
    log:
        "<logs>/solvable_numbers.log",
    benchmark:
        "<benchmarks>/solvable_numbers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("solvable_numbers"),
    message:
        "Collecting what the paper quotes of the solvable model"
    shell:
        "python3 -m emergence solvable_numbers --settings {params.settings:q} --constants {input.constants:q}"
        " --crossings {input.crossings:q} --deviations {input.deviations:q} --entropy {input.entropy:q}"
        " --exponents {input.exponents:q} --powers {input.powers:q} --stages {input.stages:q} --errors {input.errors:q}"
        " --tracking {input.tracking:q} --conclusions {input.conclusions:q} --json {output.json:q} 2> {log:q}"


rule multifractal_numbers:
    input:
        over_runs=rules.rivals.output.over_runs_table,
        untrained=rules.degree.output.untrained_table,
        source=sources("multifractal_numbers"),
    output:
        json="<results>/numbers/multifractal.json",
    log:
        "<logs>/multifractal_numbers.log",
    benchmark:
        "<benchmarks>/multifractal_numbers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("multifractal_numbers"),
    message:
        "Collecting what the paper quotes of NeuroMFA"
    shell:
        "python3 -m emergence multifractal_numbers --settings {params.settings:q} --over-runs {input.over_runs:q}"
        " --untrained {input.untrained:q} --json {output.json:q} 2> {log:q}"


rule language_numbers:
    input:
        events="<results>/language/analysis/events.parquet",
        top_down="<results>/language/analysis/top_down.parquet",
        phases=rules.phases.output.shares_table,
        precursors="<results>/language/analysis/precursors.parquet",
        hierarchy="<results>/language/analysis/hierarchy.parquet",
        source=sources("language_numbers"),
    output:
        json="<results>/numbers/language.json",
    log:
        "<logs>/language_numbers.log",
    benchmark:
        "<benchmarks>/language_numbers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("language_numbers"),
    message:
        "Collecting what the paper quotes of language models"
    shell:
        "python3 -m emergence language_numbers --settings {params.settings:q} --events {input.events:q}"
        " --top-down {input.top_down:q} --phases {input.phases:q} --precursors {input.precursors:q}"
        " --hierarchy {input.hierarchy:q} --json {output.json:q} 2> {log:q}"


rule paper_numbers:
    input:
        claims=rules.all_claims.output.table,
        calibration=rules.calibration.output.table,
        studies=expand("<results>/numbers/{study}.json", study=STUDIES),
        manifests=expand(
            "<results>/trajectories/{run}/manifest.json",
            run=[*RUNS, *NETWORKS, *LADDER],
        ),
        source=sources("paper_numbers"),
    output:
        json="<results>/numbers/paper.json",
    log:
        "<logs>/paper_numbers.log",
    benchmark:
        "<benchmarks>/paper_numbers.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("paper_numbers"),
    message:
        "Collecting all numbers of the paper"
    shell:
        "python3 -m emergence paper_numbers --settings {params.settings:q} --claims {input.claims:q}"
        " --calibration {input.calibration:q} --studies {input.studies:q} --manifests {input.manifests:q}"
        " --json {output.json:q} 2> {log:q}"


rule compute:  # when all else is done; it sums up what benchmarks there are then
    input:
        claims=rules.all_claims.output.table,
        calibration=rules.calibration.output.table,
        figures=expand("<figures>/fig{number}.pdf", number=FIGURES),
        source=sources("compute"),
    output:
        csv="<results>/compute.csv",
    log:
        "<logs>/compute.log",
    benchmark:
        "<benchmarks>/compute.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("compute"),
        benchmarks=BENCHMARKS,
    message:
        "Summing up time and memory of all jobs"
    shell:
        "python3 -m emergence compute --settings {params.settings:q} --benchmarks {params.benchmarks:q}"
        " --csv {output.csv:q} 2> {log:q}"


rule manuscript:
    input:
        sources=files(MANUSCRIPT),
        captions=files(CAPTIONS),
        figures=expand("<figures>/fig{number}.pdf", number=FIGURES),
        numbers=rules.paper_numbers.output.json,
        compute=rules.compute.output.csv,
        source=sources("manuscript"),
    output:
        folder=directory("<results>/manuscript"),
    log:
        "<logs>/manuscript.log",
    benchmark:
        "<benchmarks>/manuscript.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("manuscript"),
    message:
        "Putting together text, numbers and figures of the paper"
    shell:
        "python3 -m emergence manuscript --settings {params.settings:q} --sources {input.sources:q}"
        " --captions {input.captions:q} --figures {input.figures:q} --numbers {input.numbers:q}"
        " --compute {input.compute:q} --folder {output.folder:q} 2> {log:q}"


rule paper:
    input:
        manuscript=rules.manuscript.output.folder,
        source=sources("paper"),
    output:
        pdf=report(
            "<paper>/paper.pdf",
            caption="../captions/paper.rst",
            category="Paper",
            labels={"document": "paper"},
        ),
    log:
        "<logs>/paper.log",
    benchmark:
        "<benchmarks>/paper.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("paper"),
    message:
        "Typesetting the paper"
    shell:
        "python3 -m emergence paper --settings {params.settings:q} --manuscript {input.manuscript:q}"
        " --pdf {output.pdf:q} 2> {log:q}"


rule arxiv:
    input:
        manuscript=rules.manuscript.output.folder,
        source=sources("arxiv"),
    output:
        archive="<paper>/arxiv.tar.gz",
    log:
        "<logs>/arxiv.log",
    benchmark:
        "<benchmarks>/arxiv.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("arxiv"),
    message:
        "Packing the manuscript for a preprint server"
    shell:
        "python3 -m emergence arxiv --settings {params.settings:q} --manuscript {input.manuscript:q}"
        " --archive {output.archive:q} 2> {log:q}"
