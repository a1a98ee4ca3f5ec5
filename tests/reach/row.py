"""One program of the table: where it comes from, how it is run, and how one talks to it.

In commands, files and the environment these words are replaced: @PORT@ and @PORT2@ (free ports of
the loopback), @DIR@ (the row's own directory), @DEB@ (where Debian's packages are unpacked), @BIN@
(the commands of the row's virtual environment), @NPM@ (npm's packages).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from . import places
from .talk import Http, Talk

SWAPS = "swaps"
ENDS = "swaps, kept connections end"
REFUSED = "refused before it starts"


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    name: str
    origin: (
        str  # "deb NAME", "pypi GROUP NAME", "npm NAME", "here NAME" for what make deps installs
    )
    command: Sequence[str]
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    bad: Mapping[str, str] = dataclasses.field(default_factory=dict)  # files of the bad version
    bad_command: Sequence[str] = ()  # where the command is what is bad in it
    talk: Talk = dataclasses.field(default_factory=Http)
    setup: Sequence[Sequence[str]] = ()  # commands that come to their end before the first start
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    service: Mapping[str, object] = dataclasses.field(default_factory=dict)
    handoff: Mapping[str, object] = dataclasses.field(default_factory=dict)
    how: str = ""  # for the table, where the command does not say it
    user: str = ""  # of whom the directory is, where the tests run as root
    unix: str = ""  # the path of its socket; else @PORT@
    clients: int = 4  # kept connections of each kind
    kept_end: bool = False  # `overlap: false`, and a protocol whose connections cannot wait
    expected: str = SWAPS
    note: str = ""
    deadline_s: float = 240

    @property
    def words(self) -> Sequence[str]:
        return self.origin.split()

    @property
    def package(self) -> str:
        return self.words[-1]


@dataclasses.dataclass(frozen=True)
class Site:
    """Where one run of a row takes place."""

    row: Row
    directory: str
    port: int
    second_port: int

    def fill(self, text: str) -> str:
        group = self.row.words[1] if self.row.words[0] == "pypi" else ""
        for word, value in (
            ("@PORT@", str(self.port)),
            ("@PORT2@", str(self.second_port)),
            ("@DIR@", self.directory),
            ("@DEB@", str(places.DEBIAN)),
            ("@BIN@", str(places.venv(group) / "bin")),
            ("@NPM@", str(places.NPM)),
        ):
            text = text.replace(word, value)
        return text

    @property
    def address(self) -> tuple[str, int] | str:
        return self.fill(self.row.unix) if self.row.unix else ("127.0.0.1", self.port)

    def environment(self) -> dict[str, str]:
        kind = self.row.words[0]
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        set_by_row = {key: self.fill(value) for key, value in self.row.env.items()}
        libraries = {"LD_LIBRARY_PATH": places.debian_libraries()} if kind == "deb" else {}
        return {
            "PATH": self.fill("@BIN@:") + path if kind == "pypi" else path,
            "HOME": self.directory,
            "LANG": "C.UTF-8",
            "PORT": str(self.port),
            "PYTHONDONTWRITEBYTECODE": "1",
            **({"NODE_PATH": str(places.NPM)} if kind == "npm" else {}),
            **libraries,
            **set_by_row,
        }


def find(rows: Sequence[Row], name: str) -> Row | None:
    return next((row for row in rows if row.name == name), None)
