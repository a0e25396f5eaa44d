# Everything a user or a developer needs. Works from any folder with `make -C <here> ...`.

.DEFAULT_GOAL := help
.PHONY: help run test lint page dev screenshots wheel bench openapi dev-env lock
# Commands run as they stand here, not through what the user's environment says.
SHELL := /bin/sh
UV ?= uv
PYTHON ?=
export PYTHON

BIN := .venv/bin
# Tests wait more than they compute: three at a time keep two cores busy.
TEST_PROCESSES ?= 3
CHECKED := backend/app backend/tests $(wildcard benchmarks)
LOCK := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

help: ## Show this text
	@echo "Targets (needed: Python 3.11 or newer, reach to a package registry):"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-12s %s\n' "$$name" "$$text"; done
	@echo "PYTHON=/path/to/python3 chooses the interpreter. SOVD_PORT, SOVD_HOME and the other settings are read by 'run'."

run: ## Start the service with a demo fleet on http://127.0.0.1:8000; Ctrl-C ends it
	@scripts/run.sh

test: lint ## Run all that CI runs: checks, every test, coverage of at least 90 %, the page in a browser
	@scripts/page.sh check
	$(BIN)/pytest --numprocesses=$(TEST_PROCESSES) --dist=worksteal --cov=app --cov-report=term --cov-fail-under=90 -q
	@scripts/page.sh e2e

page: ## Build the web page; `run` does so by itself where it is missing or old
	@scripts/page.sh build

dev: ## Serve the web page with hot reload against a service that runs already
	@scripts/page.sh dev

screenshots: ## Take pictures of every page into frontend/screenshots
	@scripts/screenshots.sh

wheel: dev-env ## Build a Python wheel that contains everything, the page too, into dist/
	@scripts/page.sh build --if-needed
	$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist .

lint: dev-env ## Check style, types, import directions and the generated API description
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CHECKED)
	$(BIN)/lint-imports
	$(BIN)/python -m app.api.openapi_file --check

bench: dev-env ## Run the benchmarks and print their figures
	$(BIN)/python -m benchmarks

page-bench: dev-env ## Measure the page in a real browser and print the figures as Markdown
	@scripts/page.sh bench

openapi: dev-env ## Generate contracts/ anew from the code
	$(BIN)/python -m app.api.openapi_file

dev-env: ## Make .venv with everything development takes
	@scripts/environment.sh requirements-dev.lock

lock: ## Resolve the versions anew and write both lock files (needs uv)
	$(LOCK) pyproject.toml --group install -o requirements.lock
	$(LOCK) pyproject.toml --group install --group dev -c requirements.lock -o requirements-dev.lock
