"""A global of a module that the state refers to is the same object afterwards."""

import dataclasses
import enum
import itertools
import sys
import types
from unittest import mock

from aeterna import _late, _registry
from aeterna._refusal import Refused
from aeterna._wanted import ask
from support import StateTest


class Missing:
    pass


@dataclasses.dataclass(frozen=True)
class Mood:
    name: str


class Config:
    def __init__(self, limit=1):
        self.limit = limit


class IdentityTest(StateTest):
    """A module of the old version, and the same one of the new version."""

    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "versions", None)
        variable = mock.patch.dict("os.environ", AETERNA_STATE="versions:STATE")
        variable.start()
        self.addCleanup(variable.stop)

    def version(self, **names):
        module = sys.modules["versions"] = types.ModuleType("versions")
        vars(module).update(names)
        return module

    def travelled(self, old, state, new):
        """The state in the new version, where new() gives its module's globals."""
        self.version(STATE=state, **old)
        _late.add_names(ask())
        self.new = None

        def start():
            self.new = self.version(STATE=type(state)(), **new())
            _late.add_names(ask())

        self.swap_to(start)
        return self.new.STATE

    def test_bare_objects(self):
        missing, none = object(), Missing()
        found = self.travelled(
            {"MISSING": missing, "NONE": none},
            [missing, {"x": none}, missing],
            lambda: {"MISSING": object(), "NONE": Missing()},
        )
        self.assertIs(found[0], self.new.MISSING)
        self.assertIs(found[1]["x"], self.new.NONE)
        self.assertIs(found[2], self.new.MISSING)

    def test_a_bare_object_of_a_class(self):
        def kind():
            return type("Kind", (), {"MISSING": object(), "__module__": "versions"})

        old = kind()
        found = self.travelled({"Kind": old}, [old.MISSING], lambda: {"Kind": kind()})
        self.assertIs(found[0], self.new.Kind.MISSING)

    def test_a_bare_object_that_the_new_version_lacks(self):
        missing = object()
        with self.assertRaisesRegex(Refused, "load_failed: versions:MISSING is part of the state"):
            self.travelled({"MISSING": missing}, [missing], dict)

    def test_a_bare_object_that_is_no_global_is_one_object_still(self):
        token = object()
        found = self.travelled({}, [token, token], dict)
        self.assertIs(found[0], found[1])

    def test_constants(self):
        old = Mood("neutral")
        for new in (Mood("neutral"), Mood("other")):
            _registry.slots.clear()
            found = self.travelled(
                {"NEUTRAL": old}, {"m": Mood("x"), "n": old}, lambda new=new: {"NEUTRAL": new}
            )
            self.assertEqual(found["n"], Mood("neutral"))
            self.assertEqual(found["n"] is self.new.NEUTRAL, new == old)
            self.assertEqual(self.new.NEUTRAL, new)

    def test_iterators(self):
        ids = itertools.count()
        next(ids)
        found = self.travelled({"IDS": ids}, {"ids": ids}, lambda: {"IDS": itertools.count()})
        self.assertIs(found["ids"], self.new.IDS)
        self.assertEqual(next(self.new.IDS), 1)

    def test_objects_that_both_versions_make_alike(self):
        config = Config()
        found = self.travelled({"C": config}, {"c": config}, lambda: {"C": Config()})
        self.assertIs(found["c"], self.new.C)

    def test_others_are_said(self):
        config = Config(limit=2)
        with mock.patch("aeterna._place.warn") as warn:
            found = self.travelled({"C": config}, {"c": config}, lambda: {"C": Config()})
            self.assertIs(found["c"], self.new.C)
            self.assertEqual(self.new.C.limit, 2)
            _registry.slots.clear()
            found = self.travelled({"C": config}, {"c": config}, lambda: {"C": None})
        self.assertEqual((found["c"].limit, self.new.C), (2, None))
        self.assertEqual(
            [call.args[0] for call in warn.call_args_list],
            [
                "versions:C is part of the state: it is as it was",
                "versions:C is part of the state, and a global of its own again: name it, too",
            ],
        )

    def test_containers(self):
        """By a plain pickle and by another one; what is not in the state is the new version's."""
        for more in ({}, {"an object": Config()}):
            for new in ({"TOOLS": {"x": 0}, "LIST": [], "OTHER": [5], "HELD": {}}, {}):
                _registry.slots.clear()
                tools, held = {"x": 1, "y": [2]}, {"z": 3}
                old = {"TOOLS": tools, "LIST": [3], "OTHER": [4], "HELD": held, "holder": [held]}
                state = {"tools": tools, "list": [old["LIST"], tools], **more}
                found = self.travelled(old, state, lambda new=new: dict(new))
                self.assertEqual(found["tools"], {"x": 1, "y": [2]})
                self.assertIs(found["tools"], found["list"][1])
                self.assertEqual(found["list"][0], [3])
                self.assertEqual(hasattr(self.new, "TOOLS"), bool(new))
                if new:
                    self.assertIs(found["tools"], self.new.TOOLS)
                    self.assertIs(found["list"][0], self.new.LIST)
                    self.assertEqual((self.new.OTHER, self.new.HELD), ([5], {}))

    def test_a_large_container(self):
        tools = {number: str(number) for number in range(100_000)}
        tools["object"] = Config()
        found = self.travelled({"TOOLS": tools}, [tools], lambda: {"TOOLS": {}})
        self.assertIs(found[0], self.new.TOOLS)
        self.assertEqual(len(self.new.TOOLS), 100_001)

    def test_a_container_of_another_kind_or_excluded(self):
        for new, excluded in (([], ""), ({}, "versions:TOOLS")):
            _registry.slots.clear()
            with mock.patch.dict("os.environ", AETERNA_EXCLUDE=excluded):
                tools = {"x": 1}
                with mock.patch("aeterna._place.warn") as warn:
                    found = self.travelled(
                        {"TOOLS": tools}, {"tools": tools}, lambda new=new: {"TOOLS": new}
                    )
            self.assertEqual((found, self.new.TOOLS), ({"tools": {"x": 1}}, new))
            self.assertEqual(warn.call_count, 0 if excluded else 1)

    def test_what_was_taken_from_a_container_stays_away(self):
        tools = {"x": 1, "y": 2}
        self.version(STATE={}, TOOLS=tools)
        _late.add_names(ask())
        _registry.remember_start()
        del tools["y"]
        sys.modules["versions"].STATE["tools"] = tools

        def start():
            self.new = self.version(STATE={}, TOOLS={"x": 1, "y": 2, "z": 3})
            _late.add_names(ask())

        self.swap_to(start)
        self.assertEqual(self.new.TOOLS, {"x": 1, "z": 3})
        self.assertIs(self.new.STATE["tools"], self.new.TOOLS)

    def test_a_container_that_is_in_the_state_in_two_ways(self):
        """A part of the state that has a global of its own."""
        inner = {"n": 1}
        found = self.travelled({"IX": inner}, {"ix": inner, "o": Config()}, lambda: {"IX": {}})
        self.assertIs(found["ix"], self.new.IX)

    def test_flags(self):
        both = Way.IN | Way.OUT
        self.assertEqual(self.travelled({}, [both, Way.IN, Way(0)], dict), [both, Way.IN, Way(0)])


class Way(enum.Flag):
    IN = 1
    OUT = 2
