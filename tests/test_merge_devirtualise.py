"""Seeing through a shim's table, and all the reasons not to."""

from __future__ import annotations

from dataclasses import replace

import pytest
import wasmtime

from fuser.merge.devirtualise import devirtualise
from fuser.program import CoreExport, CoreFunction, CoreInstance, Program
from fuser.symbols import Function, Guest
from fuser.wasm.calls import only_called_through
from fuser.wasm.module import parse_module
from tests.merging import Running, engine, instantiate, item, merged

SHIM = """(module (type $t (func (param i32 i32) (result i32))) (type $d (func (param i32)))
  (table (export "$imports") 3 3 funcref) {more}
  (func (export "0") (type $t) local.get 0 local.get 1 i32.const 0 call_indirect (type $t))
  (func (export "1") (type $d) local.get 0 i32.const 1 call_indirect (type $d)))"""
MAIN = """(module (import "" "0" (func $f (param i32 i32) (result i32))) (import "" "1" (func (param i32))) {more}
  (memory (export "m") 1)
  (func (export "run") (result i32) (call $f (i32.const 50) (i32.const 8))))"""
TARGET = """(module (import "" "m" (memory 1)) {more}
  (func (export "minus") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func (export "drop") (param i32)))"""
FIXUPS = """(module (import "" "minus" (func $f (param i32 i32) (result i32)))
  (import "" "drop" (func $d (param i32))) (import "" "$imports" (table 3 3 funcref)) {more}
  (elem (i32.const 0) func $f $d))"""


def wired(**more: str) -> tuple[CoreInstance, ...]:
    shim = instantiate(SHIM.format(more=more.get("shim", "")))
    main = instantiate(MAIN.format(more=more.get("main", "")), shim, id=1)
    target = instantiate(TARGET.format(more=more.get("target", "")), main, id=2)
    fixups = instantiate(more.get("whole_fixups", FIXUPS).format(more=more.get("fixups", "")), target, shim, id=3)
    return shim, main, target, fixups


def program(instances: tuple[CoreInstance, ...]) -> Program:
    return Program((), instances, (), (), (), (), (), (), (), {})


def direct(instances: tuple[CoreInstance, ...]) -> dict[str, CoreFunction]:
    found = devirtualise(program(instances)).direct
    return {
        name: found[function]
        for name in ("0", "1")
        if isinstance(function := item(instances[0], name), CoreExport) and function in found
    }


def test_the_classic_shim() -> None:
    instances = wired()
    target = instances[2]
    assert direct(instances) == {"0": item(target, "minus"), "1": item(target, "drop")}


def test_the_merged_module_calls_the_target_itself() -> None:
    instances = wired()
    main = instances[1]
    run = item(main, "run")
    assert isinstance(run, CoreExport)
    symbol = Function("run", main.module.function_type(run.index), Guest(main, run.index))
    plain = merged(instances, [("run", symbol)])
    seen_through = merged(instances, [("run", symbol)], direct=devirtualise(program(instances)).direct)
    assert plain.data != seen_through.data
    assert Running(plain)("run") == Running(seen_through)("run") == 42


def test_shims_behind_shims() -> None:
    first = wired()
    second_shim = instantiate(SHIM.format(more=""), id=4)
    fixups = instantiate(FIXUPS.format(more=""), {"minus": item(first[0], "0"), "drop": item(first[0], "1")},
                         second_shim, id=5)  # fmt: skip
    found = devirtualise(program((*first, second_shim, fixups))).direct
    outer = item(second_shim, "0")
    assert isinstance(outer, CoreExport)
    assert found[outer] == item(first[2], "minus")


def test_a_start_function_of_the_filling_module_comes_after() -> None:
    assert set(direct(wired(fixups="(func $s) (start $s)"))) == {"0", "1"}


@pytest.mark.parametrize(
    "more",
    [
        {"main": "(func $s) (start $s)"},
        {"target": "(func $s) (start $s)"},
        {"shim": "(func $s) (start $s)"},
        {"shim": '(func (export "w") (table.set (i32.const 0) (ref.null func)))'},
        {"shim": '(func (export "w") (drop (table.grow (ref.null func) (i32.const 1))))'},
        {"fixups": "(func (table.copy 0 0 (i32.const 0) (i32.const 1) (i32.const 1)))"},
        {"fixups": "(elem $p func $f) (func (table.init $p (i32.const 0) (i32.const 0) (i32.const 1)))"},
        {"whole_fixups": FIXUPS.replace("(i32.const 0) func", "(offset (i32.add (i32.const 0) (i32.const 0))) func")},
        {"whole_fixups": FIXUPS.replace("(elem (i32.const 0) func $f $d)", "")},
    ],
)
def test_left_alone(more: dict[str, str]) -> None:
    assert direct(wired(**more)) == {}


def test_what_only_looks_like_another_use_does_not_count() -> None:
    """Constants and the uses of another table: the bytes 25 00, 26 01 and fc 10 00 are in them."""
    more = """(table $other 1 funcref)
      (func (drop (i32.const 37)) unreachable)
      (func (result i64) (i64.const 0x87c) (i64.store offset=4220 (i32.const 16) (i64.const 0)) (drop (table.size 1)))
      (func (table.set 1 (i32.const 0) (table.get 1 (i32.const 0)))) (memory 1)"""
    instances = wired(shim=more)
    assert set(direct(instances)) == {"0", "1"}


@pytest.mark.parametrize("use", [b"\xfc\x90\x80\x00\x00", b"\xfc\x10\x80\x80\x00"])
def test_another_use_counts_however_it_is_spelled(use: bytes) -> None:
    data = bytes(wasmtime.wat2wasm("(module (table 1 funcref) (func (result i32) (nop) (nop) (nop) (table.size 0)))"))
    spelled = data.replace(b"\x01\x01\x01\xfc\x10\x00", b"\x01" * (6 - len(use)) + use)
    wasmtime.Module.validate(engine(), spelled)
    assert len(spelled) == len(data)
    assert spelled != data
    assert not only_called_through(parse_module(spelled), 0)


@pytest.mark.parametrize(
    ("fixups", "known"),
    [
        ("(elem (i32.const 0) func $d)", {"1"}),
        ("(elem (i32.const 1) func $d)", {"0"}),
        ("(elem (i32.const 2) func $d)", {"0", "1"}),
    ],
)
def test_slots_filled_twice_are_left_alone(fixups: str, known: set[str]) -> None:
    assert set(direct(wired(fixups=fixups))) == known


def test_a_function_of_another_type_is_left_to_trap() -> None:
    swapped = FIXUPS.replace("func $f $d)", "func $d $d)")
    assert set(direct(wired(whole_fixups=swapped))) == {"1"}


@pytest.mark.parametrize(
    "body",
    [
        "local.get 1 local.get 0 i32.const 0 call_indirect (type $t)",
        "local.get 0 local.get 1 i32.const 0 call_indirect (type $t) i32.const 1 i32.add",
        "(local i32) local.get 0 local.get 1 local.get 2 call_indirect (type $t)",
        "local.get 0 drop local.get 0 local.get 1 i32.const 0 call_indirect (type $t)",
    ],
)
def test_other_functions_are_no_trampolines(body: str) -> None:
    instances = wired(shim=f'(func (export "x") (type $t) {body})')
    found = devirtualise(program(instances)).direct
    assert item(instances[0], "x") not in found
    assert len(found) == 2


def test_a_call_of_no_type_is_no_trampoline() -> None:
    instances = wired()
    shim = instances[0].module
    bad = parse_module(shim.data.replace(b"\x11\x00\x00\x0b", b"\x11\x63\x00\x0b"))
    assert bad.data != shim.data
    assert devirtualise(program((replace(instances[0], module=bad, imports=()),))).direct == {}
