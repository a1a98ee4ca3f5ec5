"""Real programs from Debian, PyPI and npm under the launcher: `make test-reach`."""
