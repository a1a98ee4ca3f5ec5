"""A chat agent whose answers are streams of tokens, server-sent events over STREAM_S seconds each.

Its history is one module global, and it knows nothing of Aeterna: `handoff.state:
["streaming_agent:HISTORY"]` carries the history across, `handoff.on_busy` says what becomes of
answers that are under way. With MODULE=1 it helps, by `import aeterna`: an answer that was decided
before its first token holds no swap up, a summary under way is never cut in two, and what an older
version remembers at the end of an answer is merged into the history of the one that serves then.

/ counts; /chat thinks while it speaks; /prepared speaks what it has decided; /summary works without
a request; /history tells what is remembered, /turns all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import Any

PORT = int(os.environ.get("PORT", "8080"))
STREAM_S = float(os.environ.get("STREAM_S", "20"))
TOKENS = int(os.environ.get("TOKENS", "0")) or max(1, round(STREAM_S * 20))
TURNS = 250  # the oldest are forgotten

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def nothing_yet() -> dict[str, Any]:
    return {"count": 0, "asked": 0, "answered": 0, "summary": [0, 0], "turns": []}


Entry = Any  # of the history: a count, a list of turns
HISTORY: dict[str, Entry]
if os.environ.get("MODULE"):
    import aeterna

    HISTORY = aeterna.keep("history", default=nothing_yet)
    busy, detached = aeterna.busy, aeterna.detached

    @aeterna.merge("history")
    def both(base: Entry, theirs: Entry, ours: Entry) -> Entry:
        """Two versions went on from the same history: turns, counts, the summary's two counts."""
        if isinstance(ours, int):
            return ours + theirs - base
        if base and isinstance(base[0], int):
            return [ours[i] + theirs[i] - base[i] for i in range(len(base))]
        return (ours + [turn for turn in theirs if turn not in base])[-TURNS:]

else:
    HISTORY = nothing_yet()
    busy = detached = contextlib.nullcontext  # type: ignore[assignment]

tasks: set[asyncio.Task[None]] = set()  # the loop itself holds none


def remember(role: str, text: str) -> int:
    """Returns how many of this role there were."""
    key = "asked" if role == "user" else "answered"
    HISTORY[key] += 1
    HISTORY["turns"].append({"role": role, "text": text})
    del HISTORY["turns"][:-TURNS]
    return int(HISTORY[key])


def answer(body: dict[str, Any]) -> bytes:
    text = json.dumps({"pid": os.getpid(), **body}).encode() + b"\n"
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def say(writer: asyncio.StreamWriter, data: str) -> None:
    event = f"data: {data}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(event), event))
    await writer.drain()


async def begin(writer: asyncio.StreamWriter, turn: int) -> None:
    writer.write(HEAD)
    await say(writer, json.dumps({"turn": turn, "pid": os.getpid(), "tokens": TOKENS}))


async def chat(writer: asyncio.StreamWriter) -> None:
    """Every token may depend on the history, and the answer becomes part of it at its end."""
    turn = remember("user", "tell me")
    await begin(writer, turn)
    told = []
    for number in range(TOKENS):
        await asyncio.sleep(STREAM_S / TOKENS)
        told.append(f"token {number} of turn {turn}")
        await say(writer, told[-1])
    remember("agent", " ".join(told))
    writer.write(END)


async def prepared(writer: asyncio.StreamWriter) -> None:
    """All is decided, and remembered, before the first token: what follows is only sent."""
    turn = remember("user", "tell me what you know")
    told = [f"token {number} of turn {turn}" for number in range(TOKENS)]
    remember("agent", " ".join(told))
    with detached():
        await begin(writer, turn)
        for token in told:
            await asyncio.sleep(STREAM_S / TOKENS)
            await say(writer, token)
    writer.write(END)


async def summarize() -> None:
    """No request waits for it; its two halves belong together."""
    with busy():
        HISTORY["summary"][0] += 1
        await asyncio.sleep(STREAM_S)
        HISTORY["summary"][1] += 1


async def respond(path: str, writer: asyncio.StreamWriter) -> None:
    if path == "/chat":
        await chat(writer)
    elif path == "/prepared":
        await prepared(writer)
    elif path == "/history":
        writer.write(answer({key: HISTORY[key] for key in ("asked", "answered", "summary")}))
    elif path == "/turns":
        writer.write(answer({"turns": HISTORY["turns"]}))
    elif path == "/summary":
        task = asyncio.create_task(summarize())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        writer.write(answer({}))
    else:
        HISTORY["count"] += 1
        writer.write(answer({"count": HISTORY["count"]}))
    await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            await respond(request.split(b" ", 2)[1].decode("ascii", "replace"), writer)
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT, "asked": HISTORY["asked"]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
