#!/bin/sh
# Installs the Debian packages of tools/debian_packages.txt that are missing, and nothing else.
# No service is started meanwhile: a policy-rc.d of ours forbids it, and what was there before is
# put back however this script ends. Mirrors and proxies are those apt is configured with.
set -eu

list=$(dirname "$0")/debian_packages.txt
policy=${AET_POLICY_RC_D:-/usr/sbin/policy-rc.d}
saved=$policy.before-aeterna
mark='# written by make deps of aeterna'

# Prints the names of the packages that are neither installed nor replaced by a command.
missing() {
	sed -e 's/#.*//' -e 's/|/ /' "$list" | while read -r name command _; do
		[ -n "$name" ] || continue
		[ -z "$command" ] || ! command -v "$command" >/dev/null 2>&1 || continue
		status=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || status=
		[ "$status" = installed ] || echo "$name"
	done
}

# Also cleans up after a run that was killed.
allow_services() {
	if [ -e "$saved" ] || [ -L "$saved" ]; then
		mv -f "$saved" "$policy"
	elif grep -qsxF "$mark" "$policy"; then
		rm -f "$policy"
	fi
}

forbid_services() {
	allow_services
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		mv -f "$policy" "$saved"
	fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
	chmod 755 "$policy"
}

install_as_root() {
	# One at a time: two runs would save each other's policy.
	exec 9>/run/lock/aeterna-deps.lock
	flock --timeout 1800 9
	trap allow_services EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	forbid_services
	export DEBIAN_FRONTEND=noninteractive
	timeout --kill-after=60 600 apt-get -q -o DPkg::Lock::Timeout=300 update
	timeout --kill-after=60 3600 apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "$@"
}

if [ "${1-}" = --install ]; then
	shift
	install_as_root "$@"
	exit
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "deps: this is not Debian; install the likes of $list by hand" >&2
	exit 1
fi

names=$(missing | tr '\n' ' ')
if [ -z "$names" ]; then
	echo "deps: every Debian package is there"
	exit 0
fi
echo "deps: installing from Debian: $names"

# $names is split on purpose: a list of package names.
if [ "$(id -u)" -eq 0 ]; then
	# shellcheck disable=SC2086
	sh "$0" --install $names
elif command -v sudo >/dev/null 2>&1; then
	# shellcheck disable=SC2086
	sudo --preserve-env=http_proxy,https_proxy,no_proxy sh "$0" --install $names
else
	echo "deps: not root and no sudo; as root: apt-get install $names" >&2
	exit 1
fi

left=$(missing | tr '\n' ' ')
if [ -n "$left" ]; then
	echo "deps: still missing: $left" >&2
	exit 1
fi
