#!/bin/sh
# What needs numpy, with the interpreter that has it, under a stand-in for the library.
cd "$(dirname "$0")/../.." || exit 1
export TESTED_UNDER=build/tests/python/libfake.so
exec tests/python/run.sh "$PWD/build/venv/bin/python" numpy_cases arena_cases
