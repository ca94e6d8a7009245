# make run    set up, then do the five published studies again; leaves runs/reproduce/index.html
# make quick  the same with small budgets, for a first look; leaves runs/reproduce-quick/index.html
# make test   set up, then run the whole test suite
# make fast   the same without the tests that train for more than a few seconds
# make check  set up, then style, types, import rules and generated docs
# make bench  set up, then measure speed on this machine

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run quick test fast check bench clean

run: $(READY)
	$(BIN)/digitlab reproduce --open

quick: $(READY)
	$(BIN)/digitlab reproduce --quick --open

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto

fast: $(READY)
	$(BIN)/python -m pytest --numprocesses auto -m "not slow"

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/write_commands.py --check
	$(BIN)/python docs/write_recipes.py --check

bench: $(READY)
	$(BIN)/digitlab bench

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@
