"""Whoever refers to an object that the state replaces goes on with the loaded one."""

import asyncio
import collections
import dataclasses
import functools
import itertools
import sys
import threading
import types
from unittest import mock

from aeterna import _holders, _registry
from aeterna._refusal import Refused
from support import StateTest


class Agent:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)

    def search(self):
        return self.found


class Slotted:
    __slots__ = ("held",)


@dataclasses.dataclass(frozen=True)
class Frozen:
    held: object


class Registry:
    held = None


def use(held=None, *, other=None):
    return held, other


class HolderTest(StateTest):
    """The root is an iterator: nothing can be poured into it."""

    def setUp(self):
        super().setUp()
        self.other = types.ModuleType("other_module")
        sys.modules["other_module"] = self.other
        self.addCleanup(sys.modules.pop, "other_module")

    def replaced(self, hold, **more):
        """What hold() keeps after the start; the root that arrived."""
        self.box("ids", itertools.count(7))
        for name, (content, _) in more.items():
            self.box(name, content)
        kept = []

        def start():
            boxes = [self.box("ids", itertools.count())]
            boxes += [self.box(name, make()) for name, (_, make) in more.items()]
            kept.append(hold(boxes[0].content))
            return boxes

        boxes = self.swap_to(start)
        new = boxes[0].content
        self.assertEqual(repr(new), "count(7)")
        return kept[0], new

    def test_containers(self):
        held, new = self.replaced(lambda ids: {"a": [ids, {ids}, collections.deque([ids])]})
        self.assertIs(held["a"][0], new)
        self.assertEqual(held["a"][1], {new})
        self.assertIs(held["a"][2][0], new)

    def test_keys(self):
        held, new = self.replaced(lambda ids: {"first": 1, ids: 2, "last": 3})
        self.assertEqual(list(held), ["first", new, "last"])

    def test_instances(self):
        def hold(ids):
            slotted = Slotted()
            slotted.held = ids
            return [Agent(held=ids), slotted, Frozen(ids), types.SimpleNamespace(held=ids)]

        held, new = self.replaced(hold)
        for one in held:
            self.assertIs(one.held, new)

    def test_tuples(self):
        held, new = self.replaced(lambda ids: [(1, (ids, 2)), frozenset([ids])])
        self.assertIs(held[0][1][0], new)
        self.assertEqual((held[0][0], held[0][1][1]), (1, 2))
        self.assertEqual(held[1], {new})

    def test_functions(self):
        def hold(ids):
            def inner():
                return ids

            def defaults(held=ids, *, other=ids):
                return held, other

            inner.held = ids
            partial = functools.partial(use, ids, other=ids)
            return inner, defaults, partial, ids.__next__

        (inner, defaults, partial, bound), new = self.replaced(hold)
        self.assertIs(inner(), new)
        self.assertIs(inner.held, new)
        self.assertEqual(defaults(), (new, new))
        self.assertEqual(partial(), (new, new))
        self.assertIs(bound.__self__, new)

    def test_globals_and_classes(self):
        def hold(ids):
            self.other.IDS = ids
            Registry.held = ids

        self.addCleanup(setattr, Registry, "held", None)
        _, new = self.replaced(hold)
        self.assertIs(self.other.IDS, new)
        self.assertIs(Registry.held, new)
        self.assertIs(Registry().held, new)

    def test_local_variables(self):
        def generator(ids):
            yield
            yield ids

        async def coroutine(ids):
            await asyncio.sleep(0)
            return ids

        def hold(ids):
            running = generator(ids)
            next(running)
            task = coroutine(ids)
            task.send(None)
            return running, task

        (running, task), new = self.replaced(hold)
        self.assertIs(next(running), new)
        with self.assertRaises(StopIteration) as caught:
            task.send(None)
        self.assertIs(caught.exception.value, new)

    def test_local_variables_of_functions_that_run(self):
        self.box("ids", itertools.count(7))
        ids = itertools.count()
        (box,) = self.swap_to(lambda: [self.box("ids", ids)])
        self.assertIs(ids, box.content)

    def test_local_variables_of_another_thread(self):
        seen, go = [], threading.Event()
        started = threading.Event()

        def hold(ids):
            def serve(mine):
                started.set()
                go.wait(20)
                seen.append(mine)

            thread = threading.Thread(target=serve, args=[ids])
            thread.start()
            started.wait(20)
            return thread

        try:
            thread, new = self.replaced(hold)
        finally:
            go.set()
        thread.join()
        self.assertIs(seen[0], new)

    def test_many_at_once(self):
        names = [f"n{i}" for i in range(20)]
        for i, name in enumerate(names):
            self.box(name, itertools.count(i + 1))
        held = []

        def start():
            boxes = [self.box(name, itertools.count()) for name in names]
            held.extend((box.content,) for box in boxes)
            return boxes

        boxes = self.swap_to(start)
        self.assertEqual([repr(one[0]) for one in held], [f"count({i + 1})" for i in range(20)])
        self.assertTrue(all(box.content is one[0] for box, one in zip(boxes, held)))

    def test_what_cannot_be_changed_is_named(self):
        def hold(ids):
            self.other.CYCLE = itertools.islice(ids, 100)

        with self.assertRaisesRegex(
            Refused,
            "load_failed: ids: a itertools.islice, at other_module:CYCLE refers to the "
            "itertools.count that the state replaces: let it ask",
        ):
            self.replaced(hold)

    def test_a_cache_is_named(self):
        def hold(ids):
            @functools.lru_cache
            def get():
                return ids

            get()
            self.other.get = get

        with self.assertRaisesRegex(Refused, "ids: a functools._lru_cache_wrapper .*get"):
            self.replaced(hold)


class PartTest(StateTest):
    """What lies below a name, and is held past the name."""

    def test_a_part_of_a_dictionary(self):
        self.box("s", {"index": {"a": [1]}, "log": [2]})
        mine = {"index": {}, "log": []}
        index, app = mine["index"], Agent(log=mine["log"])
        (s,) = self.swap(s=mine)
        self.assertIs(mine["index"], index)
        self.assertEqual(index, {"a": [1]})
        self.assertIs(mine["log"], app.log)
        self.assertEqual(app.log, [2])

    def test_a_part_that_the_state_has_twice(self):
        part = {"n": 1}
        self.box("s", {"a": part, "b": {"deep": (part, [part])}})
        mine = {"a": {}, "b": {}}
        held = mine["a"]
        self.swap(s=mine)
        self.assertIs(mine["a"], held)
        self.assertIs(mine["b"]["deep"][0], held)
        self.assertIs(mine["b"]["deep"][1][0], held)
        self.assertEqual(held, {"n": 1})

    def test_bound_methods_in_the_state_itself(self):
        agent = Agent(found=3)
        agent.tools = {"search": agent.search}
        self.box("agent", agent)

        def make():
            made = Agent(found=0)
            made.tools = {"search": made.search}
            return made

        mine = make()
        app = Agent(agent=mine, search=mine.search)
        self.swap(agent=mine)
        self.assertEqual(mine.found, 3)
        self.assertIs(mine.tools["search"].__self__, mine)
        self.assertEqual((app.search(), mine.tools["search"]()), (3, 3))

    def test_bound_methods_of_a_part(self):
        self.box("s", {"agent": Agent(found=3)})
        mine = {"agent": Agent(found=0)}
        search = mine["agent"].search
        self.swap(s=mine)
        self.assertEqual(search(), 3)
        self.assertIs(search.__self__, mine["agent"])

    def test_a_part_in_a_tuple(self):
        self.box("s", {"pair": ([1], {"a": 1})})
        mine = {"pair": ([], {})}
        held, part = mine["pair"], mine["pair"][1]
        self.swap(s=mine)
        self.assertIs(mine["pair"][1], part)
        self.assertEqual((part, held), ({"a": 1}, ([1], {"a": 1})))

    def test_a_part_that_cannot_be_refilled(self):
        self.box("s", {"ids": itertools.count(5)})
        mine = {"ids": itertools.count()}
        app = Agent(ids=mine["ids"])
        self.swap(s=mine)
        self.assertIs(app.ids, mine["ids"])
        self.assertEqual(next(app.ids), 5)

    def test_one_object_in_the_state_and_two_at_the_start(self):
        part = [1]
        self.box("a", part)
        self.box("s", {"log": part})
        mine, other = [], {"log": []}
        held = other["log"]
        app = Agent(log=other["log"])
        del held
        self.swap(a=mine, s=other)
        self.assertIs(other["log"], mine)
        self.assertIs(app.log, mine)
        self.assertEqual(mine, [1])

    def test_two_objects_in_the_state_and_one_at_the_start(self):
        self.box("a", [1])
        self.box("b", [2])
        mine = []
        with self.assertRaisesRegex(Refused, "load_failed: a and b are one object in this version"):
            self.swap(a=mine, b=mine)

    def test_what_the_state_lacks_stays_with_its_holder(self):
        self.box("s", {"deep": {"b": 1}})
        mine = {"deep": {"a": [9]}}
        held = mine["deep"]["a"]
        self.swap(s=mine)
        self.assertEqual((mine, held), ({"deep": {"b": 1}}, [9]))

    def test_nobody_is_looked_for_where_nobody_holds_anything(self):
        self.box("s", {"index": {"a": [1]}, "agent": Agent(x=[1])})
        with mock.patch.object(_holders.gc, "get_referrers") as searched:
            self.swap_to(lambda: [self.box("s", {"index": {}, "agent": Agent(x=[], me=Agent())})])
        searched.assert_not_called()
        _registry.slots.clear()

    def test_of_a_large_start_a_part_is_looked_at(self):
        self.box("s", {"index": {"a": 1}, "items": [[i] for i in range(30000)]})
        mine = {"items": [[] for _ in range(30000)], "index": {}}
        index, first = mine["index"], mine["items"][0]
        with mock.patch("aeterna._place.warn") as warn:
            self.swap(s=mine)
        self.assertIs(mine["index"], index)
        self.assertIs(mine["items"][0], first)
        self.assertEqual((index, first, mine["items"][-1]), ({"a": 1}, [0], [29999]))
        warn.assert_called_once()
