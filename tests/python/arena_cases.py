"""Arenas: for an interpreter that has numpy, so not found by `discover`.

PYTHONPATH=python:tests/python PYTHON -m unittest arena_cases
"""

import gc
import os
import sys
import types

import aeterna
import numpy
from aeterna import _arena, _dump, _hooks, _receive, _registry
from aeterna._carrier import read_shm
from aeterna._format import ARENA, BUFFER
from aeterna._refusal import Refused
from support import EXPECTED, StateTest, dump_request, load_request, memfd, seal

MIB = 1 << 20


class ArenaTest(StateTest):
    def setUp(self):
        super().setUp()
        _arena.arenas.clear()
        self.other = types.ModuleType("other_module")
        sys.modules["other_module"] = self.other
        self.addCleanup(sys.modules.pop, "other_module")

    def hand_over(self, start, rows=None):
        """What is registered is dumped; `start` is the new version's start; then it is loaded."""
        fd = memfd()
        self.addCleanup(os.close, fd)
        descriptors = [os.dup(d) for d in _dump.dump_here(dump_request(fd))]
        seal(fd)
        container = read_shm(fd, EXPECTED, descriptors)
        self.rows = container.rows
        del container
        self.old = dict(_arena.arenas), dict(_registry.slots)
        _arena.arenas.clear()
        _registry.slots.clear()
        started = start()
        _receive.load_here(load_request(fd, fds=descriptors))
        return started

    def test_named_arrays_that_are_where_they_were(self):
        def start():
            kv = aeterna.arena("kv", max_bytes=4 * MIB)
            return kv, kv.empty((100, 3), "f4", name="a"), kv.empty(7, "i8", name="b")

        kv, a, b = start()
        a[:] = numpy.arange(300).reshape(100, 3)
        b[:] = 5
        kv, c, d = self.hand_over(start)
        numpy.testing.assert_array_equal(c, a)
        self.assertEqual(d.sum(), 35)
        self.assertIs(aeterna.arena("kv", 4 * MIB), kv)
        numpy.testing.assert_array_equal(kv["a"], a)
        self.assertEqual(list(kv), ["a", "b"])
        a[0, 0] = 99  # the same memory, not a copy
        self.assertEqual(c[0, 0], 99)
        later = kv.empty(10, "u1", name="c")
        later[:] = 1
        self.assertEqual(d.sum(), 35)
        self.assertTrue("c" in kv and "d" not in kv)

    def test_what_travels_is_a_reference(self):
        kv = aeterna.arena("kv", max_bytes=8 * MIB)
        layers = [kv.empty((256, 1024), "f4") for _ in range(3)]
        for index, layer in enumerate(layers):
            layer[:] = index
        self.box("state", {"layers": layers, "row": layers[2][5], "own": numpy.ones(1 << 17)})

        def start():
            aeterna.arena("kv", max_bytes=8 * MIB)
            return self.box("state", {})

        box = self.hand_over(start)
        kinds = [row.kind for row in self.rows]
        self.assertEqual((kinds.count(BUFFER), kinds.count(ARENA)), (1, 1))
        self.assertLess(self.rows[0].length, 2000)
        found = box.content
        self.assertEqual([layer.mean() for layer in found["layers"]], [0, 1, 2])
        found["layers"][2][5, 0] = -1
        self.assertEqual(found["row"][0], -1)
        self.assertEqual(layers[2][5, 0], -1)
        again = self.hand_over(start).content
        self.assertEqual(again["row"][0], -1)
        self.assertEqual(again["layers"][1].sum(), 256 * 1024)

    def test_what_is_in_it_is_no_part_of_the_guess(self):
        kv = aeterna.arena("kv", max_bytes=8 * MIB)
        aeterna.keep("state", default=lambda: [kv.empty(MIB, "u1"), numpy.ones(1 << 17, "u1")])
        self.assertTrue(1 << 17 <= _hooks.size() < 2 << 17, _hooks.size())

    def test_another_shape_is_rebound_in_globals(self):
        kv = aeterna.arena("kv", max_bytes=MIB)
        kv.empty(10, "f8", name="a")[:] = 3

        def start():
            new = aeterna.arena("kv", max_bytes=MIB)
            self.other.CACHE = new.empty(4, "f8", name="a")
            self.other.EXTRA = new.empty(4, "f8")
            self.other.EXTRA[:] = 1
            return new

        kv = self.hand_over(start)
        self.assertEqual(self.other.CACHE.tolist(), [3.0] * 10)
        self.assertEqual(self.other.EXTRA.tolist(), [1.0] * 4)
        self.assertEqual(kv["a"].sum(), 30)

    def test_another_shape_that_no_global_holds(self):
        aeterna.arena("kv", max_bytes=MIB).empty(10, "f8", name="a")
        held = []

        def start():
            held.append(aeterna.arena("kv", max_bytes=MIB).empty(4, "f8", name="a"))

        with self.assertRaisesRegex(Refused, "load_failed: arena kv: the array 'a'"):
            self.hand_over(start)

    def test_one_that_nobody_has_asked_for_yet(self):
        aeterna.arena("kv", max_bytes=MIB).empty(10, "i4", name="a")[:] = 8
        self.hand_over(lambda: None)
        self.assertEqual(aeterna.arena("kv", max_bytes=MIB)["a"].sum(), 80)

    def test_other_sizes(self):
        for before, after in ((MIB, 4 * MIB), (4 * MIB, MIB)):
            _arena.arenas.clear()
            aeterna.arena("kv", max_bytes=before).empty(100, "i4", name="a")[:] = 2
            kv = self.hand_over(lambda size=after: aeterna.arena("kv", max_bytes=size))
            self.assertEqual(kv["a"].sum(), 200)
            kv.empty(after - 4096, "u1")[-1] = 1
        _arena.arenas.clear()
        aeterna.arena("kv", max_bytes=4 * MIB).empty(2 * MIB, "u1")
        with self.assertRaisesRegex(Refused, "load_failed: arena kv: .* max_bytes"):
            self.hand_over(lambda: aeterna.arena("kv", max_bytes=MIB))

    def test_a_damaged_header(self):
        for at in (0, 8, 16, 24, 32, 64, 70):
            _arena.arenas.clear()
            kv = aeterna.arena("kv", max_bytes=MIB)
            kv.empty(10, "i4", name="a")
            os.pwrite(kv.fd, bytes([os.pread(kv.fd, 1, at)[0] ^ 1]), at)
            with self.assertRaisesRegex(Refused, "state_corrupt: arena kv"):
                self.hand_over(lambda: aeterna.arena("kv", max_bytes=MIB))

    def test_limits(self):
        kv = aeterna.arena("kv", max_bytes=MIB)
        self.assertRaises(MemoryError, kv.empty, 2 * MIB, "u1")
        self.assertRaises(TypeError, kv.empty, 1, object)
        self.assertEqual(kv.empty(MIB, "u1", name="all").shape, (MIB,))
        self.assertRaises(MemoryError, kv.empty, 1, "u1")
        self.assertEqual(kv.empty(MIB, "u1", name="all").nbytes, MIB)
        self.assertRaises(ValueError, kv.empty, 5, "u1", "all")
        self.assertRaises(KeyError, kv.__getitem__, "none")
        for wrong in ("", "x" * 80, "python"):
            self.assertRaises(ValueError, aeterna.arena, wrong, MIB)

    def test_nothing_is_left(self):
        kv = aeterna.arena("kv", max_bytes=MIB)
        fd, array = kv.fd, kv.empty(5)
        _arena.arenas.clear()
        del kv
        gc.collect()
        array[:] = 1
        self.assertRaises(OSError, os.fstat, fd)
