"""A server whose processes write down what tells them to end, and when they do: leaver.py.

The file `children` in DIR names the processes it starts: `child` stays in its session, `detached`
begins one of its own. Lines of the file `told`: GENERATION WHO WHAT SECONDS. The main process ends
when the file `go` is there; `deaf` in `children` makes it ignore what it is told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import http_server
import program_mode

DIRECTORY = Path(os.environ["DIR"])
GENERATION = os.environ.get("AETERNA_GENERATION", "0")


def note(who: str, what: str) -> None:
    with (DIRECTORY / "told").open("a") as file:
        file.write(f"{GENERATION} {who} {what} {time.monotonic():.3f}\n")


def name_of(number: int) -> str:
    return signal.Signals(number).name


def be_child(who: str) -> None:
    signals = {signal.SIGTERM, signal.SIGQUIT}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    note(who, "began")
    note(who, name_of(signal.sigwait(signals)))


def end_when_told() -> None:
    while not (DIRECTORY / "go").exists():
        time.sleep(0.01)
    note("main", "ended")
    os._exit(0)


def told(number: int, frame: object) -> None:
    note("main", name_of(number))
    if "deaf" not in (DIRECTORY / "children").read_text():
        threading.Thread(target=end_when_told).start()


def main() -> None:
    children = (DIRECTORY / "children").read_text().split()
    for who in ("child", "detached"):
        if who in children:
            command = [sys.executable, __file__, who]
            subprocess.Popen(command, start_new_session=who == "detached")
    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGQUIT, told)
    program_mode.start()
    server = http_server.Server(("127.0.0.1", int(os.environ["PORT"])), http_server.Handler)
    server.serve_forever()


if len(sys.argv) > 1:
    be_child(sys.argv[1])
else:
    main()
