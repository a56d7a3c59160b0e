# `make demo`, `make test`, `make lint`: each makes .venv and installs only when something has changed.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
MODEL := runs/mini
# threads that wait asleep: spinning ones make training many times slower where another program keeps a core busy
export OMP_WAIT_POLICY := PASSIVE

.PHONY: demo test lint clean

demo: $(READY)
	$(PY) -m data check data/articles
	$(PY) -m train configs/mini.yaml --overwrite
	$(PY) -m train.evaluate $(MODEL) data/articles/test -o report --train data/articles/train
	$(PY) -m infer data/samples --model $(MODEL)
	$(PY) -m infer data/samples -o records.jsonl --html site --model $(MODEL)
	@echo "to look at: report/report.html (how good it is), site/index.html (what it found)"

test: $(READY)
	$(PY) -m pytest

lint: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) runs report records.jsonl site .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
