# The commands of README.md. Everything goes into .venv and .data; nothing outside this folder changes.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo start test chaos drip storm lint bench fullbench lock format

help:  ## What there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /  make \1\t/' | expand -t 16

setup: $(INSTALLED)  ## Install everything that is pinned into .venv

$(INSTALLED): requirements.txt requirements-dev.txt tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" bash tools/setup.sh

demo: $(INSTALLED)  ## Everything on loopback with a sample shop, until Ctrl-C (PORT moves it)
	@exec $(BIN)/python -m demo

start: $(INSTALLED)  ## Run the Procfile against the services that the environment (or .env) names
	@PATH="$(CURDIR)/$(BIN):$$PATH" exec $(BIN)/honcho start --port "$${PORT:-8000}"

test: $(INSTALLED)  ## Every test, the browser ones too where Chromium is installed
	@$(BIN)/python -m pytest $(ARGS)

chaos: $(INSTALLED)  ## Kill, empty, fill and depose everything under load, ROUNDS=20 times each; SEED=… runs one again
	@CHAOS_ROUNDS="$${ROUNDS:-20}" CHAOS_SEED="$${SEED:-}" $(BIN)/python -m pytest tests/chaos $(ARGS)

drip: $(INSTALLED)  ## A drip of five steps for PEOPLE=100000, days in minutes, its clocks and workers killed at random
	@DRIP_PEOPLE="$${PEOPLE:-100000}" $(BIN)/python -m pytest tests/chaos/test_drip.py $(ARGS)

storm: $(INSTALLED)  ## What 50,000 people do with a campaign, shuffled and twice: the report of the ordered stream (PEOPLE)
	@STORM="$${PEOPLE:-50000}" $(BIN)/python -m pytest tests/events/test_storm.py --durations=1 $(ARGS)

lint: $(INSTALLED)  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports --no-cache

format: $(INSTALLED)  ## Write the code as ruff wants it
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(INSTALLED)  ## The benchmark table, each figure beside a baseline of the same minute
	@$(BIN)/python -m bench

fullbench: $(INSTALLED)  ## The same for 10,000, 100,000 and 1,000,000 people: import, count, preview, launch (an hour)
	@$(BIN)/python -m bench.full

lock:  ## Pin requirements*.in again, with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --upgrade requirements.in -o requirements.txt -q
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" --upgrade requirements-dev.in -c requirements.txt \
	  -o requirements-dev.txt -q
