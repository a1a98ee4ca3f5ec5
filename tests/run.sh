#!/bin/sh
# run.sh TEST...: runs GoogleTest binaries one after the other and adds up. The last line is
# "N passed, N failed"; a test that was skipped, and a binary that did not reach its end, have failed.
set -u

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

# count 'PATTERN': the number at its place in the log, 0 without one
count() {
	number=$(sed -n -E "s/^\[  $1.*/\1/p" "$log" | tail -n 1)
	echo "${number:-0}"
}

for test in "$@"; do
	echo "== $test"
	"$test" --gtest_color=no >"$log" 2>&1
	code=$?
	grep -v -E '^\[( RUN     |----------|==========)' "$log" | sed '/^$/d'
	good=$(count 'PASSED  \] ([0-9]+) test')
	bad=$(count 'FAILED  \] ([0-9]+) test')
	skipped=$(count 'SKIPPED \] ([0-9]+) test')
	if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] || [ $((good + bad + skipped)) -eq 0 ]; then
		echo "$test ended with status $code"
		bad=$((bad + 1))
	fi
	passed=$((passed + good))
	failed=$((failed + bad + skipped))
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
