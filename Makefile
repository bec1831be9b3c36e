# Every target sets up what it needs in .venv and is quick when nothing has changed.
PYTHON ?= python3
VENV   := .venv
PRESET ?= small
BIN    := $(VENV)/bin
ENGINES := .venv-engines
CORE   := $(VENV)/.core-ready
DEV    := $(VENV)/.dev-ready
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q

.DEFAULT_GOAL := help
.PHONY: help demo lab test style tests notebooks-test engines scenarios nightly bench wheel docs picture clean

help:  ## show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

demo: $(CORE)  ## make the monthly report of the demo company in reports/
	$(BIN)/crm-analysis demo --out reports

lab: $(CORE)  ## open the notebooks in JupyterLab
	$(BIN)/crm-analysis lab

test: style tests notebooks-test  ## everything that must hold before a commit (under 15 minutes)

style: $(DEV)  ## formatting, lint, types, docstrings
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(find src -name '*.py')

tests: $(DEV)  ## unit, reference, scenario (few seeds), report and browser tests
	$(PYTEST) -m "not nightly and not spark" -ra

notebooks-test: $(DEV)  ## run every notebook and compare its headline tables
	$(PYTEST) -p no:randomly --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
		--nbval-sanitize-with=tests/notebooks/sanitize.cfg notebooks

engines: $(ENGINES)/.ready  ## the same answers on Spark: a real cluster on this machine (needs Java 17 or 21)
	@command -v java >/dev/null || [ -n "$$JAVA_HOME" ] || echo "Spark needs Java 17 or 21:" \
		"apt-get install openjdk-17-jre-headless (Debian), brew install openjdk@17 (macOS)."
	$(ENGINES)/bin/pytest -m "spark and not nightly" -q -ra tests/engines

scenarios: $(DEV)  ## every planted-truth scenario on its listed seeds: the score sheet
	$(BIN)/python -m tests.scenarios

nightly: $(DEV) $(ENGINES)/.ready  ## what is too long for make test: kill counts, coverage runs, all splits, pages and seeds
	$(PYTEST) -m "nightly and not spark" -ra
	$(ENGINES)/bin/pytest -m "nightly and spark" -q -ra tests/engines
	$(BIN)/python -m tests.scenarios

bench: $(DEV)  ## time the package beside its peers into benchmarks/results.md (PRESET=full for 50 M events)
	$(BIN)/python -m benchmarks --preset $(PRESET)

wheel: $(DEV)  ## build dist/*.whl with notebooks and demo data inside
	$(BIN)/python -m build --wheel

docs: $(DEV)  ## make again what is made from code: environment.yml, data/README.md, notebooks/README.md
	$(BIN)/python -m tests.ground.made_files

picture: demo $(DEV)  ## photograph the demo's leadership page for the README (needs Chromium)
	$(BIN)/python -m tests.report.picture reports/2026-10-31/index.html

clean:  ## remove the environments and everything made
	rm -rf $(VENV) $(ENGINES) reports dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Without python3-venv a plain venv cannot bring pip: make one without and let the system's pip fill it.
%/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; say which: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -m venv $* 2>/dev/null \
		|| { rm -rf $*; $(PYTHON) -m venv --without-pip $* && $(PYTHON) -m pip --python $@ install -q pip; } \
		|| { rm -rf $*; $(PYTHON) -m virtualenv -q $*; } \
		|| { rm -rf $*; echo "No way to make an environment: install python3-venv (Debian) or 'pip install virtualenv'."; exit 2; }

$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,bench]'
	@touch $@ $(CORE)

$(ENGINES)/.ready: pyproject.toml constraints.txt | $(ENGINES)/bin/python
	$(ENGINES)/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev,postgres,spark]'
	@touch $@
