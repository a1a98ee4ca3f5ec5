"""ASGI and other servers of Python that wait in an event loop."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row

BAD = {"app.py": 'raise RuntimeError("a bad version")\n'}

ASGI = """\
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"6")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello\\n"})
"""
FASTAPI = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello():
    return {"hello": "world"}
"""
STARLETTE = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hello(request):
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/", hello)])
"""
LITESTAR = """\
from litestar import Litestar, get


@get("/")
async def hello() -> str:
    return "hello"


app = Litestar([hello])
"""
QUART = """\
from quart import Quart

app = Quart(__name__)


@app.get("/")
async def hello():
    return "hello"
"""
FALCON = """\
import falcon.asgi


class Hello:
    async def on_get(self, request, response):
        response.text = "hello"


app = falcon.asgi.App()
app.add_route("/", Hello())
"""
DJANGO = """\
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="secret")


async def hello(request):
    return HttpResponse("hello")


urlpatterns = [path("", hello)]
app = get_asgi_application()
"""
AIOHTTP = """\
import os

from aiohttp import web


async def hello(request):
    return web.Response(text="hello")


app = web.Application()
app.router.add_get("/", hello)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]))
"""
SANIC = """\
from sanic import Sanic, text

app = Sanic("hello")


@app.get("/")
async def hello(request):
    return text("hello")
"""
BLACKSHEEP = """\
from blacksheep import Application, get

app = Application()


@get("/")
async def hello():
    return "hello"
"""
ASYNCIO = """\
import asyncio
import os


async def serve(reader, writer):
    while await reader.readline():
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n")
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"]))
    await server.serve_forever()


asyncio.run(main())
"""

UVICORN = ["@BIN@/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "@PORT@"]
HYPERCORN = ["@BIN@/hypercorn", "app:app", "-b", "127.0.0.1:@PORT@"]
GRANIAN = ["@BIN@/granian", "--interface", "asgi", "app:app", "--host", "127.0.0.1"]
DAPHNE = ["@BIN@/daphne", "-b", "127.0.0.1", "-p", "@PORT@", "app:app"]
SANIC_RUN = ["@BIN@/sanic", "app:app", "--host", "127.0.0.1", "--port", "@PORT@"]


def _row(name: str, package: str, command: Sequence[str], app: str = ASGI, note: str = "") -> Row:
    files = {"app.py": app}
    return Row(name, f"pypi asgi {package}", command, files=files, bad=BAD, note=note)


ROWS: Sequence[Row] = [
    Row(
        "asyncio",
        "here python3",
        ["/usr/bin/python3", "app.py"],
        files={"app.py": ASYNCIO},
        bad=BAD,
        how="python3 app.py (asyncio.start_server)",
    ),
    _row("uvicorn", "uvicorn", UVICORN),
    _row("uvicorn-workers", "uvicorn", [*UVICORN, "--workers", "2"]),
    Row(
        "uvicorn-reload",
        "pypi asgi uvicorn",
        [*UVICORN, "--reload"],
        files={"app.py": ASGI},
        bad_command=["@BIN@/uvicorn", "no_such_app:app", *UVICORN[2:], "--reload"],
    ),
    _row("uvicorn-asyncio-h11", "uvicorn", [*UVICORN, "--loop", "asyncio", "--http", "h11"]),
    _row("fastapi", "fastapi", UVICORN, FASTAPI),
    _row("starlette", "starlette", UVICORN, STARLETTE),
    _row("litestar", "litestar", UVICORN, LITESTAR),
    _row("quart", "quart", HYPERCORN, QUART),
    _row("falcon-asgi", "falcon", UVICORN, FALCON),
    _row("blacksheep", "blacksheep", UVICORN, BLACKSHEEP),
    _row("django-asgi", "django", DAPHNE, DJANGO),
    _row("hypercorn", "hypercorn", HYPERCORN),
    _row("hypercorn-workers", "hypercorn", [*HYPERCORN, "-w", "2"]),
    _row("hypercorn-uvloop", "hypercorn", [*HYPERCORN, "-k", "uvloop"]),
    _row("daphne", "daphne", DAPHNE),
    _row("granian", "granian", [*GRANIAN, "--port", "@PORT@"]),
    _row("granian-workers", "granian", [*GRANIAN, "--port", "@PORT@", "--workers", "2"]),
    _row("aiohttp", "aiohttp", ["@BIN@/python", "app.py"], AIOHTTP),
    _row("sanic", "sanic", SANIC_RUN, SANIC),
    _row("sanic-single", "sanic", [*SANIC_RUN, "--single-process"], SANIC),
]
