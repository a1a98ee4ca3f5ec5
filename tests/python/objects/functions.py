"""Code, iterators, and what wraps them."""

from __future__ import annotations

import contextvars
import copy
import functools
import itertools
import types
import typing

from .facts import there
from .table import EXACT, REFUSED, both, kind

MEMORY = {}
CONTEXT = contextvars.ContextVar("objects")
Item = typing.TypeVar("Item")


def remember(key, value=None):
    return MEMORY.setdefault(key, value)


remember.calls = {"ann": 3}


@functools.lru_cache
def get_agent():
    return {"history": []}


@functools.cache
def answer(question):
    return question.upper()


class Agent:
    def __init__(self, served):
        self.seen = ["a"] if served else []

    def search(self, what):
        return [*self.seen, what]

    @functools.cached_property
    def size(self):
        return len(self.seen)


def _rest(iterator):
    return list(itertools.islice(copy.copy(iterator), 3))


def _next_ones(iterator):
    """Of a copy, as pickle makes it."""
    function, arguments, *state = iterator.__reduce__()
    made = function(*arguments)
    if state and state[0] is not None:
        made.__setstate__(state[0])
    return list(itertools.islice(made, 3))


def _named(value):
    return f"{value.__module__}.{value.__qualname__}"


# A name in handoff.state that leads to code leads to nothing that could travel.
both("function", REFUSED, lambda: remember, entry=EXACT)
both("functools.lru_cache", REFUSED, lambda: get_agent, entry=EXACT, seen=_named)
both("functools.cache", REFUSED, lambda: answer, entry=EXACT, seen=_named)
both("class", REFUSED, lambda: Agent, entry=EXACT)
both("module", REFUSED, lambda: functools, seen=there)
both("builtin function", REFUSED, lambda: len, entry=EXACT)
both("lambda", REFUSED, lambda: lambda: 1, seen=there)
both("typing.TypeVar", EXACT, lambda: Item, seen=repr)
both("list[int]", EXACT, lambda: list[int], seen=repr)
both("property", REFUSED, lambda: property(len), seen=there)
both("code object", REFUSED, lambda: remember.__code__, seen=there)
both("contextvars.ContextVar", REFUSED, lambda: CONTEXT, seen=there)
both("contextvars.Context", REFUSED, contextvars.copy_context, seen=there)


@kind("closure", REFUSED, seen=there)
def closure(served):
    kept = [served]

    def inner():
        return kept

    return inner


@kind("bound method", REFUSED, entry=EXACT, seen=lambda v: v("b"))
def method(served):
    return Agent(served).search


@kind("functools.partial", EXACT, seen=lambda v: [v.args, v.keywords])
def partial(served):
    return functools.partial(remember, "a" if served else "b")


@kind("functools.cached_property", EXACT, seen=lambda v: [v.size, v.seen])
def cached(served):
    made = Agent(served)
    assert made.size == served
    return made


@kind("generator", REFUSED, seen=there)
def generator(served):
    return (n for n in range(3))


@kind("async generator", REFUSED, seen=there)
def async_generator(served):
    async def steps():
        yield 1

    return steps()


@kind("coroutine", REFUSED, seen=there)
def coroutine(served):
    async def step():
        pass

    made = step()
    types.coroutine(lambda: made)
    return made


@kind("list iterator", EXACT, seen=_next_ones)
def list_iterator(served):
    made = iter([1, 2, 3])
    next(made) if served else None
    return made


@kind("range iterator", EXACT, seen=_next_ones)
def range_iterator(served):
    made = iter(range(10))
    next(made) if served else None
    return made


@kind("enumerate", EXACT, seen=lambda v: [list(item) for item in _next_ones(v)])
def enumerated(served):
    made = enumerate("abc")
    next(made) if served else None
    return made
