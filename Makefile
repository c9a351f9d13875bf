# `make help` is the table of contents.
PYTHON ?= python3
UV_VERSION = 0.13.9
AIRFLOW_PY = .venv/bin/python
LOCAL_AWS_PY = .venv-local-aws/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup lock

help:  ## Show what can be typed
	@awk 'BEGIN {FS = ":.*## "} /^[a-zA-Z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed .venv-local-aws/.installed  ## Make both virtual environments

.venv/.uv:
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	touch $@

.venv/.installed: .venv/.uv requirements.txt constraints.txt pyproject.toml
	VIRTUAL_ENV=.venv .venv/bin/uv pip install --quiet -r requirements.txt --group test --group lint -c constraints.txt
	touch $@

.venv-local-aws/.installed: .venv/.uv local_aws/requirements.txt
	.venv/bin/uv venv --quiet --allow-existing --python .venv/bin/python .venv-local-aws
	VIRTUAL_ENV=.venv-local-aws .venv/bin/uv pip install --quiet -r local_aws/requirements.txt
	touch $@

lock: .venv/.uv  ## Compile constraints.txt and local_aws/requirements.txt again
	grep -v '^-c' requirements.txt > .venv/requirements.in
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  .venv/requirements.in --group test --group lint -o constraints.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  local_aws/requirements.in -o local_aws/requirements.txt
