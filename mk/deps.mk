# `make deps`: Debian packages by name (tools/debian_packages.txt), then pinned Python packages
# (tests/requirements.txt) in build/venv. A second call changes nothing and needs no network.
VENV := $(B)/venv
SYSTEM_PYTHON ?= /usr/bin/python3

# `make -j deps test`: nothing may be built before the packages are there.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

.PHONY: deps deps-debian
deps: deps-debian
	@$(MAKE) --no-print-directory $(VENV)/installed.txt
	@echo "deps: done"

deps-debian:
	@sh tools/deps.sh

# What a file of requirements names, in a virtual environment; the target is a copy of the file.
define install-venv
@if cmp -s $< $@; then echo "deps: $(@D) is as $< says"; \
else echo "deps: $(@D): installing what $< names" && \
	$(SYSTEM_PYTHON) -m venv --clear $(@D) && \
	timeout --kill-after=10 1800 $(@D)/bin/pip install --quiet --no-input --disable-pip-version-check \
		--prefer-binary -r $<; fi
@cp $< $@
endef

$(VENV)/installed.txt: tests/requirements.txt
	$(install-venv)
