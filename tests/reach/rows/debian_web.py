"""Web servers and proxies of Debian in C and C++, and what is built into interpreters."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import REFUSED, Row
from ..talk import Http

PAGE = {"www/index.html": "hello\n"}
PHP = {"index.php": "<?php echo 'hello';"}

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
APACHE = """\
ServerRoot @DIR@
ServerName localhost
Listen 127.0.0.1:@PORT@
PidFile @DIR@/apache.pid
User www-data
Group www-data
LoadModule mpm_@MPM@_module @DEB@/usr/lib/apache2/modules/mod_mpm_@MPM@.so
LoadModule authz_core_module @DEB@/usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module @DEB@/usr/lib/apache2/modules/mod_dir.so
DocumentRoot @DIR@/www
DirectoryIndex index.html
ErrorLog /dev/stderr
StartServers 2
MaxKeepAliveRequests 0
KeepAliveTimeout 60
"""
LIGHTTPD = """\
server.document-root = "@DIR@/www"
server.bind = "127.0.0.1"
server.port = @PORT@
server.max-keep-alive-requests = 10000
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html" )
"""
HAPROXY = """\
global
	nbthread 2
defaults
	mode http
	timeout client 75s
	timeout connect 5s
	timeout server 75s
frontend main
	bind 127.0.0.1:@PORT@
	http-request return status 200 content-type text/plain string hello
"""
SQUID = """\
http_port 127.0.0.1:@PORT@
http_access allow all
cache deny all
pid_filename none
cache_effective_user www-data
coredump_dir @DIR@
access_log none
cache_log /dev/stderr
cache_store_log none
mime_table @DEB@/usr/share/squid/mime.conf
icon_directory @DEB@/usr/share/squid/icons
unlinkd_program @DEB@/usr/lib/squid/unlinkd
error_directory @DEB@/usr/share/squid/errors/templates
pinger_enable off
netdb_filename none
shutdown_lifetime 2 seconds
"""
VARNISH = """\
vcl 4.1;
backend default none;
sub vcl_recv { return (synth(200, "OK")); }
"""
TINYPROXY = """\
Port @PORT@
Listen 127.0.0.1
Timeout 60
MaxClients 50
StatHost "tinyproxy.stats"
StatFile "@DEB@/usr/share/tinyproxy/stats.html"
DefaultErrorFile "@DEB@/usr/share/tinyproxy/default.html"
"""
PRIVOXY = """\
listen-address 127.0.0.1:@PORT@
confdir @DEB@/etc/privoxy
templdir @DEB@/etc/privoxy/templates
logdir @DIR@
keep-alive-timeout 60
"""
H2O = """\
user: www-data
listen:
  host: 127.0.0.1
  port: @PORT@
hosts:
  default:
    paths:
      /:
        file.dir: @DIR@/www
"""
CADDY = """\
{
	admin off
	auto_https off
}
http://127.0.0.1:@PORT@ {
	respond "hello"
}
"""
ICECAST = """\
<icecast>
 <limits><clients>100</clients><sources>2</sources></limits>
 <authentication><source-password>a</source-password><admin-user>admin</admin-user>
  <admin-password>a</admin-password></authentication>
 <hostname>localhost</hostname>
 <listen-socket><port>@PORT@</port><bind-address>127.0.0.1</bind-address></listen-socket>
 <paths><basedir>@DEB@/usr/share/icecast2</basedir><logdir>@DIR@</logdir>
  <webroot>@DEB@/usr/share/icecast2/web</webroot><adminroot>@DEB@/usr/share/icecast2/admin</adminroot>
  <alias source="/" destination="/status-json.xsl"/></paths>
 <logging><errorlog>-</errorlog><loglevel>2</loglevel></logging>
</icecast>
"""
FPM = """\
[global]
error_log = /dev/stderr
pid = @DIR@/fpm.pid
[www]
user = www-data
group = www-data
listen = 127.0.0.1:@PORT@
pm = static
pm.max_children = 10
ping.path = /ping
"""
HTTP_SERVER = ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", "@PORT@"]
APACHE_RUN = ["@DEB@/usr/sbin/apache2", "-d", "@DIR@", "-f", "@DIR@/apache.conf", "-DFOREGROUND"]
STOP_FIRST = {"overlap": False}


def _config(
    name: str, origin: str, command: Sequence[str], file: str, text: str, **options: object
) -> Row:
    """A program whose bad version is a line in its configuration that it does not know."""
    bad = {} if "bad_command" in options else {file: "no_such_directive here;\n" + text}
    files = {file: text, **PAGE}
    return Row(name, origin, command, files=files, bad=bad, **options)  # type: ignore[arg-type]


def _apache(mpm: str, **options: object) -> Row:
    text = APACHE.replace("@MPM@", mpm)
    bad = [*APACHE_RUN[:-2], "/no/such.conf", "-DFOREGROUND"]
    return _config(
        f"apache2-{mpm}", "deb apache2", APACHE_RUN, "apache.conf", text, bad_command=bad, **options
    )


ROWS: Sequence[Row] = [
    _config(
        "nginx",
        "here nginx-light",
        ["/usr/sbin/nginx", "-p", "@DIR@", "-e", "stderr", "-c", "@DIR@/nginx.conf"],
        "nginx.conf",
        NGINX,
    ),
    _apache("event", handoff=STOP_FIRST, note="`overlap: false` for its PID file"),
    _apache("prefork", handoff=STOP_FIRST, note="`overlap: false` for its PID file"),
    _apache("worker", handoff=STOP_FIRST, note="`overlap: false` for its PID file"),
    _config(
        "lighttpd",
        "deb lighttpd",
        ["@DEB@/usr/sbin/lighttpd", "-D", "-m", "@DEB@/usr/lib/lighttpd", "-f", "@DIR@/l.conf"],
        "l.conf",
        LIGHTTPD,
    ),
    _config(
        "haproxy", "here haproxy", ["/usr/sbin/haproxy", "-f", "@DIR@/h.cfg"], "h.cfg", HAPROXY
    ),
    _config(
        "haproxy-master",
        "here haproxy",
        ["/usr/sbin/haproxy", "-W", "-f", "@DIR@/h.cfg"],
        "h.cfg",
        HAPROXY,
    ),
    _config(
        "squid",
        "deb squid",
        ["@DEB@/usr/sbin/squid", "-N", "-f", "@DIR@/squid.conf"],
        "squid.conf",
        SQUID,
        talk=Http("http://127.0.0.1:1/", status=(503,)),
    ),
    _config(
        "varnish",
        "deb varnish",
        [
            *("@DEB@/usr/sbin/varnishd", "-F", "-a", "127.0.0.1:@PORT@", "-f", "@DIR@/v.vcl"),
            *("-n", "@DIR@/v", "-j", "none", "-s", "malloc,10m"),
        ],
        "v.vcl",
        VARNISH,
        bad_command=["@DEB@/usr/sbin/varnishd", "-F", "--no-such-option"],
        handoff=STOP_FIRST,
        note="`overlap: false` for the lock on its directory",
    ),
    _config(
        "tinyproxy",
        "deb tinyproxy-bin",
        ["@DEB@/usr/bin/tinyproxy", "-d", "-c", "@DIR@/t.conf"],
        "t.conf",
        TINYPROXY,
        talk=Http("http://tinyproxy.stats/", host="tinyproxy.stats"),
    ),
    _config(
        "privoxy",
        "deb privoxy",
        ["@DEB@/usr/sbin/privoxy", "--no-daemon", "@DIR@/p.conf"],
        "p.conf",
        PRIVOXY,
        bad_command=["@DEB@/usr/sbin/privoxy", "--no-daemon", "/no/such.conf"],
        talk=Http("http://p.p/", host="p.p"),
    ),
    _config("h2o", "deb h2o", ["@DEB@/usr/bin/h2o", "-c", "@DIR@/h2o.conf"], "h2o.conf", H2O),
    _config(
        "caddy",
        "deb caddy",
        ["@DEB@/usr/bin/caddy", "run", "--config", "@DIR@/Caddyfile", "--adapter", "caddyfile"],
        "Caddyfile",
        CADDY,
        how="caddy run (Go)",
        expected=REFUSED,
    ),
    _config(
        "icecast2",
        "deb icecast2",
        ["@DEB@/usr/bin/icecast2", "-c", "@DIR@/icecast.xml"],
        "icecast.xml",
        ICECAST,
        user="www-data",
        talk=Http("/status-json.xsl"),
    ),
    Row(
        "nghttpx",
        "deb nghttp2-proxy",
        [
            "@DEB@/usr/sbin/nghttpx",
            "-f127.0.0.1,@PORT@;no-tls",
            "-b127.0.0.1,1",
            "--conf=/dev/null",
        ],
        bad_command=["@DEB@/usr/sbin/nghttpx", "--no-such-option"],
        talk=Http(status=(502, 503)),
    ),
    Row(
        "mini-httpd",
        "deb mini-httpd",
        [
            *("@DEB@/usr/sbin/mini_httpd", "-D", "-h", "127.0.0.1", "-p", "@PORT@"),
            *("-d", "@DIR@/www", "-u", "www-data", "-l", "/dev/null"),
        ],
        files=PAGE,
        bad_command=["@DEB@/usr/sbin/mini_httpd", "-D", "-no-such-option"],
    ),
    Row(
        "webfs",
        "deb webfs",
        [
            *("@DEB@/usr/bin/webfsd", "-F", "-i", "127.0.0.1", "-p", "@PORT@"),
            *("-r", "@DIR@/www", "-f", "index.html"),
        ],
        files=PAGE,
        bad_command=["@DEB@/usr/bin/webfsd", "-F", "-i", "300.300.300.300"],
    ),
    Row(
        "prometheus-node-exporter",
        "deb prometheus-node-exporter",
        ["@DEB@/usr/bin/prometheus-node-exporter", "--web.listen-address=127.0.0.1:@PORT@"],
        bad_command=["@DEB@/usr/bin/prometheus-node-exporter", "--no-such-option"],
        how="prometheus-node-exporter (Go)",
        expected=REFUSED,
    ),
    Row(
        "php-S",
        "deb php8.2-cli",
        ["@DEB@/usr/bin/php8.2", "-n", "-S", "127.0.0.1:@PORT@", "@DIR@/index.php"],
        files=PHP,
        bad_command=["@DEB@/usr/bin/php8.2", "-n", "-S", "127.0.0.1:@PORT@", "-t", "/no/such"],
    ),
    Row(
        "http.server",
        "here python3",
        HTTP_SERVER,
        files=PAGE,
        bad_command=["/usr/bin/python3", "-m", "http.server", "--no-such-option"],
    ),
    Row(
        "http.server-1.1",
        "here python3",
        [*HTTP_SERVER, "--protocol", "HTTP/1.1"],
        files=PAGE,
        bad_command=["/usr/bin/python3", "-m", "http.server", "--no-such-option"],
    ),
]
