"""What a call across a fused boundary costs, beside the same composition unfused.

Every case is a loop inside wasm, timed as a whole, in processor time of this thread; the
variants of a case take turns in many short rounds, and the least of each counts: what else
the machine does only adds. Columns: nanoseconds a call of the composition in the engine's
default settings, with concurrency support off ("quiet"), fused, and bare (a direct call, or
`memory.copy`, in one hand-written module); then how many times faster fused is than
composed and quiet, and how many times slower than bare.

    python bench/calls.py [--wide] [--json FILE] [--rounds N] [CASE…]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import cases
import wasmtime
import wide
from cases import REPEATS, Case
from wasmtime import component as wc
from wasmtime._bindings import wasmtime_config_concurrency_support_set

from fuser.fuse import fuse

ROUND_SECONDS = 0.004
Runner = Callable[[int], None]


def engine(*, quiet: bool = False) -> wasmtime.Engine:
    """Return an engine with default settings, but for concurrency support."""
    config = wasmtime.Config()
    if quiet:
        wasmtime_config_concurrency_support_set(config.ptr(), False)  # noqa: FBT003 - a C function
    return wasmtime.Engine(config)


def component_runner(own: wasmtime.Engine, data: bytes) -> Runner:
    """Instantiate a component and return its `run`."""
    store = wasmtime.Store(own)
    instance = wc.Linker(own).instantiate(store, wc.Component(own, data))
    setup, run = instance.get_func(store, "setup"), instance.get_func(store, "run")
    if setup is not None:
        setup(store)
        setup.post_return(store)
    assert run is not None

    def call(count: int) -> None:
        run(store, count)
        run.post_return(store)

    return call


def module_runner(own: wasmtime.Engine, text: str) -> Runner:
    """Instantiate a core module and return its `run`."""
    store = wasmtime.Store(own)
    run = wasmtime.Instance(store, wasmtime.Module(own, text), []).exports(store)["run"]
    assert isinstance(run, wasmtime.Func)
    return lambda count: run(store, count)


def measure(case: Case, engines: tuple[wasmtime.Engine, wasmtime.Engine], rounds: int) -> dict[str, float]:
    """Return the least nanoseconds a call of each variant."""
    default, quiet = engines
    data = bytes(wasmtime.wat2wasm(case.component))
    runners = {
        "composed": component_runner(default, data),
        "quiet": component_runner(quiet, data),
        "fused": component_runner(default, fuse(data).data),
    }
    if case.bare:
        runners["bare"] = module_runner(default, case.bare)
    counts = {name: calibrate(run) for name, run in runners.items()}
    least = dict.fromkeys(runners, float("inf"))
    for _ in range(rounds):
        for name, run in runners.items():
            least[name] = min(least[name], timed(run, counts[name]) / counts[name])
    return {name: seconds / REPEATS * 1e9 for name, seconds in least.items()}


def calibrate(run: Runner) -> int:
    """Return how many rounds of the loop fill a round of the measurement."""
    count = 16
    while (seconds := timed(run, count)) < ROUND_SECONDS / 4:
        count *= 4
    return max(1, int(count * ROUND_SECONDS / seconds))


def timed(run: Runner, count: int) -> float:
    """Return the seconds of processor time that so many rounds of the loop take."""
    start = time.thread_time()
    run(count)
    return time.thread_time() - start


def row(figures: dict[str, float]) -> str:
    """Return the figures of a case: nanoseconds, then how many times faster (than bare, slower)."""
    fused = figures["fused"]
    text = "".join(f"{value:9.1f}" for value in figures.values())
    text += f"{figures['composed'] / fused:10.1f}{figures['quiet'] / fused:7.1f}"
    return text + (f"{fused / figures['bare']:6.1f}" if "bare" in figures else "")


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description="what a call across a fused boundary costs")
    parser.add_argument("cases", nargs="*", help="parts of the names of cases")
    parser.add_argument("--wide", action="store_true", help="every kind of value instead of the listed ones")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    engines = engine(), engine(quiet=True)
    figures = {}
    width = 34 if arguments.wide else 21
    heads = ("composed", 9), ("quiet", 9), ("fused", 9), ("bare", 9), ("/composed", 10), ("/quiet", 7), ("/bare", 6)
    shown = [f"{head:>{room}}" for head, room in heads if not (arguments.wide and "bare" in head)]
    print(f"{'ns per call':{width}}{''.join(shown)}")
    for case in wide.CASES if arguments.wide else cases.CASES:
        if arguments.cases and not any(part in case.name for part in arguments.cases):
            continue
        figures[case.name] = measure(case, engines, arguments.rounds)
        print(f"{case.name:{width}}{row(figures[case.name])}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
