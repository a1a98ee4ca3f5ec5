#!/bin/sh
# run.sh INTERPRETER [ARGUMENT...]: unittest, its outcome in GoogleTest's words for tests/run.py.
# Without arguments: the module's tests that need no package. TESTED_UNDER is a library to preload.
set -u

interpreter=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cd "$(dirname "$0")/../.." || exit 1
export PYTHONPATH=python:bench:tests/python PYTHONDONTWRITEBYTECODE=1
[ $# -gt 0 ] || set -- discover -s tests/python
LD_PRELOAD=${TESTED_UNDER:+$PWD/$TESTED_UNDER} "$interpreter" -m deadline "$@" >"$log" 2>&1
code=$?
[ "$code" -eq 0 ] || cat "$log"

# number 'WORD': how many the last line counts of it
number() {
	found=$(tail -n 1 "$log" | sed -n -E "s/.*[(, ]$1=([0-9]+).*/\1/p")
	echo "${found:-0}"
}

ran=$(sed -n -E 's/^Ran ([0-9]+) tests? in .*/\1/p' "$log" | tail -n 1)
bad=$(($(number failures) + $(number errors)))
skipped=$(number skipped)
echo "[  PASSED  ] $((${ran:-0} - bad - skipped)) tests."
[ "$bad" -eq 0 ] || echo "[  FAILED  ] $bad tests, listed above."
[ "$skipped" -eq 0 ] || echo "[  SKIPPED ] $skipped tests, listed above."
exit "$code"
