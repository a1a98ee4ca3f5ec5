"""Where a hanging test stands: every thread of it and of all it started.

/proc says what the kernel knows; gdb, or eu-stack, adds the functions where one of them is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Sequence

from . import processes

DEBUGGER_S = 30.0  # of one process
ALL_S = 90.0  # of all of them: then the rest is told by /proc alone


def _kernel(pid: int) -> list[str]:
    lines = []
    tasks: list[str] = []
    with contextlib.suppress(OSError):
        tasks = sorted(os.listdir(f"/proc/{pid}/task"), key=int)
    for task in tasks:
        place = f"/proc/{pid}/task/{task}"
        name, where, call = (
            processes.text(f"{place}/{file}").strip() for file in ("comm", "wchan", "syscall")
        )
        state = processes.text(f"{place}/stat").rpartition(")")[2].strip()[:1]
        lines.append(f"  thread {task} ({name}) {state}, in {where or '?'}, system call {call}")
        lines += [f"    {line}" for line in processes.text(f"{place}/stack").splitlines()]
    return lines


def _debugger(pid: int) -> list[str]:
    if shutil.which("gdb"):
        words = ["gdb", "-nx", "-batch", "-iex", "set auto-load off", "-p", str(pid)]
        words += ["-ex", "thread apply all backtrace 50"]
    elif shutil.which("eu-stack"):
        words = ["eu-stack", "-p", str(pid)]
    else:
        return ["  (no gdb and no eu-stack: the functions are not known)"]
    environment = {**os.environ, "DEBUGINFOD_URLS": ""}
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=DEBUGGER_S,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        return [f"  ({why})"]
    return [f"  {line}" for line in done.stdout.splitlines() if line.strip()]


def of(pids: Sequence[int]) -> str:
    lines = []
    end = time.monotonic() + ALL_S
    for pid in pids:
        lines.append(f"process {pid}: {processes.command(pid)}")
        lines += _kernel(pid)
        if time.monotonic() < end:
            lines += _debugger(pid)
    return "\n".join(lines)
