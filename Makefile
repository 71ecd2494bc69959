# `make help` reads the comments behind the targets.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
CODE = $(wildcard services workers web config migrations tests benchmarks)
JOBS ?= auto
ARGS ?=
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help setup run test check servers styles types imports migrations format lock bench \
	mutation approve clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install what Bigdot needs

$(STAMP): requirements/dev.txt requirements/main.in pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv (once; it takes a minute or two) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore \
		--require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore \
		--no-deps --no-build-isolation -e .
	@touch $@

run: setup ## Show the demo: a plan of three aims, its board, alerts and mails
	@$(BIN)/bigdot demo $(ARGS)

servers:
	@tests/install-servers.sh

test: setup servers ## Run the tests, on SQLite and PostgreSQL (ARGS="-k name")
	@$(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

check: setup styles types imports migrations test ## Everything that must hold before a change lands

styles: setup
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/ruff check --quiet $(CODE)

types: setup
	@$(BIN)/mypy $(CODE)

imports: setup
	@$(BIN)/lint-imports --no-logo

migrations: setup
	@folder=$$(mktemp -d) && export BIGDOT_DATABASE_URL=sqlite:///$$folder/check.db && \
		$(BIN)/alembic upgrade head && $(BIN)/alembic check; \
		code=$$?; rm -rf $$folder; exit $$code

format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff check --quiet --fix-only $(CODE)
	@$(BIN)/ruff format --quiet $(CODE)

lock: setup ## Resolve requirements/*.in anew into hashed requirements/*.txt
	@cd requirements && ../$(LOCK) main.in -o main.txt
	@cd requirements && ../$(LOCK) -c main.txt dev.in -o dev.txt
	@cd requirements && ../$(LOCK) -c dev.txt build.in -o build.txt
	@cd requirements && ../$(LOCK) -c dev.txt mutation.in -o mutation.txt

bench: setup servers ## Measure what must be fast, and print the figures
	@$(BIN)/python -m benchmarks $(ARGS)

mutation: setup ## Say how many small changes of the expectations the tests notice; an hour or more
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --root-user-action=ignore \
		--require-hashes -r requirements/mutation.txt
	@nice -n 19 $(BIN)/python -m benchmarks.mutation $(ARGS)

approve: setup ## Write anew what the expectations say in the tests' situations; read the diff
	@BIGDOT_APPROVE=1 $(BIN)/pytest -q -n 0 tests/unit/framework

clean: ## Remove what was built, and .venv
	@rm -rf .venv build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
