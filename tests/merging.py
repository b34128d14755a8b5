"""Core instances and drafts wired by hand, and what they do in the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import wasmtime

from fuser.draft import Draft, Merged
from fuser.merge.merge import merge
from fuser.program import Builtin, ContextSlot, CoreExport, CoreInstance, CoreItem, Instance, Lower
from fuser.symbols import Function, Guest, Symbol
from fuser.wasm.module import Module, parse_module
from fuser.wasm.syntax import Import

INSTANCE = Instance(0, None, "test")


def module(text: str) -> Module:
    return parse_module(bytes(wasmtime.wat2wasm(text)))


def item(instance: CoreInstance, name: str) -> CoreItem:
    """The definer's item behind an export."""
    export = instance.module.exported[name]
    imported = [
        given for one, given in zip(instance.module.imports, instance.imports, strict=True) if one.sort == export.sort
    ]
    if export.index < len(imported):
        return imported[export.index]
    return CoreExport(instance, export.sort, export.index)


def instantiate(
    code: Module | str,
    *given: CoreInstance | Mapping[str, CoreItem | CoreInstance],
    id: int = 0,
) -> CoreInstance:
    """Instantiate a module; each import is looked up in what is given.

    An instance gives its exports by name; a mapping gives items by name, or instances by
    the import's module.
    """
    parsed = module(code) if isinstance(code, str) else code
    items = tuple([_provided(one, given) for one in parsed.imports])
    return CoreInstance(id, INSTANCE, parsed, items)


def _provided(one: Import, given: Sequence[CoreInstance | Mapping[str, CoreItem | CoreInstance]]) -> CoreItem:
    for giver in given:
        source = giver if isinstance(giver, CoreInstance) else giver.get(one.module, giver.get(one.name))
        if not isinstance(source, CoreInstance):
            if source is not None:
                return source
        elif one.name in source.module.exported:
            return item(source, one.name)
    raise KeyError(one.name)


def function(instance: CoreInstance, name: str) -> Function:
    found = item(instance, name)
    assert isinstance(found, CoreExport)
    return Function(name, found.instance.module.function_type(found.index), Guest(found.instance, found.index))


def merged(
    instances: Sequence[CoreInstance],
    exports: Sequence[tuple[str, Symbol]],
    bound: Mapping[Lower | Builtin | ContextSlot, Function] | None = None,
    **more: Any,
) -> Merged:
    made = merge(Draft(tuple(instances), bound or {}, tuple(exports), **more))
    wasmtime.Module.validate(engine(), made.data)
    return made


_ENGINE: list[wasmtime.Engine] = []


def engine() -> wasmtime.Engine:
    if not _ENGINE:
        _ENGINE.append(wasmtime.Engine())
    return _ENGINE[0]


class Running:
    """A merged module in the engine; exports are called as methods."""

    def __init__(self, made: Merged, imports: Mapping[tuple[str, str], Any] | None = None) -> None:
        self.store = wasmtime.Store(engine())
        linker = wasmtime.Linker(engine())
        for (where, name), value in (imports or {}).items():
            linker.define(self.store, where, name, value(self.store) if callable(value) else value)
        compiled = wasmtime.Module(engine(), made.data)
        self.exports = linker.instantiate(self.store, compiled).exports(self.store)

    def __call__(self, name: str, *arguments: Any) -> Any:
        called = self.exports[name]
        assert isinstance(called, wasmtime.Func)
        return called(self.store, *arguments)


class Linked:
    """The same core instances, instantiated one by one by the engine; imports name their giver's number."""

    def __init__(self, instances: Sequence[CoreInstance]) -> None:
        self.store = wasmtime.Store(engine())
        self.made: list[wasmtime.Instance] = []
        for instance in instances:
            given = [self.made[int(one.module)].exports(self.store)[one.name] for one in instance.module.imports]
            compiled = wasmtime.Module(engine(), instance.module.data)
            self.made.append(wasmtime.Instance(self.store, compiled, given))

    def __call__(self, place: int, name: str, argument: int) -> object:
        called = self.made[place].exports(self.store)[name]
        assert isinstance(called, wasmtime.Func)
        return outcome(lambda: called(self.store, argument))


def linked_instances(texts: Sequence[str]) -> list[CoreInstance]:
    """Instantiate modules in order; each may import from those before it, by their numbers."""
    instances: list[CoreInstance] = []
    for number, text in enumerate(texts):
        instances.append(instantiate(text, {str(n): one for n, one in enumerate(instances)}, id=number))
    return instances


def outcome(call: Callable[[], object]) -> object:
    """Return what a call returns, or how it ended otherwise."""
    try:
        return call()
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        if "thrown Wasm exception" in str(error):
            return "exception"
        if isinstance(error, wasmtime.Trap):
            return error.trap_code.name
        raise
