# `make help` is the table of contents. Variables: PYTHON (3.11 or 3.12), AWS_PORT, AIRFLOW_PORT, LOCAL_HOME.
SHELL = /bin/bash
PYTHON ?= python3
AWS_PORT ?= 4566
AIRFLOW_PORT ?= 8080
LOCAL_HOME ?= .local
export AWS_PORT AIRFLOW_PORT LOCAL_HOME
# where the project's own programs find the jobs' package, the DAGs' and the plugin's; Airflow's processes get their own
export PYTHONPATH = include/glue:dags:plugins

UV_VERSION = 0.13.9
UV = .venv/bin/uv
CHECKOV_VERSION = 3.3.30
AIRFLOW_PY = .venv/bin/python
LOCAL_AWS_PY = .venv-local-aws/bin/python
# an empty HOME has no place for a cache
ifeq ($(HOME),)
export UV_CACHE_DIR = $(CURDIR)/.local/uv-cache
endif

# the packages of each virtual environment
AIRFLOW_CODE = dags plugins infrastructure laptop containers sample_data bench docs
LOCAL_AWS_CODE = local_aws include/glue

.DEFAULT_GOAL := help
.PHONY: help demo up down status logs backfill upload replay sql quarantine schedule setup test test-fast lint lint-sql types format policy docs pictures package deploy bench lock clean

help:  ## Show what can be typed
	@awk 'BEGIN {FS = ":.*## "} /^[a-zA-Z-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## The whole thing: set up, start, load a month, report a week, mail it
	@$(PYTHON) laptop/preflight.py --running $(LOCAL_HOME) --port AWS_PORT=$(AWS_PORT) --port AIRFLOW_PORT=$(AIRFLOW_PORT)
	@$(MAKE) --no-print-directory setup
	@$(AIRFLOW_PY) -m laptop demo

up:  ## Start the local AWS and Airflow
	@$(PYTHON) laptop/preflight.py --running $(LOCAL_HOME) --port AWS_PORT=$(AWS_PORT) --port AIRFLOW_PORT=$(AIRFLOW_PORT)
	@$(MAKE) --no-print-directory setup
	@$(AIRFLOW_PY) -m laptop up

down:  ## Stop everything; the state stays in LOCAL_HOME
	@$(AIRFLOW_PY) -m laptop down

status:  ## Show what runs, where, and the latest runs
	@$(AIRFLOW_PY) -m laptop status

logs:  ## Follow the programs' logs; one alone: make logs PROGRAM=scheduler
	@$(AIRFLOW_PY) -m laptop logs $(PROGRAM)

backfill:  ## Report past periods: make backfill REPORT=weekly FROM=2019-04-01 TO=2019-04-21
	@$(AIRFLOW_PY) -m laptop backfill --report "$(REPORT)" --from "$(FROM)" --to "$(TO)" $(if $(MAIL),--mail) $(if $(AGAIN),--again)

upload:  ## Try a correction, one day of other made-up sales, and follow its load: make upload DAY=2019-04-24
	@$(AIRFLOW_PY) -m laptop upload --day "$(DAY)"

replay:  ## Hand events that Airflow could not take to it again; on AWS: make replay ENV=production
	@$(if $(ENV),$(AIRFLOW_PY) -m infrastructure.replay --environment "$(ENV)",$(AIRFLOW_PY) -m laptop replay)

# QUERY and CSV come from the environment, into which make puts them, so that a query may hold quotes
sql:  ## Ask the laptop's Athena: make sql; one query: make sql QUERY="select * from product" (CSV=file writes CSV)
	@$(AIRFLOW_PY) -m laptop sql $(if $(QUERY),--query "$$QUERY") $(if $(CSV),--csv "$$CSV")

quarantine:  ## List rows that broke the contract; files to mend: make quarantine EXPORT=folder
	@$(AIRFLOW_PY) -m laptop quarantine $(if $(EXPORT),--export "$(EXPORT)")

schedule:  ## Switch a report's schedule on: make schedule REPORT=weekly
	@$(AIRFLOW_PY) -m laptop schedule --report "$(REPORT)"

# one downloads while the other compiles
setup:  ## Make both virtual environments
	@$(MAKE) --no-print-directory -j2 .venv/.installed .venv-local-aws/.installed

.venv/.uv:
	@echo "==> Virtual environment .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2>&1 | grep -v WARNING || true
	@test -x $(UV) || (echo "pip could not install uv: look at the lines above, check the network, try again" >&2; exit 1)
	@touch $@

# compiled once here: where PYTHONDONTWRITEBYTECODE is set, each of the many processes would do it anew
.venv/.installed: .venv/.uv requirements.txt constraints.txt pyproject.toml
	@echo "==> Packages of Airflow, tests and lint (about 250 MB to download the first time)"
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --compile-bytecode -r requirements.txt --group test --group lint -c constraints.txt
	@touch $@

.venv-local-aws/.installed: .venv/.uv local_aws/requirements.txt
	@echo "==> Packages of the local AWS: ministack, DuckDB, Spark and its Java (about 560 MB)"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-local-aws
	@VIRTUAL_ENV=.venv-local-aws $(UV) pip install --quiet --compile-bytecode -r local_aws/requirements.txt
	@touch $@

.venv-clients/.installed: .venv/.uv tests/clients/requirements.txt
	@echo "==> Clients of the local AWS, for the tests: awswrangler, PyAthena, the AWS command line (about 70 MB)"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-clients
	@VIRTUAL_ENV=.venv-clients $(UV) pip install --quiet -r tests/clients/requirements.txt
	@touch $@

test:  ## All tests, fast ones first; sets up what it needs
	@$(PYTHON) laptop/preflight.py
	@$(MAKE) --no-print-directory setup .venv-clients/.installed
	@$(AIRFLOW_PY) -m tests

test-fast: setup  ## Only the tests that start neither Spark nor Airflow nor the stack
	@$(AIRFLOW_PY) -m tests --fast

lint: setup  ## ruff, mypy, which folder may import which, sqlfluff, SQL against Athena's grammar and the tables, cfn-lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	@$(MAKE) --no-print-directory types
	.venv/bin/lint-imports --no-cache
	.venv/bin/sqlfluff lint --processes 2 include/sql
	@$(MAKE) --no-print-directory lint-sql
	.venv/bin/cfn-lint infrastructure/template.yaml

lint-sql:  ## The reports' SQL against Athena's grammar, the tables and each report.yaml
	$(AIRFLOW_PY) -m infrastructure.sql_lint

types:  ## mypy over the code of both virtual environments
	.venv/bin/mypy $(AIRFLOW_CODE)
	$(LOCAL_AWS_PY) -m mypy $(LOCAL_AWS_CODE)

policy: .venv/.uv  ## Security rules over the template (downloads about 100 MB the first time)
	@$(UV) tool run --quiet --python .venv/bin/python checkov==$(CHECKOV_VERSION) --config-file infrastructure/policy.yaml

format: setup  ## Put code and SQL into the project's form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/sqlfluff fix --processes 2 include/sql

docs: setup  ## Write the generated pages again
	$(AIRFLOW_PY) docs/data_model_page.py
	$(AIRFLOW_PY) docs/settings_page.py

pictures:  ## Make the README's pictures again from the running demo
	@$(AIRFLOW_PY) -m docs.pictures

package: setup  ## Write what Amazon MWAA takes to dist/; a deploy builds the same by itself
	@$(AIRFLOW_PY) -m infrastructure.package

deploy: setup  ## Apply the template, upload code and package: make deploy ENV=production
	$(AIRFLOW_PY) -m infrastructure.deploy --environment "$(ENV)"

bench: setup  ## Measure times and memory against their limits; some parts alone: make bench PART="workbooks pages"
	@$(AIRFLOW_PY) -m bench $(PART)

lock: .venv/.uv  ## Compile constraints.txt and the requirements of the local AWS and its clients again
	grep -v '^-c' requirements.txt > .venv/requirements.in
	$(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  .venv/requirements.in --group pyproject.toml:test --group pyproject.toml:lint \
	  --group pyproject.toml:containers -o constraints.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  local_aws/requirements.in --group pyproject.toml:local-aws-test -o local_aws/requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  --group pyproject.toml:clients -c constraints.txt -o tests/clients/requirements.txt

clean: down  ## Stop everything and forget the stack's state (data, runs, mails)
	rm -rf "$(LOCAL_HOME)"
