"""asyncio: waiters and owners stay with their loop, contents travel."""

from __future__ import annotations

import asyncio
import sys

from .facts import there
from .table import EXACT, MERGED, REFUSED, both, kind

LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)
HEARD = []


def run(coroutine):
    return LOOP.run_until_complete(asyncio.wait_for(coroutine, 5))


async def _turns(count=3):
    for _ in range(count):
        await asyncio.sleep(0)


def start(coroutine):
    """Runs it until it waits."""
    task = LOOP.create_task(coroutine)
    LOOP.run_until_complete(_turns())
    return task


async def _worker(waiting):
    while True:
        HEARD.append(await waiting.get())
        waiting.task_done()


def _items(waiting):
    items = list(waiting._queue)
    return [items, waiting.maxsize, waiting._unfinished_tasks, waiting._finished.is_set()]


def _rest(waiting):
    """In the new version, where somebody may be waiting for it."""
    while not waiting.empty():
        start(asyncio.sleep(0))
        HEARD.append(waiting.get_nowait())
        waiting.task_done()
    run(waiting.join())
    return [HEARD, waiting.maxsize, 0, True]


def _queue(kind_of, served, **options):
    made = kind_of(**options)
    for number in (3, 1, 2) if served else ():
        made.put_nowait(number)
    return made


kind("asyncio.Queue", EXACT, seen=_items)(lambda s: _queue(asyncio.Queue, s, maxsize=5))
kind("asyncio.LifoQueue", EXACT, seen=_items)(lambda s: _queue(asyncio.LifoQueue, s))
kind("asyncio.PriorityQueue", EXACT, seen=_items)(lambda s: _queue(asyncio.PriorityQueue, s))


def _heard(waiting):
    run(_turns(10))
    return [HEARD, waiting.qsize()]


# Three jobs were waiting: the new version's worker, which waits already, has them all.
@kind(
    "asyncio.Queue with a worker",
    MERGED,
    entry=EXACT,
    attribute=MERGED,
    seen=lambda v: [[], v.qsize()],
    arrived=_heard,
    becomes=[[3, 1, 2], 0],
)
def worked(served):
    made = _queue(asyncio.Queue, served)
    if not served:
        start(_worker(made))
    return made


# A bounded one, full, at which somebody waits to put a fourth: who waits stays.
@kind(
    "asyncio.Queue, full",
    EXACT,
    seen=lambda v: [list(v._queue), v.maxsize],
    arrived=lambda v: [list(v._queue), v.maxsize] if run(_room(v)) else None,
)
def full(served):
    made = _queue(asyncio.Queue, served, maxsize=3)
    if served:
        start(made.put(4))
    return made


async def _room(waiting):
    """Whether what was taken out makes room, and nobody else is there to fill it."""
    taken = [waiting.get_nowait() for _ in range(waiting.qsize())]
    for item in taken:
        await asyncio.wait_for(waiting.put(item), 1)
    return len(taken) == 3


async def _take(lock):
    async with lock:
        return not lock.locked() or True


@kind(
    "asyncio.Lock, held",
    MERGED,
    seen=lambda v: ["held", v.locked()],
    arrived=lambda v: ["held", v.locked(), run(_take(v))],
    becomes=["held", False, True],
)
def held(served):
    made = asyncio.Lock()
    if served:
        run(made.acquire())
        start(made.acquire())
    return made


both("asyncio.Lock", EXACT, asyncio.Lock, seen=lambda v: [v.locked(), run(_take(v))])


@kind("asyncio.Event, set", EXACT, seen=lambda v: v.is_set())
def event(served):
    made = asyncio.Event()
    if served:
        made.set()
    return made


@kind(
    "asyncio.Event with a waiter",
    MERGED,
    entry=EXACT,
    attribute=MERGED,
    seen=lambda v: [v.is_set(), []],
    arrived=lambda v: [v.is_set(), HEARD] if run(_turns(5)) is None else None,
    becomes=[True, ["set"]],
)
def awaited(served):
    made = asyncio.Event()

    async def wait():
        await made.wait()
        HEARD.append("set")

    if served:
        made.set()
    else:
        start(wait())
    return made


@kind(
    "asyncio.Condition, held",
    MERGED,
    seen=lambda v: [v.locked()],
    arrived=lambda v: [v.locked(), run(_take(v))],
    becomes=[False, True],
)
def condition(served):
    made = asyncio.Condition()
    if served:
        run(made.acquire())
    return made


async def _permits(semaphore):
    taken = 0
    while not semaphore.locked():
        await semaphore.acquire()
        taken += 1
    for _ in range(taken):
        semaphore.release()
    return taken


both("asyncio.Semaphore", EXACT, lambda: asyncio.Semaphore(3), seen=lambda v: run(_permits(v)))


# Two of three are held: those who hold them stay.
@kind(
    "asyncio.Semaphore, held",
    MERGED,
    entry=EXACT,
    attribute=MERGED,
    seen=lambda v: run(_permits(v)),
    becomes=3,
)
def semaphore(served):
    made = asyncio.Semaphore(3)
    for _ in range(2 if served else 0):
        run(made.acquire())
    return made


@kind("asyncio.BoundedSemaphore, held", MERGED, seen=lambda v: run(_permits(v)), becomes=3)
def bounded(served):
    made = asyncio.BoundedSemaphore(3)
    for _ in range(2 if served else 0):
        run(made.acquire())
    return made


both("asyncio.Future", REFUSED, lambda: LOOP.create_future(), seen=there)
both("asyncio.Task", REFUSED, lambda: start(asyncio.sleep(50)), seen=there)
both("asyncio event loop", REFUSED, lambda: LOOP, seen=there)
both("asyncio.StreamReader", REFUSED, lambda: asyncio.StreamReader(loop=LOOP), seen=there)
both("asyncio.TimerHandle", REFUSED, lambda: LOOP.call_later(50, print), seen=there)

if sys.version_info >= (3, 11):
    both("asyncio.Barrier", EXACT, lambda: asyncio.Barrier(3), seen=lambda v: v.parties)
