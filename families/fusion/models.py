"""Recomputing what the gating fixtures state and show, from the worlds' own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from explore.family import Observation
from families.fusion.constants import constants
from families.fusion.effects import OBJECT
from families.fusion.fixture_files import FixtureFile
from fuser.component.parse import parse

Event = tuple[str, str, int]
"""`made` or `destroyed`, the type and the number of the object within it."""


def recompute(file: FixtureFile, seen: Observation) -> tuple[str, ...] | None:
    """Return where a fixture differs from its world's model, in words; None where it has no model.

    Held against the model are the numbers that its runner compares with, as they lie in the
    component, the counts that its file states, and the objects made and destroyed in the
    reference's run, in their order. Raises BrokenFixture where its constants are not a world's.
    """
    held = constants(parse(file.read()))
    if held is None:
        return None
    working = held.world.work(held.values)
    stated: dict[str, object] = {**held.values, "destructors": file.destructors, "live": file.live}
    computed: dict[str, object] = {**working.found, "destructors": working.destructors, "live": working.live}
    stated["order of objects"] = _numbered(_objects(seen.trace))
    computed["order of objects"] = _numbered(working.events)
    return tuple(
        f"{name} is {stated[name]!r}, by the model {value!r}"
        for name, value in computed.items()
        if stated[name] != value
    )


def _objects(trace: Iterable[str]) -> Iterator[Event]:
    """Read the events of objects."""
    for event in trace:
        kind, *words = event.split(" ")
        if kind == OBJECT:
            what, type, number = words
            yield what, type, int(number)


def _numbered(events: Iterable[Event]) -> str:
    """Write events with their types numbered as they appear: model and component name them differently."""
    types: dict[str, int] = {}
    return " ".join(f"{what} {types.setdefault(type, len(types))}.{number}" for what, type, number in events)
