# The commands of this project; all their logic is in packaging/.
#
#   make run     the window with an example crystal (sets everything up the first time)
#   make test    every check: ruff, mypy, import-linter, pytest
#
# and what is made for others:
#
#   make docs      the documentation, into site/
#   make pictures  its pictures, taken of the program (needs a display or Xvfb)
#   make bundle    a folder that runs without Python, tried and packed, into dist/
#
# Choose an interpreter with  make run PYTHON=/path/to/python3.12
# Open other files with       make run FILES="a.cif folder/"

PYTHON ?=
FILES ?= resources/examples/NiO.cif
SETUP := pyproject.toml packaging/constraints.txt packaging/system-packages.txt \
         packaging/make-venv.sh packaging/find-python.sh packaging/install-system-packages.sh

export PYTHON

.PHONY: run test docs pictures bundle format clean help

run: .venv/.ready-run
	@sh packaging/run-app.sh $(FILES)

test: .venv/.ready-test
	@.venv/bin/python packaging/run_checks.py

docs: .venv/.ready-docs
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

pictures: .venv/.ready-test
	@sh packaging/with-display.sh .venv/bin/python packaging/docs_pictures.py
	@.venv/bin/python packaging/viewer_pictures.py

bundle: .venv/.ready-bundle
	@.venv/bin/python packaging/build_bundle.py

format: .venv/.ready-test
	@.venv/bin/ruff check --fix negnn_gui tests packaging
	@.venv/bin/ruff format negnn_gui tests packaging

.venv/.ready-run: $(SETUP)
	@sh packaging/install-system-packages.sh
	@sh packaging/make-venv.sh run

.venv/.ready-test: $(SETUP)
	@sh packaging/install-system-packages.sh
	@sh packaging/make-venv.sh test

.venv/.ready-docs: $(SETUP)
	@sh packaging/make-venv.sh docs

.venv/.ready-bundle: $(SETUP)
	@sh packaging/install-system-packages.sh
	@sh packaging/make-venv.sh bundle

clean:
	rm -rf out build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile
