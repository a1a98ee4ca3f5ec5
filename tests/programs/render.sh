#!/bin/sh
# render.sh FILE: prints FILE with each @NAME@ replaced by the environment variable NAME. It is how
# the configuration files in this directory get their port, directory and version.
set -eu

script=$(sed -n 's/@[A-Z_]*@/\n&\n/gp' "$1" | sed -n 's/^@\([A-Z_]*\)@$/\1/p' | sort -u |
	while read -r name; do
		value=$(printenv "$name") || {
			echo "render.sh: $name is not set" >&2
			exit 1
		}
		printf 's|@%s@|%s|g\n' "$name" "$value"
	done)
exec sed "$script" "$1"
