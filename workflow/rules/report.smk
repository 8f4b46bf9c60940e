# The explorer: all results on one page. Captions, categories and labels of `snakemake --report` stand with their rules.
rule explorer:
    input:
        claims=rules.all_claims.output.table,
        calibration=rules.calibration.output.table,
        scores=explored("scores"),
        events=explored("events"),
        measures=explored_measures(),
        onsets=explored_signals("onsets"),
        collapses=[rules.collapse.output.table, rules.language_collapse.output.table],
        phases=rules.phases.output.phases_table,
        leads=explored_signals("leads"),
        null_leads=explored_signals("null_leads"),
        precursors=explored("precursors"),
        figures=expand("<figures>/fig{number}.png", number=FIGURES),
        captions=captions(FIGURES),
        assets=files(sorted((SOURCE / "emergence/report/explorer/assets").iterdir())),
        source=sources("explorer"),
    output:
        page=report(
            "<results>/explorer.html",
            caption="../captions/explorer.rst",
            category="All claims",
            labels=labels(
                "–", "the explorer: claims with their evidence, runs, rates"
            ),
        ),
    log:
        "<logs>/explorer.log",
    benchmark:
        "<benchmarks>/explorer.tsv"
    localrule: True
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grown(4000),
        runtime=30,
    params:
        settings=settings("explorer"),
    message:
        "Putting all results on one page"
    shell:
        "python3 -m emergence explorer --settings {params.settings:q} --claims {input.claims:q}"
        " --calibration {input.calibration:q} --scores {input.scores:q} --events {input.events:q}"
        " --measures {input.measures:q} --onsets {input.onsets:q} --collapses {input.collapses:q}"
        " --phases {input.phases:q} --leads {input.leads:q} --null-leads {input.null_leads:q}"
        " --precursors {input.precursors:q} --figures {input.figures:q} --captions {input.captions:q}"
        " --page {output.page:q} 2> {log:q}"
