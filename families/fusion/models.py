"""Recomputing what the gating fixtures state, from the worlds' own arithmetic."""

from __future__ import annotations

from families.fusion.constants import constants
from families.fusion.fixture_files import FixtureFile
from fuser.component.parse import parse


def recompute(file: FixtureFile) -> tuple[str, ...] | None:
    """Return where a fixture's numbers differ from its world's model, in words; None where it has no model.

    Its numbers are those that its runner compares with, as they lie in the component, and
    the counts that its file states. Raises BrokenFixture where its constants are not a world's.
    """
    held = constants(parse(file.read()))
    if held is None:
        return None
    working = held.world.work(held.values)
    stated: dict[str, object] = {**held.values, "destructors": file.destructors, "live": file.live}
    computed: dict[str, object] = {**working.found, "destructors": working.destructors, "live": 0}
    return tuple(
        f"{name} is {stated[name]!r}, by the model {value!r}"
        for name, value in computed.items()
        if stated[name] != value
    )
