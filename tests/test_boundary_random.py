"""Raw words taken for values with handles, at the host boundary and within; `tests.campaign` tries more."""

from __future__ import annotations

from collections import Counter

from tests.campaign_boundary import FUNCTIONS, try_world

WORLDS = 12


def test_raw_words_pass_or_trap_as_unfused() -> None:
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        try_world(seen, seed)
    assert all(seen[f"{name}: returns"] for name in FUNCTIONS)
