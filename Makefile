# make         set up .venv and run the default tier      make test   set up and check everything
# make smoke   the whole workflow in minutes              make bench  speed and memory, as ratios
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run smoke test bench clean

run: .venv/ready
	$(BIN)/snakemake --cores all

smoke: .venv/ready
	$(BIN)/snakemake --cores all --configfile workflow/tiers/smoke.yaml

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/pytest -m "not workflow and not cluster" -n auto
	$(BIN)/pytest -m "workflow or cluster" -rs

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
	rm -rf .venv .snakemake results figures/*.pdf figures/*.png
