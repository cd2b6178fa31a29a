# Everything starts here. `make help` lists the commands; whatever they need is set up first.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
# Python keeps what it compiled, whatever the shell says: without it each start of Rasa costs twenty seconds more.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test check replay bench soak train setup setup-dev lint-data nlu-report bench-nlu fake-platform \
  new-tenant new-language new-migration clean

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do \
	  printf '  make %-14s %s\n' "$$name" "$$words"; done

run: setup ## set everything up and serve on http://127.0.0.1:8080 with the demo tenants; Ctrl-C ends it
	@exec .venv/bin/sathi run

test: setup-dev ## set everything up and run all tests; ARGS="…" goes to pytest
	@scripts/test $(ARGS)

check: setup-dev ## what must hold before a commit: format, lint, types, data, layout, quick tests; under a minute
	@scripts/check

replay: setup-dev ## play the conversations of tests/conversations against the trained bot; UPDATE=1 rewrites what they expect
	@.venv/bin/sathi train
	@exec .venv/bin/sathi replay $(if $(UPDATE),--update) $(ARGS)

bench: setup-dev ## measure the running bot: answer times, turns per second, start, memory, PDFs
	@.venv/bin/sathi train
	@exec .venv/bin/python -m benchmarks $(ARGS)

soak: setup-dev ## kill service and Rasa again and again under load and compare every ledger
	@.venv/bin/sathi train
	@exec .venv/bin/python -m benchmarks.soak $(ARGS)

train: setup ## train the model if its data changed; ARGS=--force trains anyway
	@exec .venv/bin/sathi train $(ARGS)

setup: ## install everything that running needs
	@scripts/setup

setup-dev: ## install what tests and checks need too
	@scripts/setup --dev

lint-data: setup-dev ## name every fault in nlu_data and tenants
	@exec .venv/bin/sathi lint-data $(ARGS)

nlu-report: setup-dev ## how well held-out sentences are understood, by language and intent
	@.venv/bin/sathi train
	@exec .venv/bin/sathi nlu report $(ARGS)

bench-nlu: setup-dev ## our understanding beside Rasa's DIET and LogisticRegressionClassifier and nlp.js, on the same sentences; half an hour
	@exec .venv/bin/python -m benchmarks.nlu $(ARGS)

fake-platform: setup ## a stand-in for WhatsApp, Messenger and Telegram on this machine, to try channels without accounts
	@exec .venv/bin/python -m tests.fakes $(ARGS)

new-tenant: setup ## start a tenant's folder: NAME=nesco
	@exec .venv/bin/sathi new-tenant $(or $(NAME),$(error say NAME=<slug>))

new-language: setup ## start a language's folder: NAME=bn-Latn
	@exec .venv/bin/sathi new-language $(or $(NAME),$(error say NAME=<form>))

new-migration: setup-dev ## write the migration for changed tables: NAME="add complaint photos"
	@scripts/new-migration "$(or $(NAME),$(error say NAME="what changes"))"

clean: ## remove environments, caches and everything installed; databases and logs in var/ stay
	rm -rf .venv .venv-rasa .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis var/assets
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
