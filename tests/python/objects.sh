#!/bin/sh
# Kinds of objects that need no package but numpy, each handed over: what arrives? All of them:
# `make test-objects`.
cd "$(dirname "$0")/../.." || exit 1
export PYTHONPATH=python:tests/python PYTHONDONTWRITEBYTECODE=1
exec timeout --kill-after=10 300 build/venv/bin/python -m objects
