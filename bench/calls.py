"""What a call across a fused boundary costs, beside the same composition unfused.

Every case is a loop inside wasm, timed as a whole; the variants of a case take turns, and
the median of the rounds counts. Columns: nanoseconds a call of the composition in the
engine's default settings, with concurrency support off ("quiet"), fused, and bare (a direct
call, or `memory.copy`, in one hand-written module); then the ratios.

    python bench/calls.py [--json FILE] [--rounds N] [CASE…]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import wasmtime
from wasmtime import component as wc
from wasmtime._bindings import wasmtime_config_concurrency_support_set

from fuser.fuse import fuse

ROUND_SECONDS = 0.05
Runner = Callable[[int], None]

ALLOCATOR = """
    (memory (export "memory") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x20000))"""


@dataclass(frozen=True)
class Case:
    """One kind of call: a composition, and the bare limit of the same work as a core module."""

    name: str
    component: str
    bare: str


def loop(body: str) -> str:
    """Return a function `run` that repeats a body as often as its argument says."""
    return f"""(func (export "run") (param $n i32)
      (loop $again {body}
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n))))"""


def chain(components: str, last: str) -> str:
    """Return a composition of components already instantiated, whose `last` exports `run`."""
    return f'(component {components} (func (export "run") (alias export ${last} "run")))'


# -- numbers -------------------------------------------------------------------

SCALAR_LEAF = """
  (component $L
    (core module $M (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $l (instantiate $L))"""

SCALAR_MIDDLE = """
  (component $K
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $f (i32.add (local.get 0) (i32.const 1)))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $k (instantiate $K (with "f" (func $l "f"))))"""


def scalar_runner(of: str) -> str:
    """Return the component that calls `f` of an instance over and over."""
    body = loop("(global.set $g (call $f (global.get $g)))")
    return f"""
  (component $C
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $M (import "" "f" (func $f (param i32) (result i32)))
      (global $g (mut i32) (i32.const 0)) {body})
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (instance $c (instantiate $C (with "f" (func ${of} "f"))))"""


def scalar_bare(depth: int) -> str:
    """Return the same work as direct calls, so many deep."""
    functions = "(func $f0 (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))"
    for level in range(1, depth):
        functions += f"""(func $f{level} (param i32) (result i32)
          (call $f{level - 1} (i32.add (local.get 0) (i32.const 1))))"""
    body = loop(f"(global.set $g (call $f{depth - 1} (global.get $g)))")
    return f"(module (global $g (mut i32) (i32.const 0)) {functions} {body})"


# -- lists and strings ------------------------------------------------------------


def bytes_case(name: str, type: str, size: int, fill: str = "") -> Case:
    """Return the case of one parameter of so many bytes; `fill` is data for the source."""
    data = f'(data (i32.const 1024) "{fill}")' if fill else ""
    body = loop(f"(call $f (i32.const 1024) (i32.const {size}))")
    component = f"""
  (component $L
    (core module $M {ALLOCATOR} (func (export "f") (param i32 i32)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" {type})
      (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (instance $l (instantiate $L))
  (component $C
    (import "f" (func $f (param "x" {type})))
    (core module $Memory {ALLOCATOR} {data})
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
    (core module $M (import "" "f" (func $f (param i32 i32))) {body})
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (instance $c (instantiate $C (with "f" (func $l "f"))))"""
    copy = loop(f"(memory.copy $b $a (i32.const 0x20000) (i32.const 1024) (i32.const {size}))")
    return Case(name, chain(component, "c"), f"(module (memory $a 4) (memory $b 4) {copy})")


# -- resources -----------------------------------------------------------------------

RESOURCE_LEAF = """
  (component $L
    (core module $D (func (export "dtor") (param i32)))
    (core instance $d (instantiate $D))
    (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "x" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "get"))))
  (instance $l (instantiate $L))"""

RESOURCE_IMPORTS = """
    (import "l" (instance $l
      (export "r" (type $R (sub resource)))
      (export "make" (func (param "x" u32) (result (own $R))))
      (export "get" (func (param "r" (borrow $R)) (result u32)))))
    (alias export $l "r" (type $R))
    (core func $make (canon lower (func $l "make")))
    (core func $get (canon lower (func $l "get")))
    (core func $drop (canon resource.drop $R))"""

RESOURCE_CORE_IMPORTS = """
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))"""

RESOURCE_BINDING = """(export "make" (func $make)) (export "get" (func $get)) (export "drop" (func $drop))"""

RESOURCE_WRAPPER = f"""
  (component $K {RESOURCE_IMPORTS}
    (core module $D (import "" "drop" (func $drop (param i32))) (func (export "dtor") (param i32)
      (call $drop (local.get 0))))
    (core instance $d (instantiate $D (with "" (instance (export "drop" (func $drop))))))
    (type $w (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $W "r" (type $w))
    (core func $new (canon resource.new $w))
    (core module $M {RESOURCE_CORE_IMPORTS}
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (call $make (local.get 0))))
      (func (export "get") (param i32) (result i32) (call $get (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance {RESOURCE_BINDING} (export "new" (func $new))))))
    (func (export "make") (param "x" u32) (result (own $W)) (canon lift (core func $m "make")))
    (func (export "get") (param "r" (borrow $W)) (result u32) (canon lift (core func $m "get"))))
  (instance $k (instantiate $K (with "l" (instance $l))))"""


def resource_runner(of: str, body: str) -> str:
    """Return the component that uses the resource of an instance over and over."""
    return f"""
  (component $C {RESOURCE_IMPORTS}
    (core module $M {RESOURCE_CORE_IMPORTS}
      (global $h (mut i32) (i32.const 0))
      (func (export "setup") (global.set $h (call $make (i32.const 7)))) {loop(body)})
    (core instance $m (instantiate $M (with "" (instance {RESOURCE_BINDING}))))
    (func (export "setup") (canon lift (core func $m "setup")))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (instance $c (instantiate $C (with "l" (instance ${of}))))
  (func (export "setup") (alias export $c "setup"))"""


def resource_bare(depth: int) -> str:
    """Return what a getter costs as direct calls."""
    functions = "(func $get0 (param i32) (result i32) (local.get 0))"
    for level in range(1, depth):
        functions += f"(func $get{level} (param i32) (result i32) (call $get{level - 1} (local.get 0)))"
    body = loop(f"(global.set $h (call $get{depth - 1} (global.get $h)))")
    return f"(module (global $h (mut i32) (i32.const 7)) {functions} {body})"


def drop_bare(depth: int) -> str:
    """Return what making and dropping costs with one word of memory for a table."""
    functions = """
      (func $make0 (param i32) (result i32) (i32.store (local.get 0) (i32.const 1)) (local.get 0))
      (func $drop0 (param i32) (i32.store (local.get 0) (i32.const 0)))"""
    for level in range(1, depth):
        functions += f"""
      (func $make{level} (param i32) (result i32) (call $make{level - 1} (local.get 0)))
      (func $drop{level} (param i32) (call $drop{level - 1} (local.get 0)))"""
    body = loop(f"(call $drop{depth - 1} (call $make{depth - 1} (i32.const 8)))")
    return f"(module (memory 1) {functions} {body})"


CJK = "漢字かな交じり文の長い" * 31
NEW_AND_DROP = "(call $drop (call $make (i32.const 7)))"
BORROW = "(drop (call $get (global.get $h)))"

CASES = (
    Case("u32, 1 boundary", chain(SCALAR_LEAF + scalar_runner("l"), "c"), scalar_bare(1)),
    Case("u32, 2 boundaries", chain(SCALAR_LEAF + SCALAR_MIDDLE + scalar_runner("k"), "c"), scalar_bare(2)),
    Case("borrow, 1 boundary", chain(RESOURCE_LEAF + resource_runner("l", BORROW), "c"), resource_bare(1)),
    Case(
        "borrow, 2 boundaries",
        chain(RESOURCE_LEAF + RESOURCE_WRAPPER + resource_runner("k", BORROW), "c"),
        resource_bare(2),
    ),
    Case("new + drop, 1 boundary", chain(RESOURCE_LEAF + resource_runner("l", NEW_AND_DROP), "c"), drop_bare(1)),
    Case(
        "new + drop, wrapping",
        chain(RESOURCE_LEAF + RESOURCE_WRAPPER + resource_runner("k", NEW_AND_DROP), "c"),
        drop_bare(2),
    ),
    bytes_case("list<u8>, 16 B", "(list u8)", 16),
    bytes_case("list<u8>, 1 KiB", "(list u8)", 1024),
    bytes_case("list<u8>, 64 KiB", "(list u8)", 65536),
    bytes_case("string, ASCII 16 B", "string", 16, "a" * 16),
    bytes_case("string, ASCII 1 KiB", "string", 1024, "a" * 1024),
    bytes_case("string, ASCII 64 KiB", "string", 65536, "a" * 65536),
    bytes_case("string, CJK 1 KB", "string", len(CJK.encode()), CJK),
)


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
    """Return the median nanoseconds a call of each variant."""
    default, quiet = engines
    data = bytes(wasmtime.wat2wasm(case.component))
    runners = {
        "composed": component_runner(default, data),
        "quiet": component_runner(quiet, data),
        "fused": component_runner(default, fuse(data).data),
        "bare": module_runner(default, case.bare),
    }
    counts = {name: calibrate(run) for name, run in runners.items()}
    times: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            times[name].append(timed(run, counts[name]) / counts[name] * 1e9)
    return {name: statistics.median(values) for name, values in times.items()}


def calibrate(run: Runner) -> int:
    """Return how many calls fill a round."""
    count = 100
    while (seconds := timed(run, count)) < ROUND_SECONDS / 4:
        count *= 4
    return max(1, int(count * ROUND_SECONDS / seconds))


def timed(run: Runner, count: int) -> float:
    """Return the seconds that so many calls take."""
    start = time.perf_counter()
    run(count)
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description="what a call across a fused boundary costs")
    parser.add_argument("cases", nargs="*", help="parts of the names of cases")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    engines = engine(), engine(quiet=True)
    figures = {}
    print(f"{'nanoseconds a call':24}{'composed':>10}{'quiet':>10}{'fused':>9}{'bare':>9}", end="")
    print(f"{'composed/fused':>16}{'quiet/fused':>13}{'fused/bare':>12}")
    for case in CASES:
        if arguments.cases and not any(part in case.name for part in arguments.cases):
            continue
        one = figures[case.name] = measure(case, engines, arguments.rounds)
        print(f"{case.name:24}{one['composed']:10.1f}{one['quiet']:10.1f}{one['fused']:9.1f}{one['bare']:9.1f}", end="")
        print(f"{one['composed'] / one['fused']:16.1f}{one['quiet'] / one['fused']:13.1f}", end="")
        print(f"{one['fused'] / one['bare']:12.2f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
