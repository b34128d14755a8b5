"""Many random compositions, unfused against fused: `python -m tests.campaign [--count N] [--seed SEED]`.

So many chains pass values on, as many make, lend, move and drop resources, as many are trees
of components linked at random, in as many worlds raw words pass the host boundary, and so many
programs are core modules that share everything. Prints
the seed, and how often each type, pair of encodings, trap class, row of the hand-off table and
way of linking occurred; a row with zero fails, and so does the first difference. `--only` does
one kind.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterator

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from fuser.abi.layout import Shapes
from fuser.program import Encoding
from fuser.traps import Trap
from fuser.types import Enumeration, Flags, List, Option, Primitive, Record, Result, Tuple, ValType, Variant
from tests import campaign_boundary, campaign_core, campaign_resources, campaign_structure
from tests.abi_worlds import World, worlds
from tests.test_abi_random import compare

TYPES = (
    *(one.value for one in Primitive),
    "List",
    "Option",
    "Result",
    "Tuple",
    "Record",
    "Variant",
    "Enumeration",
    "Flags",
)
TRAPS = (
    Trap.UNALIGNED_POINTER,
    Trap.LIST_OUT_OF_BOUNDS,
    Trap.STRING_OUT_OF_BOUNDS,
    Trap.INVALID_CHAR,
    Trap.INVALID_DISCRIMINANT,
    Trap.INVALID_UTF8,
    Trap.INVALID_UTF16,
)

RUN = 20
"""Chains of one seed."""


def kinds(type: ValType) -> Iterator[str]:
    """Yield the kind of a type and of its parts."""
    yield type.value if isinstance(type, Primitive) else type.__class__.__name__
    match type:
        case List():
            parts: list[ValType | None] = [type.element]
        case Option():
            parts = [type.some]
        case Result():
            parts = [type.ok, type.error]
        case Tuple():
            parts = list(type.items)
        case Record():
            parts = [part for _, part in type.fields]
        case Variant():
            parts = [part for _, part in type.cases]
        case _:
            assert isinstance(type, Primitive | Enumeration | Flags)
            parts = []
    for part in parts:
        if part is not None:
            yield from kinds(part)


def say(line: str) -> None:
    """Write a line at once: a campaign may be watched."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def has_text(type: ValType) -> bool:
    return "string" in set(kinds(type))


def value_rows() -> Counter[str]:
    """Return the rows of values that must not stay at zero."""
    found = Counter(dict.fromkeys((f"type {name}" for name in TYPES), 0))
    found.update(
        dict.fromkeys((f"strings {a.value} to {b.value}" for a, b in itertools.product(Encoding, Encoding)), 0)
    )
    found.update(dict.fromkeys((f"trap {one.value}" for one in TRAPS), 0))
    found.update(dict.fromkeys(("more than 16 core values", "chain of 2", "chain of 3", "chain of 4"), 0))
    return found


def try_one(seen: Counter[str], world: World, data: st.DataObject) -> None:
    """Compare one chain, and count what it was made of."""
    outcomes = compare(world, data)
    seen.update(f"type {name}" for name in set(kinds(world.type)))
    seen[f"chain of {len(world.encodings)}"] += 1
    seen["more than 16 core values"] += len(Shapes().of(world.type).flat) > 16
    if has_text(world.type):
        # A chain passes values both ways over each of its boundaries.
        for one, other in itertools.pairwise(world.encodings):
            seen.update((f"strings {one.value} to {other.value}", f"strings {other.value} to {one.value}"))
    seen.update(f"trap {outcome}" for outcome in outcomes if isinstance(outcome, str))


def run(seen: Counter[str], number: int, count: int) -> None:
    """Try so many chains drawn from one seed."""

    @seed(number)
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(world=worlds, data=st.data())
    def one(world: World, data: st.DataObject) -> None:
        try_one(seen, world, data)

    one()


def value_chains(number: int, count: int) -> Counter[str]:
    """Try so many chains that pass values on."""
    seen = value_rows()
    # Many short runs: within one, the generator varies what it drew before.
    for start in range(0, count, RUN):
        run(seen, number + start, min(RUN, count - start))
    return seen


def resource_chains(number: int, count: int) -> Counter[str]:
    """Try so many chains that hand resources on."""
    seen = Counter(dict.fromkeys(campaign_resources.rows(), 0))
    for one in range(number, number + count):
        campaign_resources.try_world(seen, one)
    return seen


def structures(number: int, count: int) -> Counter[str]:
    """Try so many trees of components."""
    seen = Counter(dict.fromkeys(campaign_structure.ROWS, 0))
    for one in range(number, number + count):
        campaign_structure.try_world(seen, one)
    return seen


def boundary_worlds(number: int, count: int) -> Counter[str]:
    """Try so many worlds with a host that takes part."""
    seen = Counter(dict.fromkeys(campaign_boundary.rows(), 0))
    for one in range(number, number + count):
        campaign_boundary.try_world(seen, one)
    return seen


def core_programs(number: int, count: int) -> Counter[str]:
    """Try so many programs of core modules."""
    seen = Counter(dict.fromkeys(campaign_core.ROWS, 0))
    for one in range(number, number + count):
        campaign_core.try_program(seen, one)
    return seen


KINDS = {
    "chains of values": value_chains,
    "chains of resources": resource_chains,
    "structures": structures,
    "worlds at the boundary": boundary_worlds,
    "core programs": core_programs,
}


def main() -> int:
    """Run; the exit code is 0 where every row occurred and nothing differed."""
    parser = argparse.ArgumentParser(description="many random compositions, unfused against fused")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--only", choices=[kind.split()[-1] for kind in KINDS])
    arguments = parser.parse_args()
    count, number = arguments.count, arguments.seed
    missing = []
    for kind, tried in KINDS.items():
        if arguments.only not in (None, kind.split()[-1]):
            continue
        say(f"{count} {kind}, seed {number}")
        seen = tried(number, count)
        for name, times in sorted(seen.items()):
            say(f"{times:6}  {name}")
        missing += [name for name, times in seen.items() if not times]
    say("never: " + ", ".join(missing) if missing else "every row occurred")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
