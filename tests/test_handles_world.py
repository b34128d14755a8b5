"""Borrows that the world lends in one call: of its own type and of an exported one, scalar and in a list.

Unfused and fused run side by side, for every choice of what the guest keeps.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from explore.oracle.trap_text import read_failure
from explore.oracle.values import tagged
from fuser.fuse import fuse
from fuser.traps import Trap
from tests.support import wat

HOST_TYPE = 1

SOURCE = """
(component
  (import "host" (instance $host (export "h" (type (sub resource)))))
  (alias export $host "h" (type $h))
  (component $D
    (core module $S
      (global $drops (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $drops (i32.add (global.get $drops) (i32.const 1))))
      (func (export "drops") (result i32) (global.get $drops)))
    (core instance $s (instantiate $S))
    (type $r (resource (rep i32) (dtor (core func $s "dtor"))))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "drops") (result u32) (canon lift (core func $s "drops"))))
  (component $C
    (import "h" (type $h (sub resource)))
    (import "d" (instance $d
      (export "r" (type $X (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $X))))
      (export "drops" (func (result u32)))))
    (alias export $d "r" (type $R))
    (core func $hdrop (canon resource.drop $h))
    (core func $rdrop (canon resource.drop $R))
    (core func $make (canon lower (func $d "make")))
    (core module $M
      (import "" "hdrop" (func $hdrop (param i32)))
      (import "" "rdrop" (func $rdrop (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 64))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (i32.mul (local.get 3) (i32.const 2)))))
      (func (export "make") (param i32) (result i32) (call $make (local.get 0)))
      ;; bit 0 of $keep: the optional borrow, 1: the last of the list, 2: the exported one
      (func (export "mixed") (param $some i32) (param $h i32) (param $p i32) (param $n i32) (param $r i32)
          (param $keep i32) (result i32)
        (if (i32.and (local.get $some) (i32.eqz (i32.and (local.get $keep) (i32.const 1))))
          (then (call $hdrop (local.get $h))))
        (if (i32.eqz (i32.and (local.get $keep) (i32.const 4))) (then (call $rdrop (local.get $r))))
        (loop $again
          (if (i32.gt_u (local.get $n) (i32.shr_u (i32.and (local.get $keep) (i32.const 2)) (i32.const 1)))
            (then
              (call $hdrop (i32.load (local.get $p)))
              (local.set $p (i32.add (local.get $p) (i32.const 4)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $again))))
        (local.get $keep)))
    (core instance $m (instantiate $M (with "" (instance
      (export "hdrop" (func $hdrop)) (export "rdrop" (func $rdrop)) (export "make" (func $make))))))
    (export $E "r" (type $R))
    (func (export "make") (param "rep" u32) (result (own $E)) (canon lift (core func $m "make")))
    (func (export "mixed") (param "h" (option (borrow $h))) (param "hs" (list (borrow $h)))
      (param "r" (borrow $E)) (param "keep" u32) (result u32)
      (canon lift (core func $m "mixed") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (export "drops" (func $d "drops")))
  (instance $d (instantiate $D))
  (instance $c (instantiate $C (with "h" (type $h)) (with "d" (instance $d))))
  (export "things" (instance $c)))
"""


@cache
def outputs() -> tuple[tuple[bytes, dict[int, Trap]], ...]:
    data = wat(SOURCE)
    fused = fuse(data)
    return (data, {}), (fused.data, dict(fused.sites))


@cache
def engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@cache
def compiled(data: bytes) -> wc.Component:
    return wc.Component(engine(), data)


class Run:
    def __init__(self, data: bytes, sites: dict[int, Trap]) -> None:
        self.store, self.sites, self.dropped = wasmtime.Store(engine()), sites, []
        linker = wc.Linker(engine())
        with linker.root() as root, root.add_instance("host") as host:
            host.add_resource("h", wc.ResourceType.host(HOST_TYPE), lambda _store, rep: self.dropped.append(rep))
        self.instance = linker.instantiate(self.store, compiled(data))

    def call(self, name: str, *arguments: Any) -> Any:
        things = self.instance.get_export_index(self.store, "things")
        index = self.instance.get_export_index(self.store, name, things)
        function = self.instance.get_func(self.store, index)
        try:
            with tagged():
                return function(self.store, *arguments)
        except wasmtime.WasmtimeError as error:
            return read_failure(str(error), self.sites).trap

    def lent(self, *, some: bool, count: int, keep: int) -> Any:
        """Lend for one call, twice, and say what became of it all."""
        handle = self.call("make", 8)
        own = [wc.ResourceHost.own(100 + number, HOST_TYPE) for number in range(count)]
        optional = wc.Variant("some", wc.ResourceHost.own(7, HOST_TYPE)) if some else wc.Variant("none")
        first = self.call("mixed", optional, own, handle, keep)
        second = self.call("mixed", optional, own, handle, keep)
        return first, second, self.call("drops"), self.dropped


@pytest.mark.parametrize(("some", "count", "keep"), list(product([False, True], [0, 1, 3], range(8))))
def test_what_the_world_lends_for_one_call(some: bool, count: int, keep: int) -> None:  # noqa: FBT001
    reference, fused = (Run(data, sites).lent(some=some, count=count, keep=keep) for data, sites in outputs())
    assert fused == reference
    kept = (keep & 1 and some) or (keep & 2 and count) or keep & 4
    assert reference[0] == (Trap.BORROWS_REMAIN if kept else keep)
