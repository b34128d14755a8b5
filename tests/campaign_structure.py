"""Comparing a random tree of components, unfused against fused, and counting what was in it.

`python -m tests.campaign_structure SEED` writes the component of a seed to standard output.
"""

from __future__ import annotations

import sys
from collections import Counter

from tests.structure_worlds import make_world
from tests.support import run_both

LEVELS = 4
SORTS = ("func", "instance", "component", "core module")
ROWS = (
    *(f"components nested {depth} deep" for depth in range(1, LEVELS + 1)),
    *(f"outer alias of a {sort}, {levels} out" for sort in SORTS[2:] for levels in range(LEVELS)),
    *(f"alias of an exported {sort}" for sort in SORTS),
    *(f"argument of sort {sort}" for sort in SORTS),
    *(f"argument of a subtype, {sort}" for sort in SORTS[1:]),
    "an instance shown with less than it has",
    "instantiated",
    "bundle",
    "core bundle",
    "core function exported again",
    "core instances that share state",
    "export",
    "export with an ascribed type",
    "resource type",
    "resource type over another",
    "functor over a resource type",
    "start",
    "start that calls an import",
    "start that traps",
    "function that may trap",
    "own lift lowered",
    "trap unreachable",
    "trap cannot-enter",
    "core form too",
)
"""What must not stay at zero."""


def try_world(seen: Counter[str], seed: int) -> None:
    """Compare the world of a seed in all its forms, and count what is in it."""
    world, text = make_world(seed)
    try:
        reference = run_both(text, world.calls, core=world.bare)
    except Exception as error:
        error.add_note(f"structure of seed {seed}")
        raise
    seen.update(world.rows.keys())
    seen["core form too"] += world.bare
    seen.update({f"trap {outcome}" for _, outcome in reference.outcomes if isinstance(outcome, str)})


if __name__ == "__main__":
    sys.stdout.write(make_world(int(sys.argv[1]))[1] + "\n")
