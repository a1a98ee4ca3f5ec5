#!/bin/sh
# The runner's own tests.
exec "$(dirname "$0")/../python/run.sh" /usr/bin/python3 discover -s tests/runner
