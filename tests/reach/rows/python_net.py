"""Servers of Python for other protocols, and event loops of their own: Tornado, Twisted."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from ..talk import Http, Script, Talk

BAD = {"app.py": 'raise RuntimeError("a bad version")\n'}
GREETED = ((b"", b"\r\n"),)
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
# A masked text frame "hello", the mask being zero; the same comes back without it.
WEBSOCKET = Script(b"\x81\x85\0\0\0\0hello", b"\x81\x05hello", ((UPGRADE, b"\r\n\r\n"),))

TORNADO = """\
import asyncio
import os

import tornado.web


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("hello")


async def main():
    tornado.web.Application([("/", Hello)]).listen(int(os.environ["PORT"]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
"""
TORNADO_FORK = """\
import asyncio
import os

import tornado.httpserver
import tornado.netutil
import tornado.process
import tornado.web


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write("hello")


async def main():
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Hello)]))
    server.add_sockets(sockets)
    await asyncio.Event().wait()


sockets = tornado.netutil.bind_sockets(int(os.environ["PORT"]), "127.0.0.1")
tornado.process.fork_processes(2)
asyncio.run(main())
"""
TORNADO_AUTORELOAD = TORNADO.replace('[("/", Hello)]', '[("/", Hello)], autoreload=True')
TWISTED = """\
import os

from twisted.internet import reactor
from twisted.web import resource, server


class Hello(resource.Resource):
    isLeaf = True

    def render_GET(self, request):
        return b"hello"


reactor.listenTCP(int(os.environ["PORT"]), server.Site(Hello()), interface="127.0.0.1")
reactor.run()
"""
TWISTED_ECHO = """\
import os

from twisted.internet import protocol, reactor


class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


factory = protocol.Factory.forProtocol(Echo)
reactor.listenTCP(int(os.environ["PORT"]), factory, interface="127.0.0.1")
reactor.run()
"""
FTP = """\
import os

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(".")
FTPServer(("127.0.0.1", int(os.environ["PORT"])), FTPHandler).serve_forever()
"""
SOCKETS = """\
import asyncio
import os

from websockets.asyncio.server import serve


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    async with serve(echo, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()


asyncio.run(main())
"""
SOCKETSERVER = """\
import os
import socketserver


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)


class Server(socketserver.@KIND@):
    allow_reuse_address = True


Server(("127.0.0.1", int(os.environ["PORT"])), Echo).serve_forever()
"""
XMLRPC = """\
import os
from xmlrpc.server import SimpleXMLRPCServer

server = SimpleXMLRPCServer(("127.0.0.1", int(os.environ["PORT"])), logRequests=False)
server.register_function(lambda: "hello", "hello")
server.serve_forever()
"""
CALL = "<?xml version='1.0'?><methodCall><methodName>hello</methodName></methodCall>"
GRPC = """\
import os
from concurrent import futures

import grpc

server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_insecure_port(f"127.0.0.1:{os.environ['PORT']}")
server.start()
server.wait_for_termination()
"""
# The connection's preface and settings; then settings again, and that they were taken.
HTTP2 = Script(
    b"\0\0\0\x04\0\0\0\0\0",
    b"\0\0\0\x04\x01\0\0\0\0",
    ((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", b"\0\0\0\x04\x01\0\0\0\0"),),
)
ZMQ = """\
import os

import zmq

socket = zmq.Context().socket(zmq.REP)
socket.bind(f"tcp://127.0.0.1:{os.environ['PORT']}")
while True:
    socket.send(socket.recv())
"""
ZMTP = (
    (b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + bytes(48), b"NULL"),
    (b"\x04\x26\x05READY\x0bSocket-Type\0\0\0\x03REQ\x08Identity\0\0\0\0", b"READY"),
)
PYTHON = ["@BIN@/python", "app.py"]


def _row(
    name: str,
    package: str,
    app: str,
    talk: Talk,
    how: str,
    command: Sequence[str] = PYTHON,
    clients: int = 4,
) -> Row:
    files = {"app.py": app}
    origin = f"pypi wsgi {package}" if " " not in package else package
    return Row(name, origin, command, files, BAD, talk=talk, how=how, clients=clients)


HERE = ["/usr/bin/python3", "app.py"]
ECHO = Script(b"hello\n", b"hello\n")


def _socketserver(kind: str) -> Row:
    app = SOCKETSERVER.replace("@KIND@", kind)
    how = f"python3 app.py (socketserver.{kind})"
    return _row(f"socketserver-{kind}", "here python3", app, ECHO, how, HERE)


ROWS: Sequence[Row] = [
    _row("tornado", "tornado", TORNADO, Http(), "python app.py (tornado.web)"),
    _row("tornado-fork", "tornado", TORNADO_FORK, Http(), "python app.py (fork_processes(2))"),
    _row("twisted-web", "twisted", TWISTED, Http(), "python app.py (twisted.web)"),
    _row("twisted-echo", "twisted", TWISTED_ECHO, ECHO, "python app.py (reactor.listenTCP)"),
    Row(
        "twistd-web",
        "pypi wsgi twisted",
        [
            "@BIN@/twistd",
            "-n",
            "--pidfile=",
            "web",
            "--listen=tcp:@PORT@:interface=127.0.0.1",
            "--path=.",
        ],
        files={"index.html": "hello\n"},
        bad_command=["@BIN@/twistd", "-n", "--pidfile=", "no_such_plugin"],
    ),
    Row(
        "tornado-autoreload",
        "pypi wsgi tornado",
        PYTHON,
        files={"app.py": TORNADO_AUTORELOAD},
        bad_command=["@BIN@/python", "no_such_app.py"],
        how="python app.py (autoreload=True)",
    ),
    _row(
        "pyftpdlib", "pyftpdlib", FTP, Script(b"NOOP\r\n", b"\r\n", GREETED), "python app.py (FTP)"
    ),
    Row(
        "aiosmtpd",
        "pypi wsgi aiosmtpd",
        ["@BIN@/aiosmtpd", "-n", "-l", "127.0.0.1:@PORT@"],
        bad_command=["@BIN@/aiosmtpd", "--no-such-option"],
        talk=Script(b"NOOP\r\n", b"\r\n", GREETED),
    ),
    _row("websockets", "websockets", SOCKETS, WEBSOCKET, "python app.py (WebSocket)"),
    _row("grpcio", "grpcio", GRPC, HTTP2, "python app.py (gRPC)"),
    _row(
        "pyzmq",
        "pyzmq",
        ZMQ,
        Script(b"\x01\0\0\x05hello", b"\x01\0\0\x05hello", ZMTP),
        "python app.py (ZMQ REP)",
    ),
    Row(
        "pypiserver",
        "pypi wsgi pypiserver",
        ["@BIN@/pypi-server", "run", "-i", "127.0.0.1", "-p", "@PORT@", "@DIR@"],
        bad_command=["@BIN@/pypi-server", "run", "/no/such/directory"],
    ),
    _socketserver("ThreadingTCPServer"),
    _socketserver("ForkingTCPServer"),
    _row(
        "xmlrpc",
        "here python3",
        XMLRPC,
        Http("/RPC2", body=CALL),
        "python3 app.py (SimpleXMLRPCServer)",
        HERE,
    ),
]
