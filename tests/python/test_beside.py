"""Memory that no name stands for: counters of the modules, and what classes remember."""

import itertools
import sys
import threading
import types
from unittest import mock

import aeterna
from aeterna import _hooks, _late, _registry
from aeterna._refusal import Refused
from aeterna._survey import survey
from aeterna._wanted import ask
from support import StateTest


def class_of(**names):
    return type("Kind", (), {"__module__": "versions", **names})


class BesideTest(StateTest):
    """A module of the old version, and the same one of the new version."""

    def setUp(self):
        super().setUp()
        self.addCleanup(sys.modules.pop, "versions", None)
        self.setting(AETERNA_STATE="versions:STATE")

    def setting(self, **variables):
        setting = mock.patch.dict("os.environ", variables)
        setting.start()
        self.addCleanup(setting.stop)

    def version(self, **names):
        module = sys.modules["versions"] = types.ModuleType("versions")
        module.__file__ = "/srv/versions.py"
        vars(module).update(names)
        _late.add_names(ask())
        _hooks.start()
        return module

    def version_with(self, **names):
        """With an object of a class, which has these names."""
        kind = class_of(**names)
        return self.version(Kind=kind, STATE={"x": kind()}).Kind

    def warnings(self):
        said = []
        for place in ("_place", "_pickle"):
            warn = mock.patch(f"aeterna.{place}.warn", said.append)
            warn.start()
            self.addCleanup(warn.stop)
        return said


class CounterTest(BesideTest):
    def counted(self, new, state=()):
        old = self.version(STATE=dict(state), IDS=itertools.count(1))
        next(old.IDS), next(old.IDS)
        self.swap_to(lambda: self.version(STATE={}, **new))
        return sys.modules["versions"]

    def test_goes_on(self):
        for state in ({}, {"an object": aeterna.MISSING}):
            _registry.slots.clear()
            found = self.counted({"IDS": itertools.count(1)}, state)
            self.assertEqual(next(found.IDS), 3)

    def test_the_step_too(self):
        self.version(STATE={}, IDS=itertools.count(1, 5)).IDS.__next__()
        self.swap_to(lambda: self.version(STATE={}, IDS=itertools.count(1)))
        self.assertEqual(repr(sys.modules["versions"].IDS), "count(6, 5)")

    def test_of_a_program_that_keeps(self):
        self.setting(AETERNA_STATE="")
        text = "import aeterna\nSTATE = aeterna.keep('s', dict)\nIDS = itertools.count(1)"

        def version():
            module = self.version(itertools=itertools)
            exec(text, vars(module))
            _hooks.start()
            return module

        next(version().IDS)
        self.swap_to(version)
        self.assertEqual(next(sys.modules["versions"].IDS), 2)

    def test_one_that_is_kept_itself(self):
        text = "import aeterna\nIDS = aeterna.keep('s', lambda: itertools.count(1))"

        def version():
            module = self.version(itertools=itertools, STATE={})
            exec(text, vars(module))
            _hooks.start()
            return module

        next(version().IDS)
        self.swap_to(version)
        self.assertEqual(next(sys.modules["versions"].IDS), 2)

    def test_one_that_did_not_count_is_the_new_versions(self):
        self.version(STATE={}, IDS=itertools.count(1))
        self.swap_to(lambda: self.version(STATE={}, IDS=itertools.count(100)))
        self.assertEqual(next(sys.modules["versions"].IDS), 100)

    def test_one_under_two_names(self):
        ids = itertools.count(1)
        self.version(STATE={}, IDS=ids, MORE=ids)
        next(ids)
        ids = itertools.count(1)
        self.swap_to(lambda: self.version(STATE={}, IDS=ids, MORE=ids))
        found = sys.modules["versions"]
        self.assertEqual(next(found.IDS), 2)

    def test_one_in_the_state_travels_once(self):
        ids = itertools.count(1)
        self.version(STATE={"ids": ids}, IDS=ids)
        next(ids)
        self.swap_to(lambda: self.version(STATE={}, IDS=itertools.count(1)))
        found = sys.modules["versions"]
        self.assertIs(found.STATE["ids"], found.IDS)
        self.assertEqual(next(found.IDS), 2)

    def test_excluded(self):
        self.setting(AETERNA_EXCLUDE="versions:IDS")
        self.assertEqual(next(self.counted({"IDS": itertools.count(50)}).IDS), 50)

    def test_a_version_without_it_is_told(self):
        said = self.warnings()
        self.counted({})
        self.counted({"IDS": 7})
        self.assertEqual(
            said,
            [
                "versions:IDS: not in this version; it was (3,)",
                "versions:IDS: no counter in this version; it was (3,)",
            ],
        )


class ClassMemoryTest(BesideTest):
    def test_values(self):
        kind = self.version_with(n=0, name=None, pair=(1, "x"), same=5)
        kind.n, kind.name, kind.pair = 3, "x", (2, "y")
        kind.late = 7
        self.swap_to(lambda: self.version_with(n=0, name=None, pair=(1, "x"), same=6))
        found = sys.modules["versions"].Kind
        self.assertIsNot(found, kind)
        self.assertEqual((found.n, found.name, found.pair), (3, "x", (2, "y")))
        self.assertEqual((found.late, found.same), (7, 6))

    def test_of_a_base(self):
        def version():
            base = class_of(n=0)
            kind = type("Other", (base,), {"__module__": "versions"})
            return self.version(Kind=base, Other=kind, STATE=[kind()])

        version().Kind.n = 4
        self.swap_to(version)
        self.assertEqual(sys.modules["versions"].Other.n, 4)
        self.assertNotIn("n", vars(sys.modules["versions"].Other))

    def test_its_counter(self):
        next(self.version_with(ids=itertools.count(1)).ids)
        self.swap_to(lambda: self.version_with(ids=itertools.count(1)))
        self.assertEqual(next(sys.modules["versions"].Kind.ids), 2)

    def test_its_only_object(self):
        def version():
            module = self.version(Kind=class_of(only=None))
            module.STATE = module.Kind()
            _hooks.start()
            return module

        old = version()
        old.Kind.only = old.STATE
        self.swap_to(version)
        found = sys.modules["versions"]
        self.assertIs(found.Kind.only, found.STATE)

    def test_what_was_changed_before_the_start(self):
        self.version_with(n=1)
        self.swap_to(lambda: self.version_with(n=2))
        self.assertEqual(sys.modules["versions"].Kind.n, 2)

    def test_a_lock_that_was_made_since(self):
        said = self.warnings()
        self.version_with(lock=None).lock = threading.Lock()
        self.swap_to(lambda: self.version_with(lock=None))
        self.assertIsNone(sys.modules["versions"].Kind.lock)
        self.assertRegex("".join(said), "versions:Kind.lock: stays behind: .*pickle.*lock")

    def test_a_list_that_was_made_since(self):
        self.version_with(log=None).log = ["x"]
        self.swap_to(lambda: self.version_with(log=None))
        self.assertEqual(sys.modules["versions"].Kind.log, ["x"])

    def test_excluded_or_named(self):
        self.setting(AETERNA_EXCLUDE="versions:Kind.n")
        self.version_with(n=0).n = 3
        self.swap_to(lambda: self.version_with(n=0))
        self.assertEqual(sys.modules["versions"].Kind.n, 0)
        _registry.slots.clear()
        self.setting(AETERNA_EXCLUDE="", AETERNA_STATE="versions:STATE,versions:Kind.n")
        self.version_with(n=0).n = 3
        self.swap_to(lambda: self.version_with(n=0))
        self.assertEqual(sys.modules["versions"].Kind.n, 3)

    def test_another_type_is_refused(self):
        self.version_with(n=0).n = 3
        with self.assertRaisesRegex(Refused, "versions:Kind.n: it was a int, this version has a"):
            self.swap_to(lambda: self.version_with(n="none"))

    def test_a_version_without_it_is_told(self):
        said = self.warnings()
        self.version_with(n=0).n = 3
        self.swap_to(lambda: self.version_with(n=property(lambda self: 5)))
        self.assertEqual(said, ["versions:Kind.n: not in this version; it was 3"])


class TellTest(BesideTest):
    def test_check_lists_it(self):
        kind = class_of(n=0)
        module = self.version(STATE=[kind()], Kind=kind, IDS=itertools.count(1))
        kind.n = next(module.IDS)
        lines = [line[:3] for line in survey(list(_registry.slots.values()))]
        self.assertIn(("value", "versions:IDS", "itertools.count"), lines)
        self.assertIn(("value", "versions:Kind.n", "int"), lines)
