# Clearbill: the commands of a fresh clone. Every target sets up what it needs; a second run finds it done.
#
#   make demo     watch invoice packets go to a portal's stand-in and back
#   make test     the whole test suite, on SQLite and on a real PostgreSQL
#   make lint     ruff and mypy
#   make soak     long random runs against crashes and faults (SOAK_SECONDS, default 300)
#   make driven   portals without an API, and the whole desk, page by page in a real browser (many minutes)
#   make quarter  2,000 packets over thirteen weeks, with and without checklists, and their table
#   make bench    speed and size, as ratios within one run
#   make golden   rewrite the golden files of tests/golden, then look at the diff
#   make lock     renew requirements.lock from pyproject.toml
#   make clean    remove the environment and everything that tools leave behind
#
# PYTHON=/path/to/python3.12 chooses the interpreter; VENV=... another place for the environment.
# PYTEST_ARGS="-k coupa -x" narrows a run.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV ?= .venv
PYTHON ?=
SOAK_SECONDS ?= 300
PYTEST_ARGS ?=
QUARTER_ARGS ?=
PYTEST_WORKERS ?= auto

BIN := $(VENV)/bin
READY := $(VENV)/.ready
POSTGRESQL_READY := $(VENV)/.postgresql-ready
BROWSER_READY := $(VENV)/.browser-ready
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n $(PYTEST_WORKERS) --maxprocesses 8 --dist worksteal
UV_COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	--no-emit-index-url --no-emit-find-links --generate-hashes --no-annotate --no-header

.PHONY: help setup demo test lint soak driven quarter bench golden lock clean

help:
	@sed -n 's/^#   //p' Makefile

setup: $(READY)

$(READY): pyproject.toml requirements.lock setup/environment.sh
	@PYTHON='$(PYTHON)' sh setup/environment.sh '$(VENV)'

# Only the tests need a PostgreSQL server, so only they look for one.
$(POSTGRESQL_READY): $(READY) setup/postgresql.lock setup/postgresql.sh
	@sh setup/postgresql.sh '$(VENV)'

# Portals without an API are driven in a browser.
$(BROWSER_READY): $(READY) setup/browser.sh
	@sh setup/browser.sh '$(VENV)'

demo: $(READY) $(BROWSER_READY)
	@$(BIN)/clearbill demo

test: $(POSTGRESQL_READY) $(BROWSER_READY)
	$(PYTEST) $(PARALLEL) $(PYTEST_ARGS) tests

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A soak test carries pytest's mark `soak` and reads SOAK_SECONDS; none at all is said aloud, not passed over.
soak: $(POSTGRESQL_READY) $(BROWSER_READY)
	@if grep -rqs --include='test_*.py' 'mark\.soak' tests; then \
		echo "$(PYTEST) -m soak tests   (SOAK_SECONDS=$(SOAK_SECONDS))"; \
		SOAK_SECONDS='$(SOAK_SECONDS)' $(PYTEST) -m soak --timeout 0 $(PYTEST_ARGS) tests; \
	else echo "make soak: no test under tests/ carries the mark soak, so there is nothing to run"; fi

driven: $(BROWSER_READY)
	$(PYTEST) $(PARALLEL) -m driven --timeout 600 $(PYTEST_ARGS) tests

# QUARTER_ARGS="--seed 7 --packets 500" draws another one.
quarter: $(READY)
	$(BIN)/python -m tests.quarter $(QUARTER_ARGS)

bench: $(READY) $(BROWSER_READY)
	$(BIN)/python -m tests.bench

golden: $(READY)
	$(PYTEST) -q --rewrite-golden $(PYTEST_ARGS) tests
	@git --no-pager diff --stat -- tests/golden

# The lock names versions and hashes only: no index address stands in it, so it installs from any mirror.
lock: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV_COMPILE) --extra test -o requirements.lock pyproject.toml
	$(UV_COMPILE) -c requirements.lock -o setup/postgresql.lock setup/postgresql.in

clean:
	rm -rf '$(VENV)' build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
