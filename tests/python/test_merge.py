"""What the new version has and the state lacks stays; what is of another kind is refused."""

import collections
import contextlib
import dataclasses
import decimal
import enum
import gc
import io
import os
import sys
import types
import uuid
from pathlib import Path
from unittest import mock

from aeterna import _describe, _dump, _receive, _registry, _runtime, _start
from aeterna._contract import is_value
from aeterna._refusal import Refused
from support import ClassTest, StateTest, dump_request, load_request, memfd, seal


class Agent:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("old", "new")


class ById:
    """Equal to nothing but itself, in words of its own."""

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)


class ByName:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return type(other) is ByName and self.name == other.name

    def __hash__(self):
        return hash(self.name)


@dataclasses.dataclass(frozen=True)
class Mood:
    name: str
    notes: list = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Token:
    text: str


class Sealed:
    def __init__(self, value):
        self.__dict__["value"] = value

    def __setattr__(self, name, value):
        raise AttributeError("sealed")


class Watched:
    def __init__(self):
        self.value = 1

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def said():
    """The lines of the log."""
    return mock.patch("aeterna._place.warn")


class MergeTest(ClassTest):
    def test_new_keys_at_the_top_of_a_dictionary(self):
        self.box("s", {"count": 3, "log": [1]})
        mine = {"log": [], "facts": {}, "count": 0}
        with said() as warn:
            self.swap(s=mine)
        self.assertEqual(mine, {"count": 3, "log": [1], "facts": {}})
        warn.assert_called_once_with("s: new here: facts")

    def test_keys_further_down_are_the_programs_own(self):
        self.box("s", {"users": {"ann": 1}})
        mine = {"users": {"bob": 2}}
        self.swap(s=mine)
        self.assertEqual(mine, {"users": {"ann": 1}})

    def test_new_attributes(self):
        self.box("a", Agent(count=3))
        mine = Agent(count=0, facts=[])
        with said() as warn:
            self.swap(a=mine)
        self.assertEqual(vars(mine), {"count": 3, "facts": []})
        warn.assert_called_once_with("a: new here: facts")

    def test_new_slots(self):
        old = Slotted()
        old.old = 1
        self.box("a", old)
        mine = Slotted()
        mine.old, mine.new = 0, {}
        self.swap(a=mine)
        self.assertEqual((mine.old, mine.new), (1, {}))

    def test_new_attributes_of_what_an_attribute_holds(self):
        self.box("a", Agent(memory=Agent(turns=[1])))
        mine = Agent(memory=Agent(turns=[], facts={}))
        with said() as warn:
            self.swap(a=mine)
        self.assertEqual(vars(mine.memory), {"turns": [1], "facts": {}})
        warn.assert_called_once_with("a.memory: new here: facts")

    def test_what_was_taken_away_stays_away(self):
        state = {"count": 1, "admin": {}}
        self.box("s", state)
        _start.remember("s", state)
        del state["admin"]
        for _ in range(3):  # a version that has none of it does not forget that
            mine = {"count": 0, "admin": {}, "facts": {}}
            if _ == 1:
                del mine["admin"]
            self.swap(s=mine)
            self.assertEqual(mine, {"count": 1, "facts": {}})

    def test_the_start_of_a_script_is_what_it_has_when_it_first_serves(self):
        state = {"count": 1, "admin": {}}
        box = self.box("s", state)
        box.known = lambda: (True, box.content)
        fd = memfd()
        self.addCleanup(os.close, fd)
        self.assertEqual(_describe.describe(_runtime.STEP_NAMES, fd, os.fork), 0)
        del state["admin"]
        mine = {"count": 0, "admin": {}}
        self.swap(s=mine)
        self.assertEqual(mine, {"count": 1})

    def test_attributes_that_were_taken_away(self):
        agent = Agent(count=1, draft="x")
        self.box("a", agent)
        _start.remember("a", agent)
        del agent.draft
        mine = Agent(count=0, draft="", facts={})
        self.swap(a=mine)
        self.assertEqual(vars(mine), {"count": 1, "facts": {}})

    def test_fields_of_objects_further_down(self):
        @dataclasses.dataclass
        class Old:
            turns: int = 3

        @dataclasses.dataclass
        class New:
            turns: int = 0
            facts: dict = dataclasses.field(default_factory=dict)
            mood: str = "good"

        found = self.of_class(Old, New)
        self.assertEqual((found.turns, found.facts, found.mood), (3, {}, "good"))

    def test_attributes_that_the_constructor_gives(self):
        class Old:
            def __init__(self):
                self.turns = [1]

        class New:
            def __init__(self, size=7):
                self.turns = []
                self.facts = collections.defaultdict(list)
                self.size = size

        found = self.of_class(Old, New)
        self.assertEqual((found.turns, dict(found.facts), found.size), ([1], {}, 7))
        found.facts["x"].append(1)

    def test_attributes_of_which_nobody_knows_the_default(self):
        class Old:
            def __init__(self):
                self.turns = [1]

        class New:
            def __init__(self, size):
                self.turns = []
                self.size = size

        sentence = "load_failed: versions:Kind.size is new in this version, and 1 objects of the"
        with self.assertRaisesRegex(Refused, sentence):
            self.of_class(Old, New)

    def test_a_class_of_another_kind(self):
        @dataclasses.dataclass
        class Old:
            turns: int = 3

        class New:
            pass

        sentence = "versions:Kind: it was a dataclass, this version has a class: give it"
        with self.assertRaisesRegex(Refused, sentence):
            self.of_class(Old, New)


class OtherKindTest(StateTest):
    def refused(self, sentence, old, new):
        self.box("s", old)
        with self.assertRaisesRegex(Refused, sentence):
            self.swap(s=new)

    def test_is_refused_with_both(self):
        self.refused("load_failed: s: it was a list, this version has a dict: write an", [1], {})
        self.refused("it was a dict, this version has a test_merge.Agent", {}, Agent())
        self.refused("it was a str, this version has a int", "x", 0)

    def test_of_a_part(self):
        self.refused(r"s\['x'\]: it was a list, this version has a dict", {"x": [1]}, {"x": {}})
        _registry.slots.clear()
        self.refused(r"s\.x: it was a dict, this version has a list", Agent(x={}), Agent(x=[]))

    def test_a_program_that_changes_it_as_it_runs(self):
        state = {"x": {}}
        self.box("s", state)
        self.box("r", [1])
        _start.remember("s", state)
        _start.remember("r", {})
        state["x"] = [1]
        mine = {"x": {}}
        _, r = self.swap_to(lambda: [self.box("s", mine), self.box("r", {})])
        self.assertEqual((mine, r.content), ({"x": [1]}, [1]))

    def test_an_enumeration_with_other_numbers(self):
        module = types.ModuleType("versions")
        sys.modules["versions"] = module
        self.addCleanup(sys.modules.pop, "versions", None)
        module.Step = enum.Enum("Step", {"IDLE": 1, "BUSY": 2}, module="versions")
        self.box("s", [module.Step.BUSY])
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)

        def load():
            mine = []
            _registry.slots.clear()
            self.box("s", mine)
            _receive.load_here(load_request(fd))
            return mine[0]

        module.Step = enum.Enum("Step", {"IDLE": 1, "BUSY": 2, "DONE": 3}, module="versions")
        self.assertIs(load(), module.Step.BUSY)
        module.Step = enum.Enum("Step", {"IDLE": 1, "RUNNING": 2}, module="versions")
        self.assertIs(load(), module.Step.RUNNING)
        module.Step = enum.Enum("Step", {"IDLE": 2, "BUSY": 1}, module="versions")
        with self.assertRaisesRegex(Refused, "versions:Step.BUSY was 2, it is 1 in this version"):
            load()
        module.Step = enum.Enum("Step", {"IDLE": 1}, module="versions")
        self.assertRaises(Refused, load)

    def test_is_taken_where_it_is_meant(self):
        for old, new in [(None, dict), ({}, type(None)), (1.5, int), (True, int)]:
            _registry.slots.clear()
            self.box("s", old)
            (s,) = self.swap_to(lambda new=new: [self.box("s", new())])
            self.assertEqual(s.content, old)
        for old in (collections.OrderedDict(a=1), collections.defaultdict(int, a=1)):
            _registry.slots.clear()
            self.box("s", old)
            mine = {}
            self.swap(s=mine)
            self.assertEqual(mine, {"a": 1})


class ValueTest(StateTest):
    """A constant of the program is never overwritten."""

    def module(self, **names):
        found = types.ModuleType("other_module")
        vars(found).update(names)
        sys.modules["other_module"] = found
        self.addCleanup(sys.modules.pop, "other_module", None)
        return found

    def test_what_is_one(self):
        values = [
            1,
            "a",
            (),
            None,
            uuid.uuid4(),
            decimal.Decimal(1),
            Path("/"),
            Mood("x"),
            Token("x"),
            Sealed(1),
            ByName("x"),
            Colour.RED,
            object(),
            os.path.join,
            int,
        ]
        for value in values:
            self.assertTrue(is_value(value), value)
        for value in (
            [],
            {},
            set(),
            bytearray(),
            Agent(),
            ById(),
            Watched(),
            Slotted(),
            io.BytesIO(),
        ):
            self.assertFalse(is_value(value), value)

    def test_the_global_is_bound_to_the_new_one(self):
        for neutral, happy in [
            (Mood("neutral"), Mood("happy")),
            (uuid.UUID(int=1), uuid.UUID(int=2)),
            (Token("a"), Token("b")),
            (Sealed(1), Sealed(2)),
            (ByName("a"), ByName("b")),
            (Colour.RED, Colour.BLUE),
            (Path("/a"), Path("/b")),
        ]:
            _registry.slots.clear()
            other = self.module(NEUTRAL=neutral)
            before = repr(vars(neutral)) if hasattr(neutral, "__dict__") else repr(neutral)
            self.box("mood", happy)
            (mood,) = self.swap(mood=neutral)
            self.assertIs(other.NEUTRAL, neutral)
            self.assertIsNot(mood.content, neutral)
            after = repr(vars(neutral)) if hasattr(neutral, "__dict__") else repr(neutral)
            self.assertEqual(before, after)

    def test_what_a_value_holds_is_refilled(self):
        self.box("pair", ([1], Mood("happy", ["x"])))
        mine = ([], Mood("neutral"))
        app = Agent(pair=mine)
        (pair,) = self.swap(pair=mine)
        self.assertEqual(pair.content, ([1], Mood("happy")))
        self.assertIs(pair.content[0], app.pair[0])
        self.assertIs(pair.content[1].notes, app.pair[1].notes)
        self.assertEqual(app.pair[1].notes, ["x"])


class Cycle:
    pass


class CollectorTest(StateTest):
    def test_what_arrived_is_collected_in_its_time(self):
        cycles = [Cycle() for _ in range(1000)]
        for one in cycles:
            one.me = one
        self.box("c", cycles)
        del cycles
        mine = []
        self.swap(c=mine)
        self.assertEqual(gc.get_freeze_count(), 0)
        _registry.slots.clear()
        gc.collect()
        mine.clear()
        self.assertGreaterEqual(gc.collect(), 1000)

    def test_nobody_looks_at_what_arrived_at_once(self):
        self.box("c", [[i] for i in range(10000)])
        seen = []

        def note(phase, info):
            if phase == "start":
                seen.append(info["generation"])

        mine = []
        with contextlib.ExitStack() as stack:
            gc.collect()
            gc.callbacks.append(note)
            stack.callback(gc.callbacks.remove, note)
            self.swap(c=mine)
            self.assertLess(gc.get_count()[0], 2000)
        self.assertEqual(seen.count(2), 0)
