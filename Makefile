# make run    a whole desk on this machine, with its own PostgreSQL and Redis, nothing to prepare
# make test   every check and every test
# make help   the rest

PORT ?= 8000
VENV ?= .venv
# The first of these that is new enough; choose another with make PYTHON=/path/to/python3.12
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; \
	done; echo python3)
PYTEST_ARGS ?= -n 2 --dist loadgroup
PY := $(VENV)/bin/python
# Quiet but for errors, with a dot every other second to show that it works.
PIP = ( while sleep 2; do printf .; done ) & dots=$$!; trap 'kill $$dots' EXIT; \
	$(PY) -m pip --disable-pip-version-check -qq install
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run test lint bench pictures clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: $(VENV)/.run-installed ## start a whole desk here (PORT=8000, HOST=127.0.0.1); Ctrl-C stops it
	@PORT=$(PORT) exec $(PY) -m smsdesk.run

test: $(VENV)/.test-installed lint ## every check and every test (PYTEST_ARGS="-k offers")
	@$(PY) -m tests.support.browser
	@$(PY) -m tests.support.kannel
	@$(PY) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.test-installed ## style, types, import contracts, migrations, deployment settings
	@$(PY) -m tests.support.checks

bench: $(VENV)/.test-installed ## measure, and write docs/performance.md (BENCH_ARGS=--quick: a smoke run)
	@$(PY) -m tests.bench $(BENCH_ARGS)

pictures: $(VENV)/.test-installed ## take the screenshots of docs/ anew (PICTURES="desk wrap-up")
	@$(PY) -m tests.pictures $(PICTURES)

clean: ## remove the installed packages and every run's data
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Installed anew only when the list of requirements has changed.
$(VENV)/.run-installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "smsdesk: There is no $(PYTHON) here: install Python 3.11 or newer." >&2; exit 1; }
	@printf '%s\n' "$$CHECK_MACHINE" | $(PYTHON) -
	@$(PY) -m pip --version >/dev/null 2>&1 || { \
		echo "Making $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv --clear $(VENV); }
	@printf 'Installing requirements.txt (a minute or two, the first time only) '
	@$(PIP) -r requirements.txt && echo ' done'
	@touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed tests/requirements.txt
	@$(PY) -c 'import sqlite3' 2>/dev/null || { \
		echo "smsdesk: This Python was built without the module sqlite3, which mypy needs for its" \
			"cache: install SQLite, or name another with make PYTHON=/path/to/python3" >&2; exit 1; }
	@printf 'Installing tests/requirements.txt '
	@$(PIP) -r tests/requirements.txt && echo ' done'
	@touch $@

# Says in one sentence what the machine lacks. Runs under any Python, so it is written plainly.
define CHECK_MACHINE
import os, shutil, sys
def stop(sentence):
    sys.exit("smsdesk: " + sentence)
if sys.version_info < (3, 11):
    stop("Python 3.11 or newer is needed and %s is %d.%d: install one, or name it with"
         " make PYTHON=/path/to/python3.12" % ((sys.executable,) + tuple(sys.version_info[:2])))
for module, package in (("ssl", "OpenSSL"), ("venv", "python3-venv"), ("ensurepip", "python3-venv"),
                        ("zlib", "zlib"), ("ctypes", "libffi")):
    try:
        __import__(module)
    except ImportError:
        stop("This Python (%s) was built without the module %s: install %s, or name another with"
             " make PYTHON=/path/to/python3" % (sys.executable, module, package))
if not os.access(".", os.W_OK):
    stop("This folder cannot be written to: %s." % os.getcwd())
if shutil.disk_usage(".").free < 1200000000:
    stop("The disk of %s is nearly full: 1.2 GB are needed." % os.getcwd())
endef
export CHECK_MACHINE
