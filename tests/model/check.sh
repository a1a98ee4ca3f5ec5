#!/bin/sh
# Runs Spin on one configuration of the model and prints one line: its name, states, depth, seconds,
# result. What Spin said, the rows taken and the trail of an error are in build/model/NAME.
#
#   check.sh NAME whole|bits|PROPERTY -Dname=value...
#
# whole: every state, and no run may go on for ever. bits: as many states as a minute allows, marked
# in a bit field. PROPERTY: Spin has to find that it is violated.
set -eu
name=$1
mode=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$root/build/model/$name
seconds=${MODEL_SECONDS:-150}
mkdir -p "$dir"
cd "$dir"
rm -f -- *.trail rows result

case $mode in
whole) define="-DNP -DCOLLAPSE -DMEMLIM=4000" run="-l -m200000 -w22" ;;
bits) define="-DSAFETY -DBITSTATE" run="-m200000 -w30 -k3 -Q1" ;;
*) define="-DSAFETY -DCOLLAPSE -DMEMLIM=4000" run="-m200000 -w22" ;;
esac

fail() {
	printf '%-28s %s\n' "$name" "$1"
	exit 1
}

timeout 60 spin -P"gcc -E -x c -I$root -I$here" "$@" -a "$here/swap.pml" >spin.log 2>&1 ||
	fail "spin failed: $dir/spin.log"
# shellcheck disable=SC2086
timeout 120 gcc -O1 -w -DNOFAIR -DVECTORSZ=512 $define -o pan pan.c ||
	fail "pan.c could not be compiled"
# shellcheck disable=SC2086
timeout "$seconds" ./pan $run >pan.log 2>&1 || true
sed -n 's/^row //p' pan.log >rows

value() {
	sed -n "s/$1/\\1/p" pan.log | head -n 1
}
states=$(value '^ *\([0-9.e+]*\) states, stored.*')
depth=$(value '.*depth reached \([0-9]*\), errors.*')
errors=$(value '.*, errors: \([0-9]*\)$')
time=$(value 'pan: elapsed time \([0-9.e+-]*\) seconds')
found=$(value '^pan:[0-9]*: *\(.*\) (at depth [0-9]*)')
at=$(value '^pan:[0-9]*: .* (at depth \([0-9]*\))')

[ -n "$errors" ] || fail "Spin did not end within $seconds s, or failed: $dir/pan.log"
case $mode in
*_*)
	case $found in
	*"($mode)"*) result="found: $mode, trail of $at steps" ;;
	*) fail "NOT FOUND: $mode; ${found:-no error} in $states states" ;;
	esac
	;;
*)
	! grep -q 'max search depth too small' pan.log || fail "max search depth too small"
	! grep -q -e 'out of memory' -e 'reached -DMEMLIM' pan.log || fail "out of memory"
	[ "$errors" -eq 0 ] || fail "$found: read it with tests/model/trail.sh $name"
	result="no errors"
	[ "$mode" = whole ] || result="no errors in a minute"
	;;
esac
printf '%-28s %10s states  depth %4s  %6s s  %s\n' "$name" "$states" "$depth" "$time" "$result"
