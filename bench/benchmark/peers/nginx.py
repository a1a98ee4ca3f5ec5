"""nginx with an answer of its own, replaced by USR2 (nginx.org, "Controlling nginx")."""

from __future__ import annotations

import os
import signal

from .family import is_gone
from .method import Method, command_path, version_of
from .site import Site

PACKAGE = "nginx-light (Debian)"
PROGRAM = "static answer, nginx"
CONFIGURATION = """daemon {daemon};
worker_processes 1;
worker_rlimit_nofile 20000;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log warn;
events {{ worker_connections 10000; }}
http {{
	access_log off;
	default_type text/plain;
	keepalive_timeout 75s;
	client_body_temp_path {directory}/body;
	proxy_temp_path {directory}/proxy;
	fastcgi_temp_path {directory}/fastcgi;
	uwsgi_temp_path {directory}/uwsgi;
	scgi_temp_path {directory}/scgi;
	server {{
		listen {address} backlog=2048;
		location / {{ return 200 "{version} - -\\n"; }}
	}}
}}
"""


def version() -> str:
    return version_of([command_path("nginx", PACKAGE), "-v"])


def configure(site: Site, daemon: str) -> None:
    text = CONFIGURATION.format(
        directory=site.directory, address=site.address, version=site.version, daemon=daemon
    )
    (site.directory / "nginx.conf").write_text(text)


def command(site: Site) -> list[str]:
    words = [command_path("nginx", PACKAGE), "-p", str(site.directory), "-e", "stderr"]
    return [*words, "-c", str(site.directory / "nginx.conf")]


class NginxUsr2(Method):
    name = "nginx-usr2"
    title = "nginx USR2"
    program = PROGRAM
    package = PACKAGE
    manual = "USR2 to the master; when the new one answers, WINCH and then QUIT to the old one"
    application = False

    @classmethod
    def version(cls) -> str:
        return version()

    def start(self) -> None:
        # In the foreground USR2 is ignored: its parent would not be told of the new one.
        configure(self.site, "on")
        self.site.run(command(self.site))
        self.site.wait_for_version()

    def master(self) -> int:
        return int((self.site.directory / "nginx.pid").read_text())

    def swap(self) -> None:
        configure(self.site, "on")
        self.site.replace_master(self.master(), signal.SIGQUIT)

    def stop(self) -> None:
        master = self.master()
        os.kill(master, signal.SIGTERM)
        self.site.wait_until(lambda: is_gone(master), "the end of nginx")
