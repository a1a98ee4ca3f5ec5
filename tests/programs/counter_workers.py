"""Counts its requests in servers of every kind: counter_workers.py [PORT [VERSION_FILE]].

Each process keeps a name and a count of its own, as an attribute that the configuration names:
counter_workers:OWN. An answer is "<version> <name> <count>". As uvicorn counter_workers:asgi; run
by itself it is a server of the kind that SERVER names: aiohttp, flask.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Awaitable
from typing import Any, Callable

import program_mode

LOCK = threading.Lock()
OWN: dict[str, Any] = {}


def answer() -> bytes:
    with LOCK:
        OWN.setdefault("name", uuid.uuid4().hex)
        OWN["count"] = OWN.get("count", 0) + 1
        return f"{program_mode.VERSION} {OWN['name']} {OWN['count']}\n".encode()


async def asgi(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only HTTP is spoken here")
    body = answer()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve_aiohttp() -> None:
    from aiohttp import web

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=answer(), content_type="text/plain")

    app = web.Application()
    app.router.add_get("/", handle)
    web.run_app(app, host="127.0.0.1", port=program_mode.port(), print=None, access_log=None)


def serve_flask() -> None:
    import logging

    from flask import Flask, Response

    logging.getLogger("werkzeug").disabled = True

    app = Flask(__name__)

    @app.get("/")
    def index() -> Response:
        return Response(answer(), mimetype="text/plain")

    app.run("127.0.0.1", program_mode.port(), threaded=True)


if __name__ == "__main__":
    program_mode.start()
    {"aiohttp": serve_aiohttp, "flask": serve_flask}[os.environ["SERVER"]]()
