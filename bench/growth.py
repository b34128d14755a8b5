"""How the time to fuse grows with the size of an input: each shape once, twice and four times as large.

Usage: python bench/growth.py [--json FILE] [SHAPE...]. CPU seconds without the engine's
validation; the last column is the time of the largest by that of the smallest, where
linear is 4. What is written here is WAT of one shape each, large in one respect only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import wasmtime

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bench.scan import fastest  # noqa: E402 - the bench is no installed package
from fuser.fuse import FuseOptions, fuse  # noqa: E402
from tests.many import composition  # noqa: E402

Shape = Callable[[int], str]
LIFTED = '(core func $m "f")'
EXPORT = f'(func (export "f") (canon lift {LIFTED}))'


def _core(fields: str) -> str:
    """Return a component around one core module that exports `f`."""
    module = f'(core module $M (func (export "f")) {fields})'
    return f"(component {module} (core instance $m (instantiate $M)) {EXPORT})"


def _each(count: int, text: str) -> str:
    return "".join(text.format(number, max(number - 1, 0)) for number in range(count))


def _instances(count: int) -> str:
    inner = f'(core module $M (func (export "f"))) (core instance $m (instantiate $M)) {EXPORT}'
    nested = _each(count, "(instance $i{0} (instantiate $C))")
    return f'(component (component $C {inner}) {nested} (export "f" (func $i0 "f")))'


def _imports(count: int) -> str:
    imports = _each(count, '(import "f{0}" (func $f{0})) (core func $g{0} (canon lower (func $f{0})))')
    wanted = _each(count, '(import "" "g{0}" (func))')
    given = _each(count, '(export "g{0}" (func $g{0}))')
    return f"""(component {imports} (core module $M {wanted} (func (export "f")))
      (core instance $m (instantiate $M (with "" (instance {given})))) {EXPORT})"""


def _resources(count: int) -> str:
    types = _each(count, "(type $r{0} (resource (rep i32))) (core func $d{0} (canon resource.drop $r{0}))")
    wanted = _each(count, '(import "" "d{0}" (func (param i32)))')
    given = _each(count, '(export "d{0}" (func $d{0}))')
    return f"""(component {types} (core module $M {wanted} (func (export "f")))
      (core instance $m (instantiate $M (with "" (instance {given})))) {EXPORT})"""


def _shim(count: int) -> str:
    through = _each(count, '(func (export "{0}") (call_indirect (i32.const {0})))')
    wanted = _each(count, '(import "" "{0}" (func))')
    calls, bodies = _each(count, "(call {0})"), _each(count, '(func (export "{0}"))')
    table = f"(table {count} {count} funcref)"
    return f"""(component
      (core module $S (table (export "t") {count} {count} funcref) {through}) (core instance $s (instantiate $S))
      (core module $M {wanted} (func (export "f") {calls}))
      (core instance $m (instantiate $M (with "" (instance $s))))
      (core module $B {bodies}) (core instance $b (instantiate $B))
      (core module $X {wanted} (import "s" "t" {table}) (elem (i32.const 0) func {_each(count, "{0} ")}))
      (core instance (instantiate $X (with "" (instance $b)) (with "s" (instance $s)))) {EXPORT})"""


def _type(number: int) -> str:
    """Return a function type of its own for each number."""
    return f"(type (func (param {' '.join('i64' if number >> bit & 1 else 'i32' for bit in range(16))})))"


_JUMP = f"(block (br_table {'0 ' * 200} (i32.const 0)))"

SHAPES: Mapping[str, tuple[Shape, int]] = {
    "functions": (lambda count: _core(_each(count, "(func $g{0} (call $g{1}) (drop (i32.const {0})))")), 5000),
    "one body": (lambda count: _core(f"(memory 1) (func {'(drop (i32.load (i32.const 70000)))' * count})"), 40_000),
    "jump tables": (lambda count: _core(f"(func {_JUMP * count})"), 2000),
    "blocks in blocks": (lambda count: _core(f"(func {'block ' * count} {'end ' * count})"), 40_000),
    "data segments": (lambda count: _core("(memory 1)" + '(data (i32.const 8) "abc")' * count), 10_000),
    "types": (lambda count: _core("".join(map(_type, range(count)))), 2000),
    "globals": (
        lambda count: _core("(global $g0 i32 (i32.const 1))" + "(global (mut i32) (i32.const 2))" * count),
        10_000,
    ),
    "exports of a core module": (lambda count: _core(_each(count, '(func (export "g{0}"))')), 5000),
    "instances of a component": (_instances, 1000),
    "imports": (_imports, 500),
    "resource types": (_resources, 500),
    "entries of a shim": (_shim, 1000),
    "chains of instances": (lambda count: composition(count, 2 * count), 22),
}
"""What grows, and how large it is at first."""


def growth(shape: Shape, size: int) -> list[float]:
    """Return the CPU seconds of fusing a shape at one, two and four times a size."""
    inputs = [bytes(wasmtime.wat2wasm(shape(size * factor))) for factor in (1, 2, 4)]
    return [fastest(partial(fuse, data, FuseOptions(validate=False))) for data in inputs]


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description="how the time to fuse grows with the size of an input")
    parser.add_argument("shapes", nargs="*", help=", ".join(SHAPES))
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    report: dict[str, list[float]] = {}
    print(f"{'CPU seconds at size':26}{'n':>9}{'2n':>9}{'4n':>9}{'4n/n':>8}")
    for name in arguments.shapes or SHAPES:
        report[name] = times = growth(*SHAPES[name])
        row = "".join(f"{time:9.3f}" for time in times)
        print(f"{name:26}{row}{times[-1] / times[0]:8.1f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
