#!/bin/sh
# Tells the error that Spin found in a configuration: the rows the launcher took, and what processes
# did between them.
#
#   trail.sh NAME [STEPS]     STEPS: anything but nothing adds Spin's own steps
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root/build/model/$1"
./pan -r swap.pml.trail 2>&1 | awk -v steps="${2:-}" '
	NR == FNR { table[FNR] = $0; next }
	/^table.def:/ {
		line = substr($1, 11)
		print (line in table) ? line ": " table[line] : "rows.pml: " line
	}
	/^ *[0-9]+:.*\[(faults|forks|requests|tries|snapshots|stops|deaths) = / {
		sub(/.*\[/, ""); sub(/\]$/, ""); print "\t" $0; next
	}
	/^\tprocess|^the|^pan:/ { print }
	steps && /^ *[0-9]+:/ { print }
	/trail ends/ { exit }' "$root/launcher/swap/table.def" -
