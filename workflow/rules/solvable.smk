rule parity:
    input:
        source=sources("parity"),
    output:
        probes="<results>/solvable/probes.safetensors",
        baselines="<results>/solvable/baselines.parquet",
    log:
        "<logs>/parity.log",
    benchmark:
        "<benchmarks>/parity.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings("parity"),
    message:
        "Drawing probes of multitask sparse parity"
    shell:
        "python3 -m emergence parity --settings {params.settings:q} --probes {output.probes:q}"
        " --baselines-table {output.baselines:q} 2> {log:q}"


rule network:
    input:
        source=sources("network"),
    output:
        checkpoints=directory("<results>/trajectories/{network}/checkpoints"),
        behaviour="<results>/trajectories/{network}/behaviour.parquet",
        manifest=ensure(
            "<results>/trajectories/{network}/manifest.json", non_empty=True
        ),
    log:
        "<logs>/network/{network}.log",
    benchmark:
        "<benchmarks>/network/{network}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("network"),
        state=state("network"),
        folder=subpath(output.manifest, parent=True),
    message:
        "Training {wildcards.network} on multitask sparse parity"
    shell:
        "python3 -m emergence network --settings {params.settings:q} --folder {params.folder:q}"
        " --state {params.state:q} 2> {log:q}"


rule sweep:
    input:
        source=sources("sweep"),
    output:
        table="<results>/solvable/sweeps/{sweep}.parquet",
    log:
        "<logs>/sweep/{sweep}.log",
    benchmark:
        "<benchmarks>/sweep/{sweep}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(MEMORY),
        runtime=grown(240, DAY),
        gpu=GPU,
    params:
        settings=settings("sweep"),
        state=state("sweep"),
    message:
        "Training the networks of {wildcards.sweep}"
    shell:
        "python3 -m emergence sweep --settings {params.settings:q} --table {output.table:q}"
        " --state {params.state:q} 2> {log:q}"


rule constants:
    input:
        time="<results>/solvable/sweeps/one_skill_time.parquet",
        data="<results>/solvable/sweeps/one_skill_data.parquet",
        width="<results>/solvable/sweeps/one_skill_width.parquet",
        source=sources("constants"),
    output:
        table="<results>/solvable/constants.parquet",
    log:
        "<logs>/constants.log",
    benchmark:
        "<benchmarks>/constants.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("constants"),
    message:
        "Fitting constants where there is one skill"
    shell:
        "python3 -m emergence constants --settings {params.settings:q} --time {input.time:q} --data {input.data:q}"
        " --width {input.width:q} --table {output.table:q} 2> {log:q}"


rule curves:
    input:
        constants=rules.constants.output.table,
        behaviour=expand("<results>/trajectories/{run}/behaviour.parquet", run=NETWORKS),
        data="<results>/solvable/sweeps/data.parquet",
        width="<results>/solvable/sweeps/width.parquet",
        source=sources("curves"),
    output:
        curves_table="<results>/solvable/curves.parquet",
        crossings_table="<results>/solvable/crossings.parquet",
        deviations_table="<results>/solvable/deviations.parquet",
    log:
        "<logs>/curves.log",
    benchmark:
        "<benchmarks>/curves.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("curves"),
    message:
        "Comparing emergence in networks with theory on three axes"
    shell:
        "python3 -m emergence curves --settings {params.settings:q} --constants {input.constants:q}"
        " --behaviour {input.behaviour:q} --data {input.data:q} --width {input.width:q}"
        " --curves-table {output.curves_table:q} --crossings-table {output.crossings_table:q}"
        " --deviations-table {output.deviations_table:q} 2> {log:q}"


rule fig6:
    input:
        curves=rules.curves.output.curves_table,
        crossings=rules.curves.output.crossings_table,
        source=sources("fig6"),
    output:
        pdf="<figures>/fig6.pdf",
        png=report(
            "<figures>/fig6.png",
            caption="../captions/fig6.rst",
            category="Solvable model",
            labels=labels("6", "emergence in time, data and width"),
        ),
    log:
        "<logs>/fig6.log",
    benchmark:
        "<benchmarks>/fig6.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("fig6"),
    message:
        "Drawing figure 6: emergence in time, data and width"
    shell:
        "python3 -m emergence fig6 --settings {params.settings:q} --curves {input.curves:q}"
        " --crossings {input.crossings:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule one_skill:
    input:
        constants=rules.constants.output.table,
        time=rules.constants.input.time,
        data=rules.constants.input.data,
        width=rules.constants.input.width,
        source=sources("one_skill"),
    output:
        table="<results>/solvable/one_skill.parquet",
    log:
        "<logs>/one_skill.log",
    benchmark:
        "<benchmarks>/one_skill.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("one_skill"),
    message:
        "Holding networks with one skill against theory"
    shell:
        "python3 -m emergence one_skill --settings {params.settings:q} --constants {input.constants:q}"
        " --time {input.time:q} --data {input.data:q} --width {input.width:q} --table {output.table:q} 2> {log:q}"


rule figS5:
    input:
        curves=rules.one_skill.output.table,
        constants=rules.constants.output.table,
        source=sources("figS5"),
    output:
        pdf="<figures>/figS5.pdf",
        png=report(
            "<figures>/figS5.png",
            caption="../captions/figS5.rst",
            category="Solvable model",
            labels=labels("S5", "networks with one skill"),
        ),
    log:
        "<logs>/figS5.log",
    benchmark:
        "<benchmarks>/figS5.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS5"),
    message:
        "Drawing figure S5: networks with one skill"
    shell:
        "python3 -m emergence figS5 --settings {params.settings:q} --curves {input.curves:q}"
        " --constants {input.constants:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"


rule entropy:
    input:
        sweep="<results>/solvable/sweeps/cross_entropy.parquet",
        source=sources("entropy"),
    output:
        losses_table="<results>/solvable/entropy.parquet",
        slopes_table="<results>/solvable/entropy_slopes.parquet",
    log:
        "<logs>/entropy.log",
    benchmark:
        "<benchmarks>/entropy.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("entropy"),
    message:
        "Following the loss of the cross-entropy variant"
    shell:
        "python3 -m emergence entropy --settings {params.settings:q} --sweep {input.sweep:q}"
        " --losses-table {output.losses_table:q} --slopes-table {output.slopes_table:q} 2> {log:q}"


rule figS7:
    input:
        curves=rules.curves.output.curves_table,
        adam="<results>/solvable/sweeps/adam.parquet",
        losses=rules.entropy.output.losses_table,
        slopes=rules.entropy.output.slopes_table,
        source=sources("figS7"),
    output:
        pdf="<figures>/figS7.pdf",
        png=report(
            "<figures>/figS7.png",
            caption="../captions/figS7.rst",
            category="Solvable model",
            labels=labels("S7", "another optimiser, another loss"),
        ),
    log:
        "<logs>/figS7.log",
    benchmark:
        "<benchmarks>/figS7.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings("figS7"),
    message:
        "Drawing figure S7: another optimiser, another loss"
    shell:
        "python3 -m emergence figS7 --settings {params.settings:q} --curves {input.curves:q} --adam {input.adam:q}"
        " --losses {input.losses:q} --slopes {input.slopes:q} --pdf {output.pdf:q} --png {output.png:q} 2> {log:q}"
