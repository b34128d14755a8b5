"""The handle table against a model, operation by operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial

import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from explore.oracle.trap_text import read_failure
from fuser.code import Code
from fuser.draft import Draft
from fuser.handles.scopes import WORD, Stack
from fuser.handles.table import MAXIMUM_INDEX, REP, Scratch, Storage, Table
from fuser.merge.merge import merge
from fuser.symbols import Function, Global, Memory, Private, Written
from fuser.traps import Trap
from fuser.wasm.types import I32, FunctionType, ValueType

TAG = 3
OTHER = 5


class Symbols:
    """As much of a builder as tables ask for."""

    def memory(self, name: str, pages: int = 1) -> Memory:
        return Memory(name, Private(pages))

    def cell(self, name: str, type: ValueType, start: int = 0) -> Global:
        return Global(name, type, Private(start))

    def function(self, name: str, type: FunctionType, write) -> Function:  # noqa: ANN001
        return Function(name, type, Written(write))


def new(table: Table, tag: int, code: Code) -> None:
    code.get(0)
    table.insert(code, Scratch.of(code), tag)


def rep(table: Table, code: Code) -> None:
    scratch = Scratch.of(code)
    code.get(0)
    table.find(code, scratch)
    table.require(code, scratch, TAG)
    code.get(scratch.address)
    table.load(code, REP)


def drop(table: Table, code: Code) -> None:
    scratch = Scratch.of(code)
    code.get(0)
    table.find(code, scratch)
    table.require(code, scratch, TAG)
    table.release(code, scratch)


@cache
def built(count: int) -> tuple[bytes, dict[int, Trap]]:
    """Make a module with `count` tables, of which the last two are exported, and the cells."""
    build = Symbols()
    storage = Storage.make(build, count)  # type: ignore[arg-type]
    exports: list[tuple[str, Function | Global]] = []
    to_index = FunctionType((I32,), (I32,))
    for number in range(max(0, count - 2), count):
        table = storage.table(build, number, f"t{number}")  # type: ignore[arg-type]
        side = "ab"[number == count - 1]
        exports += [
            (f"new {side}", build.function("new", to_index, partial(new, table, TAG))),
            (f"other {side}", build.function("other", to_index, partial(new, table, OTHER))),
            (f"rep {side}", build.function("rep", to_index, partial(rep, table))),
            (f"drop {side}", build.function("drop", FunctionType((I32,)), partial(drop, table))),
            (f"length {side}", table.length),
        ]
    merged = merge(Draft((), {}, tuple(exports)))
    return merged.data, dict(merged.sites)


class Run:
    """One instance of a module of tables."""

    def __init__(self, count: int) -> None:
        data, self.sites = built(count)
        self.store = wasmtime.Store()
        self.exports = wasmtime.Instance(self.store, wasmtime.Module(self.store.engine, data), []).exports(self.store)

    def __call__(self, name: str, argument: int) -> int | Trap | None:
        argument -= (argument & 0x80000000) << 1
        try:
            return self.exports[name](self.store, argument)
        except wasmtime.WasmtimeError as error:
            return read_failure(str(error), self.sites).trap
        except wasmtime.Trap as error:
            return read_failure(str(error), self.sites).trap


@dataclass
class Model:
    """A table as the canonical ABI describes it."""

    entries: list[tuple[int, int] | None] = field(default_factory=lambda: [None])
    free: list[int] = field(default_factory=list)

    def new(self, value: int, tag: int) -> int:
        if self.free:
            index = self.free.pop()
            self.entries[index] = (tag, value)
        else:
            index = len(self.entries)
            self.entries.append((tag, value))
        return index

    def get(self, index: int) -> tuple[int, int] | Trap:
        entry = self.entries[index] if index < len(self.entries) else None
        if entry is None:
            return Trap.UNKNOWN_HANDLE
        return entry if entry[0] == TAG else Trap.WRONG_HANDLE_TYPE


operations = st.tuples(st.sampled_from(["new", "other", "rep", "drop"]), st.sampled_from("ab"), st.integers(0, 12))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([2, 3, 6, 5000]), st.lists(operations, max_size=60))
def test_agrees_with_the_model(count: int, steps: list[tuple[str, str, int]]) -> None:
    run = Run(count)
    models = {"a": Model(), "b": Model()}
    for name, side, argument in steps:
        model, got = models[side], run(f"{name} {side}", argument)
        if name in ("new", "other"):
            assert got == model.new(argument, TAG if name == "new" else OTHER)
            continue
        entry = model.get(argument)
        if isinstance(entry, Trap):
            assert got == entry
        elif name == "rep":
            assert got == entry[1]
        else:
            assert got is None
            model.entries[argument] = None
            model.free.append(argument)


def test_no_index_is_taken_for_another() -> None:
    run = Run(3)
    assert run("new a", 7) == 1
    for forged in (0, 2, 1 << 26, 1 << 27, 1 << 28, (1 << 28) + 1, 1 << 31, 0xFFFFFFFF):
        assert run("rep a", forged) is Trap.UNKNOWN_HANDLE
    assert run("rep b", 1) is Trap.UNKNOWN_HANDLE


def test_the_last_index_is_the_canonical_one() -> None:
    run = Run(2)
    length = run.exports["length a"]
    length.set_value(run.store, MAXIMUM_INDEX + 1)
    assert run("new a", 1) is Trap.TABLE_FULL


def test_a_memory_that_cannot_grow_is_a_full_table() -> None:
    run = Run(2)
    run.store.set_limits(memory_size=1 << 16)
    indices = [run("new a", 1) for _ in range((1 << 16) // 32)]
    assert indices[:-1] == list(range(1, len(indices)))
    assert indices[-1] is Trap.TABLE_FULL
    assert run("new b", 5) == 1
    assert run("rep b", 1) == 5


def test_the_stack_of_open_calls_grows_and_is_unwound() -> None:
    build = Symbols()
    stack = Stack.make(build)  # type: ignore[arg-type]

    def fill(code: Code) -> None:
        """Push 1 … n above a mark, return their sum read back, and unwind."""
        mark, cursor, total = code.local(I32), code.local(I32), code.local(I32)
        stack.mark(code, mark)
        with code.loop() as again:
            stack.push(code, lambda: code.get(0))
            code.get(0)
            code.i32(1)
            code.op("i32.sub")
            code.tee(0)
            code.branch_if(again)
        code.get(mark)
        code.set(cursor)
        with stack.each(code, cursor, 1):
            code.get(total)
            stack.word(code, cursor, 0)
            code.op("i32.add")
            code.set(total)
        stack.unwind(code, mark)
        code.get(total)

    function = build.function("fill", FunctionType((I32,), (I32,)), fill)
    merged = merge(Draft((), {}, (("fill", function), ("top", stack.top))))
    store = wasmtime.Store()
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, merged.data), []).exports(store)
    for count in (1, 5, 40_000):
        assert exports["fill"](store, count) == count * (count + 1) // 2
        assert exports["top"].value(store) == WORD
