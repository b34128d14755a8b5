"""Running a composed component and what the fuser makes of it, side by side.

Everything is run by the oracle's engine: an outcome is the values or the trap class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import wasmtime

from explore.oracle.engine import Call, Limits, observe_component, observe_module
from explore.oracle.host import Host
from fuser.fuse import Fused, FuseOptions, fuse
from fuser.handles.canonical import Canonical
from fuser.handles.interface import Strategy
from fuser.traps import Trap

LIMITS = Limits(seconds=20, memory_mib=1024)

Sites = Mapping[int, Trap]


@dataclass(frozen=True)
class Seen:
    """What one run showed: outcomes as (call, values or trap class), and the host's trace."""

    outcomes: tuple[tuple[str, Any], ...]
    trace: tuple[str, ...]


@cache
def wat(text: str) -> bytes:
    """Encode a component or module in the text format."""
    return bytes(wasmtime.wat2wasm(text))


def as_bytes(source: str | bytes) -> bytes:
    """Return a binary as it is, and a text encoded."""
    return wat(source) if isinstance(source, str) else source


def calls_of(calls: Sequence[str | Call]) -> list[Call]:
    """Read calls: a bare name is a call without arguments."""
    return [Call(call) if isinstance(call, str) else call for call in calls]


def run_component(
    data: bytes, calls: Sequence[str | Call], sites: Sites | None = None, host: Host | None = None
) -> Seen:
    """Run calls of a component's exports in order."""
    return _seen(observe_component(data, calls_of(calls), LIMITS, host or Host(), sites))


def run_core(component: bytes, bare: Fused, calls: Sequence[str | Call]) -> Seen:
    """Run calls of a component's core form, which has no imports; ends at a trap."""
    observed = observe_module(bare.data, component, calls_of(calls), LIMITS, dict(bare.sites))
    assert observed is not None, "an export passes more than scalars"
    return _seen(observed)


def _seen(observed: Any) -> Seen:
    assert observed.failure is None, f"{observed.failure}: {observed.text}"
    outcomes = tuple((one.call, one.trap if one.values is None else one.values) for one in observed.outcomes)
    return Seen(outcomes, observed.trace)


def fuse_text(source: str | bytes, **options: Any) -> Fused:
    """Fuse a component given as text or bytes."""
    return fuse(as_bytes(source), FuseOptions(**options))


def run_both(
    source: str | bytes,
    calls: Sequence[str | Call],
    *,
    core: bool = True,
    host: Mapping[str, Any] | None = None,
    strategies: Sequence[Strategy] = (Canonical(),),
) -> Seen:
    """Run a component unfused and fused, its core module alone too if `core`; assert that they agree.

    `host` are the answers of imported functions.
    """
    data = as_bytes(source)
    reference = run_component(data, calls, host=Host(answers=host or {}))
    for strategy in strategies:
        fused = fuse(data, FuseOptions(strategy))
        assert run_component(fused.data, calls, dict(fused.sites), Host(answers=host or {})) == reference
    if core:
        bare = fuse(data, FuseOptions(emit="module"))
        assert run_core(data, bare, calls).outcomes == _up_to_the_first_trap(reference.outcomes)
    return reference


def _up_to_the_first_trap(outcomes: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    traps = [number for number, (_, values) in enumerate(outcomes, 1) if isinstance(values, str)]
    return outcomes[: traps[0]] if traps else outcomes
