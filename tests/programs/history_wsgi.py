"""A WSGI application that remembers what it was asked: gunicorn history_wsgi:app.

It knows nothing of a launcher. An answer is "<version> <pid> <count>"; HISTORY is what
handoff.state may name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Callable

import program_mode

HISTORY: list[str] = []


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    HISTORY.append(environ["PATH_INFO"])
    body = f"{program_mode.VERSION} {os.getpid()} {len(HISTORY)}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
