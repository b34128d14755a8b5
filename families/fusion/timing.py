"""What a call across a fused boundary costs, against the same composition unfused.

A chain of three components, written for this: the loop runs inside the guest, because a
call from the host costs more than what is to be measured. Both sides run with the
engine's optimiser on and its other settings as they come.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine, load_component
from fuser.component.text import binary
from fuser.errors import FuserError, StrategyError
from fuser.fuse import FuseOptions, fuse
from fuser.handles.interface import Strategy

CASES = ("scalar-call", "borrow-through-two", "construct-and-drop", "own-there-and-back")
ROUNDS = 20_000
REPEATS = 5

_THINGS = """(instance (export "thing" (type $thing (sub resource)))
  (export "add" (func (param "a" u32) (param "b" u32) (result u32)))
  (export "[constructor]thing" (func (param "value" u32) (result (own $thing))))
  (export "[method]thing.get" (func (param "self" (borrow $thing)) (result u32)))
  (export "[static]thing.pass" (func (param "one" (own $thing)) (result (own $thing)))))"""

_EXPORTS = """
  (component $exports
    (import "import-type-thing" (type $thing (sub resource)))
    (import "import-add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (import "import-constructor-thing" (func $make (param "value" u32) (result (own $thing))))
    (import "import-method-thing-get" (func $get (param "self" (borrow $thing)) (result u32)))
    (import "import-static-thing-pass" (func $pass (param "one" (own $thing)) (result (own $thing))))
    (export $out "thing" (type $thing))
    (export "add" (func $add))
    (export "[constructor]thing" (func $make) (func (param "value" u32) (result (own $out))))
    (export "[method]thing.get" (func $get) (func (param "self" (borrow $out)) (result u32)))
    (export "[static]thing.pass" (func $pass) (func (param "one" (own $out)) (result (own $out)))))
  (instance $things (instantiate $exports
    (with "import-type-thing" (type $thing)) (with "import-add" (func $add))
    (with "import-constructor-thing" (func $make)) (with "import-method-thing-get" (func $get))
    (with "import-static-thing-pass" (func $pass))))"""

_LIFTS = """
  (alias core export $i "memory" (core memory $memory))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add") (memory $memory)))
  (func $make (param "value" u32) (result (own $thing)) (canon lift (core func $i "make")))
  (func $get (param "self" (borrow $thing)) (result u32) (canon lift (core func $i "get")))
  (func $pass (param "one" (own $thing)) (result (own $thing)) (canon lift (core func $i "pass")))"""

CHAIN = f"""(component
  (component $leaf
    (core module $d (func (export "dtor") (param i32)))
    (core instance $d (instantiate $d))
    (type $thing (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $thing))
    (core module $m
      (import "[export]bench:chain/things" "[resource-new]thing" (func $new (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "make") (param i32) (result i32) (call $new (i32.shl (local.get 0) (i32.const 3))))
      (func (export "get") (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 3)))
      (func (export "pass") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m (with "[export]bench:chain/things"
      (instance (export "[resource-new]thing" (func $new))))))
    {_LIFTS}
    {_EXPORTS}
    (export "bench:chain/things" (instance $things)))
  (component $wrapper
    (import "bench:chain/things" {_THINGS.replace("(instance", "(instance $inner", 1)})
    (alias export $inner "thing" (type $of))
    (core func $drop (canon resource.drop $of))
    (core module $d (import "" "drop" (func $drop (param i32)))
      (func (export "dtor") (param i32) (call $drop (i32.shr_u (local.get 0) (i32.const 3)))))
    (core instance $d (instantiate $d (with "" (instance (export "drop" (func $drop))))))
    (type $thing (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $thing))
    (alias export $inner "add" (func $inner-add)) (core func $low-add (canon lower (func $inner-add)))
    (alias export $inner "[constructor]thing" (func $inner-make)) (core func $low-make (canon lower (func $inner-make)))
    (alias export $inner "[method]thing.get" (func $inner-get)) (core func $low-get (canon lower (func $inner-get)))
    (core module $m
      (import "[export]bench:chain/things" "[resource-new]thing" (func $new (param i32) (result i32)))
      (import "bench:chain/things" "add" (func $add (param i32 i32) (result i32)))
      (import "bench:chain/things" "[constructor]thing" (func $make (param i32) (result i32)))
      (import "bench:chain/things" "[method]thing.get" (func $get (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
      (func (export "make") (param i32) (result i32)
        (call $new (i32.shl (call $make (local.get 0)) (i32.const 3))))
      (func (export "get") (param i32) (result i32) (call $get (i32.shr_u (local.get 0) (i32.const 3))))
      (func (export "pass") (param i32) (result i32) (local.get 0)))
    (core instance $i (instantiate $m
      (with "[export]bench:chain/things" (instance (export "[resource-new]thing" (func $new))))
      (with "bench:chain/things" (instance (export "add" (func $low-add))
        (export "[constructor]thing" (func $low-make)) (export "[method]thing.get" (func $low-get))))))
    {_LIFTS}
    {_EXPORTS}
    (export "bench:chain/things" (instance $things)))
  (component $runner
    (import "bench:chain/things" {_THINGS.replace("(instance", "(instance $inner", 1)})
    (alias export $inner "thing" (type $of))
    (core func $drop (canon resource.drop $of))
    (alias export $inner "add" (func $inner-add)) (core func $add (canon lower (func $inner-add)))
    (alias export $inner "[constructor]thing" (func $inner-make)) (core func $make (canon lower (func $inner-make)))
    (alias export $inner "[method]thing.get" (func $inner-get)) (core func $get (canon lower (func $inner-get)))
    (alias export $inner "[static]thing.pass" (func $inner-pass)) (core func $pass (canon lower (func $inner-pass)))
    (core module $m
      (import "bench:chain/things" "[resource-drop]thing" (func $drop (param i32)))
      (import "bench:chain/things" "add" (func $add (param i32 i32) (result i32)))
      (import "bench:chain/things" "[constructor]thing" (func $make (param i32) (result i32)))
      (import "bench:chain/things" "[method]thing.get" (func $get (param i32) (result i32)))
      (import "bench:chain/things" "[static]thing.pass" (func $pass (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "scalar-call") (param $n i32) (result i32) (local $sum i32)
        (loop $more
          (local.set $sum (call $add (local.get $sum) (local.get $n)))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "borrow-through-two") (param $n i32) (result i32) (local $sum i32) (local $thing i32)
        (local.set $thing (call $make (i32.const 7)))
        (loop $more
          (local.set $sum (i32.add (local.get $sum) (call $get (local.get $thing))))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $drop (local.get $thing))
        (local.get $sum))
      (func (export "construct-and-drop") (param $n i32) (result i32)
        (loop $more
          (call $drop (call $make (local.get $n)))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $n))
      (func (export "own-there-and-back") (param $n i32) (result i32) (local $thing i32)
        (local.set $thing (call $make (i32.const 9)))
        (loop $more
          (local.set $thing (call $pass (local.get $thing)))
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (call $get (local.get $thing))
        (call $drop (local.get $thing))))
    (core instance $i (instantiate $m (with "bench:chain/things" (instance
      (export "[resource-drop]thing" (func $drop)) (export "add" (func $add))
      (export "[constructor]thing" (func $make)) (export "[method]thing.get" (func $get))
      (export "[static]thing.pass" (func $pass))))))
    {
    " ".join(
        f'(func (export "{case}") (param "n" u32) (result u32) (canon lift (core func $i "{case}")))' for case in CASES
    )
})
  (instance $leaf (instantiate $leaf))
  (instance $wrapper (instantiate $wrapper (with "bench:chain/things" (instance $leaf "bench:chain/things"))))
  (instance $runner (instantiate $runner (with "bench:chain/things" (instance $wrapper "bench:chain/things"))))
  {" ".join(f'(export "{case}" (func $runner "{case}"))' for case in CASES)})"""
"""Leaf, a wrapper that re-exports its own resource around the leaf's, and a runner with the loops."""


def cost(strategy: Strategy) -> Mapping[str, float]:
    """Return nanoseconds a round and their ratio to the composition's, by case.

    A case that traps or gives another result than the composition is left out; so is
    everything where the strategy does not apply.
    """
    composed = binary(CHAIN.encode())
    try:
        fused = fuse(composed, FuseOptions(strategy=strategy)).data
    except (FuserError, StrategyError):
        return {}
    measures: dict[str, float] = {}
    for case in CASES:
        reference, candidate = _measure(composed, case), _measure(fused, case)
        if reference is not None and candidate is not None and reference[1] == candidate[1]:
            measures[f"{case}-nanoseconds"] = candidate[0]
            measures[f"{case}-against-reference"] = candidate[0] / reference[0]
    return measures


def _measure(data: bytes, case: str) -> tuple[float, int] | None:
    """Return the least nanoseconds a round of several runs, and the result; None where it traps."""
    own = engine(optimised=True)
    store = wasmtime.Store(own)
    try:
        instance = wc.Linker(own).instantiate(store, load_component(data, optimised=True))
        function = instance.get_func(store, case)
        assert function is not None
        best, result = float("inf"), 0
        for _ in range(REPEATS):
            start = time.perf_counter_ns()
            result = function(store, ROUNDS)
            best = min(best, (time.perf_counter_ns() - start) / ROUNDS)
    except wasmtime.WasmtimeError:
        return None
    return best, result
