"""The worlds of the gating fixtures as plain arithmetic over the constants that their guests hold.

Each world says where in a guest's marked block which constant lies, and works out from
the constants what the runner must find and which objects are made and destroyed, in order.
Nothing here looks at a component: it is the working of the numbers, to be held against
what the guests do. A value is dropped where Rust drops it: what is declared last goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar, cast

Sort = TypeVar("Sort")
Value = float | int | bytes
Values = Mapping[str, Value]
"""Constants by `GUEST.NAME`."""
MADE, DESTROYED = "made", "destroyed"


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
    events: tuple[tuple[str, str, int], ...]
    """`made` or `destroyed`, the type and the number of the object within it, in order."""

    @property
    def destructors(self) -> int:
        """How many objects are destroyed."""
        return sum(what == DESTROYED for what, _, _ in self.events)

    @property
    def live(self) -> int:
        """How many objects are left."""
        return len(self.events) - 2 * self.destructors


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


@dataclass(eq=False)
class _Object(Generic[Sort]):
    """An object: what it stores, or the object that it wraps."""

    type: str
    number: int
    stored: Sort | None = None
    inner: _Object[Sort] | None = None

    def take(self) -> _Object[Sort]:
        """Take the inner object out."""
        inner, self.inner = self.within, None
        return inner

    @property
    def within(self) -> _Object[Sort]:
        """The inner object."""
        assert self.inner is not None
        return self.inner

    @property
    def value(self) -> Sort:
        """What it stores."""
        assert self.stored is not None
        return self.stored


@dataclass
class _Run(Generic[Sort]):
    """A run's constants, all of one sort, and what became of objects in it."""

    constants: Mapping[str, Sort]
    events: list[tuple[str, str, int]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Sort:
        return self.constants[name]

    def make(self, type: str, stored: Sort | None = None, inner: _Object[Sort] | None = None) -> _Object[Sort]:
        """Make the next object of a type."""
        number = 1 + sum(event[:2] == (MADE, type) for event in self.events)
        self.events.append((MADE, type, number))
        return _Object(type, number, stored, inner)

    def drop(self, *objects: _Object[Sort]) -> None:
        """Destroy objects; each then drops the one that it wraps."""
        for one in objects:
            self.events.append((DESTROYED, one.type, one.number))
            if one.inner is not None:
                self.drop(one.inner)

    def done(self, **found: Value) -> Working:
        """Finish with what the runner found."""
        return Working({f"runner.{name}": value for name, value in found.items()}, tuple(self.events))


# -- resource_floats -------------------------------------------------------------------------

_Float = _Object[float]


class _Floats(_Run[float]):
    def used(self, value: float) -> _Float:
        """Make the leaf's float of interface `test`."""
        return self.make("used", value + self["leaf.used_new"])

    def used_get(self, used: _Float) -> float:
        return used.value + self["leaf.used_get"]

    def inner(self, value: float) -> _Float:
        """Make the leaf's float of interface `imports`."""
        return self.make("inner", value + self["leaf.wrapped_new"])

    def inner_get(self, inner: _Float) -> float:
        return inner.value + self["leaf.wrapped_get"]

    def inner_add(self, first: _Float, by: float) -> _Float:
        added = self.inner(first.value + by + self["leaf.wrapped_add"])
        self.drop(first)
        return added

    def wrapper(self, value: float) -> _Float:
        """Make the intermediate's float."""
        inner = self.inner(value + self["intermediate.wrapper_new"])
        return self.make("wrapper", inner=inner)

    def wrapper_get(self, wrapper: _Float) -> float:
        return self.inner_get(wrapper.within) + self["intermediate.wrapper_get"]

    def wrapper_add(self, first: _Float, by: float) -> _Float:
        sum = self.inner_add(first.take(), by)
        added = self.wrapper(self.inner_get(sum) + self["intermediate.wrapper_add"])
        self.drop(sum, first)
        return added


def _floats(constants: Values) -> Working:
    run = _Floats(cast("Mapping[str, float]", constants))
    left, right = run.used(run["runner.left"]), run.used(run["runner.right"])
    sum = run.used(run.used_get(left) + run.used_get(right) + run["intermediate.used_add"])
    first = run.wrapper(run["runner.first"])
    first_get = run.wrapper_get(first)
    second = run.wrapper_add(first, run["runner.by"])
    run.drop(second, sum, right, left)
    return run.done(
        left_get=run.used_get(left),
        right_get=run.used_get(right),
        sum_get=run.used_get(sum),
        first_get=first_get,
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
    run = _Run(cast("Mapping[str, bytes]", constants))
    leaf = run.make("leaf")
    run.drop(run.make("middle", inner=leaf))

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


# -- resource-import-and-export ---------------------------------------------------------------

_Thing = _Object[int]


class _BothWays(_Run[int]):
    def leaf(self, value: int) -> _Thing:
        return self.make("leaf", value + self["leaf-thing.new"])

    def leaf_foo(self, leaf: _Thing) -> int:
        return leaf.value + self["leaf-thing.foo"]

    def leaf_baz(self, left: _Thing, right: _Thing) -> _Thing:
        sum = self.leaf(self.leaf_foo(left) + self.leaf_foo(right) + self["leaf-thing.baz"])
        self.drop(right, left)
        return sum

    def thing(self, value: int) -> _Thing:
        leaf = self.leaf(value + self["intermediate.new"])
        return self.make("thing", inner=leaf)

    def foo(self, thing: _Thing) -> int:
        return self.leaf_foo(thing.within) + self["intermediate.foo"]

    def bar(self, thing: _Thing, value: int) -> None:
        thing.within.stored = value + self["intermediate.bar"] + self["leaf-thing.bar"]

    def baz(self, left: _Thing, right: _Thing) -> _Thing:
        sum = self.leaf_baz(left.take(), right.take())
        made = self.thing(self.leaf_foo(sum) + self["intermediate.baz"])
        self.drop(sum, right, left)
        return made

    def passed(self, given: _Thing) -> _Thing:
        """Make what leaf-toplevel makes of a thing of the leaf's."""
        made = self.leaf(self.leaf_foo(given) + self["leaf-toplevel.passed"])
        self.drop(given)
        return made


def _both_ways(constants: Values) -> Working:
    run = _BothWays(cast("Mapping[str, int]", constants))
    left = run.thing(run["runner.left"])
    left_foo = run.foo(left)
    run.bar(left, run["runner.other"])
    left_foo_again = run.foo(left)
    right = run.thing(run["runner.right"])
    right_foo = run.foo(right)
    sum = run.baz(left, right)
    run.drop(sum)
    return run.done(left_foo=left_foo, left_foo_again=left_foo_again, right_foo=right_foo, sum_foo=run.foo(sum))


def _both_ways_toplevel(constants: Values) -> Working:
    run = _BothWays(cast("Mapping[str, int]", constants))
    thing, leaf = run.thing(run["runner.thing"]), run.leaf(run["runner.leaf"])
    passed = run.passed(leaf)
    again = run.passed(passed)
    run.drop(again, thing)
    return run.done(
        thing_foo=run.foo(thing),
        leaf_foo=run.leaf_foo(leaf),
        passed_foo=run.leaf_foo(passed),
        again_foo=run.leaf_foo(again),
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
