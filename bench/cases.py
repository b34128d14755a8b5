"""The calls that `calls.py` compares with a bare limit: the same work without a boundary."""

from __future__ import annotations

from dataclasses import dataclass

REPEATS = 8
"""Calls in a round of the loop: where a short loop falls in a line of the cache changes it by half."""

ALLOCATOR = """
    (memory (export "memory") 4)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x20000))"""


@dataclass(frozen=True)
class Case:
    """One kind of call: a composition, and the bare limit of the same work as a core module, if any."""

    name: str
    component: str
    bare: str = ""


def loop(body: str) -> str:
    """Return a function `run` that repeats a body `REPEATS` times as often as its argument says."""
    return f"""(func (export "run") (param $n i32)
      (loop $again {body * REPEATS}
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
    copy = """(func $f (param i32 i32)
      (memory.copy $b $a (i32.const 0x20000) (local.get 0) (local.get 1)))"""
    return Case(name, chain(component, "c"), f"(module (memory $a 4) (memory $b 4) {copy} {body})")


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
    Case("new+drop, 1 boundary", chain(RESOURCE_LEAF + resource_runner("l", NEW_AND_DROP), "c"), drop_bare(1)),
    Case(
        "new+drop, wrapping",
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
