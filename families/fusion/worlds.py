"""The worlds of the gating fixtures as plain arithmetic over the constants that their guests hold.

Each world says where in a guest's marked block which constant lies, and works out from
the constants what the runner must find and how many objects are made. Nothing here looks
at a component: it is the working of the numbers, to be held against what the guests do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar, cast

Sort = TypeVar("Sort")
Value = float | int | bytes
Values = Mapping[str, Value]
"""Constants by `GUEST.NAME`."""


class Kind(Enum):
    """How a constant is stored; little-endian. The value is its format in Python's `struct`.

    A text is its length, one byte, then as many bytes as there is room for.
    """

    NUMBER = "<d"
    COUNT = "<I"
    TEXT = "<16p"
    LONG_TEXT = "<80p"


@dataclass(frozen=True)
class Working:
    """What a run must show."""

    found: Values
    """What the runner compares with, by the name of the constant."""
    destructors: int
    """Objects made; every one of them is dropped in the run."""


@dataclass(frozen=True)
class World:
    """A composition whose constants can be changed."""

    name: str
    blocks: Mapping[str, tuple[tuple[str, Kind], ...]]
    """For each guest the constants of its block, in their order there."""
    work: Callable[[Values], Working]

    def kinds(self) -> dict[str, Kind]:
        """Return how each constant is stored."""
        return {f"{guest}.{name}": kind for guest, block in self.blocks.items() for name, kind in block}


def _all(kind: Kind, names: str) -> tuple[tuple[str, Kind], ...]:
    return tuple((name, kind) for name in names.split())


@dataclass
class _Run(Generic[Sort]):
    """A run's constants, all of one sort, and how many objects were made in it."""

    constants: Mapping[str, Sort]
    made: int = 0

    def __getitem__(self, name: str) -> Sort:
        return self.constants[name]

    def done(self, **found: Value) -> Working:
        """Finish with what the runner found."""
        return Working({f"runner.{name}": value for name, value in found.items()}, self.made)


# -- resource_floats: every float is modelled by the number it stores ----------------------


@dataclass
class _Floats(_Run[float]):
    def used(self, value: float) -> float:
        """Make the leaf's float of interface `test`."""
        self.made += 1
        return value + self["leaf.used_new"]

    def used_get(self, stored: float) -> float:
        return stored + self["leaf.used_get"]

    def inner(self, value: float) -> float:
        """Make the leaf's float of interface `imports`."""
        self.made += 1
        return value + self["leaf.wrapped_new"]

    def wrapper(self, value: float) -> float:
        """Make the intermediate's float; what its inner float stores stands for it."""
        self.made += 1
        return self.inner(value + self["intermediate.wrapper_new"])

    def wrapper_get(self, inner: float) -> float:
        return inner + self["leaf.wrapped_get"] + self["intermediate.wrapper_get"]

    def wrapper_add(self, inner: float, by: float) -> float:
        added = self.inner(inner + by + self["leaf.wrapped_add"])
        return self.wrapper(added + self["leaf.wrapped_get"] + self["intermediate.wrapper_add"])


def _floats(constants: Values) -> Working:
    run = _Floats(cast("Mapping[str, float]", constants))
    left, right = run.used(run["runner.left"]), run.used(run["runner.right"])
    sum = run.used(run.used_get(left) + run.used_get(right) + run["intermediate.used_add"])
    first = run.wrapper(run["runner.first"])
    second = run.wrapper_add(first, run["runner.by"])
    return run.done(
        left_get=run.used_get(left),
        right_get=run.used_get(right),
        sum_get=run.used_get(sum),
        first_get=run.wrapper_get(first),
        second_get=run.wrapper_get(second),
    )


FLOATS = World(
    "floats",
    {
        "leaf": _all(Kind.NUMBER, "used_new used_get wrapped_new wrapped_get wrapped_add"),
        "intermediate": _all(Kind.NUMBER, "used_add wrapper_new wrapper_get wrapper_add"),
        "runner": _all(Kind.NUMBER, "left right first by left_get right_get sum_get first_get second_get"),
    },
    _floats,
)


# -- resource_with_lists: each step appends its tag -----------------------------------------


def _lists(constants: Values) -> Working:
    run = _Run(cast("Mapping[str, bytes]", constants), made=2)  # the middle's thing and the leaf's inside it

    def tagged(text: str, *tags: str) -> bytes:
        return b"".join([run[f"runner.{text}"], *(run[tag] for tag in tags)])

    return run.done(
        foo=tagged("one", "middle.new", "leaf.new", "leaf.foo", "middle.foo"),
        foo_again=tagged("two", "middle.bar", "leaf.bar", "leaf.foo", "middle.foo"),
        baz=tagged("three", "middle.before", "leaf.baz", "middle.after"),
    )


LISTS = World(
    "lists",
    {
        "leaf": _all(Kind.TEXT, "new foo bar baz"),
        "middle": _all(Kind.TEXT, "new foo bar before after"),
        "runner": _all(Kind.TEXT, "one two three") + _all(Kind.LONG_TEXT, "foo foo_again baz"),
    },
    _lists,
)


# -- resource-import-and-export: a thing is modelled by the number its innermost one stores --


@dataclass
class _BothWays(_Run[int]):
    def leaf(self, value: int) -> int:
        self.made += 1
        return value + self["leaf-thing.new"]

    def leaf_foo(self, stored: int) -> int:
        return stored + self["leaf-thing.foo"]

    def thing(self, value: int) -> int:
        self.made += 1
        return self.leaf(value + self["intermediate.new"])

    def foo(self, inner: int) -> int:
        return self.leaf_foo(inner) + self["intermediate.foo"]

    def bar(self, value: int) -> int:
        return value + self["intermediate.bar"] + self["leaf-thing.bar"]

    def baz(self, left: int, right: int) -> int:
        inner = self.leaf(self.leaf_foo(left) + self.leaf_foo(right) + self["leaf-thing.baz"])
        return self.thing(self.leaf_foo(inner) + self["intermediate.baz"])

    def passed(self, stored: int) -> int:
        """Make what leaf-toplevel makes of a thing of the leaf's."""
        return self.leaf(self.leaf_foo(stored) + self["leaf-toplevel.passed"])


def _both_ways(constants: Values) -> Working:
    run = _BothWays(cast("Mapping[str, int]", constants))
    left, right = run.thing(run["runner.left"]), run.thing(run["runner.right"])
    changed = run.bar(run["runner.other"])
    return run.done(
        left_foo=run.foo(left),
        left_foo_again=run.foo(changed),
        right_foo=run.foo(right),
        sum_foo=run.foo(run.baz(changed, right)),
    )


def _both_ways_toplevel(constants: Values) -> Working:
    run = _BothWays(cast("Mapping[str, int]", constants))
    thing, leaf = run.thing(run["runner.thing"]), run.leaf(run["runner.leaf"])
    passed = run.passed(leaf)
    return run.done(
        thing_foo=run.foo(thing),
        leaf_foo=run.leaf_foo(leaf),
        passed_foo=run.leaf_foo(passed),
        again_foo=run.leaf_foo(run.passed(passed)),
    )


_THINGS = {
    "leaf-thing": _all(Kind.COUNT, "new foo bar baz"),
    "leaf-toplevel": _all(Kind.COUNT, "passed"),
    "intermediate": _all(Kind.COUNT, "new foo bar baz"),
}

BOTH_WAYS = World(
    "both-ways",
    {**_THINGS, "runner": _all(Kind.COUNT, "left other right left_foo left_foo_again right_foo sum_foo")},
    _both_ways,
)

BOTH_WAYS_TOPLEVEL = World(
    "both-ways-toplevel",
    {**_THINGS, "runner": _all(Kind.COUNT, "thing leaf thing_foo leaf_foo passed_foo again_foo")},
    _both_ways_toplevel,
)


WORLDS: Mapping[str, World] = {world.name: world for world in (FLOATS, LISTS, BOTH_WAYS, BOTH_WAYS_TOPLEVEL)}
"""By name, as the guests' marks give it."""
