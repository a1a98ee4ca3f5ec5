#!/bin/sh
# daemon.sh COMMAND...: starts a server that goes to the background, and stays in the foreground.
set -eu
"$@"
exec sleep infinity
