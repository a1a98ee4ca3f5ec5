#!/bin/sh
# debian.sh LIST DIRECTORY: unpacks the Debian packages of LIST, with what they need and the system
# lacks, below DIRECTORY, and installs nothing. DIRECTORY/versions.txt says what is there.
set -eu

list=$1
mkdir -p "$2"
root=$(cd "$2" && pwd)
archives=$root/archives

mkdir -p "$archives/partial"

# One package at a time: some of them conflict with each other, which matters only to dpkg.
fetch() {
	timeout --kill-after=10 900 apt-get -q -y --no-install-recommends --download-only --reinstall \
		-o Dir::Cache::archives="$archives" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
		install "$1" >"$root/apt.log" 2>&1 || {
		cat "$root/apt.log" >&2
		echo "debian.sh: no package '$1'; is apt-get update needed?" >&2
		exit 1
	}
}

sed -e 's/#.*//' -e '/^ *$/d' "$list" | while read -r name; do
	echo "reach: Debian's $name"
	fetch "$name"
done
for archive in "$archives"/*.deb; do
	dpkg-deb -x "$archive" "$root"
	# shellcheck disable=SC2016
	dpkg-deb -W --showformat '${Package} ${Version}\n' "$archive"
done >"$root/new.txt"
rm -r "$archives"
# A link to a place in a package's own tree has to stay below ours.
find "$root" -type l -lname '/*' | while read -r link; do
	target=$(readlink "$link")
	[ ! -e "$root$target" ] || ln -sfn "$root$target" "$link"
done
mv "$root/new.txt" "$root/versions.txt"
