"""Random trees of components, fixed seeds: unfused against fused; `tests.campaign` tries more."""

from __future__ import annotations

from collections import Counter

from tests.campaign_structure import ROWS, try_world

TREES = 60
RARE = ("argument of a subtype, component", "start that traps", "3 out")


def test_trees_of_components_behave_as_unfused() -> None:
    seen: Counter[str] = Counter()
    for seed in range(TREES):
        try_world(seen, seed)
    assert not [row for row in ROWS if not seen[row] and not row.endswith(RARE)]
