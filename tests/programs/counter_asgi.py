"""An ASGI application that counts: python3 -m uvicorn counter_asgi:app.

An answer is "<version> <number>"; the name counter_asgi:app.state.count carries it across, as an
attribute of the application's own object, the way Starlette has it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any, Callable

import program_mode

program_mode.start()


class App:
    def __init__(self) -> None:
        self.state = SimpleNamespace(count=0)

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is spoken here")
        if program_mode.MODE == "die_on_first_request":
            program_mode.body()
        self.state.count += 1
        body = f"{program_mode.VERSION} {self.state.count}\n".encode()
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


app = App()
