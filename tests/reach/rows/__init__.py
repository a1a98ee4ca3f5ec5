"""The table of programs."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from . import apps, asgi, debian_data, debian_net, debian_web, languages, node, python_net, wsgi

_PARTS = (asgi, wsgi, python_net, apps, node, languages, debian_web, debian_data, debian_net)
ROWS: Sequence[Row] = [row for part in _PARTS for row in part.ROWS]
