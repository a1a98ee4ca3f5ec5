#!/bin/bash
# Runs the README's two commands on a bare Debian 12 with git and make: a chroot made by
# debootstrap, with a clean clone of the commit this tree is at. Root only.
#
#   tools/bare_debian.sh                     make deps demo, then make deps test
#   tools/bare_debian.sh "make deps" ...     these commands instead
#
# Mirror, proxies and certificates are the host's. The base system is kept as a tar file in
# $AET_CACHE_DIR (/var/tmp), the chroot itself is removed at the end; KEEP=1 leaves it.
set -euo pipefail

suite=bookworm
cache=${AET_CACHE_DIR:-/var/tmp}/aeterna-$suite-base.tar
repo=$(cd "$(dirname "$0")/.." && pwd)

fail() {
	echo "bare_debian: $*" >&2
	exit 1
}

# Debian's own entries only: packages of other repositories would hide what is missing.
host_sources() {
	apt-get indextargets --format "\$(REPO_URI) \$(RELEASE) \$(COMPONENT) \$(ORIGIN)" \
		'Created-By: Packages' |
		awk -v suite="$suite" '$4 == "Debian" && $3 == "main" &&
			($2 == suite || index($2, suite "-") == 1) { print "deb", $1, $2, $3 }' | sort -u
}

make_base() {
	local mirror
	mirror=$(awk -v suite="$suite" '$3 == suite { print $2; exit }' <<<"$sources")
	[ -n "$mirror" ] || fail "no Debian $suite among apt's sources (apt-get update first?)"
	echo "bare_debian: debootstrap of $suite"
	debootstrap --variant=minbase --include=git,make "$suite" "$work/base" "$mirror" \
		>"$work/debootstrap.log" 2>&1 ||
		fail "debootstrap failed: $(tail -n 3 "$work/debootstrap.log")"
	rm -f "$work"/base/var/cache/apt/archives/*.deb
	tar -C "$work/base" --one-file-system -cf "$work/base.tar" .
	rm -rf "$work/base"
	mv -f "$work/base.tar" "$cache"
}

# What the registries' ordinary clients need to find their servers from inside.
copy_host_configuration() {
	local file
	rm -f "$root"/etc/apt/sources.list.d/*
	printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|ftp|Retries|Check-|Force)' \
		>"$root/etc/apt/apt.conf.d/99host" || true
	for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc "$HOME/.npmrc" \
		"$HOME/.config/pip/pip.conf"; do
		[ -f "$file" ] || continue
		mkdir -p "$root$(dirname "$file")"
		cp -L "$file" "$root$file"
	done
	# update-ca-certificates picks these up when ca-certificates is installed.
	if [ -d /usr/local/share/ca-certificates ]; then
		mkdir -p "$root/usr/local/share"
		cp -RL /usr/local/share/ca-certificates "$root/usr/local/share/"
	fi
}

# The environment inside: nothing but what names proxies, registries and certificates.
host_environment() {
	env -0 | grep -z -E -i '^(https?_proxy|no_proxy|all_proxy|pip_(index_url|extra_index_url|cert|trusted_host|default_timeout)|npm_config_registry|node_extra_ca_certs|ssl_cert_file|goproxy)=' ||
		true
}

# A pid namespace of its own: whatever is still running dies with it, and so do the mounts.
run_inside() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child --propagation private /bin/bash -c '
		set -eu
		root=$1
		shift
		# A mount point, as / is elsewhere: tests unshare mounts themselves.
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		exec chroot "$root" /usr/bin/env -i "$@"
	' inside "$root" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		"${environment[@]}" /bin/sh -c "cd /aeterna && $1" </dev/null
}

cleanup() {
	if [ "${KEEP-}" = 1 ]; then
		echo "bare_debian: left in $work"
	else
		rm -rf --one-file-system "$work"
	fi
}

[ "$(id -u)" -eq 0 ] || fail "debootstrap and chroot need root"
for tool in debootstrap git unshare awk; do
	command -v "$tool" >/dev/null || fail "$tool is missing"
done
[ $# -gt 0 ] || set -- "make deps demo" "make deps test"

umask 022
work=$(mktemp -d /var/tmp/aeterna-bare.XXXXXX)
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$work"
root=$work/root
sources=$(host_sources)

# A tar file that somebody else put there is not unpacked.
if [ ! -f "$cache" ] || [ ! -O "$cache" ]; then
	make_base
fi
mkdir "$root"
tar -C "$root" -xpf "$cache"
copy_host_configuration
mapfile -d '' -t environment < <(host_environment)
git clone --quiet --no-hardlinks "$repo" "$root/aeterna"
echo "bare_debian: at $(git -C "$repo" log -1 --format='%h %s')"

for command in "$@"; do
	echo "bare_debian: # $command"
	start=$SECONDS
	run_inside "$command" || fail "'$command' failed after $((SECONDS - start)) s"
	echo "bare_debian: '$command' passed in $((SECONDS - start)) s"
done
