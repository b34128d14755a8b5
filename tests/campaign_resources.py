"""Comparing a random world of resources, unfused against fused, and counting what happened in it.

`python -m tests.campaign_resources SEED` writes the world of a seed to standard output.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterator

import wasmtime

from fuser.handles.canonical import Canonical
from fuser.traps import Trap
from tests.campaign_script import make_world
from tests.campaign_values import WRAPPERS
from tests.campaign_wat import DESTRUCTOR, world_text
from tests.resource_worlds import NEGATIVE, World
from tests.support import Seen, run_both

TRAPS = (Trap.UNKNOWN_HANDLE, Trap.WRONG_HANDLE_TYPE, Trap.OWN_FROM_BORROW, Trap.HANDLE_LENT, Trap.BORROWS_REMAIN)
HAND_OFFS = (
    "own param X→D",
    "own param D→X †",
    "own param X→Y",
    "own result D→X",
    "own result X→D †",
    "own result X→Y",
    "borrow param X→D, own entry",
    "borrow param X→D, borrow entry",
    "borrow param D→X †",
    "borrow param X→Y, own entry",
    "borrow param X→Y, borrow entry",
    *(
        f"{kind}, re-exporter {what}"
        for kind in ("own", "borrow")
        for what in ("of the same type", "with its own type: R", "with its own type: R′")
    ),
)
DROPS = (
    "drop of a borrow",
    *(f"drop by {who}{what}" for who in ("definer", "holder") for what in ("", ", with an inner one")),
    "left alive",
    "destructor run",
)
NOTED = re.compile(r"host host#note\((\d+), \d+\)")


def rows() -> list[str]:
    """Return the rows that must not stay at zero."""
    passed = itertools.product(("own param", "borrow param", "own result"), WRAPPERS)
    return [
        *(f"hand-off {row}" for row in HAND_OFFS),
        *(f"{what} in {wrapper.lower()}" for what, wrapper in passed),
        "same handle lent twice in one call",
        *DROPS,
        *(f"negative {kind}" for kind in NEGATIVE),
        *(f"trap {trap.value}" for trap in TRAPS),
        *(f"{count} instances with resources" for count in (2, 3, 4)),
        "child in the middle of its parent",
        "core form too",
    ]


def try_world(seen: Counter[str], seed: int) -> None:
    """Compare the world of a seed in all its forms, and count what it was made of."""
    world = make_world(seed)
    data = bytes(wasmtime.wat2wasm(world_text(world)))
    calls = [run.name for run in world.runs] + ([] if world.host else ["hash"])
    strategies = (Canonical(), Canonical(elide_lends=False))
    try:
        reference = run_both(data, calls, core=not world.host, strategies=strategies)
    except Exception as error:
        error.add_note(f"world of seed {seed}, planned: {world.negative}")
        raise
    assert world.done is not None or not traps(reference), f"world of seed {seed}: what is legal traps"
    seen.update(counted(world, reference))


def traps(reference: Seen) -> list[str]:
    """Return the trap class of every call that trapped."""
    return [outcome for _, outcome in reference.outcomes if isinstance(outcome, str)]


def counted(world: World, reference: Seen) -> Iterator[str]:
    """Yield the rows that a run proves."""
    yield f"{len(world.homes)} instances with resources"
    if any(home.child for home in world.homes):
        yield "child in the middle of its parent"
    if not world.host:
        yield "core form too"
    trapped = traps(reference)[:1]
    yield from (f"trap {trap}" for trap in trapped)
    noted = [int(match[1]) for event in reference.trace if (match := NOTED.match(event))]
    if not world.host and not trapped:
        noted = list(world.rows)
    yield from (row for step in noted for row in world.rows.get(step, ()))
    yield from ("destructor run" for step in noted if step >= DESTRUCTOR)
    if not trapped and world.done is None:
        kept = [one for home in world.homes for one in home.variables if one.kind == "own" and one.state == "live"]
        yield from ("left alive" for _ in kept)


if __name__ == "__main__":
    sys.stdout.write(world_text(make_world(int(sys.argv[1]))) + "\n")
