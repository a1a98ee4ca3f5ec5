"""A WSGI application that streams its answers: gunicorn -k gthread streaming_wsgi:app."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Callable

import streaming_history as history

Start = Callable[[str, list[tuple[str, str]]], Any]


def chat() -> Iterator[bytes]:
    turn = history.remember("user", "tell me")
    told = history.tokens(turn)
    yield history.first(turn)
    for token in told:
        time.sleep(history.PAUSE_S)
        yield history.event(token)
    history.remember("agent", " ".join(told))


def app(environ: dict[str, Any], start_response: Start) -> Iterator[bytes]:
    if environ["PATH_INFO"] == "/chat":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return chat()
    body = history.shown(environ["PATH_INFO"])
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return iter([body])
