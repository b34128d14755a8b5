"""What a call across a fused boundary costs, against the same composition unfused and against the bare limit.

The three take turns, so that what disturbs the machine disturbs each; what counts is the
median over the turns of the ratio within one turn. All run with the engine's optimiser on
and its other settings as they come.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine, load_component, load_module
from families.fusion.call_cases import BARE, CASES, Case
from fuser.component.text import binary
from fuser.errors import FuserError, StrategyError
from fuser.fuse import FuseOptions, fuse
from fuser.handles.interface import Strategy

TURNS = 9
TURN_NANOSECONDS = 2_000_000
_FIRST_ROUNDS = 100

Runner = Callable[[int], int]
"""Runs a loop for so many rounds; raises wasmtime.WasmtimeError where it traps."""


def cost(strategy: Strategy) -> Mapping[str, float]:
    """Return, by case, nanoseconds a round, and the ratios to the composition's and to the bare limit's.

    Each has its spread beside it: the distance between the quartiles over the median. A case
    that the strategy does not fuse, that traps, or that returns something else than the
    composition is left out.
    """
    measures: dict[str, float] = {}
    for case in CASES:
        measures |= _measure(case, strategy)
    return measures


def _measure(case: Case, strategy: Strategy) -> dict[str, float]:
    composed = binary(case.composition.encode())
    try:
        fused = fuse(composed, FuseOptions(strategy=strategy, validate=False)).data
        runners = [_component(composed, case.name), _component(fused, case.name), _module(case.name)]
        if runners[0](_FIRST_ROUNDS) != runners[1](_FIRST_ROUNDS):
            return {}
        turns = _turns(runners)
    except (FuserError, StrategyError, wasmtime.WasmtimeError):
        return {}
    composition, candidate, bare = zip(*turns, strict=True)
    return {
        **_told(f"{case.name}-nanoseconds", candidate),
        **_told(f"{case.name}-against-reference", [a / b for a, b in zip(candidate, composition, strict=True)]),
        **_told(f"{case.name}-against-bare", [a / b for a, b in zip(candidate, bare, strict=True)]),
    }


def _turns(runners: Sequence[Runner]) -> list[tuple[float, ...]]:
    """Return nanoseconds a round of each runner, turn by turn."""
    rounds = [_rounds(run) for run in runners]
    return [tuple(_timed(run, count) / count for run, count in zip(runners, rounds, strict=True)) for _ in range(TURNS)]


def _rounds(run: Runner) -> int:
    """Return how many rounds fill a turn."""
    count = _FIRST_ROUNDS
    while (taken := _timed(run, count)) < TURN_NANOSECONDS / 4:
        count *= 4
    return max(1, count * TURN_NANOSECONDS // taken)


def _timed(run: Runner, count: int) -> int:
    """Return the nanoseconds of this thread alone: what others do at the same time is not the call's."""
    start = time.thread_time_ns()
    run(count)
    return max(1, time.thread_time_ns() - start)


def _told(name: str, values: Sequence[float]) -> dict[str, float]:
    """Return the median, and the distance between the quartiles over it."""
    low, middle, high = statistics.quantiles(values, n=4)
    return {name: middle, f"{name}-spread": (high - low) / middle}


def _component(data: bytes, name: str) -> Runner:
    own = engine(optimised=True)
    store = wasmtime.Store(own)
    instance = wc.Linker(own).instantiate(store, load_component(data, optimised=True))
    function = instance.get_func(store, name)
    assert function is not None
    return lambda count: int(function(store, count))


def _module(name: str) -> Runner:
    store = wasmtime.Store(engine(optimised=True))
    function = wasmtime.Instance(store, load_module(binary(BARE.encode()), optimised=True), []).exports(store)[name]
    assert isinstance(function, wasmtime.Func)
    return lambda count: int(function(store, count))
