"""Core instances and drafts wired by hand, and what they do in the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import wasmtime

from fuser.draft import Draft, Merged
from fuser.merge.merge import merge
from fuser.program import Builtin, ContextSlot, CoreExport, CoreInstance, CoreItem, Instance, Lower
from fuser.symbols import Function, Guest, Symbol
from fuser.wasm.module import Module, parse_module

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


def instantiate(code: Module | str, *given: CoreInstance | Mapping[str, CoreItem], id: int = 0) -> CoreInstance:
    """Instantiate a module; each import is looked up by name in what is given."""
    parsed = module(code) if isinstance(code, str) else code
    items: list[CoreItem] = []
    for one in parsed.imports:
        for giver in given:
            if isinstance(giver, CoreInstance) and one.name in giver.module.exported:
                items.append(item(giver, one.name))
                break
            if not isinstance(giver, CoreInstance) and one.name in giver:
                items.append(giver[one.name])
                break
        else:
            raise KeyError(one.name)
    return CoreInstance(id, INSTANCE, parsed, tuple(items))


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
