#!/bin/sh
# run.sh INTERPRETER [MODULE...]: unittest, its outcome in GoogleTest's words for tests/run.sh.
# Without modules: everything that needs no package; others run under the library's stand-in.
set -u

interpreter=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cd "$(dirname "$0")/../.." || exit 1
export PYTHONPATH=python:bench:tests/python PYTHONDONTWRITEBYTECODE=1
if [ $# -eq 0 ]; then
	"$interpreter" -m unittest discover -s tests/python >"$log" 2>&1
else
	LD_PRELOAD="$PWD/build/tests/python/libfake.so" "$interpreter" -m unittest "$@" >"$log" 2>&1
fi
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
