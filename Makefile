# Every target sets up what it needs; a fresh machine needs Python 3.11 or newer, its venv module, and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= out
IMAGE ?= python3-debian13
INPUTS ?= 10000000
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help image test test-all test-images oracles lint format docs pin reproducible kill fuzz bench healthcheck clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

image: $(VENV)/.run ## Build IMAGE for this machine into OUT, show it, and run hello by an engine or in a sandbox
	$(BIN)/bareboat build $(IMAGE) --arch this --out $(OUT)
	$(BIN)/bareboat show $(OUT) $(IMAGE)
	scripts/hello $(BIN)/bareboat $(OUT) $(IMAGE)

test: $(VENV)/.dev ## Run the tests; those whose programs this machine lacks are left out and named
	$(PYTEST) -n auto --dist loadgroup

test-all: $(VENV)/.dev $(VENV)/.healthcheck ## Run the tests and fail where a program is missing; what CI runs
	BAREBOAT_ALL_TESTS=1 $(PYTEST) -n auto --dist loadgroup --durations 20

test-images: $(VENV)/.emulators ## Build IMAGES (all) into OUT unless it is there, and run the catalogue's structure tests on ARCH (all)
	test -e $(OUT) || $(BIN)/bareboat build $(IMAGES) $(if $(ARCH),--arch $(ARCH)) --out $(OUT)
	PATH="$(abspath $(VENV))/emulators/bin:$$PATH" $(BIN)/bareboat test $(OUT) --arch $(or $(ARCH),all) --engine sandbox

reproducible: $(VENV)/.run ## Build the catalogue again under all that must not count; IMAGES, ARCH, CONDITIONS and LOCK limit it
	IMAGES="$(IMAGES)" ARCH="$(ARCH)" CONDITIONS="$(CONDITIONS)" LOCK="$(LOCK)" $(BIN)/python -m tests.reproducible

kill: $(VENV)/.dev ## Kill KILLS builds (1000) at random moments, two at a time on one store, and look at what is left
	BAREBOAT_KILLS="$(or $(KILLS),1000)" $(BIN)/python -m tests.kill

bench: $(VENV)/.dev ## Measure against the baselines, RUNS times (5), on a quiet machine; ONLY, ARCH and PLATFORMS limit it
	$(BIN)/python -m bench --runs $(or $(RUNS),5) --arch $(or $(ARCH),amd64) --platforms $(or $(PLATFORMS),all) $(if $(ONLY),--only $(ONLY))

oracles: $(VENV)/.dev ## Ask apt, dpkg, ldconfig, keytool, openssl and QEMU thousands of questions; takes minutes
	$(PYTEST) -n 2 --dist worksteal -m scale tests/scale

lint: $(VENV)/.dev ## Check types, style and imports
	$(BIN)/ruff check src tests docs scripts bench
	$(BIN)/mypy

docs: $(VENV)/.dev ## Write the compiled catalogue and the generated pages anew
	$(BIN)/python scripts/compile_catalog.py
	$(BIN)/python -m docs.generate

pin: $(VENV)/.dev ## Pin every dependency anew
	scripts/pin

fuzz: $(VENV)/.dev ## Feed INPUTS changed inputs (ten million) to every parser of foreign bytes
	$(BIN)/python -m tests.fuzz.run --inputs $(INPUTS)

healthcheck: $(VENV)/.dev $(VENV)/.healthcheck ## Build the program of health checks anew, for every architecture
	$(BIN)/python scripts/build_healthcheck.py

clean: ## Remove what was made here
	rm -rf $(VENV) $(OUT) .mypy_cache .pytest_cache .ruff_cache .hypothesis .fuzz .import_linter_cache

$(VENV)/.run: requirements/run.txt pyproject.toml
	scripts/set-up $(PYTHON) $(VENV) requirements/run.txt
	@touch $@

# A compiler of some 90 MB, which nothing else needs.
$(VENV)/.healthcheck: requirements/healthcheck.txt | $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/healthcheck.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/run.txt pyproject.toml
	scripts/set-up $(PYTHON) $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.run

$(VENV)/.emulators: scripts/emulators | $(VENV)/.run
	scripts/emulators $(BIN)/bareboat $(VENV)/emulators
	@touch $@
