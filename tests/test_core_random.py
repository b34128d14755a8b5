"""Random programs of core modules, fixed seeds: linked by the engine, and merged; `tests.campaign` tries more."""

from __future__ import annotations

from collections import Counter

from tests.campaign_core import ROWS, try_program

PROGRAMS = 150
RARE = ("exception", "BAD_SIGNATURE", "HEAP_MISALIGNED", "MEMORY_OUT_OF_BOUNDS")


def test_merged_programs_do_what_linked_ones_do() -> None:
    seen: Counter[str] = Counter()
    for seed in range(PROGRAMS):
        try_program(seen, seed)
    assert not [row for row in ROWS if not seen[row] and not row.endswith(RARE)]
