# make run   sets itself up in .venv and runs the main job
# make test  the tests (under ten minutes on two cores)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUESTION ?= ADR-0

.PHONY: run test check bench bless campaign mutants pins clean

run: $(READY)
	@status=0; $(BIN)/explore run $(QUESTION) || status=$$?; \
	printf '\nTo have explore and fuser on the PATH: . $(BIN)/activate\n'; exit $$status

test: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python bench/calls.py
	$(BIN)/python bench/scan.py
	$(BIN)/python bench/growth.py

bless: $(READY)
	BLESS=1 $(BIN)/python -m pytest -q

campaign: $(READY)
	$(BIN)/python -m tests.campaign --count $(or $(N),1000)

mutants: $(READY)
	$(BIN)/python -m tests.mutants

# The pins first, with their hashes; then the project itself, with what is pinned.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or later is needed; say which: make PYTHON=python3.12 …" >&2; exit 5; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -rf *.egg-info
	@touch $@

pins:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --extra dev pyproject.toml --output-file constraints.txt

clean:
	rm -rf $(VENV) .explore build *.egg-info
