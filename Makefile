# PUO Desk. Needs python3 (3.11 or later) with venv and pip, and make; everything else is installed into .venv.
.DEFAULT_GOAL := help
.PHONY: help up test check browser bench clean

PYTHON := .venv/bin/python
BOOTSTRAP := python3 puo_desk/stack/bootstrap.py
ARGS ?=
# A Redis database each is there for seven workers of one run.
WORKERS ?= auto

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s  %s\n", $$1, $$2}' Makefile
	@echo "make up reads PORT, HOST, DEMO=0, WEB_PROCESSES, DATABASE_URL, REDIS_URL, PUO_LOCAL; test, browser and bench take ARGS='...', test also WORKERS=0"

up: ## the whole desk on http://127.0.0.1:8000 until Ctrl-C
	@$(BOOTSTRAP) run
	@exec $(PYTHON) manage.py up

test: ## the whole test suite on real servers
	@$(BOOTSTRAP) dev
	@exec $(PYTHON) -m pytest -n $(WORKERS) --maxprocesses 7 --dist loadscope $(ARGS)

check: ## style, types, imports, templates, migrations, deployment, API schema, known vulnerabilities
	@$(BOOTSTRAP) dev
	@exec $(PYTHON) -m puo_desk.stack.check

browser: ## the journeys in a real browser (needs chromium)
	@$(BOOTSTRAP) dev
	@exec $(PYTHON) -m pytest tests/browser $(ARGS)

bench: ## the measurements
	@$(BOOTSTRAP) dev
	@exec $(PYTHON) -m tests.bench $(ARGS)

clean: ## remove .venv and caches; the desk's rows and files in .local stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
