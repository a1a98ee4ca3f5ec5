#!/bin/bash
# demo.sh: an unmodified Python agent, under load, changes its code three times; then it is given a
# version that cannot start. What the clients saw is printed at the end. Run by `make demo`.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
launch=$top/bin/aeterna-launch
port=${PORT:-18088}
python=${PYTHON:-/usr/bin/python3}
dir=$(mktemp -d)
launcher='' load=''

finish() {
	[ -z "$load" ] || kill "$load" 2>/dev/null || true
	[ -z "$launcher" ] || kill "$launcher" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

cp "$top/examples/agent.py" "$dir/agent.py"
echo v1 >"$dir/greeting.txt"
cat >"$dir/aeterna.yaml" <<YAML
service:
  command: ["$python", "agent.py"]
  env: ["PORT=$port"]
  start_timeout: 5s
YAML
cd "$dir"

say "\$ aeterna-launch -c aeterna.yaml        # $python agent.py, port $port"
"$launch" -c aeterna.yaml &
launcher=$!
until "$launch" status -c aeterna.yaml 2>/dev/null | grep -q running; do :; done

say "300 new connections a second and 100 keep-alive clients, while the code changes"
"$top/build/aeterna-load" --url "http://127.0.0.1:$port/" --rate 300 --keepalive 100 --duration 6s \
	>load.json 2>load.err &
load=$!
until grep -q established load.err; do :; done

for version in v2 v3 v4; do
	say "\$ echo $version > greeting.txt; aeterna-launch reload"
	echo "$version" >greeting.txt
	"$launch" reload -c aeterna.yaml
	sleep 0.7
done

say "\$ echo 'syntax error(' >> agent.py; aeterna-launch reload"
echo 'syntax error(' >>agent.py
"$launch" reload -c aeterna.yaml || echo "(exit code $?: the old version serves on)"

wait "$load" || true
load=''
say "What the clients saw"
"$python" - load.json <<'PYTHON'
import json, sys

d = json.load(open(sys.argv[1]))
new, kept = d["new"], d["keepalive"]
print(f"new connections: {new['ok']} answered, {new['failed']} failed")
print(f"keep-alive:      {kept['ok']} answered, {kept['failed']} failed")
print(f"latency:         p50 {new['latency_ms']['p50']} ms, p99.9 {new['latency_ms']['p99_9']} ms")
print(f"longest gap without an answer: {d['longest_gap_ms']} ms")
print("answers by version:", {v["version"]: v["answers"] for v in d["versions"]})
sys.exit(1 if new["failed"] or len(d["versions"]) != 4 else 0)
PYTHON
"$launch" status -c aeterna.yaml
