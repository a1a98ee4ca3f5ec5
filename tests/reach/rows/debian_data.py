"""Debian's databases, queues, directories, and PHP behind a web server."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import ENDS, REFUSED, Row
from ..talk import Script
from .configured import configured
from .protocols import GREETED, LDAP, MQTT, fastcgi, mysql, postgres

STOP_FIRST = {"overlap": False}
FPM = """\
[global]
error_log = /dev/stderr
pid = @DIR@/fpm.pid
[www]
user = www-data
group = www-data
listen = @LISTEN@
listen.mode = 0666
pm = static
pm.max_children = 12
ping.path = /ping
"""
MOSQUITTO = "listener @PORT@ 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n"
PGBOUNCER = """\
[databases]
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = @PORT@
unix_socket_dir =
auth_type = any
"""
SLAPD = "pidfile @DIR@/slapd.pid\nargsfile @DIR@/slapd.args\n"
REDIS = 'port @PORT@\nbind 127.0.0.1\ndir @DIR@\nsave ""\n'
NATS = "host: 127.0.0.1\nport: @PORT@\n"
BIN15 = "/usr/lib/postgresql/15/bin"


ROWS: Sequence[Row] = [
    configured(
        "redis",
        "here redis-server",
        ["/usr/bin/redis-server", "@DIR@/conf"],
        REDIS,
        Script(b"PING\r\n", b"+PONG\r\n"),
    ),
    Row(
        "memcached",
        "here memcached",
        ["/usr/bin/memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "@PORT@", "-U", "0"],
        bad_command=["/usr/bin/memcached", "-u", "no-such-user"],
        talk=Script(b"version\r\n", b"\r\n"),
    ),
    Row(
        "postgres",
        "here postgresql-15",
        [
            *(f"{BIN15}/postgres", "-D", "@DIR@/data", "-h", "127.0.0.1", "-p", "@PORT@"),
            *("-c", "unix_socket_directories="),
        ],
        setup=[[f"{BIN15}/initdb", "-A", "trust", "-U", "postgres", "-D", "@DIR@/data"]],
        bad_command=[f"{BIN15}/postgres", "-D", "@DIR@/data", "-c", "no_such_option=1"],
        user="postgres",
        talk=postgres(b"postgres", b"postgres", b"SELECT 1"),
        handoff=STOP_FIRST,
        note="`overlap: false` for its data directory",
        kept_end=True,
        expected=ENDS,
    ),
    Row(
        "mariadb",
        "deb mariadb-server-core",
        [
            *("@DEB@/usr/sbin/mariadbd", "--no-defaults", "--user=root", "--datadir=@DIR@/data"),
            *("--basedir=@DEB@/usr", "--lc-messages-dir=@DEB@/usr/share/mysql"),
            *("--bind-address=127.0.0.1", "--port=@PORT@", "--socket=@DIR@/sock"),
        ],
        setup=[
            [
                *("@DEB@/usr/bin/mariadb-install-db", "--no-defaults", "--datadir=@DIR@/data"),
                *("--basedir=@DEB@/usr", "--user=root"),
                "--auth-root-authentication-method=normal",
            ]
        ],
        bad_command=["@DEB@/usr/sbin/mariadbd", "--no-defaults", "--no-such-option"],
        talk=mysql(),
        handoff=STOP_FIRST,
        note="`overlap: false` for its data directory",
        kept_end=True,
        expected=ENDS,
    ),
    configured(
        "mosquitto",
        "deb mosquitto",
        ["@DEB@/usr/sbin/mosquitto", "-c", "@DIR@/conf"],
        MOSQUITTO,
        MQTT,
    ),
    Row(
        "beanstalkd",
        "deb beanstalkd",
        ["@DEB@/usr/bin/beanstalkd", "-l", "127.0.0.1", "-p", "@PORT@"],
        bad_command=["@DEB@/usr/bin/beanstalkd", "-b", "/no/such/directory"],
        talk=Script(b"stats-job 1\r\n", b"NOT_FOUND\r\n"),
    ),
    Row(
        "gearmand",
        "deb gearman-job-server",
        [
            "@DEB@/usr/sbin/gearmand",
            "-L",
            "127.0.0.1",
            "-p",
            "@PORT@",
            "-l",
            "stderr",
            "-P",
            "@DIR@/p",
        ],
        bad_command=["@DEB@/usr/sbin/gearmand", "--no-such-option"],
        talk=Script(b"version\n", b"\n"),
    ),
    Row(
        "slapd",
        "deb slapd",
        ["@DEB@/usr/sbin/slapd", "-d", "0", "-h", "ldap://127.0.0.1:@PORT@", "-f", "@DIR@/conf"],
        files={"conf": SLAPD},
        bad={"conf": "no_such_directive here\n"},
        talk=LDAP,
    ),
    configured(
        "pgbouncer",
        "deb pgbouncer",
        ["@DEB@/usr/sbin/pgbouncer", "@DIR@/conf"],
        PGBOUNCER,
        postgres(b"pgbouncer", b"pgbouncer", b"SHOW VERSION"),
        user="nobody",
    ),
    configured(
        "nats-server",
        "deb nats-server",
        ["@DEB@/usr/sbin/nats-server", "-c", "@DIR@/conf"],
        NATS,
        Script(b"PING\r\n", b"PONG\r\n", GREETED),
        how="nats-server -c conf (Go)",
        expected=REFUSED,
    ),
    Row(
        "php-fpm",
        "deb php8.2-fpm",
        ["@DEB@/usr/sbin/php-fpm8.2", "-n", "-F", "-y", "@DIR@/conf"],
        files={"conf": FPM.replace("@LISTEN@", "127.0.0.1:@PORT@")},
        bad={"conf": "no_such_directive\n"},
        talk=fastcgi(),
    ),
    Row(
        "php-fpm-unix",
        "deb php8.2-fpm",
        ["@DEB@/usr/sbin/php-fpm8.2", "-n", "-F", "-y", "@DIR@/conf"],
        files={"conf": FPM.replace("@LISTEN@", "@DIR@/fpm.sock")},
        bad={"conf": "no_such_directive\n"},
        unix="@DIR@/fpm.sock",
        talk=fastcgi(),
    ),
]
