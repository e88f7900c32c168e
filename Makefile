# Everything that a fresh clone needs: `make compare`, `make compare-go` and `make test`. `make` alone lists the rest.
# Another Python: PYTHON=python3.12 make test

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
NETPOLL := $(BIN)/netpoll
PINS := constraints.txt
DEFINITIONS := pyproject.toml $(PINS)
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
STAMP := $(VENV)/.set-up-$(VERSION)-
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
# The releases of `make matrix`; all seven: GO=all make matrix
GO ?= 1.21,1.23,1.25,1.27
COMMA := ,

# Both names: pip before 25.3 takes the pins of a build from the first, later ones from the second.
export PIP_CONSTRAINT := $(PINS)
export PIP_BUILD_CONSTRAINT := $(PINS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help venv compare compare-go matrix setup test check notebooks bench pictures picture-tools clean

help:  ## this list
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 18
	@echo "Another Python: PYTHON=python3.12 make TARGET"

# The virtual environment is made anew when PYTHON is another version than the one inside it.
venv:
	@sh .ci/venv "$(PYTHON)" "$(VENV)"

# One stamp for each group of packages; a second call installs nothing.
$(STAMP)slim: $(DEFINITIONS) | venv
	@echo "installing simpy, rich and the project into $(VENV)"
	@$(BIN)/python -m pip install --quiet --no-input --editable .
	@touch $@

$(STAMP)%: $(DEFINITIONS) | venv
	@echo "installing the project and what '$*' needs into $(VENV)"
	@$(BIN)/python -m pip install --quiet --no-input --editable '.[$*]'
	@touch $@ $(STAMP)slim

compare: $(STAMP)slim  ## run the whole catalogue on the model and on real epoll, and compare
	@$(NETPOLL) compare --tries 3

compare-go: $(STAMP)slim  ## the same with real Go: installs the newest release if it is not there
	@$(BIN)/python -c 'from realgo.toolchain import RELEASES, find; find(RELEASES[-1])' 2>/dev/null \
	    || $(NETPOLL) go install
	@$(NETPOLL) compare --tries 3 --backends model,epoll,go

matrix: $(STAMP)slim  ## every scenario on several Go releases (GO=1.21,1.27 or GO=all), which it installs
	@$(NETPOLL) go install $(subst $(COMMA), ,$(GO))
	@mkdir -p out
	@$(NETPOLL) matrix --go $(GO) --json out/matrix.json

setup: $(STAMP)test  ## prepare what the tests need; then .venv/bin/netpoll is there
	@echo "ready: $(NETPOLL) --help"

test: $(STAMP)test  ## run the tests
	@$(BIN)/python -m pytest

check: $(STAMP)test $(STAMP)check $(STAMP)pictures  ## ruff, mypy --strict, import-linter, codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks
	$(BIN)/lint-imports
	$(BIN)/codespell

notebooks: $(STAMP)notebooks  ## run every notebook
	@$(if $(NOTEBOOKS),$(BIN)/python -m pytest --nbmake $(NOTEBOOKS),echo "there are no notebooks")

bench: $(STAMP)test  ## measure against the references, in one interleaved run
	@$(BIN)/python -m benchmarks

pictures: $(STAMP)pictures  ## draw every scenario of the catalogue into out/
	@mkdir -p out
	@for name in $$($(NETPOLL) list --names); do \
	    $(NETPOLL) timeline "$$name" -o "out/$$name.svg" || exit $$?; \
	done

picture-tools: $(STAMP)pictures  ## install matplotlib, for .svg, .png and .pdf
	@echo "ready: $(NETPOLL) timeline six_in_one_batch -o six.svg"

clean:  ## remove the environment, the caches and out/
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
