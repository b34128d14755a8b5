"""Random types and values through random chains: unfused against fused."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explore.oracle.engine import Call
from fuser.fuse import Fused, fuse
from tests.abi_worlds import World, raw_bytes, raw_texts, values, worlds
from tests.support import run_component, wat


def compare(world: World, data: st.DataObject) -> list[Any]:
    """Call every function unfused and fused; return what came of the two that may trap."""
    component = wat(world.text())
    fused = fuse(component)
    calls = [Call("x#echo", (data.draw(st.lists(values(world.type), max_size=4)),))]
    for name in sorted({*world.functions} - {"echo", "raw", "text"}):
        rest = tuple(range(17)) if name == "spilled" else ()
        calls.append(Call(f"x#{name}", (data.draw(values(world.type)), *rest)))
    echoed, *others = _both(component, fused, calls)
    assert echoed == calls[0].arguments
    assert all(isinstance(outcome, tuple) for outcome in others), "no valid value traps"
    raw = Call("x#raw", (data.draw(raw_bytes(world)),)), Call("x#text", (data.draw(raw_texts),))
    return [_both(component, fused, [call])[0] for call in raw]


def _both(component: bytes, fused: Fused, calls: list[Call]) -> list[Any]:
    reference = run_component(component, calls)
    assert run_component(fused.data, calls, dict(fused.sites)) == reference
    return [outcome for _, outcome in reference.outcomes[-len(calls) :]]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds, data=st.data())
def test_values_pass_as_unfused(world: World, data: st.DataObject) -> None:
    compare(world, data)
