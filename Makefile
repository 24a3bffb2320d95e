# Everything a newcomer types. Needs Python 3.11 and the package registries, nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
UV := $(BIN)/uv

# Each run of Dagster's is a process that imports the same libraries: what one has compiled, in .venv, the others read.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up learn test quick check lint audit site prose pictures bench soak sbom lock clean help debian

help:
	@echo "make demo    the whole history to title odds, in ./lake-demo"
	@echo "make up      Dagster UI, daemon, MLflow and the app (Ctrl-C ends all)"
	@echo "make learn   five notebooks on the demo's lake, in JupyterLab"
	@echo "make test    the tests      make quick   those without servers, daemons and whole lakes"
	@echo "make check   lint, types, prose, site, audit      make site    the documentation, in build/site"
	@echo "make bench   benchmarks     make lock    compile the lock files anew"

demo: .venv/ready
	$(BIN)/f1lake demo

up: .venv/ready
	@$(BIN)/f1lake up

# JupyterLab is for learners only: no lock file holds it.
learn: .venv/ready
	$(UV) pip install --quiet --python $(BIN)/python "jupyterlab>=4,<5"
	F1LAKE_LAKE=$${F1LAKE_LAKE:-$(CURDIR)/lake-demo} $(BIN)/jupyter lab learn

# Dagster commits its event log to disk at every step: the tests' lakes go to memory where there is enough of it.
TEST_TMP := $(shell test "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 2>/dev/null && echo /dev/shm)

# Several threads of numpy and polars in each of several processes only wait for each other.
test quick soak: export OMP_NUM_THREADS := 1
test quick soak: export OPENBLAS_NUM_THREADS := 1
test quick soak: export POLARS_MAX_THREADS := 1

# Four at a time on two cores: those that run a daemon or a server mostly wait.
test: .venv/ready-dev debian
	$(if $(TEST_TMP),PYTEST_DEBUG_TEMPROOT=$(TEST_TMP)) $(BIN)/pytest -n 4 --dist loadgroup --no-loadscope-reorder $(ARGS)

quick: .venv/ready-dev
	$(if $(TEST_TMP),PYTEST_DEBUG_TEMPROOT=$(TEST_TMP)) $(BIN)/pytest -n 2 --dist loadgroup -m "not soak and not long" $(ARGS)

check: lint prose site audit
	DAGSTER_HOME=$$(mktemp -d) $(BIN)/dg check defs

lint: .venv/ready-dev
	$(BIN)/ruff check .
	$(BIN)/pyright

# Asks a service on the internet: it fails where packages could not be audited.
audit: .venv/ready-dev
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-server.lock

# Spelling and style of README, docs and docstrings (CONTRIBUTING.md, "Style").
prose: .venv/ready-dev
	$(BIN)/codespell
	$(BIN)/python -m f1lake_tests.prose

site: export NO_MKDOCS_2_WARNING := 1
site: .venv/ready-dev
	$(BIN)/mkdocs build --strict --quiet

# The pictures of README and docs, from the lake of the demo: after a change of the app or of what Dagster shows.
pictures: .venv/ready-dev debian
	$(BIN)/python docs/pictures.py

# What the product is made of: a bill of materials (CycloneDX) and the licences.
sbom: .venv/ready-dev
	mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements-server.lock --output-reproducible -o build/sbom.json
	$(BIN)/pip-licenses --format=markdown --with-urls --output-file=build/licences.md

bench: .venv/ready-dev
	for file in $(wildcard benchmarks/*.py); do $(BIN)/python $$file || exit 1; done

soak: .venv/ready-dev debian
	$(if $(TEST_TMP),PYTEST_DEBUG_TEMPROOT=$(TEST_TMP)) $(BIN)/pytest -m soak -o faulthandler_timeout=14400 $(ARGS)

lock: .venv/uv
	$(UV) pip compile pyproject.toml --universal --generate-hashes --custom-compile-command "make lock" -q -o requirements.lock
	$(UV) pip compile pyproject.toml --extra server --universal --generate-hashes --custom-compile-command "make lock" -q -o requirements-server.lock
	$(UV) pip compile pyproject.toml --extra dev --universal --generate-hashes --custom-compile-command "make lock" -q -o requirements-dev.lock

# What tests need of Debian, PROGRAM:PACKAGE,…: the browser, S3, and for deploy/ a proxy, PostgreSQL and Redis.
DEBIAN := chromium:chromium,fonts-dejavu-core radosgw:ceph-mon,ceph-osd,radosgw nginx:nginx-light pg_ctlcluster:postgresql redis-server:redis-server

debian:
	@for needed in $(DEBIAN); do \
	  command -v $${needed%%:*} > /dev/null && continue; \
	  packages=$$(echo $${needed#*:} | tr , ' '); \
	  test "$$(id -u)" = 0 && test -f /etc/debian_version && { test -n "$$updated" || apt-get update -qq; } && updated=yes && \
	  apt-get install -qq -y --no-install-recommends $$packages > /dev/null || \
	  echo "$$packages: not here, and no root on Debian to install it: the tests that need it will skip"; \
	done

clean:
	rm -rf .venv

.venv/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "f1lake needs Python 3.11: install it, or say where it is with make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	@touch $@

.venv/ready: .venv/uv requirements.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/ready-dev: .venv/uv requirements-dev.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@ .venv/ready
