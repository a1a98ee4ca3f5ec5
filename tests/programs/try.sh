#!/bin/bash
# try.sh [NAME...]: runs each test program by itself, without Aeterna, under the full load for SECONDS
# (5), and prints what failed. A program that fails here would prove nothing about a swap. Run from
# the top of the tree after `make load programs`; VENV is where uvicorn and gunicorn are.
set -u

seconds=${SECONDS_EACH:-5}
venv=${VENV:-build/venv}
programs=tests/programs
export DIR VERSION=v1 PORT=19400
export PYTHONDONTWRITEBYTECODE=1
DIR=$(mktemp -d)
chmod 755 "$DIR"
trap 'rm -rf "$DIR"' EXIT
echo "$VERSION" >"$DIR/version"
mkdir "$DIR/www"
echo "$VERSION" >"$DIR/www/index.html"
export VERSION_FILE=$DIR/version
http=http://127.0.0.1:$PORT/
python=${PYTHON:-/usr/bin/python3}
failed=0

# try NAME "LOAD OPTIONS" COMMAND...
try() {
	local name=$1 options=$2 pid code
	shift 2
	if [ "${#wanted[@]}" -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
		return
	fi
	if ! command -v "$1" >/dev/null; then
		echo "$name: skipped, no $1"
		return
	fi
	setsid "$@" >"$DIR/log" 2>&1 &
	pid=$!
	sleep "${BOOT:-1}"
	# shellcheck disable=SC2086 # several options
	build/aeterna-load $options --duration "${seconds}s" >"$DIR/json" 2>"$DIR/err"
	code=$?
	"$python" - "$name" "$DIR/json" <<'PYTHON' || code=1
import json, sys
d = json.load(open(sys.argv[2]))
ok = sum(v["answers"] for v in d["versions"])
late = d["client"]["lateness_ms"]["max"]
print(f"{sys.argv[1]}: {ok} answers, {d['failed']} failed, p99.9 {d['latency_ms']['p99_9']} ms, "
      f"gap {d['longest_gap_ms']} ms, reopened {d['keepalive_reopened']}, client late {late} ms")
for failure in d["failures"][:3]:
    print("   ", failure["client"], failure["kind"], failure["detail"])
PYTHON
	[ "$code" -eq 0 ] || { failed=1; tail -n 3 "$DIR/log" "$DIR/err"; }
	kill -TERM -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

wanted=("$@")
one="--url $http --body prefix:$VERSION"
for conf in nginx.conf redis.conf haproxy.cfg; do
	"$programs/render.sh" "$programs/$conf.in" >"$DIR/$conf"
done
try http.server "$one" "$python" -m http.server --bind 127.0.0.1 -d "$DIR/www" "$PORT"
try http_server "$one" "$python" $programs/http_server.py
try asyncio "$one --url http://127.0.0.1:$((PORT + 1))/" "$python" $programs/asyncio_server.py
try uvicorn "$one" "$venv/bin/python" -m uvicorn --app-dir $programs --port "$PORT" \
	--no-access-log uvicorn_app:app
try gunicorn-sync "$one" "$venv/bin/gunicorn" --chdir $programs -w 2 -b "127.0.0.1:$PORT" wsgi_app:app
try gunicorn-gthread "$one" "$venv/bin/gunicorn" --chdir $programs -w 2 -k gthread --threads 4 \
	--keep-alive 75 -b "127.0.0.1:$PORT" wsgi_app:app
try node_http "$one" node $programs/node_http.js
NODE_CLUSTER_SCHED_POLICY=rr try node_cluster-rr "$one" node $programs/node_cluster.js
NODE_CLUSTER_SCHED_POLICY=none try node_cluster-none "$one" node $programs/node_cluster.js
try nginx "$one" nginx -p "$DIR" -e stderr -c "$DIR/nginx.conf"
try redis "--url redis://127.0.0.1:$PORT/CONFIG%20GET%20syslog-ident --body exact:$VERSION" \
	redis-server "$DIR/redis.conf"
try memcached "--url memcached://127.0.0.1:$PORT/stats%20settings#maxbytes --body exact:67108864" \
	memcached -u nobody -l 127.0.0.1 -p "$PORT" -m 64
try haproxy "$one" haproxy -f "$DIR/haproxy.cfg"
for name in threaded threaded-musl threaded-static prefork epoll reuseport dual_stack go_server \
	rust_server; do
	try "$name" "$one" "build/programs/$name"
done
TWINS=1 try twins "$one" build/programs/dual_stack
try multi_listener "$one --url http://127.0.0.1:$((PORT + 2))/" build/programs/multi_listener
try unix_server.c "--url unix://$DIR/sock --body prefix:$VERSION" build/programs/unix_server "$DIR/sock"
try abstract "--url unix://@$DIR/sock --body prefix:$VERSION" build/programs/unix_server "@$DIR/sock"
try unix_server.py "--url unix://$DIR/sock --body prefix:$VERSION" "$python" \
	$programs/unix_server.py "$DIR/sock"
try udp_echo.c "--url udp://127.0.0.1:$PORT --body prefix:$VERSION" build/programs/udp_echo
for shape in asyncio blocking socketserver; do
	UDP_SHAPE=$shape try "udp_echo-$shape" "--url udp://127.0.0.1:$PORT --body prefix:$VERSION" \
		"$python" $programs/udp_echo.py
done
try fd3 "$one" "$python" $programs/fd3.py
try helper_spawner "$one" "$python" $programs/helper_spawner.py
exit $failed
