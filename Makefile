# make run    set up, then do the five published studies again; leaves runs/reproduce/index.html
# make quick  the same with small budgets, for a first look; leaves runs/reproduce-quick/index.html
# make test   set up, then run the whole test suite
# make fast   the same without the tests that train for more than a few seconds
# make check  set up, then style, types, import rules and generated docs
# make prove  check and test: what a change has to pass
# make docs   set up, then build the documentation site; leaves site/index.html
# make lab    set up, then open the lab in the browser: draw, train, look inside
# make lessons  set up in an environment of its own, then open the lessons in JupyterLab
# make bench  set up, then measure speed on this machine
# make recognizer  set up, then train three teachers and three recognizers, and export the first to model.onnx, as the
#                  model that ships was made (docs/model-card.md): several hours on two cores; goes on where it was stopped
# make reading-model  the same, then fine-tune the first recognizer on parts of written strings, and export it to
#                     src/digitlab/pages/model.onnx, the model that reads pages: half an hour more

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LESSONS := .venv-lessons

.PHONY: run quick lab lessons test fast check prove docs bench recognizer reading-model clean

run: $(READY)
	$(BIN)/digitlab reproduce --open

quick: $(READY)
	$(BIN)/digitlab reproduce --quick --open

lab: $(READY)
	$(BIN)/digitlab lab

lessons: $(LESSONS)/.ready
	$(LESSONS)/bin/jupyter lab lessons $(if $(filter 0,$(shell id -u)),--allow-root)

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
	$(BIN)/python docs/write_networks.py --check
	$(BIN)/python docs/write_file_formats.py --check
	$(BIN)/python docs/write_api.py --check
	$(BIN)/python docs/write_data_card.py --check
	$(BIN)/python docs/write_lessons.py --check
	$(BIN)/python docs/build_site.py --check

docs: $(READY)
	$(BIN)/python docs/build_site.py

prove: check test

bench: $(READY)
	$(BIN)/digitlab bench

RUNS := runs/recognizer
READING := runs/reading

recognizer: $(READY)
	if [ -e $(RUNS) ]; then $(BIN)/digitlab train --resume $(RUNS); else $(BIN)/digitlab train recognizer \
		--recipe recognizer --seeds 3 --validation random:5000:7 --test mnist:test --out $(RUNS); fi
	$(BIN)/digitlab export $(RUNS) --to model.onnx

reading-model: recognizer
	if [ -e $(READING) ]; then $(BIN)/digitlab train --resume $(READING); else $(BIN)/digitlab train recognizer \
		--from $(RUNS) --recipe reading --seed 0 --out $(READING); fi
	$(BIN)/digitlab export $(READING) --to src/digitlab/pages/model.onnx

clean:
	rm -rf $(VENV) $(LESSONS)

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV): some minutes, most of it downloading"
	python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

# JupyterLab brings a hundred packages that nothing else here needs.
$(LESSONS)/.ready: pyproject.toml constraints.txt
	@echo "setting up $(LESSONS): some minutes, most of it downloading"
	python3 -m venv $(LESSONS)
	$(LESSONS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[lessons]"
	$(LESSONS)/bin/jupyter labextension disable @jupyterlab/apputils-extension:announcements  # asks about news
	@touch $@
