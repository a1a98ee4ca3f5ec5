"""An ASGI application: python3 -m uvicorn uvicorn_app:app. The version comes from VERSION_FILE."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Callable

import program_mode

program_mode.start()


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only HTTP is spoken here")
    if program_mode.DELAY:
        await asyncio.sleep(program_mode.DELAY)
    body = program_mode.body()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
