"""numpy arrays in the state: for an interpreter that has numpy, so not found by `discover`.

PYTHONPATH=python:tests/python PYTHON -m unittest numpy_cases
"""

import mmap
import os
import sys
import tempfile
import types

import numpy
from aeterna import _dump, _registry
from aeterna._carrier import read_shm
from aeterna._format import BUFFER
from aeterna._reduce import BULK
from aeterna._refusal import Refused
from support import EXPECTED, StateTest, dump_request, memfd, seal

LARGE = 3 * BULK


class ArrayTest(StateTest):
    def rows(self):
        fd = memfd()
        self.addCleanup(os.close, fd)
        _dump.dump_here(dump_request(fd))
        seal(fd)
        return [row for row in read_shm(fd, EXPECTED, ()).rows if row.kind == BUFFER]

    def test_one_buffer_for_all_views_and_they_alias_again(self):
        base = numpy.arange(LARGE, dtype="f8").reshape(3, -1)
        state = {
            "base": base,
            "row": base[1],
            "turned": base.T,
            "back": base[::-1, ::2],
            "bytes": base.view("u1"),
            "one": base[2, 5:6],
        }
        self.box("s", state)
        rows = self.rows()
        self.assertEqual([row.length for row in rows], [base.nbytes])
        self.assertEqual(rows[0].align_log2, 12)
        (s,) = self.swap(s={})
        for name, array in state.items():
            numpy.testing.assert_array_equal(s.content[name], array)
            self.assertEqual(s.content[name].strides, array.strides)
        s.content["base"][1, 0] = -5
        self.assertEqual(s.content["row"][0], -5)
        self.assertEqual(s.content["turned"][0, 1], -5)
        s.content["back"][0, 0] = -7
        self.assertEqual(s.content["base"][2, 0], -7)
        self.assertNotEqual(base[1, 0], -5)

    def test_only_a_view_is_kept(self):
        base = numpy.arange(LARGE, dtype="i4")
        self.box("s", [base[10:20], base[15:]])
        self.assertEqual([row.length for row in self.rows()], [base.nbytes])
        (s,) = self.swap(s=[])
        s.content[0][5] = -1
        self.assertEqual(s.content[1][0], -1)

    def test_small_ones_stay_in_the_stream_and_alias_too(self):
        base = numpy.zeros(10)
        self.box("s", [base, base[3:], base])
        self.assertEqual(self.rows(), [])
        (s,) = self.swap(s=[])
        s.content[0][3] = 9
        self.assertEqual(s.content[1][0], 9)
        self.assertIs(s.content[0], s.content[2])

    def test_kinds_of_arrays(self):
        kinds = [
            numpy.array(5.0),
            numpy.zeros((0, 3)),
            numpy.array([True, False]),
            numpy.array(["2024-01-01"], dtype="M8[D]"),
            numpy.zeros(4, dtype=[("a", "i4"), ("b", "f8")]),
            numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
            numpy.array([{"a": 1}, None], dtype=object),
            numpy.arange(3, dtype=">i4"),
            numpy.broadcast_to(numpy.arange(3), (4, 3)),
            numpy.array(["text", "x"]),
            numpy.ma.masked_array([1, 2], [True, False]),
            numpy.matrix([[1, 2]]),
        ]
        self.box("s", kinds)
        (s,) = self.swap(s=[])
        for before, after in zip(kinds, s.content):
            self.assertEqual(before.dtype, after.dtype)
            self.assertEqual(type(before), type(after))
            numpy.testing.assert_array_equal(before, after)
            self.assertEqual(before.flags.writeable, after.flags.writeable)

    def test_generation_after_generation_nothing_grows(self):
        """What was loaded is a view of a container; only what it looks at travels on."""
        array = numpy.arange(LARGE, dtype="f8")
        self.box("s", {"a": array, "b": array[5:]})
        self.box("other", numpy.ones(LARGE))
        for generation in range(4):
            self.assertEqual(sorted(r.length for r in self.rows()), [array.nbytes] * 2)
            s, other = self.swap(s={}, other=None)
            s.content["a"][5] = -generation
            self.assertEqual(s.content["b"][0], -generation)
            array[5] = -generation
            numpy.testing.assert_array_equal(s.content["a"], array)
            self.assertTrue(other.content.all())

    def test_of_a_mapped_file_only_what_is_looked_at(self):
        with tempfile.TemporaryFile() as file:
            file.truncate(16 << 20)
            mapping = mmap.mmap(file.fileno(), 0)
        part = numpy.frombuffer(mapping, "u1", BULK, 4096)
        part[:] = 7
        self.box("s", [part])
        self.assertEqual([row.length for row in self.rows()], [BULK])
        (s,) = self.swap(s=[])
        self.assertEqual(s.content[0].tobytes(), b"\7" * BULK)

    def test_many_storages(self):
        arrays = [numpy.full(BULK // 8, i, dtype="f8") for i in range(2100)]
        self.box("s", arrays)
        self.assertEqual(len(self.rows()), 2048)
        (s,) = self.swap(s=[])
        self.assertTrue(all((array == i).all() for i, array in enumerate(s.content)))

    def test_the_mapping_goes_with_the_last_array(self):
        self.box("s", [numpy.ones(1 << 20)])
        (s,) = self.swap(s=[])
        _registry.slots.clear()

        def mapped():
            with open("/proc/self/maps") as maps:
                return sum("memfd:state" in line for line in maps)

        self.assertEqual(mapped(), 1)
        s.content.clear()
        self.assertEqual(mapped(), 0)

    def held(self, content, hold, size=LARGE):
        """What hold() keeps of the new version's array, and that of the state."""
        self.box("a", content)
        kept = []

        def start():
            box = self.box("a", numpy.zeros(size))
            kept.append(hold(box.content))
            return box

        box = self.swap_to(start)
        return kept[0], box.content

    def test_an_index_that_holds_an_array_has_the_new_one(self):
        index, new = self.held(numpy.ones(LARGE), lambda array: {"vectors": array, "n": (array,)})
        self.assertIs(index["vectors"], new)
        self.assertIs(index["n"][0], new)
        self.assertEqual(new.sum(), LARGE)

    def test_a_view_of_an_array_sees_the_new_content(self):
        view, new = self.held(numpy.ones(LARGE), lambda array: array[:10])
        self.assertEqual(view.sum(), 10)
        new[0] = 5
        self.assertEqual(view[0], 5)

    def test_a_view_of_an_array_of_another_size_is_refused(self):
        with self.assertRaisesRegex(Refused, "load_failed: a: something that cannot be looked"):
            self.held(numpy.ones(LARGE), lambda array: array[:2], size=3)

    def test_an_array_in_a_dictionary(self):
        self.box("s", {"vectors": numpy.ones(LARGE)})
        mine = {"vectors": numpy.zeros(3)}
        app = types.SimpleNamespace(vectors=mine["vectors"])
        self.swap(s=mine)
        self.assertIs(app.vectors, mine["vectors"])
        self.assertEqual(app.vectors.sum(), LARGE)

    def test_a_global_that_is_an_array_is_rebound(self):
        other = types.ModuleType("other_module")
        sys.modules["other_module"] = other
        self.addCleanup(sys.modules.pop, "other_module")
        self.box("a", numpy.ones(LARGE))
        other.CACHE = numpy.zeros(3)
        (a,) = self.swap_to(lambda: [self.box("a", other.CACHE)])
        self.assertIs(other.CACHE, a.content)
        self.assertEqual(other.CACHE.sum(), LARGE)
