configfile: "config.yaml"


include: "workflow/Snakefile"


rule all:
    input:
        rules.everything.input,
