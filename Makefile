# Every target is a verb; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Two at once; which tests share a worker is said in tests/workers.py.
WORKERS := --numprocesses 2
SENTENCES := datasets/languages/messages.pot
CATALOGUES := $(wildcard datasets/languages/*/messages.po)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench soak format languages clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv and install exactly what constraints.txt pins

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement constraints.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

demo: $(INSTALLED) ## Play the cash transfer with 1,000 fictitious citizens, without Docker
	$(BIN)/sandbox run cash-transfer --runtime local --size 1000

test: $(INSTALLED) ## Run the whole test suite; Docker tests run when an Engine answers
	$(BIN)/pytest $(WORKERS)

check: $(INSTALLED) ## Check format, lint, types, imports, content and unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sandbox check --profile
	$(BIN)/pytest $(WORKERS) tests/unit tests/architecture

bench: $(INSTALLED) ## Measure, beside a named peer, and write bench.json
	$(BIN)/python tests/bench/bench.py

soak: $(INSTALLED) ## Run the campaigns (kills, fuzzing, large populations) with their full counts
	SANDBOX_CAMPAIGN=full $(BIN)/pytest -m campaign

format: $(INSTALLED) ## Format and tidy imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

languages: $(INSTALLED) ## Collect the sentences of all pages anew, and carry them into every language
	$(BIN)/pybabel -q extract --mapping pyproject.toml --keywords 'noted noted_forms:1,2' --add-location file --no-wrap \
		--sort-by-file --omit-header --output $(SENTENCES) sandbox
	@for language in $(CATALOGUES); do \
		$(BIN)/pybabel -q update --no-wrap --ignore-pot-creation-date --ignore-obsolete --input-file $(SENTENCES) \
			--locale "$$(basename $$(dirname $$language) | tr - _)" --output-file $$language || exit 1; done

clean: ## Remove .venv and what tools cached
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
