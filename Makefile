# `make demo` and `make test` work on a machine that has only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint check format docs bench soak clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m compileall -q scanners migrator
	@touch $@

demo: $(READY)  ## the whole story on a practice pair, in less than a minute
	@$(BIN)/freeseat demo

test: $(READY)  ## run the tests, on all cores
	$(BIN)/python -m pytest -q --numprocesses auto

lint: $(READY)  ## format, lint, types, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m docs.generate --check

check: lint test  ## the one gate

format: $(READY)  ## mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)  ## write docs/cli.md and docs/rules.md anew
	$(BIN)/python -m docs.generate

soak: $(READY)  ## runs killed everywhere under everything; 10,000 random fixes of each kind against their originals
	FREESEAT_SOAK=10000 $(BIN)/python -m pytest -q --numprocesses auto tests/migrator/crashes tests/scanners/fixes/test_differential.py

bench: $(READY)  ## measure speed, memory and requests
	$(BIN)/python -m benches.scan
	$(BIN)/python -m benches.fix
	$(BIN)/python -m benches.plan
	$(BIN)/python -m benches.switch

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
