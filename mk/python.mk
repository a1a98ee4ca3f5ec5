# The Python module's own tests, with Debian's interpreter and nothing installed.
PYTHON_FAKE := $(B)/tests/python/libfake.so
RUNNER_FIXTURE := $(B)/tests/runner_fixture

$(PYTHON_FAKE): tests/python/fake_library.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -Wall -Wextra -O2 -fPIC -shared -o $@ $<

.PHONY: test-python
test-python: build $(PYTHON_FAKE)
	@tests/run.py tests/python/plain.sh tests/python/packages.sh tests/python/objects.sh
