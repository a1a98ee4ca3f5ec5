"""Details of kinds of objects; what arrives of each is the table of `make test-objects`."""

import asyncio
import os
import sys
import threading
import types

from aeterna import _exclude, _layout, _registry, _wanted
from aeterna._names import Name, asked
from aeterna._refusal import Refused
from aeterna._slots import Named
from support import StateTest


class Jobs(asyncio.Queue):
    """A queue with an attribute of its own."""

    about = ""


class Holder:
    pass


class Frozen:
    def __init__(self):
        object.__setattr__(self, "lock", threading.Lock())

    def __setattr__(self, name, value):
        raise AttributeError(name)


class Registry:
    """What an import fills, and what requests fill."""

    handlers: dict = {}
    seen: list = []


class ModuleTest(StateTest):
    """State by name, of a module that is made here."""

    def setUp(self):
        super().setUp()
        self.addCleanup(asked.__dict__.clear)
        self.module = types.ModuleType("subject")
        sys.modules["subject"] = self.module
        self.addCleanup(sys.modules.pop, "subject")

    def exclude(self, *names):
        asked.excluded = tuple(map(Name, names))

    def named(self, *names):
        for name in names:
            _registry.slots[name] = Named(Name(name))
        asked.names = tuple(map(Name, names))

    def over(self, start, *names):
        """start() makes the new version's globals."""
        self.named(*names)

        def begin():
            vars(self.module).update(start())
            self.named(*names)

        self.swap_to(begin)


class LoopTest(ModuleTest):
    def test_who_waits_at_a_queue_of_a_subclass_hears_of_it(self):
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        heard = []

        async def old():
            jobs = Jobs(7)
            jobs.about = "ann"
            jobs.put_nowait(1)
            return jobs

        async def work(jobs):
            heard.append(await jobs.get())

        async def new():
            jobs = Jobs(9)
            task = asyncio.ensure_future(work(jobs))
            await asyncio.sleep(0)
            return jobs, task

        self.module.JOBS = loop.run_until_complete(old())
        mine, task = loop.run_until_complete(new())
        self.over(lambda: {"JOBS": mine}, "subject:JOBS")
        self.assertIs(self.module.JOBS, mine)
        loop.run_until_complete(asyncio.wait_for(task, 5))
        self.assertEqual((heard, mine.about, mine.maxsize), ([1], "ann", 9))

    def test_a_condition_and_its_lock_stay_a_pair(self):
        async def make():
            lock = asyncio.Lock()
            return {"lock": lock, "ready": asyncio.Condition(lock)}

        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        self.module.STATE = loop.run_until_complete(make())
        self.over(lambda: {"STATE": {}}, "subject:STATE")
        state = self.module.STATE

        async def use():
            async with state["ready"]:
                return state["lock"].locked()

        self.assertTrue(loop.run_until_complete(use()))
        self.assertFalse(state["lock"].locked())


class ExcludeTest(ModuleTest):
    def test_the_new_versions_own_stays_wherever_it_is(self):
        def start():
            agent, agent.part = Holder(), Frozen()
            agent.count = 0
            return {"AGENT": agent}

        vars(self.module).update(start())
        agent, agent.count = self.module.AGENT, 5
        mine = start()
        lock = mine["AGENT"].part.lock
        self.exclude("subject:AGENT.part.lock")
        self.over(lambda: mine, "subject:AGENT")
        self.assertEqual(self.module.AGENT.count, 5)
        self.assertIs(self.module.AGENT.part.lock, lock)

    def test_as_the_environment_says_where_no_launcher_does(self):
        os.environ["AETERNA_EXCLUDE"] = "subject:A.x, subject:A.y"
        self.addCleanup(os.environ.pop, "AETERNA_EXCLUDE")
        self.assertEqual([n.text for n in _exclude.names()], ["subject:A.x", "subject:A.y"])

    def test_the_launcher_says_it_again(self):
        wanted = _wanted.parse("state subject:A\nexclude subject:A.x\ndiscard subject:B\n")
        self.assertEqual([n.text for n in wanted.excluded], ["subject:A.x"])
        self.assertEqual([n.text for n in wanted.names], ["subject:A"])


class ClassMemoryTest(ModuleTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(Registry.handlers.clear)
        self.addCleanup(Registry.seen.clear)

    def swap_with(self, old, new):
        Registry.handlers["search"] = print
        Registry.seen[:] = old
        self.module.ONE = Registry()

        def start():
            Registry.seen[:] = new
            return {"ONE": Registry()}

        self.over(start, "subject:ONE")

    def test_what_the_new_version_has_too_is_not_lost(self):
        self.swap_with([{"a": {1, 2}}], [{"a": {2, 1}}, 5])

    def test_what_it_lacks_is(self):
        sentence = "load_failed: .*:Registry.seen: the memory of a class"
        with self.assertRaisesRegex(Refused, sentence):
            self.swap_with([1, 2], [1])

    def test_much_of_it_is_counted_and_not_copied(self):
        large = bytes(4 << 20)
        self.swap_with([large], [b"another"])
        with self.assertRaisesRegex(Refused, "the memory of a class"):
            self.swap_with([large, large], [b"another"])

    def test_what_has_a_name_of_its_own_travels(self):
        Registry.seen[:] = [1, 2]
        self.module.ONE, self.module.Registry = Registry(), Registry

        def start():
            Registry.seen = []
            return {"ONE": Registry()}

        self.over(start, "subject:ONE", "subject:Registry.seen")
        self.assertEqual(Registry.seen, [1, 2])

    def test_what_is_excluded_is_left(self):
        self.module.Registry = Registry
        self.exclude("subject:Registry.seen")
        self.swap_with([1, 2], [])


class LayoutTest(StateTest):
    def test_what_has_more_than_attributes(self):
        class Slots:
            __slots__ = ("a", "b")

        class Weak(Slots):
            __slots__ = ("__weakref__",)

        for kind, slots in ((Holder, 0), (Slots, 2), (Weak, 2)):
            self.assertFalse(_layout.has_own_memory(kind, slots), kind)
        for kind in (threading.local, types.SimpleNamespace, Jobs):
            extension = _layout.has_own_memory(kind, 0) or _layout.is_extension_made(kind)
            self.assertEqual(extension, kind is not Jobs, kind)


class PartsTest(ModuleTest):
    def test_each_attribute_by_itself(self):
        history = ["a"]
        self.module.STATE = types.SimpleNamespace(history=history, model="old", only=1)
        mine = []
        self.over(
            lambda: {"STATE": types.SimpleNamespace(history=mine, model="new", fresh=[])},
            "subject:STATE.*",
        )
        state = self.module.STATE
        self.assertIs(state.history, mine)
        self.assertEqual((mine, state.model, state.only, state.fresh), (["a"], "old", 1, []))

    def test_what_cannot_travel_is_named_by_itself(self):
        self.module.STATE = types.SimpleNamespace(ok=1, lock=threading.Lock())
        sentence = "dump_failed: subject:STATE.lock: cannot pickle '_thread.lock' object: leave it"
        with self.assertRaisesRegex(Refused, sentence):
            self.over(dict, "subject:STATE.*")
