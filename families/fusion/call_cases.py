"""The compositions whose calls are timed, and the bare limit of the same work.

The loops run inside the guest, because a call from the host costs more than what is to be
measured. Each takes the number of rounds and returns something that they computed.
"""

from __future__ import annotations

from dataclasses import dataclass

RESOURCE_CASES = ("scalar-call", "borrow-through-two", "construct-and-drop", "own-there-and-back")
BYTES = 1024
"""Length of the list and of the string."""

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

_EXPORTED_LOOPS = " ".join(
    f'(func (export "{case}") (param "n" u32) (result u32) (canon lift (core func $i "{case}")))'
    for case in RESOURCE_CASES
)

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
    {_EXPORTED_LOOPS})
  (instance $leaf (instantiate $leaf))
  (instance $wrapper (instantiate $wrapper (with "bench:chain/things" (instance $leaf "bench:chain/things"))))
  (instance $runner (instantiate $runner (with "bench:chain/things" (instance $wrapper "bench:chain/things"))))
  {" ".join(f'(export "{case}" (func $runner "{case}"))' for case in RESOURCE_CASES)})"""
"""Leaf, a wrapper that re-exports its own resource around the leaf's, and a runner with the loops."""


_TAKE = f"(local.set $sum (i32.add (local.get $sum) (call $take (i32.const 1024) (i32.const {BYTES}))))"


def _bytes(name: str, type: str) -> str:
    """Return a composition that passes a value of so many bytes to another component, over and over."""
    return f"""(component
  (component $leaf
    (core module $m
      (memory (export "memory") 4)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x20000))
      (func (export "take") (param i32 i32) (result i32) (i32.add (i32.load8_u (local.get 0)) (local.get 1))))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (func (export "take") (param "x" {type}) (result u32)
      (canon lift (core func $i "take") (memory $memory) (realloc (core func $i "realloc")))))
  (component $runner
    (import "take" (func $inner (param "x" {type}) (result u32)))
    (core module $store (memory (export "memory") 4) (data (i32.const 1024) "{"a" * BYTES}"))
    (core instance $store (instantiate $store))
    (core func $take (canon lower (func $inner) (memory (core memory $store "memory"))))
    (core module $m (import "" "take" (func $take (param i32 i32) (result i32)))
      {_loop(name, _TAKE)})
    (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
    (func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}"))))
  (instance $leaf (instantiate $leaf))
  (instance $runner (instantiate $runner (with "take" (func $leaf "take"))))
  (export "{name}" (func $runner "{name}")))"""


def _loop(name: str, step: str) -> str:
    """Return a function that repeats a step, and returns $sum."""
    return f"""(func (export "{name}") (param $n i32) (result i32) (local $sum i32)
        (loop $more
          {step}
          (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))"""


BARE = f"""(module (memory $memory 4) (memory $other 4)
  (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $add2 (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
  (func $get (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 3)))
  (func $get2 (param i32) (result i32) (call $get (i32.shr_u (local.get 0) (i32.const 3))))
  (func $make (param i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (i32.const 8))
  (func $make2 (param i32) (result i32) (call $make (local.get 0)))
  (func $drop (param i32) (i32.store (local.get 0) (i32.const 0)))
  (func $drop2 (param i32) (call $drop (local.get 0)))
  (func $pass (param i32) (result i32) (local.get 0))
  (func $take (param i32 i32) (result i32)
    (memory.copy $other $memory (i32.const 0x20000) (local.get 0) (local.get 1))
    (i32.add (i32.load8_u $other (i32.const 0x20000)) (local.get 1)))
  {_loop("scalar-call", "(local.set $sum (call $add2 (local.get $sum) (local.get $n)))")}
  {_loop("borrow-through-two", "(local.set $sum (i32.add (local.get $sum) (call $get2 (i32.const 448))))")}
  {_loop("construct-and-drop", "(call $drop2 (call $make2 (local.get $n)))")}
  {_loop("own-there-and-back", "(local.set $sum (call $pass (local.get $sum)))")}
  {_loop("list-of-bytes", _TAKE)}
  {_loop("string", _TAKE)})"""
"""The same work as direct calls, one word of memory for a handle, one copy for bytes, written by hand."""


@dataclass(frozen=True)
class Case:
    """One kind of call: the function that repeats it, and the composition that exports it."""

    name: str
    composition: str


CASES = (
    *(Case(name, CHAIN) for name in RESOURCE_CASES),
    Case("list-of-bytes", _bytes("list-of-bytes", "(list u8)")),
    Case("string", _bytes("string", "string")),
)
"""A scalar, a borrow and an own through a re-exporter; a list and a string of ASCII from one component to another."""
