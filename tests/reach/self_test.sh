#!/bin/sh
# The clients and the table of `make test-reach`; the programs themselves are not in make test.
cd "$(dirname "$0")/../.." || exit 1
PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 exec timeout --kill-after=10 60 \
	/usr/bin/python3 -m unittest -q reach.test_clients
