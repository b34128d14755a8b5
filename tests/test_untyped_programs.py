"""Random programs against the untyped ABI: a pair that passes every fixture passes these as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from families.untyped_handles import running, untyped_host, world
from families.untyped_handles.fixture_files import FixtureFile, expand, load_all
from families.untyped_handles.interface import KINDS
from families.untyped_handles.pair import Pair

ROOT = Path(__file__).parent.parent
PLAIN = next(file for file in load_all(ROOT) if file.fixture.name == "mixed-select")
SLOTS = 4

slots = st.integers(0, SLOTS - 1)
kinds = st.sampled_from(KINDS)
ticks = st.integers(0, 6)


@st.composite
def steps(draw: st.DrawFn) -> str:
    """Return one statement over four slots, which may hold closed, consumed or no handles."""
    slot, kind = draw(slots), draw(kinds)
    match draw(
        st.sampled_from(["open", "open", "open", "use", "ready", "close", "insert", "wait", "select", "select"])
    ):
        case "open":
            opened = f"$staged_{kind} #{draw(st.integers(0, 99))} #{draw(ticks)} #{draw(ticks)}"
            return f"(call $put #{slot} (call {opened}))"
        case "use":
            return f"(call $use_{kind} (call $got #{slot}))"
        case "ready":
            return f"(call $is_ready (call $got #{slot}))"
        case "close":
            return f"(call $close (call $got #{slot}))"
        case "insert" | "wait" as name:
            return f"(local.set $b (call ${name} (call $got #{slot})))"
        case _:
            return f"(call $select #{draw(st.integers(0, SLOTS))} #{draw(ticks)})"


def file_of(statements: list[str], policy: str) -> FixtureFile:
    body = expand("\n".join(statements))
    return replace(PLAIN, policy=policy, bodies=(body,), expected=())


@pytest.mark.parametrize(
    ("pair", "policy"),
    [
        (Pair("renumber", "variant"), "alias-no-guard"),
        (Pair("renumber", "subscribe"), "strict-child"),
        (Pair("renumber", "step-deadline"), "child"),
    ],
    ids=["variant", "subscribe", "step-deadline"],
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(statements=st.lists(steps(), min_size=4, max_size=30))
def test_the_component_is_the_module(pair: Pair, policy: str, statements: list[str]) -> None:
    file = file_of(statements, policy)
    reference = untyped_host.observe(file)
    seen = running.observe(file, world.component(pair, KINDS, policy, file.bodies))
    assert seen.failure is None, seen.text
    assert [outcome.values for outcome in seen.outcomes] == [outcome.values for outcome in reference.outcomes]
    assert seen.counts == reference.counts
