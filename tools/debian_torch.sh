#!/bin/sh
# tools/debian_torch.sh DIRECTORY: unpacks Debian's own torch with all that it needs, and installs
# nothing. DIRECTORY/python is this system's interpreter with it.
set -eu

directory=$1
archives=$directory/archives
root=$directory/root
mkdir -p "$archives/partial" "$root"
there=$(cd "$root" && pwd)
timeout --kill-after=10 900 apt-get -q -y --no-install-recommends --download-only \
	-o Dir::Cache::archives="$(cd "$archives" && pwd)" -o APT::Sandbox::User= -o Debug::NoLocking=1 \
	install python3-torch >"$directory/apt.log" 2>&1 || {
	cat "$directory/apt.log" >&2
	exit 1
}
for package in "$archives"/*.deb; do
	dpkg-deb -x "$package" "$root"
done
rm -r "$archives"
libraries=$there/usr/lib/x86_64-linux-gnu
cat >"$directory/python.new" <<EOF
#!/bin/sh
export LD_LIBRARY_PATH=$libraries:$there/lib/x86_64-linux-gnu:$there/usr/lib:$libraries/blas:$libraries/lapack
export PYTHONPATH=\$PYTHONPATH:$there/usr/lib/python3/dist-packages
exec /usr/bin/python3 "\$@"
EOF
chmod +x "$directory/python.new"
mv "$directory/python.new" "$directory/python"
