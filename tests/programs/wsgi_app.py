"""A WSGI application: gunicorn wsgi_app:app. The version comes from VERSION_FILE."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Callable

import program_mode

program_mode.start()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if program_mode.DELAY:
        time.sleep(program_mode.DELAY)
    body = program_mode.body()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
