"""What a select costs: loops inside WebAssembly, beside the untyped module's, in nanoseconds."""

from __future__ import annotations

import time
from collections.abc import Mapping

import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine, load_component
from families.untyped_handles import checks, untyped, world
from families.untyped_handles.fixture_files import expand
from families.untyped_handles.interface import KINDS
from families.untyped_handles.pair import Pair

ROUNDS = 1_000
"""Selects of one run, short enough that some runs are not interrupted."""
REPEATS = 60
_LATER = 1_000_000
"""Ticks after which what is not to win is ready."""

_LOOP = f"""\
  (call $put #0 (call $pollable #1 #0))
  (call $put #1 (call ${{}} #2 #{_LATER}))
  (call $put #2 (call ${{}} #3 #{_LATER}))
  (call $put #3 (call ${{}} #4 #{_LATER}))
  (call $quiet)
  (loop $again
    (call $select #4 #0)
    (local.set $i (i32.add @i #1))
    (br_if $again (i32.lt_u @i #{ROUNDS})))
  (call $loud)
  (call $close_four)"""
CASES = {
    "mixed": expand(_LOOP.format(*KINDS[1:])),
    "pollables": expand(_LOOP.format(*[KINDS[0]] * 3)),
}
"""Bodies by case: a select over one handle of each kind, and over four pollables; the first is ready."""


def cost(pair: Pair) -> Mapping[str, float]:
    """Return nanoseconds of one select and their ratio to the untyped module's, by case.

    A case that traps, or whose log is not the untyped module's, is left out.
    """
    if checks.missing(pair):
        return {}
    measures: dict[str, float] = {}
    for case, body in CASES.items():
        reference = _measure(untyped.component(KINDS, body))
        candidate = _measure(world.component(pair, KINDS, "alias-guard", [body], tapped=False))
        if reference is not None and candidate is not None and reference[1] == candidate[1]:
            measures[f"{case}-nanoseconds"] = candidate[0]
            measures[f"{case}-untyped-nanoseconds"] = reference[0]
            measures[f"{case}-against-reference"] = candidate[0] / reference[0]
    return measures


def _measure(data: bytes) -> tuple[float, list[int]] | None:
    """Return the least nanoseconds of a select over several runs, and the log; None where it traps."""
    own = engine(optimised=True)
    store = wasmtime.Store(own)
    best, log = float("inf"), list[int]()
    try:
        instance = wc.Linker(own).instantiate(store, load_component(data, optimised=True))
        function = instance.get_func(store, "run")
        assert function is not None
        for _ in range(REPEATS):
            start = time.perf_counter_ns()
            log = function(store)
            best = min(best, (time.perf_counter_ns() - start) / ROUNDS)
    except wasmtime.WasmtimeError:
        return None
    return best, log
