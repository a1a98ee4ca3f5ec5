# `make test-reach`: a hundred and more real programs from Debian, PyPI and npm, each swapped under
# load and given a bad version; it writes docs/programs.md. REACH="WORD..." runs the rows of those
# names, or whose names have a word in them. What it needs is named in tests/reach/ and goes below
# build/reach: make deps does without, nothing is installed on the system.
REACH_DIR := $(B)/reach
REACH_GROUPS := asgi wsgi apps llm
REACH_DEPS := $(REACH_GROUPS:%=$(REACH_DIR)/venv_%/installed.txt) $(REACH_DIR)/npm/package.json \
	$(REACH_DIR)/debian/versions.txt

$(REACH_DIR)/venv_%/installed.txt: tests/reach/requirements_%.txt
	$(install-venv)

$(REACH_DIR)/npm/package.json: tests/reach/package.json
	@mkdir -p $(@D)
	@cp $< $(@D)/wanted.json
	cd $(@D) && cp wanted.json package.json && \
		timeout --kill-after=10 1800 npm install --no-audit --no-fund --omit=dev || { rm package.json; exit 1; }

$(REACH_DIR)/debian/versions.txt: tests/reach/debian_packages.txt tests/reach/debian.sh
	@tests/reach/debian.sh $< $(@D)

.PHONY: deps-reach test-reach
deps-reach: $(REACH_DEPS)

test-reach: build deps-reach
	@PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 $(SYSTEM_PYTHON) -m reach $(if $(REACH),--only $(REACH))
