"""The protocols of the rows: what a client sends, and what has to come back."""

from __future__ import annotations

from ..talk import Script

ECHO = Script(b"hello\n", b"hello\n")
GREETED = ((b"", b"\r\n"),)
MQTT = Script(b"\xc0\0", b"\xd0\0", ((b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0", b"\x20\x02\0\0"),))
LDAP = Script(
    bytes.fromhex("300c020101600702010304008000"), bytes.fromhex("300c02010161070a010004000400")
)
SOCKS = Script(b"\x05\x01\0", b"\x05\0", once=True)


def postgres(user: bytes, database: bytes, question: bytes) -> Script:
    """Startup without a password; then a simple query, up to ReadyForQuery."""
    words = b"user\0" + user + b"\0database\0" + database + b"\0\0"
    start = (len(words) + 8).to_bytes(4, "big") + b"\0\x03\0\0" + words
    query = b"Q" + (len(question) + 5).to_bytes(4, "big") + question + b"\0"
    return Script(query, b"Z\0\0\0\x05I", ((start, b"Z\0\0\0\x05I"),))


def mysql() -> Script:
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


def fastcgi() -> Script:
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


SSH = Script(b"SSH-2.0-probe\r\n", b"kex-strict-s-v00@openssh.com", ((b"", b"\r\n"),), once=True)
