"""Core instances: modules given their imports, and bundles."""

from __future__ import annotations

from fuser.abi.flatten import core_type
from fuser.component.tree import CoreBundle, CoreInstantiate, Sort
from fuser.errors import Malformed, TypeMismatch, UnresolvedImport
from fuser.link.declare import core_item
from fuser.link.state import State
from fuser.link.values import CoreBundleValue, Scope, sort_of
from fuser.program import Builtin, ContextSlot, CoreExport, CoreFunction, CoreInstance, CoreItem, Lower
from fuser.wasm.module import Module
from fuser.wasm.syntax import Import
from fuser.wasm.types import I32, FunctionType

CORE_ITEM_SORTS = frozenset((Sort.CORE_FUNC, Sort.CORE_TABLE, Sort.CORE_MEMORY, Sort.CORE_GLOBAL, Sort.CORE_TAG))
BUILTIN_TYPES = {
    "new": FunctionType((I32,), (I32,)),
    "rep": FunctionType((I32,), (I32,)),
    "drop": FunctionType((I32,)),
}
CONTEXT_TYPES = {"get": FunctionType((), (I32,)), "set": FunctionType((I32,))}


def core_bundle(scope: Scope, definition: CoreBundle) -> CoreBundleValue:
    """Evaluate a core instance made of items."""
    items: dict[str, CoreItem] = {}
    for name, reference in definition.items:
        item = scope.get(reference, definition.offset)
        if reference.sort not in CORE_ITEM_SORTS or not isinstance(item, CoreItem):
            raise Malformed(f"a core instance cannot hold a {reference.sort.value}", definition.offset)
        if name in items:
            raise Malformed(f"two exports of the name `{name}`", definition.offset)
        items[name] = item
    return CoreBundleValue(items)


def core_instantiate(state: State, scope: Scope, definition: CoreInstantiate) -> CoreInstance:
    """Evaluate an instantiation of a core module: resolve and check each of its imports."""
    offset = definition.offset
    module = scope.take(definition.module, Module, "a core module", offset)
    arguments: dict[str, CoreInstance | CoreBundleValue] = {}
    for name, reference in definition.arguments:
        if name in arguments:
            raise Malformed(f"two arguments of the name `{name}`", offset)
        holder = scope.get(reference, offset)
        assert isinstance(holder, CoreInstance | CoreBundleValue), "core instances hold nothing else"
        arguments[name] = holder
    imports = tuple([_resolve(state, module, one, arguments, offset) for one in module.imports])
    state.core_instances.append(CoreInstance(len(state.core_instances), scope.instance, module, imports))
    return state.core_instances[-1]


def _resolve(
    state: State,
    module: Module,
    wanted: Import,
    arguments: dict[str, CoreInstance | CoreBundleValue],
    offset: int | None,
) -> CoreItem:
    holder = arguments.get(wanted.module)
    item = None if holder is None else core_item(state, holder, wanted.name)
    if item is None:
        raise UnresolvedImport(f"nothing provides the core import `{wanted.module}` `{wanted.name}`", offset)
    if isinstance(item, CoreExport):
        matches = state.core_types.matches(item, module, wanted.type)
    else:
        matches = state.core_types.function_matches(core_signature(state, item), module, wanted.type)
    if not matches:
        raise TypeMismatch(
            f"the core import `{wanted.module}` `{wanted.name}` is given a {sort_of(item).value} of another type",
            offset,
        )
    if isinstance(item, Builtin):
        state.labels.learn("builtin", item.id, f"{wanted.module} {wanted.name}")
    return item


def core_signature(state: State, function: CoreFunction) -> FunctionType:
    """Return the core type of a function; its value types are those of its own module."""
    match function:
        case CoreExport(instance, "func", index):
            return instance.module.function_type(index)
        case Lower(type=type):
            return core_type(type, "lower", state.shapes)
        case Builtin(operation=operation):
            return BUILTIN_TYPES[operation]
        case ContextSlot(operation=slot_operation):
            return CONTEXT_TYPES[slot_operation]
    raise AssertionError(function)
