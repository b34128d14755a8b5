"""Parts of the wrapper alone: keepers, the holder, what the plan lacks, the core form's type."""

from __future__ import annotations

from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from fuser.component.parse import parse
from fuser.component.tree import Export, Import, NestedComponent, Sort, TypeDefinition
from fuser.draft import Merged, MergedImport
from fuser.errors import InvalidOutput
from fuser.program import ExportedFunction, ExportedInstance, HostFunction, Instance, Lift, Options, Program, TypeBound
from fuser.symbols import Function, Imported, Memory, Private
from fuser.types import FuncType, Named, Primitive, Record, Tuple, ValType
from fuser.wasm.module import parse_module
from fuser.wasm.syntax import Limits
from fuser.wasm.types import I32, FunctionType
from fuser.wrap.exports import export_instance
from fuser.wrap.holder import holder_module
from fuser.wrap.metadata import core_form, gaps
from fuser.wrap.plan import (
    CanonicalType,
    ExtraModule,
    HeldMemory,
    Holder,
    HostLower,
    KeeperType,
    ModuleExport,
    Operation,
    Plan,
    ResourceOperation,
    RootLift,
    Supply,
    Trampoline,
)
from fuser.wrap.scope import Scope
from fuser.wrap.wrapper import wrap

ENGINE = wasmtime.Engine()
NUMBER = Primitive.U32
UNARY = FuncType((("x", NUMBER),), NUMBER)
CORE_UNARY = FunctionType((I32,), (I32,))
CORE_DROP = FunctionType((I32,))
ROOT = Instance(0, None, "root")


def defined(name: str, type: FunctionType) -> Function:
    """A function of the hand-made module; what makes it does not matter to the wrapper."""
    return Function(name, type, Imported("unused", name))


def program(exports: dict[str, ExportedFunction], imports: tuple[Any, ...] = ()) -> Program:
    return Program((ROOT,), (), (), (), (), (), (), imports, tuple(exports.items()), {})


def exported(type: FuncType) -> ExportedFunction:
    core: Any = None
    return ExportedFunction(Lift(0, ROOT, core, type, Options(), ""), type)


def module_of_operations(types: dict[str, Any]) -> tuple[bytes, Program, Plan, Merged]:
    """A module that passes the operations of some types through as its own exports."""
    supplies: dict[Imported, Supply] = {}
    imports, exports, functions, lifts = [], [], {}, {}
    lines: list[str] = []
    tails: list[str] = []
    operations: tuple[tuple[Operation, FunctionType], ...] = (
        ("new", CORE_UNARY),
        ("rep", CORE_UNARY),
        ("drop", CORE_DROP),
    )
    for label, type in types.items():
        for operation, core in operations:
            name, origin = f"{operation}-{label}", Imported("types", f"{operation} {label}")
            supplies[origin] = ResourceOperation(operation, type)
            imports.append(MergedImport(origin, Function(name, core, origin)))
            result = "(result i32)" if core.results else ""
            lines.append(f'(import "types" "{origin.name}" (func ${name} (param i32) {result}))')
            tails.append(f'(func (export "{name}") (param i32) {result} (call ${name} (local.get 0)))')
            function = exported(UNARY if core.results else FuncType((("x", NUMBER),), None))
            symbol = defined(name, core)
            functions[name], lifts[function] = function, RootLift(symbol)
            exports.append((name, symbol))
    data = bytes(wasmtime.wat2wasm(f"(module {' '.join(lines)} {' '.join(tails)})"))
    merged = Merged(data, tuple(imports), tuple(exports), ())
    return data, program(functions), Plan(supplies, lifts), merged


def runner(component: bytes) -> Any:
    store = wasmtime.Store(ENGINE)
    instance = wc.Linker(ENGINE).instantiate(store, wc.Component(ENGINE, component))

    def call(name: str, argument: int) -> Any:
        function = instance.get_func(store, name)
        assert function is not None
        return function(store, argument)

    return call


def test_keepers_of_one_table_share_its_numbers() -> None:
    types = {
        "a": KeeperType("a", "a", table="one"),
        "b": KeeperType("b", "b", table="one"),
        "c": KeeperType("c", "c", table="two"),
    }
    _, linked, plan, merged = module_of_operations(types)
    call = runner(wrap(linked, plan, merged))
    assert [call(f"new-{which}", 100 + n) for n, which in enumerate("aabc")] == [1, 2, 3, 1]
    assert (call("rep-a", 2), call("rep-b", 3), call("rep-c", 1)) == (101, 102, 103)
    call("drop-a", 1)
    assert call("new-b", 9) == 1
    with pytest.raises(wasmtime.WasmtimeError, match="wrong type"):
        call("rep-a", 1)


def test_canonical_types_share_the_wrapper_s_table() -> None:
    types = {"a": CanonicalType("a", "a"), "b": CanonicalType("b", "b")}
    _, linked, plan, merged = module_of_operations(types)
    call = runner(wrap(linked, plan, merged))
    assert [call("new-a", 5), call("new-b", 6), call("new-a", 7)] == [1, 2, 3]
    with pytest.raises(wasmtime.WasmtimeError, match="wrong type"):
        call("drop-b", 1)


def test_types_of_the_wrapper_s_own_have_no_place_in_the_core_form() -> None:
    _, linked, plan, merged = module_of_operations({"a": CanonicalType("a", "a")})
    assert gaps(linked, plan, merged) == tuple(
        f"types {operation} a is of the wrapper's own making" for operation in ("new", "rep", "drop")
    )


def test_a_further_module_is_instantiated_first() -> None:
    data = bytes(
        wasmtime.wat2wasm(
            '(module (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))'
        )
    )
    further = ExtraModule("further", Merged(data, (), (("twice", defined("twice", CORE_UNARY)),), ()))
    origin, symbol, function = Imported("further", "twice"), defined("go", CORE_UNARY), exported(UNARY)
    fused = """(module (import "further" "twice" (func (param i32) (result i32)))
                 (func (export "go") (param i32) (result i32) (call 0 (i32.add (local.get 0) (i32.const 1)))))"""
    imports = (MergedImport(origin, Function("twice", CORE_UNARY, origin)),)
    merged = Merged(bytes(wasmtime.wat2wasm(fused)), imports, (("go", symbol),), ())
    plan = Plan({origin: ModuleExport("further", "twice")}, {function: RootLift(symbol)}, modules=(further,))
    assert runner(wrap(program({"go": function}), plan, merged))("go", 20) == 42


def test_an_import_that_nothing_supplies_is_our_defect() -> None:
    _, linked, plan, merged = module_of_operations({"a": CanonicalType("a", "a")})
    with pytest.raises(InvalidOutput, match="types new a"):
        wrap(linked, Plan({}, plan.lifts), merged)


def test_a_lift_of_what_is_not_exported_is_our_defect() -> None:
    _, linked, plan, merged = module_of_operations({"a": CanonicalType("a", "a")})
    with pytest.raises(InvalidOutput, match="does not export new-a"):
        wrap(linked, plan, Merged(merged.data, merged.imports, (), ()))


def test_holder_has_memories_and_calls_its_table() -> None:
    targets = [defined("first", CORE_UNARY), defined("second", CORE_DROP), defined("third", CORE_UNARY)]
    holder = Holder(
        memories=(HeldMemory("memory0", Memory("guest", Private()), Limits(2, 5)),),
        trampolines=tuple(Trampoline(f"call{n}", target) for n, target in enumerate(targets)),
    )
    data = holder_module(holder)
    assert not parse_module(data).imports
    store = wasmtime.Store(ENGINE)
    instance = wasmtime.Instance(store, wasmtime.Module(ENGINE, data), [])
    exports = instance.exports(store)
    assert exports["memory0"].type(store).limits == wasmtime.Limits(2, 5)
    seen: list[int] = []
    unary = wasmtime.FuncType([wasmtime.ValType.i32()], [wasmtime.ValType.i32()])
    drop = wasmtime.FuncType([wasmtime.ValType.i32()], [])
    exports["table"].set(store, 0, wasmtime.Func(store, unary, lambda x: x + 1))
    exports["table"].set(store, 1, wasmtime.Func(store, drop, seen.append))
    exports["table"].set(store, 2, wasmtime.Func(store, unary, lambda x: x * 2))
    assert (exports["call0"](store, 7), exports["call1"](store, 8), exports["call2"](store, 9)) == (8, None, 18)
    assert seen == [8]


def test_core_form_carries_its_world() -> None:
    host = HostFunction(0, ("tap",), UNARY)
    function = exported(UNARY)
    data = bytes(
        wasmtime.wat2wasm(
            """(module (import "$root" "tap" (func (param i32) (result i32)))
                 (func (export "go") (param i32) (result i32) (call 0 (local.get 0))))"""
        )
    )
    origin, symbol = Imported("$root", "tap"), defined("go", CORE_UNARY)
    plan = Plan({origin: HostLower(host)}, {function: RootLift(symbol)})
    merged = Merged(data, (MergedImport(origin, Function("tap", CORE_UNARY, origin)),), (("go", symbol),), ())
    linked = program({"go": function}, (("tap", UNARY),))
    output = core_form(linked, plan, merged)
    assert output.startswith(data)
    assert gaps(linked, plan, merged) == ()
    (section,) = parse_module(output).customs
    assert section.name == "component-type:root"
    described = parse(output[section.contents.start : section.contents.end])
    assert [one.item.sort for one in described if isinstance(one, Export)] == [Sort.TYPE]
    wc.Component(ENGINE, output[section.contents.start : section.contents.end])


def test_a_long_chain_of_names_is_written_in_linear_time() -> None:
    types: list[Named] = []
    for number in range(4000):
        types.append(Named(f"t{number}", types[-1] if types else Record((("x", NUMBER),))))
    scope = Scope()
    bounds = tuple((f"t{number}", TypeBound(type)) for number, type in enumerate(types))
    export_instance(scope, ExportedInstance(bounds), {})
    component = scope.component()
    (inner,) = (one for one in component if isinstance(one, NestedComponent))
    assert sum(isinstance(one, TypeDefinition) for one in inner.component) == 1
    assert sum(isinstance(one, Import) for one in inner.component) == len(types)


def test_shared_parts_are_written_once() -> None:
    pair: ValType = Tuple((NUMBER, NUMBER))
    for _ in range(80):
        pair = Tuple((pair, pair))
    scope = Scope()
    scope.function(FuncType((("x", pair),), pair))
    assert len(scope.definitions) == 82
