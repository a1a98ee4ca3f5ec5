"""Weak references to an object that is replaced."""

import gc
import weakref
from unittest import mock

from support import StateTest


class Ending:
    """An object that is never refilled."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        pass


class WeakTest(StateTest):
    def replaced(self, look):
        """look(object) before a swap; returns what arrives."""
        self.box("s", Ending("old"))
        self.box("list", [Ending("in a list")])

        def start():
            first, second = Ending("new"), Ending("new, in a list")
            self.looked = [look(first), look(second)]
            return [self.box("s", first), self.box("list", [second])]

        one, other = self.swap_to(start)
        gc.collect()
        self.assertEqual((one.content.name, other.content[0].name), ("old", "in a list"))
        return one.content, other.content[0]

    def test_values(self):
        holder = weakref.WeakValueDictionary()
        one, other = self.replaced(lambda new: holder.__setitem__(new.name, new))
        self.assertIs(holder["new"], one)
        self.assertIs(holder["new, in a list"], other)

    def test_keys(self):
        holder = weakref.WeakKeyDictionary()
        one, other = self.replaced(lambda new: holder.__setitem__(new, new.name))
        self.assertEqual(dict(holder), {one: "new", other: "new, in a list"})

    def test_sets(self):
        holder = weakref.WeakSet()
        found = self.replaced(holder.add)
        self.assertEqual(set(holder), set(found))

    def test_others_are_said(self):
        with mock.patch("aeterna._place.warn") as warn:
            self.replaced(weakref.ref)
        said = [call.args[0] for call in warn.call_args_list]
        self.assertIn(
            "s: a weak reference sees the test_weak.Ending end that the state replaces", said
        )
