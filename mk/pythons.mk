# Every CPython that Debian's releases have, each unpacked below build/pythons with its own C
# library: too long for make test, and it needs archives of other releases. PYTHONS="PATH..." are
# other interpreters than these.
DEBIAN_PYTHONS := bullseye/3.9 bookworm/3.11 trixie/3.13 sid/3.14 sid/3.15
DEBIAN_PYTHON_PATHS := $(DEBIAN_PYTHONS:%=$(B)/pythons/%/python)
PYTHONS ?= $(DEBIAN_PYTHON_PATHS)
PYTHONS_TEST := $(B)/integration/pythons_test

# Written last. The link beside it is as old as Debian's file.
$(B)/pythons/%/version.txt: tools/debian_python.py
	@$(SYSTEM_PYTHON) tools/debian_python.py $(patsubst %/,%,$(dir $*)) $(notdir $*) $(@D)

# Wanted: those of them that PYTHONS names.
PYTHONS_FETCHED := $(patsubst %/python,%/version.txt,$(filter $(DEBIAN_PYTHON_PATHS),$(PYTHONS)))

.PHONY: test-pythons
test-pythons: build programs $(PYTHON_FAKE) $(PYTHONS_TEST) $(PYTHONS_FETCHED)
	@AET_PYTHONS="$(abspath $(PYTHONS))" $(LONG_TESTS) tests/run.py $(PYTHONS_TEST)
