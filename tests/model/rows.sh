#!/bin/sh
# Prints the rows of the table that the named configurations never took; fails when there are any.
set -eu
cd "$(dirname "$0")/../.."
for name; do
	cat "build/model/$name/rows"
done | awk '
	NR == FNR { taken[$1] = 1; next }
	/^T\(/ { rows++; if (!(FNR in taken)) { print "never taken: " FNR ": " $0; missed++ } }
	END { if (!missed) print "each of the " rows " rows was taken"; exit missed > 0 }
	' - launcher/swap/table.def
