"""A crowd of WebSocket clients: websocket_clients.py PORT N GAP_S REPORT.

They speak to examples/websocket_agent.py. Each is named by its number, says something at random
moments and waits for the answer: the count is one more than before, and the last messages are its
own. Some frames are sent in two halves, some messages in two frames, with a pause between. REPORT
is rewritten ten times a second; SIGTERM ends the crowd when every answer has come.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

LATE_S = 1.0
TOGETHER = 64  # connections that come up at a time


def frame(first: int, payload: bytes) -> bytes:
    """RFC 6455 5.2, masked, of at most 65535 bytes."""
    mask = os.urandom(4)
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0xFE, *divmod(size, 256)])
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Crowd:
    def __init__(self) -> None:
        self.open = self.closed = self.sent = self.answered = self.late = self.least = 0
        self.worst_ms = 0.0
        self.counts: list[int] = []
        self.pids: Counter[int] = Counter()
        self.recent: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.ending = asyncio.Event()

    def report(self, path: Path) -> None:
        shown: dict[str, Any] = {
            name: value
            for name, value in vars(self).items()
            if name not in ("ending", "counts", "pids", "recent")
        }
        shown["least"] = min(self.counts, default=0)
        shown["pids"] = {str(pid): count for pid, count in self.pids.items()}
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(shown))
        beside.rename(path)


class Talker:
    def __init__(self, crowd: Crowd, number: int, gap: float) -> None:
        self.crowd = crowd
        self.number = number
        self.gap = gap
        self.last: list[str] = []
        crowd.counts.append(0)

    async def connect(self, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /{self.number} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise ConnectionError(head.decode())
        self.crowd.open += 1

    async def say(self, text: str) -> None:
        """As one frame, as one in two halves, or as two frames; late is counted from the end."""
        payload = text.encode()
        way = random.random()
        if way < 0.6:
            self.writer.write(frame(0x81, payload))
            return
        if way < 0.8:
            whole = frame(0x81, payload)
            cut = random.randrange(1, len(whole))
            parts = [whole[:cut], whole[cut:]]
        else:
            cut = random.randrange(len(payload) + 1)
            parts = [frame(0x01, payload[:cut]), frame(0x80, payload[cut:])]
        self.writer.write(parts[0])
        await asyncio.sleep(random.uniform(0, self.gap / 2))
        self.writer.write(parts[1])

    async def hear(self) -> dict[str, Any]:
        first, size = await self.reader.readexactly(2)
        if first != 0x81:
            raise ConnectionError(f"a frame that begins with {first:#x}")
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        return dict(json.loads(await self.reader.readexactly(size)))

    async def exchange(self) -> None:
        crowd = self.crowd
        count = crowd.counts[self.number] + 1
        text = f"{self.number} says \u00e4 {count} " + "." * random.choice((0, 50, 200))
        self.last = [*self.last, text][-3:]
        crowd.sent += 1
        await self.say(text)
        said = time.monotonic()
        answer = await self.hear()
        late = time.monotonic() - said
        crowd.answered += 1
        crowd.counts[self.number] = count
        crowd.late += late > LATE_S
        crowd.worst_ms = max(crowd.worst_ms, late * 1000)
        crowd.pids[answer.pop("pid")] += 1
        if answer != {"name": str(self.number), "count": count, "last": self.last}:
            crowd.wrong.append(f"{self.number}: {answer} is not {count} of {self.last}"[:300])

    async def live(self) -> None:
        try:
            while True:
                pause = asyncio.ensure_future(self.crowd.ending.wait())
                await asyncio.wait([pause], timeout=random.expovariate(1 / self.gap))
                pause.cancel()
                if self.crowd.ending.is_set():
                    return
                await self.exchange()
        except (OSError, EOFError, ValueError) as error:
            self.crowd.closed += 1
            self.crowd.wrong.append(f"{self.number}: {type(error).__name__}: {error}"[:300])


async def main(port: int, count: int, gap: float, path: Path) -> None:
    crowd = Crowd()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, crowd.ending.set)
    talkers = [Talker(crowd, number, gap) for number in range(count)]
    lives: list[asyncio.Task[None]] = []
    for at in range(0, count, TOGETHER):
        group = talkers[at : at + TOGETHER]
        await asyncio.gather(*(talker.connect(port) for talker in group))
        lives += [asyncio.ensure_future(talker.live()) for talker in group]
    pending: set[Any] = set(lives)
    while pending:
        _done, pending = await asyncio.wait(pending, timeout=0.1)
        crowd.report(path)
    crowd.report(path)


if __name__ == "__main__":
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])))
