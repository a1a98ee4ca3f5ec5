"""How long other threads may keep the interpreter while a load needs it."""

import os
import sys

from aeterna import _dump, _hooks, _registry, _turns
from support import Box, StateTest, dump_request, load_request, memfd, seal


class Watched(Box):
    seen = None

    def get(self):
        self.seen = sys.getswitchinterval()
        return super().get()


class TurnsTest(StateTest):
    def load_with(self, interval):
        fd = memfd()
        self.addCleanup(os.close, fd)
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        self.box("a", {1: 2})
        _dump.dump_here(dump_request(fd))
        seal(fd)
        watched = _registry.slots["a"] = Watched("a", {})
        sys.setswitchinterval(interval)
        self.assertEqual(_hooks.load(load_request(fd)), 0)
        seen = watched.seen
        self.assertEqual(watched.content, {1: 2})
        self.assertAlmostEqual(sys.getswitchinterval(), interval, places=5)
        return seen

    def test_turns_are_short_in_a_load_alone(self):
        self.assertAlmostEqual(self.load_with(0.005), _turns.INTERVAL_S, places=5)

    def test_a_program_with_shorter_ones_keeps_them(self):
        self.assertAlmostEqual(self.load_with(0.0001), 0.0001, places=5)
