"""Which states become one pickle, and what is handed on without being read."""

import os
import socket
import sys
import textwrap

import aeterna
from aeterna import _collect, _dump, _groups, _late, _lookup, _pending, _receive, _registry
from aeterna._format import BY_NAME, OBJECT, PICKLE
from aeterna._groups import group
from aeterna._names import Name
from aeterna._refusal import Refused
from aeterna._slots import Named
from support import StateTest, dump_request, load_request, memfd, seal


class Node:
    pass


def grouped(**values):
    return sorted(sorted(names) for names in group(values))


class GroupTest(StateTest):
    def test_what_is_shared_is_together(self):
        shared = [1]
        holder = Node()
        holder.deep = {"x": (shared,)}
        self.assertEqual(grouped(a=[shared], b=holder, c=[[1]]), [["a", "b"], ["c"]])
        self.assertEqual(grouped(a=shared, b=shared, c=[shared]), [["a", "b", "c"]])
        self.assertEqual(grouped(a=[{}], b=[{}]), [["a"], ["b"]])
        self.assertEqual(grouped(a=shared), [["a"]])
        self.assertEqual(grouped(), [])

    def test_names_and_numbers_are_nobodys(self):
        word = "x" * 1000
        self.assertEqual(grouped(a=[word, Node, len], b=[word, Node, len]), [["a"], ["b"]])

    def test_a_chain_of_three(self):
        one, two = [1], [2]
        self.assertEqual(grouped(a=[one], b=[one, two], c=[two], d=[]), [["a", "b", "c"], ["d"]])

    def test_large_ones_are_together_and_small_ones_apart(self):
        small = {"turns": [[1], [2]]}
        large = [[i] for i in range(_groups.MOST_OBJECTS)]
        other = [[i] for i in range(_groups.MOST_OBJECTS)]
        values = {"small": small, "large": large, "other": other}
        self.assertEqual(sorted(map(sorted, group(values, []))), [["large", "other"], ["small"]])

    def test_a_large_one_that_refers_into_a_small_one(self):
        for inside in ("root", "below"):
            small = {"turns": [[1], [2]]}
            large = [[i] for i in range(_groups.MOST_OBJECTS + 10)]
            large.append(small if inside == "root" else small["turns"])
            self.assertEqual(group({"small": small, "large": large}), [["small", "large"]])
            self.assertEqual(group({"large": large, "small": small}), [["large", "small"]])


class PendingTest(StateTest):
    """A chain of versions, of which those in between ask for nothing."""

    def container(self):
        fd = memfd()
        self.addCleanup(os.close, fd)
        fds = _dump.dump_here(dump_request(fd))
        seal(fd)
        return fd, [os.dup(one) for one in fds]

    def next_version(self, came, **slots):
        fd, fds = came
        _registry.slots.clear()
        _pending.entries.clear()
        boxes = [self.box(name, content) for name, content in slots.items()]
        _receive.load_here(load_request(fd, fds=fds))
        return boxes

    def test_raw_through_three_versions(self):
        node = Node()
        node.text = "hi"
        self.box("lazy", {"node": node})
        self.box("eager", [1])
        for number in range(3):
            (eager,) = self.next_version(self.container(), eager=[])
            self.assertEqual(eager.content, [1])
            self.assertIsInstance(_pending.entries["lazy"], _pending.Raw, number)
        self.next_version(self.container(), eager=[])
        there, value = _late.take_pending("lazy", 1)
        self.assertTrue(there)
        self.assertEqual(value["node"].text, "hi")
        self.assertNotIn("lazy", _pending.entries)

    def test_descriptors_go_along(self):
        here, there = socket.socketpair()
        with here, there:
            self.box("lazy", [here])
            self.box("eager", [1])
            for _ in range(2):
                self.next_version(self.container(), eager=[])
            _, (came,) = _late.take_pending("lazy", 1)
            there.send(b"x")
            self.assertEqual(came.recv(1), b"x")
            came.close()

    def test_of_a_group_one_is_asked_for(self):
        shared = [0]
        self.box("a", [shared])
        self.box("b", [shared])
        (a,) = self.next_version(self.container(), a=[])
        a.content[0].append(1)
        (a,) = self.next_version(self.container(), a=[])
        a.content[0].append(2)
        _, b = _late.take_pending("b", 1)
        self.assertEqual(b, [[0, 1, 2]])
        self.assertIs(b[0], a.content[0])

    def test_a_root_that_another_pending_one_refers_to(self):
        root = {"n": 1}
        self.box("a", root)
        self.box("b", [root])
        own = {}
        (a,) = self.next_version(self.container(), a=own)
        self.assertIs(a.content, own)
        _, b = _late.take_pending("b", 1)
        self.assertIs(b[0], own)

    def test_ten_thousand_names(self):
        for number in range(10_000):
            self.box(f"conv:{number}", [number])
        self.next_version(self.container())
        came = self.container()
        self.next_version(came)
        self.assertEqual(_late.take_pending("conv:9999", 1), (True, [9999]))
        self.assertEqual(_late.take_pending("conv:0", 1), (True, [0]))

    def test_a_function_that_comes_after_its_state(self):
        self.box("late", [1])
        self.next_version(self.container())
        came = []
        aeterna.load("late")(came.append)
        self.assertEqual(came, [[1]])
        self.assertNotIn("late", _pending.entries)

    def test_a_dumper_alone_takes_nothing(self):
        self.box("half", [1])
        came = self.container()
        _registry.slots.clear()
        aeterna.dump("half")(list)
        with self.assertRaisesRegex(Refused, "half: this version does not take it"):
            _receive.load_here(load_request(came[0]))

    def test_rows_say_who_named_it(self):
        self.box("kept", [1])
        module = type(sys)("named_here")
        module.X = [2]
        sys.modules["named_here"] = module
        self.addCleanup(sys.modules.pop, "named_here")
        _registry.slots["named_here:X"] = Named(Name("named_here:X"))
        rows = [section.row for section in _collect.collect()[0]]
        kinds = {row.name: row.off for row in rows if row.kind == OBJECT}
        self.assertEqual(kinds, {"kept": 0, "named_here:X": BY_NAME})
        self.assertEqual(sum(row.kind == PICKLE for row in rows), 2)


class LookupTest(StateTest):
    def setUp(self):
        super().setUp()
        self.place = self.enterContext(__import__("tempfile").TemporaryDirectory())
        sys.path.insert(0, self.place)
        self.addCleanup(sys.path.remove, self.place)

    def write(self, name, text):
        path = os.path.join(self.place, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))

    def test_a_module_is_found_and_not_imported(self):
        self.write("looked_pkg/__init__.py", "raise AssertionError('imported')")
        self.write("looked_pkg/part.py", "raise AssertionError('imported')")
        self.write("looked_empty/file.txt", "")
        for name, there in (
            ("looked_pkg", True),
            ("looked_pkg.part", True),
            ("looked_pkg.other", False),
            ("looked_empty", False),
            ("looked_none", False),
            ("looked_none.part", False),
            ("os", True),
            ("json.tool", True),
        ):
            self.assertEqual(_lookup.module_exists(name), there, name)
        self.assertFalse([name for name in sys.modules if name.startswith("looked")])

    def test_it_is_handed_over_when_it_comes(self):
        self.write("arrives.py", "X = []\nassert __loader__ is __spec__.loader\nSEEN = list(X)\n")
        name = Name("arrives:X")
        holder = type(sys)("arrives")
        holder.X = [1, 2]
        sys.modules["arrives"] = holder
        _registry.slots["arrives:X"] = Named(name)
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        del sys.modules["arrives"]
        before = list(sys.meta_path)
        self.addCleanup(sys.meta_path.__setitem__, slice(None), before)
        _receive.load_here(load_request(fd))
        self.assertIn("arrives:X", _pending.entries)
        import arrives

        self.addCleanup(sys.modules.pop, "arrives")
        self.assertEqual((arrives.X, arrives.SEEN), ([1, 2], []))
        self.assertEqual(type(arrives.__loader__).__name__, "SourceFileLoader")
        self.assertNotIn("arrives:X", _pending.entries)

    def test_one_module_brings_another_of_its_group(self):
        """The classes of both are in one pickle: to load it for the first imports the second."""
        for number in (1, 2):
            self.write(f"pair{number}.py", "class Turn: pass\nX = []\n")
        import pair1
        import pair2

        shared = [pair1.Turn(), pair2.Turn()]
        for module in (pair1, pair2):
            module.X.append(shared)
            name = f"{module.__name__}:X"
            _registry.slots[name] = Named(Name(name))
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        del sys.modules["pair1"], sys.modules["pair2"]
        before = list(sys.meta_path)
        self.addCleanup(sys.meta_path.__setitem__, slice(None), before)
        _receive.load_here(load_request(fd))
        self.assertEqual(len(_pending.entries), 2)
        import pair1

        self.assertIn("pair2", sys.modules)
        import pair2

        self.assertIs(pair1.X[0], pair2.X[0])
        self.assertIs(type(pair1.X[0][1]), pair2.Turn)
        self.assertEqual(_pending.entries, {})
        for module in ("pair1", "pair2"):
            del sys.modules[module]
