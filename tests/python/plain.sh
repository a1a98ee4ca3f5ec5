#!/bin/sh
# The Python module with Debian's interpreter and nothing installed.
exec "$(dirname "$0")/run.sh" /usr/bin/python3
