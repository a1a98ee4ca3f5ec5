"""What agents hold beside dictionaries: kinds_agent.py [PORT [VERSION_FILE]].

/put adds a job, /jobs says what the worker has done with this process's number of them; / counts.
The worker begins with version v2. `AGENT` has a lock, which cannot travel. HTTP/1.1 by hand.
"""

from __future__ import annotations

import asyncio
import functools
import threading

import program_mode


class Agent:
    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()


class Store:
    """Its memory is the class's."""

    sessions: dict = {}


@functools.lru_cache
def get_agent() -> dict:
    return {"count": 0}


AGENT = Agent()
STORE = Store()
STATE = {"count": 0}
DONE: list = []
JOBS: asyncio.Queue = asyncio.Queue()
TURN = asyncio.Lock()


async def work() -> None:
    while True:
        DONE.append(await JOBS.get())
        JOBS.task_done()


def answer(path: str) -> str:
    if path == "/put":
        JOBS.put_nowait(len(DONE) + JOBS.qsize() + 1)
        return f"{JOBS.qsize()} wait"
    if path == "/jobs":
        return f"{DONE} done, {JOBS.qsize()} wait"
    if path == "/session":
        STORE.sessions["ann"] = len(STORE.sessions) + 1
    with AGENT.lock:
        AGENT.count += 1
        STATE["count"] += 1
        get_agent()["count"] += 1
    return str(AGENT.count)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            body = f"{program_mode.VERSION} {answer(request.split()[1].decode())}\n".encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            writer.write(head + body)
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    worker = asyncio.create_task(work()) if program_mode.VERSION != "v1" else None
    # One version holds it for as long as it lives: nobody lets go of it for the next.
    await TURN.acquire()
    server = await asyncio.start_server(serve, "127.0.0.1", program_mode.port(), backlog=512)
    await server.serve_forever()
    del worker


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main())
