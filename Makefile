# Everything a newcomer needs: `make run`, `make test`. Python 3.11 or newer is all they have.
PYTHON ?= python3
IN := .venv/bin/python
# `make lint` needs settings that load, not servers that answer.
LINT_ENVIRONMENT := SECRET_KEY=lint LOOKUP_HASH_KEY=bGludA== FIELD_ENCRYPTION_KEYS=1:bGludA== \
	DATABASE_URL=postgresql:///lint REDIS_URL=redis://127.0.0.1:1/0 VAR_DIR=/nonexistent
DCLINT := dclint@3.1.0

.PHONY: help run test lint survival integration pages reliability fuzz bench bench-against install install-dev install-integration

help:
	@echo "make run       start everything in this terminal; PORT=9000 for another port"
	@echo "make test      run the tests, on servers of their own"
	@echo "make lint      check style, types, imports, migrations, containers"
	@echo "make survival  kill things in the middle of a blast and count what arrives"
	@echo "make integration  against servers, validators and clients of others, which it installs"
	@echo "make pages     every page in a real browser, which it installs"
	@echo "make fuzz      ten minutes of hostile input; MINUTES=60 SEED=7 for others"
	@echo "make reliability  the same with providers that fail, at full size: docs/reliability.md"
	@echo "make bench     measure it on this machine"
	@echo "make bench-against REV=4ad3050  beside another revision, in turns; ONLY=accept for other parts"

run: install
	@$(IN) -m notifyproj.launch

test: install-dev
	@$(IN) -m pytest -n 3 --dist loadfile

lint: install-dev
	@$(IN) -m ruff check .
	@$(IN) -m ruff format --check .
	@$(LINT_ENVIRONMENT) $(IN) -m mypy .
	@$(IN) -c "from importlinter.cli import lint_imports_command as run; run()"
	@$(LINT_ENVIRONMENT) $(IN) -W ignore::RuntimeWarning manage.py makemigrations \
		--check --dry-run --skip-checks
	@.venv/bin/hadolint Dockerfile
	@if command -v npx > /dev/null; then npx --yes $(DCLINT) docker-compose.yml; \
		else echo "npx is not here, so docker-compose.yml is not linted"; fi

survival: install-dev
	@$(IN) -m pytest tests/survival

integration: install-integration
	@$(IN) -m tests.integration.install
	@$(IN) -m pytest tests/integration
	@$(MAKE) --no-print-directory pages

pages: install-integration
	@$(IN) -m tests.integration.install
	@$(IN) -m pytest -n 2 --dist loadfile -m pages

reliability: install-dev
	@RELIABILITY=full $(IN) -m pytest tests/reliability

fuzz: install-dev
	@FUZZ_MINUTES=$(or $(MINUTES),10) FUZZ_SEED=$(or $(SEED),1) $(IN) -m pytest tests/fuzz
	@$(IN) -m pytest -n auto --hypothesis-profile=searching --hypothesis-seed=$(or $(SEED),1) \
		$$(grep -rl 'import given' tests --include='test_*.py')

bench: install-dev
	@$(IN) -m bench

bench-against: install-dev
	@$(IN) -m bench.against $(REV) --only $(or $(ONLY),blast) --pairs $(or $(PAIRS),5)

install:
	@$(PYTHON) notifyproj/launch/bootstrap.py requirements.txt

install-dev:
	@$(PYTHON) notifyproj/launch/bootstrap.py requirements-dev.txt

install-integration:
	@$(PYTHON) notifyproj/launch/bootstrap.py requirements-integration.txt
