# `make help` lists what there is. Everything is installed into .venv; nothing else on the machine is touched.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
UV ?= uv
SIZE ?=
VENV := .venv
BIN := $(VENV)/bin
# Every downloaded file is checked against the hash in the lock file.
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest -n auto

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.installed  ## Install TrueUp into .venv (the command is .venv/bin/trueup)
	@:

run: setup  ## Install TrueUp, load the demo world if there is none, play its month, and serve the portal
	@$(BIN)/trueup demo
	@$(BIN)/trueup serve

test: $(VENV)/.installed-dev  ## Run all tests on SQLite, then all of them on PostgreSQL
	@$(BIN)/python tools/postgres.py --find >/dev/null
	@$(BIN)/python tools/browser.py --find >/dev/null
	@echo "── FOCUS"
	@$(MAKE) focus
	@echo "── tests on SQLite"
	@env -u TRUEUP_DATABASE_URL $(PYTEST) $(ARGS)
	@echo "── tests on PostgreSQL"
	@$(BIN)/python tools/postgres.py $(PYTEST) $(ARGS)

focus: $(VENV)/.installed-dev  ## Check the golden files of FOCUS with its validator, in an environment of its own
	@$(BIN)/python tools/focus_validator.py tests/golden/priced-in-*

check: export TRUEUP_HOME := $(CURDIR)/$(VENV)/check
check: export TRUEUP_DATABASE_URL :=
check: $(VENV)/.installed-dev  ## Check style, types, import contracts, migrations and lock files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/check_files.py
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(VENV)/.installed-dev  ## Measure speed and memory (SIZE=93M for the large run)
	@$(BIN)/python -m benchmarks $(if $(SIZE),--size $(SIZE))

pictures: $(VENV)/.installed-dev  ## Take the pictures of the docs anew
	@$(BIN)/python tools/screenshots.py

openapi: $(VENV)/.installed-dev  ## Write docs/openapi.json, the document of the API, anew from the code
	@$(BIN)/python tools/openapi.py

lock:  ## Resolve the lock files anew after a change of the dependencies (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: $(PYTHON) -m pip install uv" >&2; exit 1; }
	@$(LOCK) --group build --output-file requirements.txt
	@$(LOCK) --group dev --constraints requirements.txt --output-file requirements-dev.txt
	@$(RESOLVE) tools/focus/needs.in --override tools/focus/overrides.txt --no-emit-package focus-validator --python-version 3.12 \
		--output-file tools/focus/requirements.txt
RESOLVE = $(UV) --no-config pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
LOCK = $(RESOLVE) pyproject.toml --python-version 3.11

clean:  ## Remove .venv and what tools left behind (never ./var, which holds your data)
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

.PHONY: help setup run test focus check bench pictures openapi lock clean

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "TrueUp needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "With another one installed: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.txt pyproject.toml src/trueup/__init__.py | $(BIN)/python
	@echo "Installing TrueUp into $(VENV)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing the tools for tests and checks into $(VENV)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
