"""The program as a WSGI application, by the module: gunicorn peer_wsgi:app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

import peer_program


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = peer_program.answer()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
