"""Comparing a random program of core modules, linked by the engine against merged, and counting what was in it.

`python -m tests.campaign_core SEED` writes the modules of a seed to standard output.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from functools import partial

from tests.core_programs import SORTS, STEPS, make_program
from tests.merging import Linked, Running, function, linked_instances, merged, outcome

CALLS = 12
NAMES = ("f0", "f1", "peek")
ENDS = (
    "value",
    "exception",
    "UNREACHABLE",
    "MEMORY_OUT_OF_BOUNDS",
    "TABLE_OUT_OF_BOUNDS",
    "HEAP_MISALIGNED",
    "INDIRECT_CALL_TO_NULL",
    "BAD_SIGNATURE",
    "CAST_FAILURE",
)
ROWS = (
    *(f"import of a {sort}" for sort in SORTS),
    *STEPS,
    *(f"ends: {end}" for end in ENDS),
    "value of a global from another",
    "tail call",
    "start",
)
"""What must not stay at zero."""


def try_program(seen: Counter[str], seed: int) -> None:
    """Compare the program of a seed, call by call and state by state, and count what is in it."""
    program = make_program(seed)
    instances = linked_instances(program.texts)
    exports = [(f"{name}{one.id}", function(one, name)) for one in instances for name in NAMES]
    chance = random.Random(seed)  # noqa: S311 - the seed is the program
    calls = [(chance.randrange(len(instances)), chance.choice(NAMES[:2]), chance.randrange(9)) for _ in range(CALLS)]
    made = merged(instances, exports)
    linked, running = outcome(lambda: Linked(instances)), outcome(lambda: Running(made))
    seen.update(program.rows.keys())
    if not isinstance(linked, Linked) or not isinstance(running, Running):
        assert running == linked, f"program of seed {seed}"
        seen[f"ends: {linked}"] += 1
        return
    for place, name, argument in calls:
        for one in (name, "peek"):
            expected = linked(place, one, argument)
            actual = outcome(partial(running, f"{one}{place}", argument))
            assert actual == expected, f"program of seed {seed}: {one} of {place} given {argument}"
            seen[f"ends: {'value' if isinstance(expected, int) else expected}"] += 1


if __name__ == "__main__":
    sys.stdout.write("\n".join(make_program(int(sys.argv[1])).texts) + "\n")
