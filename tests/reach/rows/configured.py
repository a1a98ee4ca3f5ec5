"""Rows whose bad version is a line in the configuration that the program does not know."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from ..talk import Dns, Script

ZONE = "$TTL 60\n@ IN SOA a. b. 1 60 60 60 60\n@ IN NS host.test.\nhost IN A 10.0.0.1\n"


def configured(
    name: str, origin: str, command: Sequence[str], text: str, talk: Script | Dns, **options: object
) -> Row:
    """The bad version: a line in the configuration that the program does not know."""
    files = {"conf": text, "db.test": ZONE, "empty/.keep": ""}
    bad = {} if "bad_command" in options else {"conf": "no_such_directive here\n" + text}
    return Row(name, origin, command, files=files, bad=bad, talk=talk, **options)  # type: ignore[arg-type]
