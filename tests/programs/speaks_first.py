"""A server that speaks before its clients do: speaks_first.py [PORT [VERSION_FILE]].

SPEAKS: greeting (when it accepts), pause (a greeting after the file `greet` next to the version is
there), feed (a line whenever that file changes its size). BY: asyncio or threads. It answers each
line with its version.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from pathlib import Path

import program_mode

SPEAKS = os.environ.get("SPEAKS", "greeting")
SIGN = Path(os.environ["VERSION_FILE"]).parent / "greet"
LOOK_S = 0.02


def line() -> bytes:
    return program_mode.body().split()[0] + b"\n"


def signs() -> int:
    return SIGN.stat().st_size if SIGN.exists() else 0


def serve(client: socket.socket) -> None:
    seen = 0
    if SPEAKS != "greeting":
        while signs() == seen:
            time.sleep(LOOK_S)
    client.sendall(line())
    while SPEAKS == "feed":
        seen = signs()
        while signs() == seen:
            time.sleep(LOOK_S)
        client.sendall(line())
    while client.recv(100):
        client.sendall(line())
    client.close()


async def serve_in_loop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    seen = 0
    if SPEAKS != "greeting":
        while signs() == seen:
            await asyncio.sleep(LOOK_S)
    writer.write(line())
    while SPEAKS == "feed":
        seen = signs()
        while signs() == seen:
            await asyncio.sleep(LOOK_S)
        writer.write(line())
    while await reader.readline():
        writer.write(line())
    writer.close()


async def run_loop() -> None:
    server = await asyncio.start_server(serve_in_loop, "127.0.0.1", program_mode.port())
    await server.serve_forever()


def run_threads() -> None:
    listener = socket.create_server(("127.0.0.1", program_mode.port()), backlog=64)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    program_mode.start()
    if os.environ.get("BY") == "threads":
        run_threads()
    else:
        asyncio.run(run_loop())
