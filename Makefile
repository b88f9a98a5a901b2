# What a newcomer types. `make` alone lists it.

PORT ?= 8000
GATEWAY_PORT ?= 8001
PYTHON ?= python3
BIN := .venv/bin

export PORT GATEWAY_PORT
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo discussit discussit-channels quick test experiments matrix check docs pictures bench format lock clean client setup

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: .venv/.dev ## install everything development needs into .venv

demo: .venv/.demo ## a chat room on this machine: PORT=8000 GATEWAY_PORT=8001
	@$(BIN)/python examples/chat_room/manage.py demo

discussit: .venv/.demo ## groups that talk, with users to log in as: PORT=8000 GATEWAY_PORT=8001
	@$(BIN)/python examples/discussit/manage.py demo

discussit-channels: .venv/.discussit-channels ## the same on Django Channels, with Redis: PORT=8000
	@$(BIN)/python examples/channels_discussit/manage.py demo

quick: .venv/.tests ## what a change needs while one works, in a minute: SQLite, no browser
	@$(BIN)/python -m tests.quick

test: .venv/.tests ## the whole suite, on every database that answers
	@$(BIN)/python -m tests.run

experiments: .venv/.tests ## the experiments and the pictures of the documentation at their whole size
	@EXPERIMENTS=whole $(BIN)/python -m pytest -q -m experiment tests
	@EXPERIMENTS=whole $(BIN)/python -m pytest -q tests/docs/test_screenshots.py

matrix: .venv/.tests ## the suite on each Python with its Django
	@$(BIN)/python -m tests.matrix

check: .venv/.dev .venv/.tests ## format, lint, types, import rules, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m tests.file_lengths
	$(BIN)/python -m tests.docstrings
	@echo 'every test can be imported'; said=$$($(BIN)/pytest --collect-only -q tests) || { echo "$$said" | tail -40; exit 1; }

docs: .venv/.docs ## the documentation, into docs/_build/html
	$(BIN)/sphinx-build --fail-on-warning --keep-going -q -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

pictures: .venv/.tests ## take the pictures of the documentation anew, with Chromium
	@$(BIN)/python -m tests.docs.screenshots

bench: .venv/.benchmarks ## measure one thing: QUESTION=events.cost, delivery.near_and_far, ...
	@$(if $(QUESTION),$(BIN)/python -m benchmarks.$(QUESTION),\
	  echo "Say which: make bench QUESTION=...  docs/explanation/performance.md lists the questions.")

format: .venv/.dev ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/.dev ## pin the requirements anew
	@for name in demo discussit-channels tests dev docs benchmarks; do \
	  group=$$([ $$name = demo ] || echo "--group $$name"); \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url \
	    --no-header --no-annotate pyproject.toml --extra gateway $$group -o requirements/$$name.txt; \
	done

client: ## make the browser client's files out of client/src; needs Node
	@$(PYTHON) client/build.py

clean: ## remove what was made, the demo's database included
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache examples/*/var
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One environment; each mark says which requirements it has. The package itself is installed from
# this folder, so that a change is seen at once.
.venv/bin/uv:
	@echo "Making the environment .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet uv

.venv/.demo .venv/.discussit-channels .venv/.tests .venv/.dev .venv/.docs .venv/.benchmarks: .venv/.%: requirements/%.txt pyproject.toml | .venv/bin/uv
	@echo "Installing requirements/$*.txt into .venv ..."
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet -r requirements/$*.txt --editable .
	@touch $@
