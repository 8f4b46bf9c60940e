# Study 3: NeuroMFA on the runs of all studies that follow it.
SCORES_OF = {
    "anatomy": "<results>/analysis/scores.parquet",
    "solvable": "<results>/solvable/analysis/scores.parquet",
    "language": "<results>/language/analysis/scores.parquet",
}


rule degree:
    input:
        measures=[
            f"<results>/measures/neuromfa/{run}.parquet"
            for runs in NEURONS.values()
            for run in runs
        ],
        source=sources("degree"),
    output:
        degree_table="<results>/multifractal/degree.parquet",
        spectra_table="<results>/multifractal/spectra.parquet",
        untrained_table="<results>/multifractal/untrained.parquet",
    log:
        "<logs>/degree.log",
    benchmark:
        "<benchmarks>/degree.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("degree"),
    message:
        "Taking the degree of emergence of all runs"
    shell:
        "python3 -m emergence degree --settings {params.settings:q} --measures {input.measures:q}"
        " --degree-table {output.degree_table:q} --spectra-table {output.spectra_table:q}"
        " --untrained-table {output.untrained_table:q} 2> {log:q}"


rule rivals:
    input:
        degree=rules.degree.output.degree_table,
        scores=[SCORES_OF[study] for study in NEURONS],
        source=sources("rivals"),
    output:
        capability_table="<results>/multifractal/capability.parquet",
        rivals_table="<results>/multifractal/rivals.parquet",
        over_runs_table="<results>/multifractal/over_runs.parquet",
    log:
        "<logs>/rivals.log",
    benchmark:
        "<benchmarks>/rivals.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("rivals"),
    message:
        "Holding the degree of emergence against its nulls and rivals"
    shell:
        "python3 -m emergence rivals --settings {params.settings:q} --degree {input.degree:q}"
        " --scores {input.scores:q} --capability-table {output.capability_table:q}"
        " --rivals-table {output.rivals_table:q} --over-runs-table {output.over_runs_table:q} 2> {log:q}"


rule multifractal_claims:
    input:
        over_runs=rules.rivals.output.over_runs_table,
        rivals=rules.rivals.output.rivals_table,
        untrained=rules.degree.output.untrained_table,
        precursors=rules.precursors.output.rates_table,
        source=sources("multifractal_claims"),
    output:
        table="<results>/claims/multifractal.parquet",
    log:
        "<logs>/multifractal_claims.log",
    benchmark:
        "<benchmarks>/multifractal_claims.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("multifractal_claims"),
    message:
        "Judging the claims of NeuroMFA"
    shell:
        "python3 -m emergence multifractal_claims --settings {params.settings:q} --over-runs {input.over_runs:q}"
        " --rivals {input.rivals:q} --untrained {input.untrained:q} --precursors {input.precursors:q}"
        " --table {output.table:q} 2> {log:q}"


rule fig9:
    input:
        degree=rules.degree.output.degree_table,
        spectra=rules.degree.output.spectra_table,
        untrained=rules.degree.output.untrained_table,
        capability=rules.rivals.output.capability_table,
        over_runs=rules.rivals.output.over_runs_table,
        source=sources("fig9"),
    output:
        pdf="<figures>/fig9.pdf",
        png=report(
            "<figures>/fig9.png",
            caption="../captions/fig9.rst",
            category="NeuroMFA",
            labels=labels("9", "networks of neurons"),
        ),
    log:
        "<logs>/fig9.log",
    benchmark:
        "<benchmarks>/fig9.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig9"),
    message:
        "Drawing figure 9: networks of neurons"
    shell:
        "python3 -m emergence fig9 --settings {params.settings:q} --degree {input.degree:q}"
        " --spectra {input.spectra:q} --untrained {input.untrained:q} --capability {input.capability:q}"
        " --over-runs {input.over_runs:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
