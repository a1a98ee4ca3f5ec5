"""Node: its own server, frameworks and tools from npm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..row import Row
from ..talk import Http, Script, Talk
from .python_net import HTTP2 as PINGS
from .python_net import WEBSOCKET

BAD = {"app.js": 'throw new Error("a bad version");\n'}

HTTP = """\
require('http').createServer((request, response) => response.end('hello\\n'))
	.listen(process.env.PORT, '127.0.0.1');
"""
CLUSTER = """\
const cluster = require('cluster');
@POLICY@
if (cluster.isPrimary) {
	for (let i = 0; i < 2; i++) cluster.fork();
	cluster.on('exit', () => process.exit(1));
} else {
	require('http').createServer((request, response) => response.end('hello\\n'))
		.listen(process.env.PORT, '127.0.0.1');
}
"""
EXPRESS = """\
const app = require('express')();
app.get('/', (request, response) => response.send('hello'));
app.listen(process.env.PORT, '127.0.0.1');
"""
FASTIFY = """\
const app = require('fastify')();
app.get('/', async () => 'hello');
app.listen({ port: process.env.PORT, host: '127.0.0.1' });
"""
KOA = """\
const Koa = require('koa');
const app = new Koa();
app.use(async (context) => { context.body = 'hello'; });
app.listen(process.env.PORT, '127.0.0.1');
"""
HAPI = """\
const server = require('@hapi/hapi').server({ port: process.env.PORT, host: '127.0.0.1' });
server.route({ method: 'GET', path: '/', handler: () => 'hello' });
server.start();
"""
NEST = """\
require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
class Hello { hello() { return 'hello'; } }
Controller()(Hello);
Get()(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello'));
class App {}
Module({ controllers: [Hello] })(App);
NestFactory.create(App).then((app) => app.listen(process.env.PORT, '127.0.0.1'));
"""
HONO = """\
const { serve } = require('@hono/node-server');
const { Hono } = require('hono');
const app = new Hono();
app.get('/', (context) => context.text('hello'));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
"""
POLKA = """\
const polka = require('polka');
polka().get('/', (request, response) => response.end('hello'))
	.listen(process.env.PORT, '127.0.0.1');
"""
CONNECT = """\
const connect = require('connect');
const app = connect();
app.use((request, response) => response.end('hello'));
require('http').createServer(app).listen(process.env.PORT, '127.0.0.1');
"""
SOCKETIO = """\
const server = require('http').createServer();
const { Server } = require('socket.io');
new Server(server);
server.listen(process.env.PORT, '127.0.0.1');
"""
WS = """\
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({ port: process.env.PORT, host: '127.0.0.1' });
server.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
"""
YOGA = """\
const { createServer } = require('http');
const { createSchema, createYoga } = require('graphql-yoga');
const yoga = createYoga({ schema: createSchema({
	typeDefs: 'type Query { hello: String }', resolvers: { Query: { hello: () => 'hello' } } }) });
createServer(yoga).listen(process.env.PORT, '127.0.0.1');
"""
TRPC = """\
const { initTRPC } = require('@trpc/server');
const { createHTTPServer } = require('@trpc/server/adapters/standalone');
const t = initTRPC.create();
const router = t.router({ hello: t.procedure.query(() => 'hello') });
createHTTPServer({ router }).listen(process.env.PORT, '127.0.0.1');
"""
SMTP = """\
const { SMTPServer } = require('smtp-server');
new SMTPServer({ disabledCommands: ['STARTTLS', 'AUTH'], disableReverseLookup: true })
	.listen(process.env.PORT, '127.0.0.1');
"""
NET = """\
require('net').createServer((socket) => socket.pipe(socket))
	.listen(process.env.PORT, '127.0.0.1');
"""
HTTPS = """\
const fs = require('fs');
require('https').createServer({ key: fs.readFileSync('key.pem'), cert: fs.readFileSync('key.crt') },
	(request, response) => response.end('hello\\n')).listen(process.env.PORT, '127.0.0.1');
"""
HTTP2 = """\
require('http2').createServer((request, response) => response.end('hello\\n'))
	.listen(process.env.PORT, '127.0.0.1');
"""
TYPESCRIPT = """\
import { createServer } from 'node:http';
const port: number = Number(process.env.PORT);
createServer((request, response) => { response.end('hello\\n'); }).listen(port, '127.0.0.1');
"""
VERDACCIO = """\
storage: ./storage
packages:
  '**':
    access: $all
log: {type: stdout, level: warn}
"""
NODE_RED = "module.exports = { uiHost: '127.0.0.1', telemetry: { enabled: false } };\n"
NODE = ["/usr/bin/node", "app.js"]
TOOL = "@NPM@/.bin/"
KEY = [
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
    *("-keyout", "@DIR@/key.pem", "-out", "@DIR@/key.crt"),
]
PAGE = {"index.html": "hello\n"}
# Next looks for its packages above the application.
LINK = ["ln", "-sfn", "@NPM@", "node_modules"]


def _app(
    name: str, package: str, app: str, talk: Talk | None = None, setup: Sequence[Sequence[str]] = ()
) -> Row:
    how = f"node app.js ({package})" if package != "nodejs" else "node app.js"
    origin = "here nodejs" if package == "nodejs" else f"npm {package}"
    files = {"app.js": app}
    return Row(name, origin, NODE, files, BAD, talk=talk or Http(), how=how, setup=setup)


def _tool(
    name: str,
    package: str,
    command: Sequence[str],
    files: dict[str, str],
    bad_command: Sequence[str],
    path: str = "/",
    setup: Sequence[Sequence[str]] = (),
    bad: Mapping[str, str] | None = None,
) -> Row:
    words = [TOOL + command[0], *command[1:]]
    bad_words = [TOOL + bad_command[0], *bad_command[1:]] if bad_command else []
    return Row(
        name,
        f"npm {package}",
        words,
        files,
        bad or {},
        bad_command=bad_words,
        talk=Http(path),
        setup=setup,
        deadline_s=420,
    )


ROWS: Sequence[Row] = [
    _app("node-http", "nodejs", HTTP),
    _app("node-https", "nodejs", HTTPS, Http(tls=True), [KEY]),
    _app("node-http2", "nodejs", HTTP2, PINGS),
    _app("node-net", "nodejs", NET, Script(b"hello\n", b"hello\n")),
    _app("node-cluster", "nodejs", CLUSTER.replace("@POLICY@\n", "")),
    _app(
        "node-cluster-none",
        "nodejs",
        CLUSTER.replace("@POLICY@", "cluster.schedulingPolicy = cluster.SCHED_NONE;"),
    ),
    Row(
        "node-watch",
        "here nodejs",
        ["/usr/bin/node", "--watch", "app.js"],
        {"app.js": HTTP},
        bad_command=["/usr/bin/node", "--watch", "no_such_app.js"],
    ),
    _app("express", "express", EXPRESS),
    _app("fastify", "fastify", FASTIFY),
    _app("koa", "koa", KOA),
    _app("hapi", "@hapi/hapi", HAPI),
    _app("nest", "@nestjs/core", NEST),
    _app("hono", "hono", HONO),
    _app("polka", "polka", POLKA),
    _app("connect", "connect", CONNECT),
    _app("socket.io", "socket.io", SOCKETIO, Http("/socket.io/?EIO=4&transport=polling")),
    _app("ws", "ws", WS, WEBSOCKET),
    _app("graphql-yoga", "graphql-yoga", YOGA, Http("/graphql?query={hello}")),
    _app("trpc", "@trpc/server", TRPC, Http("/hello")),
    _app("smtp-server", "smtp-server", SMTP, Script(b"NOOP\r\n", b"\r\n", ((b"", b"\r\n"),))),
    Row(
        "tsx",
        "npm tsx",
        [TOOL + "tsx", "app.ts"],
        {"app.ts": TYPESCRIPT},
        {"app.ts": 'throw new Error("a bad version");\n'},
    ),
    Row(
        "nodemon",
        "npm nodemon",
        [TOOL + "nodemon", "app.js"],
        {"app.js": HTTP},
        bad_command=[TOOL + "nodemon", "no_such_app.js"],
    ),
    Row(
        "pm2-runtime",
        "npm pm2",
        [TOOL + "pm2-runtime", "app.js"],
        {"app.js": HTTP},
        bad_command=[TOOL + "pm2-runtime", "no_such_app.js"],
        env={"PM2_HOME": "@DIR@/pm2"},
    ),
    _tool(
        "http-server",
        "http-server",
        ["http-server", "-a", "127.0.0.1", "-p", "@PORT@", "."],
        PAGE,
        ["http-server", "-S", "-C", "/no/such.pem"],
    ),
    _tool(
        "sirv-cli",
        "sirv-cli",
        ["sirv", ".", "--host", "127.0.0.1", "--port", "@PORT@"],
        PAGE,
        ["sirv", "/no/such/directory"],
    ),
    _tool(
        "serve",
        "serve",
        ["serve", "-l", "tcp://127.0.0.1:@PORT@", "--no-port-switching"],
        PAGE,
        ["serve", "--no-such-option"],
    ),
    _tool(
        "json-server",
        "json-server",
        ["json-server", "db.json", "--host", "127.0.0.1", "--port", "@PORT@"],
        {"db.json": '{"hello": [{"id": "1"}]}\n'},
        [],
        "/hello",
        bad={"db.json": "{"},
    ),
    _tool(
        "micro",
        "micro",
        ["micro", "-l", "tcp://127.0.0.1:@PORT@", "app.js"],
        {"app.js": "module.exports = () => 'hello';\n"},
        ["micro", "no_such.js"],
    ),
    _tool(
        "vite-preview",
        "vite",
        ["vite", "preview", "--host", "127.0.0.1", "--port", "@PORT@", "--strictPort"],
        {"dist/index.html": "hello\n"},
        ["vite", "preview", "--config", "no_such.js"],
    ),
    _tool(
        "verdaccio",
        "verdaccio",
        ["verdaccio", "-l", "127.0.0.1:@PORT@", "-c", "conf.yaml"],
        {"conf.yaml": VERDACCIO},
        ["verdaccio", "-c", "no_such.yaml"],
        "/-/ping",
    ),
    _tool(
        "node-red",
        "node-red",
        ["node-red", "--userDir", "@DIR@/red", "-p", "@PORT@", "-s", "@DIR@/settings.js"],
        {"settings.js": NODE_RED},
        ["node-red", "-s", "no_such.js"],
    ),
    _tool(
        "next",
        "next",
        ["next", "start", "-H", "127.0.0.1", "-p", "@PORT@"],
        {
            "pages/index.js": "export default function Hello() { return <p>hello</p>; }\n",
            "package.json": '{"name": "hello", "private": true}\n',
        },
        ["next", "start", "-H", "127.0.0.1", "-p", "@PORT@", "no_such_directory"],
        setup=[LINK, [TOOL + "next", "build", "--webpack"]],
    ),
    _tool(
        "peer",
        "peer",
        ["peerjs", "--host", "127.0.0.1", "--port", "@PORT@"],
        {},
        ["peerjs", "--sslkey", "/no/such", "--sslcert", "/no/such"],
    ),
]
