"""Written functions in a merge: reached, called once, rendered, and their traps found again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import wasmtime

from fuser.code import Code
from fuser.draft import Draft
from fuser.errors import LimitExceeded
from fuser.merge.merge import merge
from fuser.program import Builtin, Instance, ResourceType, ResourceUse, StaticResource
from fuser.symbols import Function, Global, Guest, Imported, Memory, Private, Table, Written
from fuser.traps import Trap
from fuser.wasm.module import parse_module
from fuser.wasm.names import function_names
from fuser.wasm.types import F64, I32, I64, V128, FunctionType
from tests.merging import Running, engine, function, instantiate, merged

UNARY = FunctionType((I32,), (I32,))
NOTHING = FunctionType()


def builtin() -> Builtin:
    type = ResourceType(0, None, "r", None)
    use = ResourceUse(0, Instance(0, None, ""), StaticResource(type, "r"))
    return Builtin(0, "drop", use, "")


def test_a_guest_calls_a_written_function_that_calls_an_import() -> None:
    host = Function("host", UNARY, Imported("env", "host"))
    written: list[Code] = []

    def write(code: Code) -> None:
        written.append(code)
        code.get(0)
        code.call(host)
        code.i32(1)
        code.op("i32.add")

    adapter = Function("adapter", UNARY, Written(write))
    item = builtin()
    guest = instantiate(
        """(module (import "" "f" (func $f (param i32) (result i32)))
             (func (export "run") (result i32) (call $f (call $f (i32.const 5)))))""",
        {"f": item},
    )
    made = merged([guest], [("run", function(guest, "run")), ("direct", adapter)], {item: adapter})
    double = lambda store: wasmtime.Func(  # noqa: E731 - one call, made where it is used
        store, wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()]), lambda value: value * 2
    )
    running = Running(made, {("env", "host"): double})
    assert [running("run"), running("direct", 10)] == [23, 21]
    assert len(written) == 1
    assert [(one.origin.module, one.symbol) for one in made.imports] == [("env", host)]
    assert {b"host", b"adapter"} <= set(function_names(parse_module(made.data)).values())


def test_what_nothing_reaches_is_not_emitted() -> None:
    called: list[str] = []

    def writer(name: str) -> Written:
        return Written(lambda _: called.append(name))

    root = Function("root", NOTHING, writer("root"))
    entry = Function("entry", NOTHING, writer("entry"))
    unused = Function("unused", NOTHING, writer("unused"))
    table = Table("t", Private(), (entry,))
    bound = {builtin(): unused}
    made = merged([], [], bound, roots=(root,), tables=(table,))
    assert called == ["root", "entry"]
    assert len(parse_module(made.data).functions) == 2


def test_symbols_of_one_guest_item_are_one() -> None:
    guest = instantiate('(module (memory (export "m") 1) (func (export "f") (result i32) i32.const 6))')
    one, other = (Function(name, FunctionType((), (I32,)), Guest(guest, 0)) for name in ("one", "other"))

    def write(code: Code) -> None:
        code.i32(0)
        code.call(one)
        code.access("i32.store", Memory("first", Guest(guest, 0)), offset=4)
        code.i32(4)
        code.access("i32.load", Memory("second", Guest(guest, 0)))
        code.call(other)
        code.op("i32.add")

    added = Function("added", FunctionType((), (I32,)), Written(write))
    made = merged([guest], [("added", added)])
    assert Running(made)("added") == 12
    parsed = parse_module(made.data)
    assert (len(parsed.functions), len(parsed.memories)) == (2, 1)


def test_private_state_of_every_kind() -> None:
    memory = Memory("handles", Private(1, 3))
    wide = Memory("wide", Private(1), I64)
    count, large = Global("count", I32, Private(0xFFFFFFFF)), Global("large", I64, Private(-2))
    half = Global("half", F64, Private(3))
    table = Table("t", Private(4), (Function("seven", FunctionType((), (I32,)), Written(lambda code: code.i32(7))),))

    def write(code: Code) -> None:
        scratch = code.local(V128)
        other = code.local(I32)
        assert (scratch, other) == (0, 1)
        code.address(memory, 40)
        code.global_get(count)
        code.access("i32.store", memory, offset=2)
        code.address(wide, 8)
        code.global_get(large)
        code.access("i64.store", wide)
        code.global_get(half)
        code.op("i32.trunc_f64_s")
        with code.block(I32, I32):
            code.i32(100)
            code.i32(0)
            code.call_indirect(FunctionType((), (I32,)), table)
        code.op("i32.add", "i32.add")
        code.address(memory, 42)
        code.access("i32.load", memory)
        code.op("i32.add")
        code.address(wide, 8)
        code.access("i64.load", wide)
        code.op("i32.wrap_i64", "i32.add")
        code.memory_size(memory)
        code.op("i32.add")

    filler = instantiate(f"(module (memory 1) (table 1 funcref) (global i32 (i32.const 0)) {'(func nop)' * 200})")
    run = Function("run", FunctionType((), (I32,)), Written(write))
    assert Running(merged([filler], [("run", run)]))("run") == 3 + 107 - 1 - 2 + 1


def test_block_types_with_large_indices() -> None:
    # Type 64 as a signed integer takes two bytes; in one it would read as the empty block.
    types = " ".join(f"(type (func (param {'i32 ' * n})))" for n in range(64))
    guest = instantiate(f"(module {types})")

    def write(code: Code) -> None:
        with code.block(I32, I64):
            code.i32(4)
            code.i64(5)
        code.op("drop")

    run = Function("run", FunctionType((), (I32,)), Written(write))
    assert Running(merged([guest], [("run", run)]))("run") == 4


def test_an_imported_table_is_filled() -> None:
    answer = Function("answer", FunctionType((), (I32,)), Written(lambda code: code.i32(42)))
    table = Table("t", Imported("holder", "table"), (answer, answer))
    made = merged([], [], tables=(table,))
    store = wasmtime.Store(engine())
    limits = wasmtime.Limits(2, 2)
    given = wasmtime.Table(store, wasmtime.TableType(wasmtime.ValType.funcref(), limits), None)
    wasmtime.Instance(store, wasmtime.Module(engine(), made.data), [given])
    entry = given.get(store, 1)
    assert isinstance(entry, wasmtime.Func)
    assert entry(store) == 42


# -- trap sites -------------------------------------------------------------------------


def test_every_trap_is_found_by_the_offset_that_the_engine_names() -> None:
    def write(code: Code) -> None:
        for number, trap in enumerate((Trap.UNKNOWN_HANDLE, Trap.HANDLE_LENT, Trap.INVALID_CHAR, Trap.TABLE_FULL)):
            code.get(0)
            code.i32(number)
            code.op("i32.eq")
            code.trap_if(trap)

    guest = instantiate('(module (func nop) (memory 1) (data (i32.const 0) "x"))')
    check = Function("check", FunctionType((I32,)), Written(write))
    other = Function("other", NOTHING, Written(lambda code: code.trap(Trap.CANNOT_LEAVE)))
    made = merged([guest], [("check", check), ("other", other)])
    sites = dict(made.sites)
    assert [offset for offset, _ in made.sites] == sorted(sites)
    running = Running(made)
    found = []
    for name, arguments in (("check", (0,)), ("check", (1,)), ("check", (2,)), ("check", (3,)), ("other", ())):
        with pytest.raises(wasmtime.Trap) as caught:
            running(name, *arguments)
        found.append(sites[caught.value.frames[0].module_offset])
    assert found == [
        Trap.UNKNOWN_HANDLE,
        Trap.HANDLE_LENT,
        Trap.INVALID_CHAR,
        Trap.TABLE_FULL,
        Trap.CANNOT_LEAVE,
    ]


def test_a_function_too_long_is_refused() -> None:
    long = Function("long", NOTHING, Written(lambda code: code.parts.append(b"\x01" * 7_654_321)))
    with pytest.raises(LimitExceeded, match="a function of 7654323 bytes"):
        merge(Draft((), {}, (("long", long),)))


# -- determinism ------------------------------------------------------------------------

SCRIPT = """
import hashlib
from fuser.code import Code
from fuser.symbols import Function, Global, Memory, Private, Written
from fuser.wasm.types import I32, FunctionType
from tests.merging import function, instantiate, merged
text = '(module (memory {0}) (func (export "f") (result i32) i32.const {0}))'
parts = [instantiate(text.format(n), id=n) for n in range(9)]
cells = [Global(f"g{n}", I32, Private(n)) for n in range(9)]
def write(code):
    for cell, part in zip(cells, parts):
        code.call(function(part, "f")); code.global_set(cell)
run = Function("run", FunctionType(), Written(write))
print(hashlib.sha256(merged(parts, [("run", run)]).data).hexdigest())
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    root = Path(__file__).parent.parent
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
