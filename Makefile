# wherry: make run · make test · make search · make bench · make lint · make lock
# Byte code is kept: otherwise every process of a run compiles all of wherry again.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps
SCALE  ?= 0.05

.PHONY: run test search bench lint lock clean

run: $(VENV)/.base
	@$(BIN)/wherry run --scale $(SCALE)

test: $(VENV)/.dev
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder -rs

# Property tests on examples that nobody has tried yet. What it finds becomes an @example of its test.
search: $(VENV)/.dev
	WHERRY_EXAMPLES=search $(BIN)/pytest --numprocesses 2 --dist loadfile $$(grep -rl "from hypothesis" tests)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# `make lock` needs uv on the path; it writes no addresses into the lock files.
LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --override override.txt
lock:
	cd requirements && $(LOCK) base.in -o base.txt && $(LOCK) -c base.txt dev.in -o dev.txt && $(LOCK) spark.in -o spark.txt

$(VENV)/bin/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info[:2] != (3, 11))" || { echo "wherry needs Python 3.11: make run PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing what wherry needs (once, about a minute) ..."
	@$(PIP) -r requirements/base.txt
	@$(BIN)/python -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'wherry.pth').write_text(str(pathlib.Path('src').resolve()))"
	@printf '#!%s\nimport sys\nfrom wherry.cli import main\nsys.exit(main())\n' "$(abspath $(BIN)/python)" > $(BIN)/wherry && chmod +x $(BIN)/wherry
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/spark.txt $(VENV)/.base
	@$(PIP) -r requirements/dev.txt
	@if command -v java >/dev/null; then $(PIP) -r requirements/spark.txt; else echo "No Java: the Spark parity test will skip"; fi
	@touch $@

clean:
	rm -rf $(VENV) var
