"""Definitions that stand in components and in types alike: types and aliases."""

from __future__ import annotations

from fuser.component import tree
from fuser.component.tree import AliasExport, AliasOuter, CoreType, Definition, Sort, TypeDefinition, width
from fuser.errors import Malformed, UnresolvedImport
from fuser.link.state import State
from fuser.link.types import TypeReader
from fuser.link.values import (
    ComponentTypeValue,
    CoreBundleValue,
    CoreTypeValue,
    InstanceTypeValue,
    InstanceValue,
    Scope,
    TypeValue,
    Value,
    sort_of,
)
from fuser.program import CoreExport, CoreInstance, CoreItem


def declare(state: State, scope: Scope, definition: Definition) -> None:
    """Evaluate a type or an alias into its scope."""
    match definition:
        case CoreType():
            first = len(scope.spaces.get(Sort.CORE_TYPE, ()))
            for position in range(width(definition)):
                scope.append(CoreTypeValue(definition, scope, first, position))
        case TypeDefinition(type):
            scope.append(type_value(state, scope, type, definition.offset))
        case AliasOuter(count, target):
            scope.append(scope.enclosing(count, definition.offset).get(target, definition.offset))
        case AliasExport():
            scope.append(_alias(state, scope, definition))
        case _:
            raise AssertionError(definition)


def type_value(state: State, scope: Scope, type: tree.DefinedType, offset: int | None) -> TypeValue:
    """Evaluate a type definition other than a resource's."""
    reader = TypeReader(state.types, scope, offset)
    match type:
        case tree.FunctionType():
            return reader.function(type)
        case tree.InstanceType():
            return InstanceTypeValue(type, scope)
        case tree.ComponentType():
            return ComponentTypeValue(type, scope)
        case tree.ResourceDefinition():
            raise Malformed("a resource is defined where only its type may be declared", offset)
        case _:
            return reader.defined(type)


def _alias(state: State, scope: Scope, alias: AliasExport) -> Value:
    holder = scope.get(alias.instance, alias.offset)
    value: Value | None = None
    if isinstance(holder, InstanceValue):
        value = holder.items.get(alias.name)
    elif isinstance(holder, CoreBundleValue | CoreInstance):
        value = core_item(state, holder, alias.name)
    if value is None:
        what = f"{alias.instance.sort.value} {alias.instance.index}"
        raise UnresolvedImport(f"{what} has no export `{alias.name}`", alias.offset)
    if sort_of(value) is not alias.sort:
        raise Malformed(f"export `{alias.name}` is not a {alias.sort.value}", alias.offset)
    return value


def core_item(state: State, holder: CoreInstance | CoreBundleValue, name: str) -> CoreItem | None:
    """Return what a core instance exports under a name, import chains resolved."""
    if isinstance(holder, CoreBundleValue):
        return holder.items.get(name)
    export = holder.module.exported.get(name)
    if export is None:
        return None
    if export.index < holder.module.imported(export.sort):
        return holder.imports[state.modules.imports(holder.module, export.sort)[export.index]]
    return CoreExport(holder, export.sort, export.index)
