"""Debian's databases, queues, mail, chat and file servers: what does not speak HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import ENDS, REFUSED, Row
from ..talk import Dns, Script

STOP_FIRST = {"overlap": False}
ECHO = Script(b"hello\n", b"hello\n")
GREETED = ((b"", b"\r\n"),)

MQTT = Script(b"\xc0\0", b"\xd0\0", ((b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0", b"\x20\x02\0\0"),))
LDAP = Script(
    bytes.fromhex("300c020101600702010304008000"), bytes.fromhex("300c02010161070a010004000400")
)
SOCKS = Script(b"\x05\x01\0", b"\x05\0", once=True)


def _postgres(user: bytes, database: bytes, question: bytes) -> Script:
    """Startup without a password; then a simple query, up to ReadyForQuery."""
    words = b"user\0" + user + b"\0database\0" + database + b"\0\0"
    start = (len(words) + 8).to_bytes(4, "big") + b"\0\x03\0\0" + words
    query = b"Q" + (len(question) + 5).to_bytes(4, "big") + question + b"\0"
    return Script(query, b"Z\0\0\0\x05I", ((start, b"Z\0\0\0\x05I"),))


def _mysql() -> Script:
    """Login as root without a password; then pings."""
    abilities = (0x1 | 0x200 | 0x8000 | 0x80000).to_bytes(4, "little")
    words = abilities + b"\0\0\0\x01" + b"\x21" + bytes(23) + b"root\0\0mysql_native_password\0"
    login = len(words).to_bytes(3, "little") + b"\x01" + words
    good = b"\0\0\0\x02\0\0\0"
    return Script(
        b"\x01\0\0\0\x0e",
        b"\x07\0\0\x01" + good,
        ((b"", b"mysql_native_password\0"), (login, b"\x07\0\0\x02" + good)),
    )


def _fastcgi() -> Script:
    """The ping of php-fpm, on a connection that is kept."""

    def record(kind: int, body: bytes) -> bytes:
        return bytes([1, kind, 0, 1]) + len(body).to_bytes(2, "big") + b"\0\0" + body

    pairs = (
        (b"SCRIPT_NAME", b"/ping"),
        (b"SCRIPT_FILENAME", b"/ping"),
        (b"REQUEST_METHOD", b"GET"),
    )
    words = b"".join(bytes([len(key), len(value)]) + key + value for key, value in pairs)
    request = (
        record(1, b"\0\x01\x01" + bytes(5)) + record(4, words) + record(4, b"") + record(5, b"")
    )
    return Script(request, b"\x01\x03\0\x01\0\x08\0\0" + bytes(8))


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
DNSMASQ = """\
port=@PORT@
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=root
pid-file=
address=/host.test/10.0.0.1
"""
ZONE = "$TTL 60\n@ IN SOA a. b. 1 60 60 60 60\n@ IN NS host.test.\nhost IN A 10.0.0.1\n"
NAMED = """\
options {
	directory "@DIR@";
	listen-on port @PORT@ { 127.0.0.1; };
	listen-on-v6 { none; };
	pid-file none;
	session-keyfile none;
	recursion no;
	dnssec-validation no;
};
controls { };
zone "test" { type primary; file "@DIR@/db.test"; };
"""
UNBOUND = """\
server:
 interface: 127.0.0.1
 port: @PORT@
 username: ""
 chroot: ""
 directory: "@DIR@"
 pidfile: ""
 use-syslog: no
 do-daemonize: no
 incoming-num-tcp: 100
 module-config: "iterator"
 local-zone: "test." static
 local-data: "host.test. A 10.0.0.1"
remote-control:
 control-enable: no
"""
NSD = """\
server:
 ip-address: 127.0.0.1@@PORT@
 username: ""
 chroot: ""
 zonesdir: "@DIR@"
 database: ""
 pidfile: ""
 zonelistfile: "@DIR@/zone.list"
 xfrdfile: "@DIR@/xfrd.state"
 xfrdir: "@DIR@"
remote-control:
 control-enable: no
zone:
 name: test
 zonefile: db.test
"""
KNOT = """\
server:
    listen: 127.0.0.1@@PORT@
    rundir: "@DIR@"
database:
    storage: "@DIR@"
log:
  - target: stderr
    any: warning
zone:
  - domain: test
    storage: "@DIR@"
    file: db.test
"""
STUNNEL = """\
foreground = yes
pid =
[echo]
accept = 127.0.0.1:@PORT@
cert = @DIR@/key.pem
exec = /bin/cat
execArgs = cat
"""
KEY = [
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
    *("-keyout", "@DIR@/key.pem", "-out", "@DIR@/key.crt"),
]
JOIN = ["sh", "-c", "cat @DIR@/key.crt >>@DIR@/key.pem"]
SSHD = """\
ListenAddress 127.0.0.1:@PORT@
HostKey @DIR@/host_key
PidFile none
UsePAM no
StrictModes no
MaxStartups 100
"""
SSH = Script(b"SSH-2.0-probe\r\n", b"kex-strict-s-v00@openssh.com", ((b"", b"\r\n"),), once=True)
VSFTPD = """\
listen=YES
background=NO
listen_address=127.0.0.1
listen_port=@PORT@
anonymous_enable=YES
anon_root=@DIR@
ftp_username=www-data
nopriv_user=www-data
secure_chroot_dir=@DIR@/empty
seccomp_sandbox=NO
"""
PROFTPD = """\
ServerName "hello"
ServerType standalone
DefaultAddress 127.0.0.1
Port @PORT@
User www-data
Group www-data
UseIPv6 off
UseReverseDNS off
WtmpLog off
ScoreboardFile @DIR@/scoreboard
PidFile @DIR@/proftpd.pid
DelayTable none
ControlsSocket @DIR@/proftpd.sock
"""
XINETD = """\
service echo
{
	type = INTERNAL UNLISTED
	bind = 127.0.0.1
	port = @PORT@
	socket_type = stream
	protocol = tcp
	wait = no
	user = root
	cps = 10000 1
	per_source = UNLIMITED
	instances = UNLIMITED
}
"""
NGIRCD = """\
[Global]
Name = irc.test
Info = test
Listen = 127.0.0.1
Ports = @PORT@
ServerUID = www-data
ServerGID = www-data
[Limits]
MaxConnectionsIP = 0
[Options]
DNS = no
Ident = no
PAM = no
"""
PGBOUNCER = """\
[databases]
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = @PORT@
unix_socket_dir =
auth_type = any
"""
SLAPD = "pidfile @DIR@/slapd.pid\nargsfile @DIR@/slapd.args\n"
DANTE = """\
internal: 127.0.0.1 port = @PORT@
external: lo
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: www-data
logoutput: stderr
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
"""
REDIS = 'port @PORT@\nbind 127.0.0.1\ndir @DIR@\nsave ""\n'
NATS = "host: 127.0.0.1\nport: @PORT@\n"
BIN15 = "/usr/lib/postgresql/15/bin"


def _config(
    name: str, origin: str, command: Sequence[str], text: str, talk: Script | Dns, **options: object
) -> Row:
    """The bad version: a line in the configuration that the program does not know."""
    files = {"conf": text, "db.test": ZONE, "empty/.keep": ""}
    bad = {} if "bad_command" in options else {"conf": "no_such_directive here\n" + text}
    return Row(name, origin, command, files=files, bad=bad, talk=talk, **options)  # type: ignore[arg-type]


ROWS: Sequence[Row] = [
    _config(
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
        talk=_postgres(b"postgres", b"postgres", b"SELECT 1"),
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
        talk=_mysql(),
        handoff=STOP_FIRST,
        note="`overlap: false` for its data directory",
        kept_end=True,
        expected=ENDS,
    ),
    _config(
        "mosquitto",
        "deb mosquitto",
        ["@DEB@/usr/sbin/mosquitto", "-c", "@DIR@/conf"],
        MOSQUITTO,
        MQTT,
    ),
    _config(
        "dnsmasq",
        "deb dnsmasq-base",
        ["@DEB@/usr/sbin/dnsmasq", "-k", "-C", "@DIR@/conf"],
        DNSMASQ,
        Dns(),
    ),
    _config("bind9", "deb bind9", ["@DEB@/usr/sbin/named", "-f", "-c", "@DIR@/conf"], NAMED, Dns()),
    _config(
        "unbound",
        "deb unbound",
        ["@DEB@/usr/sbin/unbound", "-d", "-c", "@DIR@/conf"],
        UNBOUND,
        Dns(),
    ),
    _config("nsd", "deb nsd", ["@DEB@/usr/sbin/nsd", "-d", "-c", "@DIR@/conf"], NSD, Dns()),
    _config(
        "knot",
        "deb knot",
        ["@DEB@/usr/sbin/knotd", "-c", "@DIR@/conf"],
        KNOT,
        Dns(),
        handoff=STOP_FIRST,
        bad_command=["@DEB@/usr/sbin/knotd", "-c", "/no/such.conf"],
        note="`overlap: false` for its PID file",
        kept_end=True,
        expected=ENDS,
    ),
    _config(
        "stunnel",
        "deb stunnel4",
        ["@DEB@/usr/bin/stunnel4", "@DIR@/conf"],
        STUNNEL,
        Script(b"hello\n", b"hello\n", tls=True),
        setup=[KEY, JOIN],
    ),
    Row(
        "socat",
        "deb socat",
        ["@DEB@/usr/bin/socat", "TCP-LISTEN:@PORT@,bind=127.0.0.1,fork,reuseaddr", "EXEC:cat"],
        bad_command=["@DEB@/usr/bin/socat", "TCP-LISTEN:@PORT@,no-such-option", "EXEC:cat"],
        talk=ECHO,
    ),
    Row(
        "ncat",
        "deb ncat",
        ["@DEB@/usr/bin/ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", "@PORT@"],
        bad_command=["@DEB@/usr/bin/ncat", "--no-such-option"],
        talk=ECHO,
    ),
    Row(
        "tcpserver",
        "deb ucspi-tcp",
        ["@DEB@/usr/bin/tcpserver", "-R", "-H", "-l0", "127.0.0.1", "@PORT@", "cat"],
        bad_command=["@DEB@/usr/bin/tcpserver", "-no-such-option"],
        talk=ECHO,
    ),
    _config(
        "xinetd",
        "deb xinetd",
        ["@DEB@/usr/sbin/xinetd", "-dontfork", "-f", "@DIR@/conf"],
        XINETD,
        ECHO,
        bad_command=["@DEB@/usr/sbin/xinetd", "-dontfork", "-no-such-option"],
    ),
    Row(
        "inetd",
        "deb openbsd-inetd",
        ["@DEB@/usr/sbin/inetd", "-i", "@DIR@/conf"],
        files={"conf": "127.0.0.1:@PORT@ stream tcp nowait.10000 root /bin/cat cat\n"},
        bad_command=["@DEB@/usr/sbin/inetd", "-i", "--no-such-option"],
        talk=ECHO,
    ),
    _config(
        "openssh",
        "deb openssh-server",
        ["@DEB@/usr/sbin/sshd", "-D", "-e", "-f", "@DIR@/conf"],
        SSHD,
        SSH,
        setup=[
            ["@DEB@/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "@DIR@/host_key"]
        ],
        user="nobody",
    ),
    Row(
        "dropbear",
        "deb dropbear-bin",
        [
            "@DEB@/usr/sbin/dropbear",
            "-F",
            "-E",
            "-p",
            "127.0.0.1:@PORT@",
            "-r",
            "@DIR@/k",
            "-P",
            "@DIR@/p",
        ],
        setup=[["@DEB@/usr/bin/dropbearkey", "-t", "ed25519", "-f", "@DIR@/k"]],
        bad_command=[
            "@DEB@/usr/sbin/dropbear",
            "-F",
            "-E",
            "-p",
            "127.0.0.1:@PORT@",
            "-b",
            "/no/such",
        ],
        talk=Script(b"SSH-2.0-probe\r\n", b"curve25519", ((b"", b"\r\n"),), once=True),
        clients=2,
    ),
    _config(
        "vsftpd",
        "deb vsftpd",
        ["@DEB@/usr/sbin/vsftpd", "@DIR@/conf"],
        VSFTPD,
        Script(b"NOOP\r\n", b"\r\n", GREETED),
    ),
    _config(
        "proftpd",
        "deb proftpd-core",
        ["@DEB@/usr/sbin/proftpd", "-n", "-c", "@DIR@/conf"],
        PROFTPD,
        Script(b"NOOP\r\n", b"\r\n", GREETED),
    ),
    Row(
        "pure-ftpd",
        "deb pure-ftpd",
        ["@DEB@/usr/sbin/pure-ftpd", "-S", "127.0.0.1,@PORT@", "-E", "-g", "@DIR@/pid"],
        bad_command=["@DEB@/usr/sbin/pure-ftpd", "--no-such-option"],
        talk=Script(b"NOOP\r\n", b"\r\n", ((b"", b"220 "), (b"", b"\r\n"))),
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
    _config(
        "ngircd",
        "deb ngircd",
        ["@DEB@/usr/sbin/ngircd", "-n", "-f", "@DIR@/conf"],
        NGIRCD,
        Script(b"PING x\r\n", b"\r\n"),
        bad_command=["@DEB@/usr/sbin/ngircd", "-n", "-f", "/no/such.conf"],
    ),
    _config(
        "pgbouncer",
        "deb pgbouncer",
        ["@DEB@/usr/sbin/pgbouncer", "@DIR@/conf"],
        PGBOUNCER,
        _postgres(b"pgbouncer", b"pgbouncer", b"SHOW VERSION"),
        user="nobody",
    ),
    Row(
        "microsocks",
        "deb microsocks",
        ["@DEB@/usr/bin/microsocks", "-i", "127.0.0.1", "-p", "@PORT@"],
        bad_command=["@DEB@/usr/bin/microsocks", "-no-such-option"],
        talk=SOCKS,
    ),
    _config(
        "dante", "deb dante-server", ["@DEB@/usr/sbin/danted", "-f", "@DIR@/conf"], DANTE, SOCKS
    ),
    _config(
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
        talk=_fastcgi(),
    ),
    Row(
        "php-fpm-unix",
        "deb php8.2-fpm",
        ["@DEB@/usr/sbin/php-fpm8.2", "-n", "-F", "-y", "@DIR@/conf"],
        files={"conf": FPM.replace("@LISTEN@", "@DIR@/fpm.sock")},
        bad={"conf": "no_such_directive\n"},
        unix="@DIR@/fpm.sock",
        talk=_fastcgi(),
    ),
]
