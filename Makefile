# `make run` and `make test` are all that a fresh machine needs: Python 3.11+, git and make.

PYTHON ?= python3
# uv of the system, or one installed into .uv by `make` itself.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

# All but those that bring gigabytes (`gliner`, `transformers`).
EXTRAS := --all-extras --no-extra gliner --no-extra transformers

.PHONY: help run demo test check policy unit opa bench clean

help:
	@echo "make run     the gateway, two demo models and a decision log, ready for a client on http://127.0.0.1:8080/v1"
	@echo "make demo    a scripted conversation through it, both sides shown"
	@echo "make test    everything: formats, types, layers, policies, tests"
	@echo "make policy  the Rego part: formats, checks and tests, by the real OPA and by our own"
	@echo "make opa     provide the real OPA that the tests compare with"
	@echo "make bench   measure against a plain proxy (more: benchmarks/README.md)"

run: .venv/.synced
	@exec $(UV) run --no-sync python examples/run.py

demo: .venv/.synced
	@exec $(UV) run --no-sync python examples/demo.py

test: check policy unit

check: .venv/.synced
	$(UV) run --no-sync ruff check .
	$(UV) run --no-sync ruff format --check .
	$(UV) run --no-sync mypy
	$(UV) run --no-sync lint-imports

# The real OPA where there is one, or Go to build it; then our own checker and tester on the embedded engine.
policy: .venv/.synced
	@if opa=$$(.ci/opa); then \
		"$$opa" fmt --fail --list policies && \
		"$$opa" check --strict -b policies --capabilities policies/capabilities.json -s policies/schemas && \
		"$$opa" test -b policies && "$$opa" test -b policies --coverage --threshold 100 -v >/dev/null; \
	elif [ "$$CI" = true ]; then echo "the real OPA is missing, which CI does not accept" >&2; exit 1; \
	else echo "THE REAL OPA IS MISSING: only the embedded engine checks and tests the policies" >&2; fi
	$(UV) run --no-sync douane policy check --strict policies
	$(UV) run --no-sync douane policy test --coverage --threshold 100 policies

unit: .venv/.synced
	$(UV) run --no-sync pytest

opa:
	@.ci/opa

bench: .venv/.synced
	$(UV) run --no-sync python benchmarks/gateway.py

.venv/.synced: uv.lock pyproject.toml $(UV)
	@echo "installing what uv.lock names into .venv (once)"
	@$(UV) sync --quiet --locked $(EXTRAS)
	@touch $@

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .uv || { echo "$(PYTHON) has no working venv: install it (Debian: apt-get install python3-venv)" >&2; rm -rf .uv; exit 1; }
	.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

clean:
	rm -rf .venv .uv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
