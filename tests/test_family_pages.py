"""The size of every guest's memory is read from outside, unfused and fused, whatever a module exports."""

from __future__ import annotations

import wasmtime

from explore.oracle.engine import Call, Gauges, Limits, observe_component
from families.fusion.effects import Sizes
from families.fusion.pages import MOST
from families.fusion.tap import tap
from fuser.fuse import fuse

GROWS = """(component
  (core module $hidden
    (memory $a 1) (memory $b 2 9)
    (func (export "run") (result i32) (memory.grow $b (i32.const 3))))
  (component $c
    (alias outer 1 $hidden (core module $hidden))
    (core instance $i (instantiate $hidden))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (component $outer
    (alias outer 1 $c (component $again))
    (instance $x (instantiate $again))
    (core module $shown (memory (export "oracle-memory-0") 5) (func (export "oracle-memory-1")) (memory i64 7))
    (core instance (instantiate $shown))
    (export "run" (func $x "run")))
  (component $around
    (component $inner (core module $m (memory 0)) (core instance (instantiate $m)))
    (export $renamed "inner" (component $inner))
    (instance (instantiate $renamed)))
  (instance (instantiate $around))
  (instance $a (instantiate $outer))
  (instance $b (instantiate $c))
  (export "first" (func $a "run"))
  (export "second" (func $b "run")))"""


def read(data: bytes, *calls: str) -> list[str]:
    tapped = tap(data)
    seen = []
    for form in (tapped.data, fuse(tapped.data).data):
        sizes = Sizes()
        observe_component(form, [Call(name) for name in calls], Limits(), gauges=Gauges(tapped.memories, sizes.read))
        seen.append(sizes.trace.events)
    assert seen[0] == seen[1]
    return seen[0]


def test_each_memory_of_each_instance_is_read_after_each_call() -> None:
    after = "after (instantiate)"
    assert read(bytes(wasmtime.wat2wasm(GROWS)), "second", "first") == [
        f"memory 0 has 0 pages {after}",
        f"memory 1 has 1 pages {after}",
        f"memory 2 has 2 pages {after}",
        f"memory 3 has 5 pages {after}",
        f"memory 4 has 7 pages {after}",
        f"memory 5 has 1 pages {after}",
        f"memory 6 has 2 pages {after}",
        "memory 6 has 5 pages after second",
        "memory 2 has 5 pages after first",
    ]


def test_nothing_is_read_after_a_trap() -> None:
    text = """(component
      (core module $m (memory 1) (func (export "run") (drop (memory.grow (i32.const 1))) unreachable))
      (core instance $i (instantiate $m))
      (func (export "run") (canon lift (core func $i "run"))))"""
    assert read(bytes(wasmtime.wat2wasm(text)), "run", "run") == ["memory 0 has 1 pages after (instantiate)"]


def test_a_module_without_exports_gets_one_at_its_place() -> None:
    for rest in ("", "(func $f) (start $f)", '(data (i32.const 0) "a")', '(data "a") (func (data.drop 0))'):
        text = f"(component (core module $m (memory 3) {rest}) (core instance (instantiate $m)))"
        assert read(bytes(wasmtime.wat2wasm(text))) == ["memory 0 has 3 pages after (instantiate)"]


def test_instances_that_multiply_are_read_up_to_a_limit() -> None:
    text = "(component $c0 (core module $m (memory 1)) (core instance (instantiate $m)))"
    for depth in range(1, 30):
        twice = f"(instance (instantiate $c{depth - 1}))" * 2
        text = f"(component $c{depth} {text} {twice})"
    tapped = tap(bytes(wasmtime.wat2wasm(text)))
    assert len(tapped.memories) == MOST
    assert len(tapped.data) < 1 << 17
