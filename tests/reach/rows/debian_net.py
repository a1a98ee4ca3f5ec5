"""Debian's name servers, relays, shells, file servers and chat."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import ENDS, Row
from ..talk import Dns, Script
from .configured import configured
from .protocols import ECHO, GREETED, SOCKS, SSH

STOP_FIRST = {"overlap": False}
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


ROWS: Sequence[Row] = [
    configured(
        "dnsmasq",
        "deb dnsmasq-base",
        ["@DEB@/usr/sbin/dnsmasq", "-k", "-C", "@DIR@/conf"],
        DNSMASQ,
        Dns(),
    ),
    configured(
        "bind9", "deb bind9", ["@DEB@/usr/sbin/named", "-f", "-c", "@DIR@/conf"], NAMED, Dns()
    ),
    configured(
        "unbound",
        "deb unbound",
        ["@DEB@/usr/sbin/unbound", "-d", "-c", "@DIR@/conf"],
        UNBOUND,
        Dns(),
    ),
    configured("nsd", "deb nsd", ["@DEB@/usr/sbin/nsd", "-d", "-c", "@DIR@/conf"], NSD, Dns()),
    configured(
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
    configured(
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
    configured(
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
    configured(
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
    configured(
        "vsftpd",
        "deb vsftpd",
        ["@DEB@/usr/sbin/vsftpd", "@DIR@/conf"],
        VSFTPD,
        Script(b"NOOP\r\n", b"\r\n", GREETED),
    ),
    configured(
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
    configured(
        "ngircd",
        "deb ngircd",
        ["@DEB@/usr/sbin/ngircd", "-n", "-f", "@DIR@/conf"],
        NGIRCD,
        Script(b"PING x\r\n", b"\r\n"),
        bad_command=["@DEB@/usr/sbin/ngircd", "-n", "-f", "/no/such.conf"],
    ),
    Row(
        "microsocks",
        "deb microsocks",
        ["@DEB@/usr/bin/microsocks", "-i", "127.0.0.1", "-p", "@PORT@"],
        bad_command=["@DEB@/usr/bin/microsocks", "-no-such-option"],
        talk=SOCKS,
    ),
    configured(
        "dante", "deb dante-server", ["@DEB@/usr/sbin/danted", "-f", "@DIR@/conf"], DANTE, SOCKS
    ),
]
