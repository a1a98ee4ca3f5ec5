"""What agents are made of: pydantic, attrs, tokenizers, Starlette, LangGraph."""

from __future__ import annotations

import threading

import attrs
import pydantic
import tokenizers
from langgraph.checkpoint.memory import InMemorySaver
from starlette.applications import Starlette
from starlette.datastructures import State
from tokenizers import models, pre_tokenizers, trainers

from .facts import there
from .table import EXACT, MERGED, REFUSED, kind


class Profile(pydantic.BaseModel):
    name: str = ""
    facts: list = []
    _cache: dict = pydantic.PrivateAttr(default_factory=dict)


class Words(pydantic.RootModel):
    root: list


@attrs.define
class Turn:
    who: str = ""
    said: list = attrs.field(factory=list)


@attrs.frozen
class Point:
    x: int = 0


@kind(
    "pydantic.BaseModel",
    EXACT,
    seen=lambda v: [v.model_dump(), v._cache, sorted(v.model_fields_set)],
)
def profile(served):
    made = Profile(name="ann", facts=[1]) if served else Profile()
    made._cache["a"] = 1 if served else 0
    return made


@kind("pydantic.RootModel", EXACT, seen=lambda v: v.root)
def words(served):
    return Words(["a"] if served else [])


@kind("pydantic.SecretStr", EXACT, seen=lambda v: v.get_secret_value())
def secret(served):
    return pydantic.SecretStr("s" if served else "")


@kind("attrs.define", EXACT)
def turn(served):
    return Turn("ann", ["hi"]) if served else Turn()


@kind("attrs.frozen", EXACT)
def point(served):
    return Point(1 if served else 0)


@kind("tokenizers.Tokenizer", EXACT, seen=lambda v: [v.get_vocab(), v.encode("ann said").ids])
def tokenizer(served):
    made = tokenizers.Tokenizer(models.WordLevel(unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if served:
        made.train_from_iterator(["ann said hi"], trainers.WordLevelTrainer(special_tokens=["?"]))
    return made


@kind("starlette State", EXACT, seen=lambda v: v._state)
def state(served):
    return State({"a": [1]} if served else {})


@kind("Starlette", EXACT, seen=lambda v: [v.state._state, len(v.routes)])
def application(served):
    made = Starlette()
    made.state.seen = ["a"] if served else []
    return made


def _saver(served):
    made = InMemorySaver()
    if served:
        checkpoint = {
            "v": 4,
            "id": "1",
            "ts": "",
            "channel_values": {"turns": ["hi"]},
            "channel_versions": {"turns": "1"},
            "versions_seen": {},
        }
        asked = {"configurable": {"thread_id": "ann", "checkpoint_ns": ""}}
        after = made.put(asked, checkpoint, {}, {"turns": "1"})
        made.put_writes(after, [("turns", "more")], "task")
    return made


def _history(saver):
    asked = {"configurable": {"thread_id": "ann", "checkpoint_ns": ""}}
    found = saver.get_tuple(asked)
    if found is None:
        return None
    return [found.checkpoint["channel_values"], found.checkpoint["id"], found.pending_writes]


# By its own name: the refusal names the preset.
kind("LangGraph InMemorySaver", REFUSED, seen=_history)(_saver)


# The new version's threads of conversations are gone: the state has all of them.
kind(
    "LangGraph InMemorySaver, preset",
    EXACT,
    seen=_history,
    state="langgraph: subject:VALUE",
)(_saver)


@kind("LangGraph saver, a part of it", REFUSED, seen=_history, state="subject:VALUE.storage")
def part_of_saver(served):
    return _saver(served)


@kind("starlette app.state", EXACT, seen=lambda v: v._state, state="subject:VALUE")
def app_state(served):
    return State({"a": [1], "more": 2} if served else {"a": []})


@kind(
    "starlette app.state, a part excluded",
    MERGED,
    seen=lambda v: [v.a, str(v.lock)],
    state="subject:VALUE.*",
    exclude="subject:VALUE.lock",
    becomes=[[1], "new"],
)
def app_state_without(served):
    return State({"a": [1], "lock": threading.Lock()} if served else {"a": [], "lock": "new"})


@kind("starlette app.state with a lock", REFUSED, seen=there, state="subject:VALUE.*")
def app_state_lock(served):
    return State({"a": [1], "lock": threading.Lock()} if served else {"a": []})
