# `make help` lists the targets. Each sets up .venv first, with no more than it needs.
PYTHON ?= python3
BIN := .venv/bin
# Python compiles what it imports; to compile the rest as well takes longer than the installation, and 0.4 GB.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
NO_TORCH := 'If pip found no torch: there are wheels for Linux with glibc and macOS on Apple silicon, Python 3.11 to 3.14.'

FULL := --configfile workflow/tiers/full.yaml
CONFIRM := $(FULL) workflow/tiers/confirm.yaml
AT_LAST := workflow or faults or slow
SLOW := $(AT_LAST) or nightly or browser or long

.PHONY: run full confirm help smoke explore paper dev lint test-fast test test-all reproduce reference archive arxiv docs bench times clean

run: .venv/ready  ## run the default tier, a first result
	$(BIN)/snakemake --cores all

full: .venv/ready  ## run the exploratory tier: all sizes, seeds and steps, in hours
	$(BIN)/snakemake --cores all $(FULL)

confirm: .venv/ready  ## run the tier of the reference: the full tier with fresh seeds, in hours
	$(BIN)/snakemake --cores all $(CONFIRM)

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

smoke: .venv/ready  ## run every stage on toy models, in minutes
	$(BIN)/snakemake --cores all --configfile workflow/tiers/smoke.yaml

explore: .venv/ready  ## figures and explorer of the reference run, without training
	$(BIN)/snakemake --cores all --configfile workflow/tiers/reference.yaml

paper: .venv/ready  ## set the paper anew from the tables of the reference run, and keep it there
	$(BIN)/snakemake --cores all --configfile workflow/tiers/reference.yaml -- results/reference/paper/paper.pdf
	cp results/reference/paper/paper.pdf reference/paper.pdf

dev: .venv/dev .venv/docs  ## set up what linters, tests and documentation need

lint: .venv/dev  ## linters, formatters and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

test-fast: .venv/dev .venv/docs  ## the quick unit tests
	$(BIN)/pytest -m "not ($(SLOW))" -n auto

test: lint .venv/docs  ## linters, unit tests, the workflow in a copy, faults
	$(BIN)/pytest -m "not ($(AT_LAST) or nightly)" -n auto
	$(BIN)/pytest -m "($(AT_LAST)) and not nightly" -rs -n auto --dist loadfile --no-loadscope-reorder

test-all: test  ## these, and what takes minutes: Slurm where it is installed, a compiler, a model of 160M weights
	$(BIN)/pytest -m nightly -rs

reproduce: confirm  ## run the tier of the reference, then compare each claim with it
	$(BIN)/emergence reproduce results/confirm

reference: full  ## run both, then keep tables, paper and claims in reference/
	$(BIN)/emergence verify results/full
	$(BIN)/emergence snapshot results/full
	$(BIN)/python -m emergence.job_costs results/full
	$(BIN)/snakemake --cores all $(CONFIRM)
	$(BIN)/emergence verify results/confirm
	$(BIN)/emergence snapshot results/confirm

archive: .venv/ready  ## pack the last commit with checksums and metadata into dist/
	$(BIN)/emergence archive

arxiv: .venv/ready  ## run the tier of the reference, then pack the paper with its data and figures
	$(BIN)/snakemake --cores all $(CONFIRM) arxiv

docs: .venv/docs explore  ## build the documentation: site/index.html, with the explorer of the reference run
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	cp results/reference/explorer.html site/

bench: .venv/dev  ## speed beside that of peers, which it installs
	-$(PIP) --no-deps --requirement requirements-bench.lock
	$(BIN)/python tests/bench
	$(BIN)/python tests/bench/tier_cost.py workflow/tiers/full.yaml workflow/tiers/paper.yaml
	$(BIN)/python tests/bench/growth.py
	$(BIN)/python tests/bench/workers.py workflow/tiers/full.yaml workflow/tiers/paper.yaml

times:  ## time these targets in a fresh clone, for the README
	$(PYTHON) tests/bench/times.py

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Python 3.11 to 3.14 is needed, this is %d.%d; name another: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(PIP) --requirement requirements.lock || { echo $(NO_TORCH) >&2; false; }
	$(PIP) --no-deps --editable .
	touch $@

.venv/dev .venv/docs: .venv/%: requirements-%.lock .venv/ready
	$(PIP) --requirement $<
	touch $@

clean:  ## remove .venv and all results
	rm -rf .venv .snakemake site results figures/*.pdf figures/*.png paper/*.pdf paper/*.tar.gz
