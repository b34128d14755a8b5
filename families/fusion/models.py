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
    pairs = [(name, held.values[name], value) for name, value in working.found.items()]
    pairs += [("destructors", file.destructors, working.destructors), ("live", file.live, 0)]
    return tuple(f"{name} is {stated}, by the model {computed}" for name, stated, computed in pairs if stated != computed)
