# The one rule of all stages. Every other rule is `use rule stage as NAME with: input, output, params`: named files are
# options of the stage, files without a name are only waited for. Logs and messages: src/emergence/snakemake_objects.py;
# what jobs ask of a machine: src/emergence/stages.py.


ASKED = dict(mem_mb=resources.memory, runtime=resources.minutes, gpu=resources.gpus)
COMMAND = "python3 -m emergence stage {params.stage[command]:q} {params.files:q}"


rule stage:
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        **ASKED,
    params:
        files=support.options,
    shell:
        COMMAND
