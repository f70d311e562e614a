# Everything starts from Python >= 3.11 with venv, and make.
#   make demo    virtual environment, installation, sample project, app
#   make test    everything the tests need, then the tests (TEST_WORKERS=0: all in one process)
#   make lint    style, format and types

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8501
TEST_WORKERS ?= auto
SHARED_OUT = --numprocesses $(TEST_WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: demo test lint format benchmark wheel clean

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(BIN)/python pyproject.toml hatch_build.py constraints.txt
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group test --group lint
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/predscope demo --port $(PORT) $(DEMO_OPTIONS)

test: $(VENV)/.installed-test
	@sh tests/browser/ensure_chromium.sh $(BIN)/python
	$(BIN)/python -m pytest -q $(SHARED_OUT) $(TEST_OPTIONS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmark: $(VENV)/.installed-test
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group benchmark
	$(BIN)/python benchmarks/run.py

wheel: $(VENV)/.installed
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist artifacts .pytest_cache .ruff_cache .mypy_cache .hypothesis
