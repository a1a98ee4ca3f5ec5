"""How large a state is guessed to be, and when a process writes it by itself, without a copy."""

import os
from collections import defaultdict
from unittest import mock

from aeterna import _collect, _hooks, _pickle, _registry
from aeterna._carrier import read_shm
from aeterna._measure import MOST_OBJECTS, SAMPLE, measure
from aeterna._names import Name
from aeterna._registry import Pair
from aeterna._runtime import COMPARE
from aeterna._slots import Kept, Named
from support import EXPECTED, StateTest, dump_request, memfd, seal

SHARED = [1, 2]
PLAIN = {"turns": [{"role": "user", "text": "x" * 100}, SHARED, SHARED], "n": 1, "raw": b"123"}


class Watchful:
    """Tells who looks at it; a dump may, a look from outside may not."""

    looked = 0

    def __init__(self):
        self.inside = b"x" * 1000

    def __reduce_ex__(self, protocol):
        Watchful.looked += 1
        return Watchful, ()

    @property
    def __class__(self):
        Watchful.looked += 1
        return Watchful

    def __getattribute__(self, name):
        Watchful.looked += 1
        return object.__getattribute__(self, name)


class MeasureTest(StateTest):
    def test_plain_ones(self):
        found = measure(PLAIN)
        self.assertTrue(found.plain)
        self.assertTrue(120 < found.bytes < 300, found)
        whole = [[]]
        whole[0].append(whole)
        self.assertTrue(measure(whole).plain)

    def test_what_runs_code_of_its_own(self):
        for value in (
            Watchful(),
            defaultdict(list),
            {"x": {1: object()}},
            [lambda: 0],
            1j,
            range(3),
        ):
            self.assertFalse(measure([value]).plain, type(value))

    def test_nothing_of_the_program_runs(self):
        Watchful.looked = 0
        self.assertGreaterEqual(measure({"x": Watchful()}).bytes, 1000)
        self.assertEqual(Watchful.looked, 0)

    def test_a_long_one_is_sampled(self):
        for rows in (["x" * 100] * 100_000, {n: "x" * 92 for n in range(100_000)}):
            found = measure(rows)
            self.assertFalse(found.plain)
            self.assertAlmostEqual(found.bytes, 10_000_000, delta=1_000_000)

    def test_it_ends_soon(self):
        wide = [[0] * SAMPLE for _ in range(MOST_OBJECTS // SAMPLE + 1)]
        self.assertFalse(measure(wide).plain)
        self.assertTrue(measure(wide[:-2]).plain)

    def test_a_container_that_changes_meanwhile(self):
        with mock.patch("aeterna._measure._measure", side_effect=RuntimeError):
            self.assertEqual(measure({}), (0, False))

    def test_the_size_of_everything(self):
        _registry.slots["a"] = Kept("a", "pickle", 1, {"x": b"1" * 5000}, None)
        _registry.slots["b"] = Pair("b")
        self.assertTrue(5000 <= _hooks.size() < 5100)


class InPlaceTest(StateTest):
    def keep(self, value, name="it"):
        _registry.slots[name] = Kept(name, "pickle", 1, value, None)

    def dump(self, flags=0):
        """(Whether a process of its own wrote it, what was written)."""
        fd = memfd()
        self.addCleanup(os.close, fd)
        request = dump_request(fd)._replace(flags=flags)
        child = _hooks.dump(request)
        if child:
            self.assertEqual(os.waitpid(child, 0)[1], 0)
        seal(fd)
        return bool(child), _pickle.load(read_shm(fd, EXPECTED, []), [])

    def test_a_small_plain_one(self):
        self.keep(PLAIN)
        copied, found = self.dump()
        self.assertFalse(copied)
        self.assertEqual(found, {"it": (1, PLAIN)})
        turns = found["it"][1]["turns"]
        self.assertIs(turns[1], turns[2])

    def test_the_largest(self):
        self.keep(b"x" * ((1 << 20) - 100))
        self.assertFalse(_collect.is_plain())  # bytes cannot be followed without a global
        self.keep([b"x" * ((1 << 20) - 100)])
        self.assertFalse(self.dump()[0])
        self.keep([b"x" * (1 << 20), 1])
        self.assertTrue(self.dump()[0])

    def test_what_is_written_by_a_copy(self):
        self.keep({"x": defaultdict(list)})
        self.assertTrue(self.dump()[0])
        self.keep(PLAIN)
        self.assertTrue(self.dump(COMPARE)[0])
        pair = _registry.slots["pair"] = Pair("pair")
        pair.dumper = lambda: 1
        self.assertTrue(self.dump()[0])
        _registry.slots["pair"] = Kept("pair", "json", 1, {}, None)
        self.assertTrue(self.dump()[0])

    def test_an_attribute_may_be_a_function(self):
        self.assertTrue(Named(Name("test_measure:PLAIN")).known()[0])
        self.assertFalse(Named(Name("test_measure:Watchful.looked")).known()[0])
        self.assertFalse(Named(Name("test_measure:nobody")).known()[0])

    def test_one_that_is_not_plain_any_more(self):
        self.keep({"x": 1})
        with mock.patch.object(_collect, "is_plain", lambda _: True):
            self.keep({"x": defaultdict(list)})
            self.assertTrue(self.dump()[0])

    def test_without_the_interpreters_lock_others_would_write_meanwhile(self):
        self.keep(PLAIN)
        with mock.patch("sys._is_gil_enabled", lambda: False, create=True):
            self.assertTrue(self.dump()[0])
