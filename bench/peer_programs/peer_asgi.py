"""The program as an ASGI application, by the module: uvicorn peer_asgi:app."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Callable

import peer_program


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only HTTP is spoken here")
    body = peer_program.answer()
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
