# `make test-objects`: about two hundred kinds of objects, each dumped by one process and loaded by
# another: exact, merged or refused, and none of them different. Its packages have an environment of
# their own, which this target makes; torch is Debian's (tools/debian_torch.sh). KINDS="WORD..."
# takes those whose names have one of the words. `make test` takes those without such packages.
OBJECTS_VENV := $(B)/venv_objects
OBJECTS_TORCH := $(B)/debian_torch
OBJECTS := PYTHONPATH=python:tests/python PYTHONDONTWRITEBYTECODE=1 timeout --kill-after=10 600

$(OBJECTS_VENV)/installed.txt: tests/requirements_objects.txt
	$(install-venv)

$(OBJECTS_TORCH)/python: tools/debian_torch.sh
	@tools/debian_torch.sh $(OBJECTS_TORCH)

.PHONY: test-objects
test-objects: $(OBJECTS_VENV)/installed.txt $(OBJECTS_TORCH)/python
	@$(OBJECTS) $(OBJECTS_VENV)/bin/python -m objects $(KINDS)
	@$(if $(KINDS),,$(OBJECTS) $(OBJECTS_VENV)/bin/python -m unittest -q pydantic_cases)
	@$(if $(KINDS),,$(OBJECTS) $(OBJECTS_TORCH)/python -m objects torch)
