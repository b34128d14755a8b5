"""Random types and values through random chains: unfused against fused."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explore.oracle.engine import Call
from fuser.fuse import fuse
from tests.abi_worlds import World, raw_bytes, values, worlds
from tests.support import Seen, run_component, wat


def calls_of(world: World, data: st.DataObject) -> list[Call]:
    """Return a call of each function with arguments drawn for it; `raw`, which may trap, is the last."""
    calls = [Call("x#echo", (data.draw(st.lists(values(world.type), max_size=4)),))]
    for name in sorted({*world.functions} - {"echo", "raw"}):
        rest = tuple(range(17)) if name == "spilled" else ()
        calls.append(Call(f"x#{name}", (data.draw(values(world.type)), *rest)))
    return [*calls, Call("x#raw", (data.draw(raw_bytes(world)),))]


def compare(world: World, calls: list[Call]) -> Seen:
    """Run calls unfused and fused, and return what both showed."""
    component = wat(world.text())
    reference = run_component(component, calls)
    fused = fuse(component)
    assert run_component(fused.data, calls, dict(fused.sites)) == reference
    outcomes = reference.outcomes[-len(calls) :]
    assert all(isinstance(outcome, tuple) for _, outcome in outcomes[:-1]), "no valid value traps"
    assert outcomes[0][1] == calls[0].arguments
    return reference


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds, data=st.data())
def test_values_pass_as_unfused(world: World, data: st.DataObject) -> None:
    compare(world, calls_of(world, data))
