#!/bin/sh
# The clients and the table of `make test-reach`; the programs themselves are not in make test.
exec "$(dirname "$0")/../python/run.sh" /usr/bin/python3 discover -s tests/reach -t tests
