# Two commands do everything on a fresh machine with Python 3.11+ (on Debian: python3-venv) and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test browsers soak bench screenshots install tools clean

run: $(VENV)/run.done
	@$(BIN)/replyx demo
	@exec $(BIN)/replyx run

test: $(VENV)/test.done tools
	$(BIN)/flake8 replyx tests bench wsgi.py
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# One conversation in each other browser that is installed: Firefox (Debian's firefox-esr), WebKit (webkit2gtk-driver and xvfb).
browsers: $(VENV)/test.done
	$(BIN)/pytest tests/browsers/conversation.py

# What takes longer than a test may, one line for each run, each with a seed of its own that it prints; needs Node and a C compiler.
soak: $(VENV)/test.done tools bench/node_modules
	$(BIN)/python -m tests.power.power --seconds 40 --points 200
	$(BIN)/python -m tests.delivery.storm --seconds 600
	$(BIN)/python bench/crowd.py

# Figures beside the bare stack and two Node servers, and beside a page without the chat; twelve minutes, needs Node, Chromium
# (and a C compiler for the slow disk).
bench: $(VENV)/test.done bench/node_modules
	$(BIN)/python bench/run.py
	$(BIN)/python bench/page.py

# The pictures in docs, of every state of the widget and the console; four minutes, needs Chromium. They show this machine's fonts.
screenshots: $(VENV)/test.done
	$(BIN)/python -m tests.screenshots

bench/node_modules: bench/package-lock.json
	npm ci --prefix bench --silent --no-audit --no-fund
	@touch $@

install: $(VENV)/run.done

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ReplyX needs Python 3.11 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV): it takes up to a minute, more for the tests."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu, as root: apt-get install python3-venv"; \
		echo "Then again: make $(MAKECMDGOALS)"; exit 1; }

$(VENV)/run.done: setup.cfg constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/test.done: setup.cfg constraints.txt tests/node/package-lock.json | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $(VENV)/run.done $@

# Chromium, nginx and Node for the tests that need the real thing, from Debian's packages where that is allowed.
tools:
	@sh tests/tools.sh

clean:
	rm -rf $(VENV) build *.egg-info tests/node/node_modules
