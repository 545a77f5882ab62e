# Each target sets itself up: python3 (3.11 or later, with venv), pip, git and make are enough.
PYTHON ?= python3
VENV := .venv
EXTRAS ?= dev
BIN := $(VENV)/bin

.PHONY: demo test test-full lint clean

demo: $(VENV)/demo
	$(BIN)/neurodeploy deploy models/packet-apps --target emulator



test: $(VENV)/dev
	$(BIN)/python -m pytest -m "not slow" -n auto --dist loadfile

test-full: $(VENV)/dev
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e .
	touch $@

$(VENV)/dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e ".[$(EXTRAS)]"
	touch $@ $(VENV)/demo

clean:
	rm -rf $(VENV) runs build *.egg-info
