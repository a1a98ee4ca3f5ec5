"""Kinds of objects, each handed over from one process to another: what arrives?

`make test-objects` prints the table. PYTHONPATH=python:tests/python PYTHON -m objects [KIND...]
"""
