# `make help`. A target that is not there yet is not listed.
.PHONY: help
help:
	@$(SYSTEM_PYTHON) tools/help.py $(MAKEFILE_LIST)
