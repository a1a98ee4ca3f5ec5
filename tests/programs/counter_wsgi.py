"""A WSGI application with state, by the module: gunicorn counter_wsgi:app.

Each worker keeps a name and a count of its own; an answer is "<version> <name> <count>". WORK_MS:
so long every request takes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import program_mode  # noqa: E402

program_mode.start()

WORK_S = float(os.environ.get("WORK_MS", "0")) / 1000
LOCK = threading.Lock()
OWN: dict[str, Any] = aeterna.keep("own", default=dict)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    time.sleep(WORK_S)
    with LOCK:
        OWN.setdefault("name", uuid.uuid4().hex)
        OWN["count"] = OWN.get("count", 0) + 1
        body = f"{program_mode.VERSION} {OWN['name']} {OWN['count']}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
