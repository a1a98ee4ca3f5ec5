"""A server whose handler starts a helper: helper_spawner.py [PORT [VERSION_FILE]].

/ answers like every other program. /fds answers what `ls -l /proc/self/fd` saw as a child process,
/env the environment of a child, /close_fds=0 the descriptors of one that inherits what is
inheritable.
"""

from __future__ import annotations

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import program_mode

LIST = ["ls", "-l", "/proc/self/fd"]


def run_helper(path: str) -> bytes:
    if path == "/fds":
        return subprocess.run(LIST, stdout=subprocess.PIPE).stdout
    if path == "/close_fds=0":
        return subprocess.run(LIST, stdout=subprocess.PIPE, close_fds=False).stdout
    if path == "/env":
        return subprocess.run(["env"], stdout=subprocess.PIPE).stdout
    return b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        body = program_mode.body() + run_helper(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    program_mode.start()
    ThreadingHTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()
