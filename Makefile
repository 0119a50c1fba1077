# make start: everything, running.   make test: everything, checked.   make help: the rest.
SHELL := /bin/bash
UV := $(shell command -v uv 2>/dev/null || echo $(CURDIR)/.uv/bin/uv)
UV_VERSION := 0.13.8
RUN := .venv/bin
SBOM := sbom

.PHONY: help start test setup train evaluate compare bench chaos coordinator audit sbom rasa-weaknesses lint typecheck docs rasa-validate rasa-test format pictures migration clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

start: setup  ## Set up, train if the data changed, start all three processes
	$(RUN)/oroslotsen start

test: setup tests/web/node_modules/.synced lint typecheck docs rasa-validate rasa-test  ## Everything that must hold
	$(RUN)/pytest

setup: .venv/.synced bot/.venv/.synced  ## Both Python environments, from the locked files

train: setup  ## Train the models if the training data changed
	$(RUN)/oroslotsen train

evaluate: setup  ## Measure how well callers are understood, and compare, into docs/understanding.md
	$(RUN)/oroslotsen evaluate
	$(RUN)/oroslotsen compare $(if $(MASSIVE),--massive "$(MASSIVE)")

compare: setup  ## Only compare classifiers, amounts of data and thresholds: MASSIVE=folder
	$(RUN)/oroslotsen compare $(if $(MASSIVE),--massive "$(MASSIVE)")

bench: setup  ## Measure speed and memory beside stock Rasa, into docs/benchmarks.md: ONLY=part
	$(RUN)/oroslotsen bench $(if $(ONLY),--only "$(ONLY)")

chaos: setup  ## Do every fault to the running service, check every message, into docs/reliability.md: ONLY=fault
	$(RUN)/python -m tests.chaos $(if $(ONLY),--only "$(ONLY)")

coordinator: setup  ## Create a coordinator's account: make coordinator NAME=anna
	@$(if $(NAME),,$(error Say who: make coordinator NAME=anna))
	@$(RUN)/oroslotsen coordinator add "$(NAME)"

audit: setup  ## Ask OSV for known weaknesses in what we depend on (needs the network)
	UV=$(UV) $(RUN)/python -m tests.supply.audit

rasa-weaknesses: setup  ## Write the page of known weaknesses in Rasa's environment from its list
	$(RUN)/python -m tests.supply.weaknesses

sbom: | $(UV)  ## Write what both environments consist of, in CycloneDX, into the folder sbom
	@mkdir -p $(SBOM)
	$(UV) export --frozen --offline --quiet --no-dev --preview-features sbom-export --format cyclonedx1.5 --output-file $(SBOM)/service.cdx.json >/dev/null
	cd bot && $(UV) export --frozen --offline --quiet --no-dev --preview-features sbom-export --format cyclonedx1.5 --output-file $(abspath $(SBOM))/rasa.cdx.json >/dev/null

lint: setup  ## Style, order of imports between rooms
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/lint-imports

typecheck: setup  ## mypy --strict on services/ and actions/
	$(RUN)/mypy

docs: setup  ## The documentation as a site, in site/; a link that leads nowhere is a fault
	$(RUN)/zensical build --strict

rasa-validate: setup  ## Rasa's own check of domain, rules and training data
	RASA_TELEMETRY_ENABLED=false RASA_TOKEN=check ACTIONS_PORT=5055 PYTHONWARNINGS=ignore PYTHONPATH=. bot/.venv/bin/python -m rasa data validate --fail-on-warnings --data data

rasa-test: train  ## Rasa's stories of every path, against the trained model
	@results=$$(mktemp -d) && trap 'rm -rf "$$results"' EXIT && \
	model=$$($(RUN)/python -c "from services.cli.training import rasa_model_path; from services.settings import Settings; print(rasa_model_path(Settings()))") && \
	RASA_TELEMETRY_ENABLED=false RASA_TOKEN=check ACTIONS_PORT=5055 PYTHONWARNINGS=ignore PYTHONPATH=. SQLALCHEMY_SILENCE_UBER_WARNING=1 LOG_LEVEL=WARNING TQDM_DISABLE=1 bot/.venv/bin/python -W ignore -m rasa test core --stories tests/stories --model "$$model" --out "$$results" --no-plot --fail-on-prediction-errors

pictures: setup  ## Take the README's pictures anew, from the running service
	mkdir -p docs/pictures
	PICTURES_DIR=docs/pictures $(RUN)/pytest -q tests/system/test_six_steps.py tests/cli/test_preview.py \
		tests/console/test_many_at_once.py tests/web/test_embed.py

format: setup  ## Put the code in shape
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

migration: setup  ## Write a migration for changed tables: make migration NAME="what changed"
	$(RUN)/oroslotsen migration "$(NAME)"

clean:  ## Remove environments and models (never the database)
	rm -rf .venv bot/.venv .uv models/*.tar.gz models/*.npz

.venv/.synced: pyproject.toml uv.lock .python-version | $(UV)
	@echo 'Tjänstens Python-bibliotek hämtas (första gången ett par minuter) ...'
	@$(UV) sync --locked --quiet
	@touch $@

# From within bot/, so that pyenv and uv find the interpreter of bot/.python-version.
bot/.venv/.synced: bot/pyproject.toml bot/uv.lock bot/.python-version | $(UV)
	@echo 'Rasas Python-bibliotek hämtas (första gången några minuter, nära 3 GB på disken) ...'
	@cd bot && $(UV) sync --locked --quiet
	@touch $@

# axe-core, for the accessibility tests; without npm those tests say that they were not run.
tests/web/node_modules/.synced: tests/web/package.json tests/web/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund --prefix tests/web && touch $@; fi

$(CURDIR)/.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)
