"""A process of either version: builds, dumps and loads what it is asked to, each in a copy of its
own. PYTHON -m objects.worker SOCKET old|new MODULE...
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import signal
import socket
import sys
import types
import warnings
from typing import Any

from aeterna import _dump, _late, _receive, _wanted
from aeterna._refusal import Refused
from aeterna._runtime import STEP_DUMP, STEP_LOAD, Request

from . import table

DEADLINE_S = 20
RUN_ID = bytes(range(16))
_MOST_PICKLE = 40_000  # bytes of a message's text; larger ones are not compared
NAMES = {
    "name": "subject:VALUE",
    "entry": "subject:HOLDER",
    "attribute": "subject:AGENT",
}
# Of a kind with a name of its own: where its value is.
PARTS = {**NAMES, "attribute": "subject:AGENT.part"}


class Agent:
    """A named object with the value as its attribute."""

    part: Any = None


class Subject:
    """The program: a module of which one name is state."""

    def __init__(self, kind: table.Kind, place: str, served: bool) -> None:
        self.module: Any = types.ModuleType("subject")
        self.place = place
        value = kind.make(served)
        if place == "name":
            self.module.VALUE = value
        elif place == "entry":
            self.module.HOLDER = {"kept": [value]} if served else {}
        else:
            self.module.AGENT = Agent()
            self.module.AGENT.part = value
        sys.modules["subject"] = self.module
        os.environ["AETERNA_STATE"] = (
            kind.state.replace("subject:VALUE", PARTS[place]) or NAMES[place]
        )
        os.environ["AETERNA_EXCLUDE"] = kind.exclude.replace("subject:VALUE", PARTS[place])
        _late.add_names(_wanted.ask())

    def value(self) -> Any:
        if self.place == "name":
            return self.module.VALUE
        if self.place == "entry":
            return self.module.HOLDER["kept"][0]
        return self.module.AGENT.part


def _short(found: Any) -> Any:
    """Facts fit into a message."""
    text = json.dumps(found, default=repr)
    if len(text) < _MOST_PICKLE:
        return json.loads(text)
    return f"{text[:100]}... {hashlib.sha256(text.encode()).hexdigest()}"


def _plain(value: Any) -> dict[str, Any]:
    """What pickle says by itself."""
    try:
        return {"pickled": pickle.dumps(value, 5).hex()}
    except Exception as error:
        return {"refuses": f"{type(error).__name__}: {error}"}


def _container(subject: Subject, mechanism: int, fd: int) -> list[int]:
    request = Request(STEP_DUMP, mechanism, fd, 0, 7, RUN_ID)
    if _dump._dumped_plain(request, _wanted.ask()):
        return []
    return _dump.dump_here(request)


def old(asked: dict[str, Any], fds: list[int]) -> tuple[dict[str, Any], list[int]]:
    kind = table.KINDS[asked["kind"]]
    subject = Subject(kind, asked["place"], True)
    answer: dict[str, Any] = {}
    sent: list[int] = []
    try:
        sent = _container(subject, asked["mechanism"], fds[0])
    except Refused as refusal:
        answer["refused"] = f"{refusal.word}: {refusal.sentence}"
    answer["facts"] = _short(kind.facts(subject.value()))
    if asked["plain"]:
        answer.update(_plain(subject.value()))
        if len(answer.get("pickled", "")) > _MOST_PICKLE:
            del answer["pickled"]
    return answer, sent


def new(asked: dict[str, Any], fds: list[int]) -> tuple[dict[str, Any], list[int]]:
    kind = table.KINDS[asked["kind"]]
    answer: dict[str, Any] = {}
    if "pickled" in asked:
        try:
            answer["plain"] = _short(kind.arrived(pickle.loads(bytes.fromhex(asked["pickled"]))))
        except Exception as error:
            answer["plain"] = f"{type(error).__name__}: {error}"
        return answer, []
    subject = Subject(kind, asked["place"], False)
    request = Request(STEP_LOAD, asked["mechanism"], fds[0], 0, 7, RUN_ID, tuple(fds[1:]))
    try:
        _receive.load_here(request)
    except Refused as refusal:
        answer["refused"] = f"{refusal.word}: {refusal.sentence}"
        return answer, []
    answer["facts"] = _short(kind.arrived(subject.value()))
    answer["becomes"] = kind.becomes() if callable(kind.becomes) else kind.becomes
    return answer, []


def _answer(link: socket.socket, side: str, asked: dict[str, Any], fds: list[int]) -> None:
    signal.alarm(DEADLINE_S)
    warnings.simplefilter("ignore")
    sent: list[int] = []
    try:
        answer, sent = (old if side == "old" else new)(asked, fds)
    except BaseException as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    socket.send_fds(link, [json.dumps(answer).encode()], sent)


def main() -> None:
    link = socket.socket(fileno=int(sys.argv[1]))
    side = sys.argv[2]
    table.load(sys.argv[3:])
    while True:
        text, fds, _flags, _who = socket.recv_fds(link, 200_000, 32)
        if not text:
            return
        child = os.fork()
        if child == 0:
            try:
                _answer(link, side, json.loads(text), list(fds))
            finally:
                os._exit(0)
        _pid, status = os.waitpid(child, 0)
        for fd in fds:
            os.close(fd)
        if status:
            link.send(json.dumps({"failed": f"it ended with status {status}"}).encode())


if __name__ == "__main__":
    main()
