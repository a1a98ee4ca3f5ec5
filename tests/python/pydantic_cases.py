"""What test_merge.py shows for classes of pydantic and attrs, where they are installed."""

import attrs
import pydantic
from aeterna._contract import is_value
from aeterna._refusal import Refused
from support import ClassTest


class ModelTest(ClassTest):
    def test_new_fields_of_models(self):
        class Old(pydantic.BaseModel):
            turns: int = 3

        class New(pydantic.BaseModel):
            turns: int = 0
            facts: list = pydantic.Field(default_factory=list)
            mood: str = "good"

        found = self.of_class(Old, New)
        self.assertEqual((found.turns, found.facts, found.mood), (3, [], "good"))
        self.assertEqual(found.model_dump(), {"turns": 3, "facts": [], "mood": "good"})

    def test_a_new_field_without_a_default(self):
        class Old(pydantic.BaseModel):
            turns: int = 3

        class New(pydantic.BaseModel):
            turns: int = 0
            user: str

        with self.assertRaisesRegex(Refused, "versions:Kind.user is new in this version"):
            self.of_class(Old, New)

    def test_a_dataclass_that_becomes_a_model(self):
        import dataclasses

        @dataclasses.dataclass
        class Old:
            turns: int = 3

        class New(pydantic.BaseModel):
            turns: int = 0

        with self.assertRaisesRegex(Refused, "load_failed"):
            self.of_class(Old, New)

    def test_new_fields_of_attrs(self):
        @attrs.define
        class Old:
            turns: int = 3

        @attrs.define
        class New:
            turns: int = 0
            facts: list = attrs.Factory(list)
            mood: str = "good"

        found = self.of_class(Old, New)
        self.assertEqual((found.turns, found.facts, found.mood), (3, [], "good"))

    def test_a_model_by_name(self):
        class Agent(pydantic.BaseModel):
            turns: int = 0
            facts: list = []

        Agent.__module__, Agent.__qualname__ = __name__, "Agent"
        self.addCleanup(globals().pop, "Agent")
        globals()["Agent"] = Agent
        self.box("a", Agent(turns=3, facts=[1]))
        mine = Agent()
        self.swap(a=mine)
        self.assertEqual((mine.turns, mine.facts), (3, [1]))

    def test_what_is_frozen(self):
        class Free(pydantic.BaseModel):
            turns: int = 0

        class Frozen(pydantic.BaseModel, frozen=True):
            turns: int = 0

        @attrs.frozen
        class FrozenToo:
            turns: int = 0

        @attrs.frozen(eq=False)
        class FrozenById:
            turns: int = 0

        self.assertFalse(is_value(Free()))
        for value in (Frozen(), FrozenToo(), FrozenById()):
            self.assertTrue(is_value(value))
