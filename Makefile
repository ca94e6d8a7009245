# make run    set up, then train, score and use a network
# make test   set up, then run the whole test suite
# make check  set up, then style, types, import rules and generated docs
# make bench  set up, then measure speed on this machine

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test check bench clean

run: $(READY)
	@run=$$($(BIN)/digitlab train swift | tee /dev/stderr | cut -d: -f1) && \
	$(BIN)/digitlab evaluate $$run --data mnist:test --figure $$run/confusion-test.png && \
	$(BIN)/digitlab predict samples/* --model $$run --show $$run/samples.png && \
	echo "Pictures are in $$run: curves.png, confusion.png, confusion-test.png, samples.png"

test: $(READY)
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/write_commands.py --check

bench: $(READY)
	$(BIN)/digitlab bench

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt
	python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@
