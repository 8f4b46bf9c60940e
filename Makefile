# make         set up .venv and run the default tier      make test   set up and check everything
# make smoke   the whole workflow in minutes              make bench  speed and memory, as ratios
# make reproduce   run, then compare with reference/      make archive   pack the last commit
# make arxiv   run, then pack the paper with its data and figures: paper/arxiv.tar.gz
# make docs    this documentation as a site: site/index.html
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run arxiv reproduce reference archive smoke test docs bench clean

run: .venv/ready
	$(BIN)/snakemake --cores all

smoke: .venv/ready
	$(BIN)/snakemake --cores all --configfile workflow/tiers/smoke.yaml

arxiv: .venv/ready
	$(BIN)/snakemake --cores all arxiv

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/pytest -m "not (workflow or cluster or faults or slow)" -n auto
	$(BIN)/pytest -m "workflow or cluster or faults or slow" -rs -n auto --dist loadfile --no-loadscope-reorder

reproduce: run  # compare it with reference/, claim by claim
	$(BIN)/emergence reproduce results

reference: run  # keep it as reference/, and its claims in the README
	$(BIN)/emergence verify results
	$(BIN)/emergence keep results

archive: .venv/ready  # of the last commit, into dist/
	$(BIN)/emergence archive

docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: .venv/ready
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_parity.py
	$(BIN)/python tests/bench_multifractal.py
	$(BIN)/python tests/bench_cost.py workflow/tiers/paper.yaml

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

clean:
	rm -rf .venv .snakemake site results figures/*.pdf figures/*.png paper/*.pdf paper/*.tar.gz
