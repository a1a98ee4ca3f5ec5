"""einhorn: named, so that it is not missed. It comes as a Ruby gem only."""

from __future__ import annotations

from .method import Method, Unavailable


class Einhorn(Method):
    name = "einhorn"
    title = "einhorn"
    program = "-"
    package = "einhorn (RubyGems)"
    manual = "einhornsh -e upgrade"
    mandatory = False

    @classmethod
    def version(cls) -> str:
        raise Unavailable("a Ruby gem: in no Debian, PyPI or npm package")

    def start(self) -> None:
        raise NotImplementedError

    def swap(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError
