"""Web servers and proxies of Debian."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row

NGINX = """\
daemon off;
worker_processes 2;
pid @DIR@/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
	access_log off;
	keepalive_requests 100000;
	server {
		listen 127.0.0.1:@PORT@;
		location / { return 200 "hello\\n"; }
	}
}
"""
ROWS: Sequence[Row] = [
    Row(
        "nginx",
        "here nginx-light",
        ["/usr/sbin/nginx", "-p", "@DIR@", "-e", "stderr", "-c", "@DIR@/nginx.conf"],
        files={"nginx.conf": NGINX},
        bad={"nginx.conf": "no_such_directive;\n"},
    ),
]
