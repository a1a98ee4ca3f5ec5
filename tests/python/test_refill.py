"""A loaded object takes the place of the program's own, for everybody who holds that one."""

import array
import collections
import enum
import itertools
import os
import sys
import types

from aeterna import _dump, _receive, _registry, _schema
from aeterna._refill import refill, refillable
from aeterna._refusal import Refused
from support import StateTest, dump_request, load_request, memfd, seal


class Point:
    def __init__(self, x=0, y=0):
        self.x = x
        self.y = y


class Slotted:
    __slots__ = ("x", "y")


class Sessions(dict):
    pass


class Node:
    __slots__ = ("to", "__dict__")


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class RefillTest(StateTest):
    def refilled(self, old, new):
        self.assertTrue(refillable(old, new))
        before = id(old)
        refill(old, new)
        self.assertEqual(id(old), before)
        return old

    def test_containers(self):
        self.assertEqual(self.refilled({"a": 1}, {"b": 2}), {"b": 2})
        self.assertEqual(self.refilled([1], [2, 3]), [2, 3])
        self.assertEqual(self.refilled({1}, {2}), {2})
        self.assertEqual(self.refilled(bytearray(b"a"), bytearray(b"bc")), bytearray(b"bc"))
        self.assertEqual(self.refilled(array.array("i", [1]), array.array("i", [2, 3]))[1], 3)
        counted = self.refilled(collections.Counter(a=5), collections.Counter(a=1))
        self.assertEqual(counted, collections.Counter(a=1))
        ordered = self.refilled(collections.OrderedDict(a=1), collections.OrderedDict(c=1, b=2))
        self.assertEqual(list(ordered), ["c", "b"])

    def test_what_is_the_new_versions_stays(self):
        old = collections.defaultdict(list, a=[1])
        self.refilled(old, {"b": [2]})
        self.assertEqual(dict(old), {"b": [2]})
        self.assertEqual(old["c"], [])
        short = collections.deque([1], maxlen=2)
        self.assertEqual(list(self.refilled(short, collections.deque([1, 2, 3]))), [2, 3])

    def test_default_factories_that_cannot_travel(self):
        def two(value):
            return collections.defaultdict(lambda: collections.defaultdict(lambda: value))

        filled = two(0)
        filled["a"]["x"] += 1
        filled["b"]
        filled["c"] = {"plain": collections.defaultdict(int, n=2)}
        self.box("counts", filled)
        mine = two(7)
        (counts,) = self.swap(counts=mine)
        self.assertIs(counts.content, mine)
        self.assertEqual(mine, {"a": {"x": 1}, "b": {}, "c": {"plain": {"n": 2}}})
        self.assertEqual((mine["a"]["y"], mine["b"]["y"], mine["new"]["y"]), (7, 7, 7))
        self.assertEqual(type(mine["a"]), collections.defaultdict)
        self.assertEqual((type(mine["c"]), mine["c"]["plain"]["m"]), (dict, 0))

    def test_default_factories_of_a_tree(self):
        def tree():
            return collections.defaultdict(lambda: tree())

        filled = tree()
        filled["a"]["b"]["c"]["d"]
        filled["same"] = filled["a"]["b"]
        filled["a"]["up"] = filled["a"]
        filled["root"] = filled
        self.box("tree", filled)
        mine = tree()
        self.swap(tree=mine)
        self.assertIs(mine["same"], mine["a"]["b"])
        self.assertIs(mine["a"]["up"], mine["a"])
        self.assertIs(mine["root"], mine)
        mine["a"]["b"]["c"]["d"]["e"]["f"]["g"] = 1
        self.assertEqual(mine["same"]["c"]["d"]["e"]["f"], {"g": 1})

    def test_default_factories_that_the_new_version_has_not(self):
        shared = {"own": 1}
        for mine in ({}, collections.defaultdict(list), collections.defaultdict(lambda: shared)):
            _registry.slots.clear()
            filled = collections.defaultdict(lambda: collections.defaultdict(lambda: 0))
            filled["a"]["x"] += 1
            self.box("counts", filled)
            (counts,) = self.swap(counts=mine)
            self.assertIs(counts.content, mine)
            self.assertEqual((mine, type(mine["a"])), ({"a": {"x": 1}}, dict))
        self.assertEqual(shared, {"own": 1})

    def test_a_default_factory_that_fails_changes_nothing(self):
        filled = collections.defaultdict(lambda: collections.defaultdict(lambda: 0))
        filled["a"]["x"] += 1
        self.box("first", [1])
        self.box("counts", filled)
        sentence = "load_failed: counts: its default factory: ZeroDivisionError"
        mine = collections.defaultdict(lambda: 1 // 0)
        with self.assertRaisesRegex(Refused, sentence):
            self.swap(first=[], counts=mine)
        self.assertEqual((_registry.slots["first"].content, mine), ([], {}))

    def test_instances(self):
        old = self.refilled(Point(1, 2), Point(3, 4))
        self.assertEqual((old.x, old.y), (3, 4))
        left, right = Slotted(), Slotted()
        left.x, left.y, right.x = 1, 2, 3
        self.refilled(left, right)
        self.assertEqual(left.x, 3)
        self.assertFalse(hasattr(left, "y"))
        one, two = Sessions(a=1), Sessions(b=2)
        two.owner = "ann"
        self.refilled(one, two)
        self.assertEqual((dict(one), one.owner), ({"b": 2}, "ann"))

    def test_what_cannot_be_refilled(self):
        pairs = [
            ({}, []),
            ([], {}),
            (1, 2),
            ("a", "b"),
            ((), (1,)),
            (None, {}),
            (Point(), Slotted()),
            (Colour.RED, Colour.BLUE),
            (array.array("i"), array.array("d")),
            (Point, Point),
        ]
        for old, new in pairs:
            self.assertFalse(refillable(old, new), (old, new))

    def test_aliases_in_other_modules(self):
        other = types.ModuleType("other_module")
        sys.modules["other_module"] = other
        self.addCleanup(sys.modules.pop, "other_module")
        self.box("h", [1, 2, 3])
        mine = other.HISTORY = []
        (h,) = self.swap(h=mine)
        self.assertIs(h.content, mine)
        self.assertEqual(other.HISTORY, [1, 2, 3])

    def test_scalars_are_rebound_where_they_are_and_nowhere_else(self):
        other = types.ModuleType("other_module")
        other.ZERO, other.NOTHING = 0, None
        sys.modules["other_module"] = other
        self.addCleanup(sys.modules.pop, "other_module")
        self.box("n", 41)
        self.box("m", {"now": 1})
        n, m = self.swap(n=0, m=None)
        self.assertEqual((n.content, m.content), (41, {"now": 1}))
        self.assertEqual((other.ZERO, other.NOTHING), (0, None))

    def test_an_object_that_cannot_be_refilled_is_rebound_in_every_module(self):
        other = types.ModuleType("other_module")
        sys.modules["other_module"] = other
        self.addCleanup(sys.modules.pop, "other_module")
        self.box("ids", itertools.count(7))
        other.ALIAS = itertools.count()
        (ids,) = self.swap_to(lambda: [self.box("ids", other.ALIAS)])
        self.assertIs(other.ALIAS, ids.content)
        self.assertEqual(next(other.ALIAS), 7)


class SharedRootTest(StateTest):
    """One name's object inside another's: there is one of it afterwards too."""

    def test_in_containers_and_instances(self):
        root = {"count": 1}
        holder = Point(root, [root])
        node = Node()
        node.to, node.also = root, collections.deque([root])
        root["self"] = root
        self.box("root", root)
        self.box("holder", {"h": holder, "n": node, "list": [root]})
        mine = {}
        r, h = self.swap(root=mine, holder={})
        self.assertIs(r.content, mine)
        self.assertIs(mine["self"], mine)
        found = h.content
        for place in (found["h"].x, found["h"].y[0], found["list"][0]):
            self.assertIs(place, mine)
        self.assertIs(found["n"].to, mine)
        self.assertIs(found["n"].also[0], mine)

    def test_in_a_tuple_the_loaded_one_takes_the_place(self):
        root = {"count": 1}
        self.box("root", root)
        self.box("holder", [(root, 1)])
        r, h = self.swap(root={}, holder=[])
        self.assertIs(h.content[0][0], r.content)
        self.assertEqual(r.content, {"count": 1})

    def test_two_names_for_one_object(self):
        root = [1]
        self.box("a", root)
        self.box("b", root)
        mine = []
        a, b = self.swap(a=mine, b=mine)
        self.assertIs(a.content, mine)
        self.assertIs(b.content, mine)
        self.assertEqual(mine, [1])


class SchemaTest(StateTest):
    def box_of(self, schema):
        return self.box("cfg", {"model": "m"}, schema=schema)

    def load_as(self, wanted):
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        _registry.slots.clear()
        box = self.box("cfg", {}, schema=wanted)
        _receive.load_here(load_request(fd))
        return box.content

    def steps(self, *pairs):
        for start, end in pairs:
            _schema.add(
                "cfg", start, end, lambda value, e=end: {**value, "way": (*value.get("way", ()), e)}
            )

    def test_forth_and_back(self):
        self.steps((1, 2), (2, 3), (3, 2), (2, 1))
        self.box_of(1)
        self.assertEqual(self.load_as(3)["way"], (2, 3))
        _registry.slots.clear()
        self.box_of(3)
        self.assertEqual(self.load_as(1)["way"], (2, 1))

    def test_the_shortest_way(self):
        self.steps((1, 2), (2, 4), (1, 3), (3, 5), (5, 4))
        self.box_of(1)
        self.assertEqual(self.load_as(4)["way"], (2, 4))

    def test_no_way(self):
        self.steps((1, 2), (3, 4))
        self.box_of(1)
        sentence = "wrong_schema: cfg: the state has schema 1, this version wants 4"
        with self.assertRaisesRegex(Refused, sentence):
            self.load_as(4)

    def test_nothing_is_changed_before_all_versions_are_checked(self):
        self.box("a", [1])
        self.box("cfg", {}, schema=5)
        with self.assertRaisesRegex(Refused, "wrong_schema"):
            self.swap(a=[], cfg={})
        self.assertEqual(_registry.slots["a"].content, [])

    def test_a_migration_that_fails(self):
        _schema.add("cfg", 1, 2, lambda value: value["absent"])
        self.box_of(1)
        with self.assertRaisesRegex(Refused, "load_failed: cfg: its migration: KeyError: 'absent'"):
            self.load_as(2)

    def test_json(self):
        self.box("cfg", {"text": "grün", "n": [1, None]}, codec="json", schema=3)
        self.assertEqual(self.load_as(3), {"text": "grün", "n": [1, None]})
        _registry.slots.clear()
        self.box("cfg", {"x": {1, 2}}, codec="json")
        with self.assertRaisesRegex(Refused, "dump_failed: cfg: not for JSON: TypeError"):
            self.load_as(1)
