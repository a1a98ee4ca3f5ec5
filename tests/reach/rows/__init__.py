"""The table of programs."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from . import asgi, debian_line, debian_web, wsgi

ROWS: Sequence[Row] = [*asgi.ROWS, *wsgi.ROWS, *debian_web.ROWS, *debian_line.ROWS]
