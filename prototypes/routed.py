"""Handles whose operations are routed to some table, and only borrows are translated.

Several candidates are the same but for two questions: which table stands for a use, and
who is taken for the definer of a borrow that arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.as_it_is import AsItIs
from fuser.handles.interface import Builder, Call, Canonical, Crossing, Handoff
from fuser.program import Builtin, Program, ResourceUse
from prototypes.names import Names, key_of
from prototypes.slots import Slots

Table = Slots | Canonical
Identity = Literal["name", "interface", "identity"]


@dataclass(frozen=True)
class RoutedHandles:
    """The plan: `route` finds the table of a use, `defines` says whose borrows become reps."""

    route: Callable[[ResourceUse], Table]
    defines: Callable[[ResourceUse], bool]

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Call the operation of the table that the use is routed to."""
        code.get(0)
        code.call(getattr(self.route(builtin.use), builtin.operation))

    def cross(self, call: Call, code: Code) -> Crossing:
        """Translate borrows only."""
        del call
        return RoutedCrossing(self, code)


@dataclass(frozen=True)
class RoutedCrossing(AsItIs):
    """One adapter: nothing is entered, lent or left."""

    handles: RoutedHandles
    code: Code

    def lower(self, hand: Handoff) -> None:
        """Turn a borrow into a rep for who is taken for its definer."""
        use = hand.received_as
        if hand.kind == "borrow" and use is not None and self.handles.defines(use):
            self.code.call(self.handles.route(use).rep)


def taken_for_definer(identity: Identity, names: Names) -> Callable[[ResourceUse], bool]:
    """Return the rule by which a holder is taken for the definer of what it holds."""
    match identity:
        case "name":
            return lambda use: names.defines_name(use.instance, key_of(use).name)
        case "interface":
            return lambda use: names.defines(use.instance, key_of(use))
        case "identity":
            return lambda use: use.defines


def shared_types(
    program: Program, build: Builder, strategy: str, key: Callable[[ResourceUse], object]
) -> dict[object, Canonical]:
    """Make one resource type of the wrapper per key; the first definer's destructor is its own.

    A type that the root imports stands for its key where no instance defines one. Raises
    NotApplicable where a resource is held under a key that stands for none.
    """
    types: dict[object, Canonical] = {}
    for use in program.uses:
        if use.defines and key(use) not in types:
            drop = build.destructor(use.type)
            types[key(use)] = build.canonical((strategy, key(use)), drop, key_of(use).name)
    for use in program.uses:
        if use.type.definer is None and key(use) not in types:
            types[key(use)] = build.outside(use.type)
    for use in program.uses:
        if key(use) not in types:
            raise NotApplicable(f"nobody defines what is imported as {use.resource.label}: names do not lead to it")
    return types
