"""WSGI servers, and other servers of Python with threads or processes."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row

BAD = {"app.py": 'raise RuntimeError("a bad version")\n'}

WSGI = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\\n"]
"""
FLASK = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"
"""

GUNICORN = ["@BIN@/gunicorn", "app:app", "-b", "127.0.0.1:@PORT@", "--keep-alive", "60"]


def _row(
    name: str,
    package: str,
    command: Sequence[str],
    app: str = WSGI,
    note: str = "",
    clients: int = 4,
) -> Row:
    origin = f"pypi wsgi {package}"
    return Row(name, origin, command, files={"app.py": app}, bad=BAD, note=note, clients=clients)


ROWS: Sequence[Row] = [
    _row("gunicorn-sync", "gunicorn", GUNICORN),
    _row("gunicorn-gthread", "gunicorn", [*GUNICORN, "-k", "gthread", "--threads", "4"]),
    _row("gunicorn-workers", "gunicorn", [*GUNICORN, "-w", "2", "-k", "gthread", "--threads", "4"]),
    _row("gunicorn-preload", "gunicorn", [*GUNICORN, "-w", "2", "--preload"]),
    _row("gunicorn-gevent", "gunicorn", [*GUNICORN, "-k", "gevent"]),
    _row("gunicorn-eventlet", "gunicorn", [*GUNICORN, "-k", "eventlet"]),
    _row("gunicorn-flask", "flask", [*GUNICORN, "-k", "gthread", "--threads", "4"], FLASK),
]
