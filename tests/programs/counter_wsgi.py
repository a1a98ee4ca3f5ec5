"""A WSGI application with state, by the module: gunicorn counter_wsgi:app.

Each worker keeps a name and a count of its own; an answer is "<version> <name> <count>".
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import program_mode  # noqa: E402

program_mode.start()

LOCK = threading.Lock()
OWN: dict[str, Any] = aeterna.keep("own", default=dict)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    with LOCK:
        OWN.setdefault("name", uuid.uuid4().hex)
        OWN["count"] = OWN.get("count", 0) + 1
        body = f"{program_mode.VERSION} {OWN['name']} {OWN['count']}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
