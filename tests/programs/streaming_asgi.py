"""An ASGI application that streams its answers: python3 -m uvicorn streaming_asgi:app.

POOL=1: a thread of a pool makes the tokens, and has no connection in its hands. POOL=early: it has
worked before the first request. POOL=slept: and it has slept then.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import streaming_history as history

Send = Callable[[dict[str, Any]], Awaitable[None]]
POOL = os.environ.get("POOL")
pool = ThreadPoolExecutor(1)
if POOL == "early":
    pool.submit(time.time).result()
elif POOL == "slept":
    pool.submit(time.sleep, 0.01).result()


async def pause() -> None:
    if POOL:
        await asyncio.get_running_loop().run_in_executor(pool, time.sleep, history.PAUSE_S)
    else:
        await asyncio.sleep(history.PAUSE_S)


async def chat(send: Send) -> None:
    turn = history.remember("user", "tell me")
    told = history.tokens(turn)
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": history.first(turn), "more_body": True})
    for token in told:
        await pause()
        await send({"type": "http.response.body", "body": history.event(token), "more_body": True})
    history.remember("agent", " ".join(told))
    await send({"type": "http.response.body", "body": b""})


async def app(
    scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send
) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only HTTP is spoken here")
    if scope["path"] == "/chat":
        await chat(send)
        return
    body = history.shown(scope["path"])
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
