"""Changes since a dump, and their merge into the memory of a process that serves."""

import collections
import os
import threading
import unittest

import aeterna
from aeterna import (
    MISSING,
    _changes,
    _dump,
    _hooks,
    _merge,
    _merge_hooks,
    _pickle,
    _receive,
    _registry,
)
from aeterna._rebuild import Made
from aeterna._refusal import Refused
from aeterna._runtime import CHANGES, MERGED, PIPE, SHM, STEP_DUMP, STEP_LOAD, Request
from aeterna._same import same
from support import RUN_ID, StateTest, dump_request, memfd, seal


class Turn:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):  # looks at nothing: a merge must not ask it
        return True

    __hash__ = None


def travelled(value):
    stream, views = _pickle.dump_one(value)
    return _pickle.load_one(__import__("io").BytesIO(stream), views)


class SameTest(unittest.TestCase):
    def test_values_of_builtin_types(self):
        nan = float("nan")
        for value in (
            None,
            1,
            "text",
            b"bytes",
            1.5,
            nan,
            [1, ["a", {"k": (1, 2)}]],
            {"a": [1], "b": {1, 2, 3}},
            collections.deque([1, 2]),
            collections.OrderedDict(a=1),
        ):
            self.assertTrue(same(value, travelled(value)), value)

    def test_what_equals_by_chance_is_not_the_same(self):
        for one, other in (
            (1, True),
            (1, 1.0),
            (0.0, -0.0),
            ([1], (1,)),
            ({1, 2}, {True, 2}),
            ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
            (bytearray(b"a"), b"a"),
            (MISSING, None),
        ):
            self.assertFalse(same(one, other), (one, other))

    def test_objects_by_their_pickle_and_not_by_their_eq(self):
        one = [Turn("hi"), Turn("".join(["h", "i"]))]  # the second string is another object
        self.assertTrue(same(one, travelled(one)))
        self.assertFalse(same([Turn("hi")], [Turn("ho")]))

    def test_a_default_factory_says_nothing(self):
        made = collections.defaultdict(lambda: 0, a=1)
        self.assertTrue(same(made, collections.defaultdict(int, a=1)))
        self.assertTrue(same(Made(a=1), Made(a=1)))

    def test_cycles(self):
        one = [1]
        one.append(one)
        self.assertTrue(same(one, travelled(one)))
        other = travelled(one)
        other.append(2)
        self.assertFalse(same(one, other))


class MergeTest(StateTest):
    """An old process, and one that serves, are one registry at two times."""

    def setUp(self):
        super().setUp()
        for table in (_merge_hooks._functions, _merge_hooks._locks):
            table.clear()
            self.addCleanup(table.clear)

    def file(self):
        fd = memfd()
        self.addCleanup(os.close, fd)
        return fd

    def dumped(self, content, name="m:STATE"):
        """The base: what was dumped, in its file."""
        self.box(name, content)
        fd = self.file()
        _dump.dump_here(dump_request(fd))
        seal(fd)
        return fd

    def changes(self, base, content, mechanism=SHM, name="m:STATE"):
        """The container of what the old process has changed, and the end that a load reads."""
        self.box(name, content)
        request = Request(STEP_DUMP, mechanism, self.file(), 0, 7, RUN_ID, (os.dup(base),), CHANGES)
        _dump.changes_here(request)
        os.close(request.fds[0])
        seal(request.fd)
        return request.fd

    def merged(self, base, theirs, ours, name="m:STATE"):
        """What `ours` becomes."""
        changes = self.changes(self.dumped(base, name), theirs, name=name)
        self.box(name, ours)
        request = Request(STEP_LOAD, SHM, changes, 0, 7, RUN_ID)
        self.done = []
        merge = _merge.merge

        def watched(table):
            self.done.append(merge(table))
            return self.done[-1]

        _merge.merge = watched
        try:
            _receive.merge_here(request)
        finally:
            _merge.merge = merge
        done = self.done[0]
        self.counts = (done.taken, done.decided, len(done.aside))
        return _registry.slots[name].content

    def test_what_only_one_side_has_changed_is_taken(self):
        base = {"a": 1, "b": [1], "c": "c", "d": 4}
        theirs = {"a": 2, "b": [1], "c": "c", "e": "new"}  # d deleted, e added
        ours = {"a": 1, "b": [1, 2], "c": "c", "d": 4, "f": "ours"}
        self.assertEqual(
            self.merged(base, theirs, ours),
            {"a": 2, "b": [1, 2], "c": "c", "e": "new", "f": "ours"},
        )
        self.assertEqual(self.counts, (3, 0, 0))

    def test_who_holds_an_entry_sees_the_change(self):
        ours = {"a": [1], "b": {"k": 1}}
        a, b = ours["a"], ours["b"]
        self.merged({"a": [1], "b": {"k": 1}}, {"a": [1, 2], "b": {"k": 2}}, ours)
        self.assertEqual((a, b), ([1, 2], {"k": 2}))
        self.assertIs(ours["a"], a)

    def test_the_longer_one_wins_where_it_continues_the_other(self):
        ours = {"t": ["a", "b"], "s": "abc"}
        self.assertEqual(
            self.merged({"t": ["a"], "s": "a"}, {"t": ["a", "b", "c"], "s": "ab"}, ours),
            {"t": ["a", "b", "c"], "s": "abc"},
        )
        self.assertEqual(self.counts, (0, 2, 0))

    def test_otherwise_the_new_ones_stays_and_it_is_said(self):
        ours = {"t": ["a", "y"], "n": 3, "gone": 1}
        del ours["gone"]
        found = self.merged(
            {"t": ["a"], "n": 1, "gone": 1}, {"t": ["a", "x"], "n": 2, "gone": 5}, ours
        )
        self.assertEqual(found, {"t": ["a", "y"], "n": 3})
        self.assertEqual(self.counts, (0, 0, 3))
        told = {(one.key, repr(one.value), one.why) for one in self.done[0].aside}
        self.assertEqual(
            told,
            {
                ("t", "['a', 'x']", "neither is the other's continuation"),
                ("n", "2", "neither is the other's continuation"),
                ("gone", "5", "the new generation has deleted it, the other has changed it"),
            },
        )
        self.assertEqual(
            [one[:3] for one in aeterna.set_aside()],
            [("m:STATE", "t", ["a", "x"]), ("m:STATE", "n", 2), ("m:STATE", "gone", 5)],
        )
        _changes.check()  # the list of them is no obstacle

    def test_a_function_decides(self):
        @_api_merge("m:STATE")
        def both(base, theirs, ours):
            return theirs + ours - base if isinstance(ours, int) else ours + theirs[len(base) :]

        self.assertEqual(
            self.merged({"n": 5, "t": ["a"]}, {"n": 7, "t": ["a", "x"]}, {"n": 7, "t": ["a", "y"]}),
            {"n": 9, "t": ["a", "y", "x"]},
        )
        self.assertEqual(self.counts, (0, 2, 0))

    def test_a_function_is_told_what_is_missing_and_the_key(self):
        seen = []

        @_api_merge("m:STATE")
        def both(base, theirs, ours, key):
            seen.append((key, base, theirs, ours))
            return MISSING if key == "x" else (theirs or 0) + (ours or 0)

        found = self.merged({"x": 1, "z": 1}, {"x": 2, "y": 2}, {"x": 3, "y": 3, "z": 9})
        self.assertEqual(found, {"y": 5, "z": 9})
        self.assertEqual(seen, [("x", 1, 2, 3), ("y", MISSING, 2, 3), ("z", 1, MISSING, 9)])

    def test_a_function_that_raises_leaves_the_new_ones(self):
        @_api_merge("m:STATE")
        def both(base, theirs, ours):
            raise ValueError("cannot say")

        self.assertEqual(self.merged({"a": 1}, {"a": 2}, {"a": 3}), {"a": 3})
        self.assertEqual(self.counts, (0, 0, 1))
        self.assertEqual(
            self.done[0].told(), "m:STATE['a']: its merge function: ValueError: cannot say"
        )

    def test_a_merge_takes_the_programs_lock(self):
        lock = threading.RLock()
        aeterna.merge("m:STATE", lock=lock)(lambda base, theirs, ours: (lock._is_owned(), theirs))
        self.assertEqual(self.merged({"a": 1}, {"a": 2}, {"a": 3}), {"a": (True, 2)})

    def refused_under(self, lock):
        aeterna.merge("m:STATE", lock=lock)(lambda base, theirs, ours: theirs)
        with self.assertRaises(Refused) as caught:
            self.merged({"a": 1}, {"a": 2}, {"a": 3})
        self.assertEqual(caught.exception.word, "busy")
        self.assertEqual(_registry.slots["m:STATE"].content, {"a": 3})

    def test_a_lock_that_is_taken_puts_the_merge_off(self):
        lock = threading.Lock()
        lock.acquire()
        self.refused_under(lock)

    def test_a_lock_of_the_very_thread_puts_it_off_too(self):
        lock = threading.RLock()
        lock.acquire()
        self.refused_under(lock)

    def test_an_answer_made_of_ours_is_no_part_of_itself(self):
        @_api_merge("m:STATE")
        def both(base, theirs, ours):
            return {"ours": ours, "theirs": theirs}

        self.assertEqual(
            self.merged({"a": {}}, {"a": {"t": 1}}, {"a": {"o": 1}}),
            {"a": {"ours": {"o": 1}, "theirs": {"t": 1}}},
        )

    def test_default_factories_are_the_new_versions(self):
        def counts(**entries):
            made = collections.defaultdict(lambda: collections.defaultdict(lambda: 0))
            for key, value in entries.items():
                made[key]["n"] = value
            return made

        found = self.merged(counts(a=1, b=1), counts(a=2, b=1, c=3), counts(a=1, b=5))
        self.assertEqual({key: found[key]["n"] for key in found}, {"a": 2, "b": 5, "c": 3})
        found["c"]["other"] += 1
        self.assertEqual(self.counts, (2, 0, 0))

    def test_what_is_no_dictionary_any_more_is_set_aside(self):
        self.assertEqual(self.merged({"a": 1}, {"a": 2}, [3]), [3])
        self.assertEqual(self.counts, (0, 0, 1))

    def test_changes_pass_through_a_pipe(self):
        base = self.dumped({"a": 1})
        self.box("m:STATE", {"a": 2})
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        _dump.changes_here(Request(STEP_DUMP, PIPE, writer, 0, 7, RUN_ID, (base,), CHANGES))
        os.close(writer)
        self.box("m:STATE", {"a": 1, "b": 1})
        _receive.merge_here(Request(STEP_LOAD, PIPE, reader, 0, 7, RUN_ID))
        self.assertEqual(_registry.slots["m:STATE"].content, {"a": 2, "b": 1})


class CanMergeTest(StateTest):
    def setUp(self):
        super().setUp()
        for table in (_merge_hooks._functions, _merge_hooks._locks):
            table.clear()
            self.addCleanup(table.clear)

    def known(self, content):
        box = self.box("m:STATE", content)
        box.known = lambda: (True, box.content)

    def test_by_default_only_where_every_conflict_is_decided(self):
        for content, can in (
            ({"a": [], "b": "text"}, True),
            ({}, True),
            ({"a": [], "n": 1}, False),
            ([1], False),
        ):
            self.known(content)
            self.assertEqual(_changes.can_merge(), can, content)
        _merge_hooks.add("m:STATE", max)
        self.known({"n": 1})
        self.assertTrue(_changes.can_merge())
        self.box("m:OTHER", [])
        self.assertFalse(_changes.can_merge())

    def refused(self, content):
        self.box("m:STATE", content)
        with self.assertRaises(Refused) as caught:
            _changes.check()
        self.assertEqual(caught.exception.word, "busy")
        return caught.exception.sentence

    def test_when_asked_for_every_dictionary_is_merged(self):
        self.box("m:STATE", {"n": 1, ("a", 1): object})
        _changes.check()
        self.assertEqual(self.refused([1]), "m:STATE is a list: only dictionaries are merged")
        self.assertEqual(
            self.refused({object(): 1}), "m:STATE: a key of it is a object, which has no value"
        )

    def test_a_dump_that_is_to_be_merged_is_refused_in_its_word(self):
        self.box("m:STATE", [1])
        fd = memfd()
        self.addCleanup(os.close, fd)
        request = Request(STEP_DUMP, SHM, fd, 0, 7, RUN_ID, (), MERGED)
        self.assertLess(_hooks.dump(request), 0)


def _api_merge(name):
    return aeterna.merge(name)


if __name__ == "__main__":
    unittest.main()
