.DEFAULT_GOAL := help
PYTHON ?= python3
PORT ?= 8100
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests

.PHONY: help demo install test test-long lint bench pictures lock clean

help:  ## say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Sharecheck needs Python 3.11 or newer. Set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Sharecheck needs, checked against requirements.lock (a minute or two, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need, checked against requirements-dev.lock ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.installed  ## live the story: bot, pretend workspace, embedded database (PORT=8100)
	@exec $(BIN)/sharecheck demo --port $(PORT)

install: $(VENV)/.installed-dev  ## the program and everything its tests need, in .venv

test: $(VENV)/.installed-dev  ## all tests that take less than five minutes together
	@$(BIN)/python -m pytest -q -n auto $(TESTS) -m "not long"

test-long: $(VENV)/.installed-dev  ## what takes longer: every answer set, kills, soak
	@$(BIN)/python -m pytest -q -n auto $(TESTS) -m long

lint: $(VENV)/.installed-dev  ## ruff, mypy --strict, the import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(VENV)/.installed-dev  ## the figures, each beside a floor (ONLY=id runs one)
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

pictures: $(VENV)/.installed-dev  ## take the README's pictures anew (needs Chromium)
	@$(BIN)/python -m docs.pictures

lock:  ## make both lock files anew (needs uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --extra build -o requirements.lock
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --all-extras -o requirements-dev.lock

clean:  ## remove the environment and the demo's data
	rm -rf $(VENV) .demo build *.egg-info
