"""Random worlds of resources, fixed seeds: unfused against fused; `tests.campaign` tries more."""

from __future__ import annotations

from collections import Counter

from tests.campaign_resources import rows, try_world

WORLDS = 40


def test_resources_pass_as_unfused() -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        try_world(seen, seed)
    assert not [row for row in rows() if not seen[row] and row.startswith(("hand-off", "drop", "trap"))]
