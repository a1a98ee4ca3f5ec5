#!/bin/sh
# What needs numpy, with the interpreter that has it.
here=$(dirname "$0")
exec "$here/run.sh" "$here/../../build/venv/bin/python" numpy_cases arena_cases
