"""Exported instances: a renaming component gives each its names and types.

Names such as `[method]r.f` are valid only where `r` is exported beside them, which a
bundle cannot do. So types and functions go into a component without code, which exports
them under their names, functions ascribed to the exported types (spec, Explainer, "Import
and Export Definitions").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fuser.component import tree
from fuser.component.tree import ExternName, Reference, Sort
from fuser.errors import InvalidOutput
from fuser.program import (
    ExportedFunction,
    ExportedInstance,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
)
from fuser.types import Named
from fuser.wrap.mentions import Mentions, mentioned
from fuser.wrap.scope import Name, Scope

Functions = Mapping[ExportedFunction, Reference]


def export_instance(outer: Scope, instance: ExportedInstance, functions: Functions) -> Reference:
    """Make an instance in `outer` that exports the items, and return its index."""
    inner = Scope()
    arguments = _import_types(outer, inner, mentioned(instance))
    renamed: dict[ExportedFunction, Reference] = {}
    for number, function in enumerate(exported_functions(instance)):
        extern = tree.ItemExtern(Sort.FUNC, inner.function(function.type))
        label = f"func{number}"
        renamed[function] = inner.add(tree.Import(ExternName(label), extern))
        arguments.append((label, functions[function]))
    _export_items(inner, instance, renamed)
    return outer.add(tree.Instantiate(outer.nested(inner.component()), tuple(arguments)))


def export_type(scope: Scope, name: str, bound: TypeBound) -> None:
    """Export a type; what is exported later mentions it as exported.

    What it is made of is mentioned as exported too, so its structure is written anew.
    """
    match bound.type:
        case StaticResource(label=label):
            known = scope.known(bound)
            if known is None:
                raise InvalidOutput(f"resource type {label} is exported but not known")
            index = known
        case Named(type=type) | type:
            index = scope.type(type)
    scope.declare(bound, _export(scope, name, index))


def exported_functions(instance: ExportedInstance) -> Iterator[ExportedFunction]:
    """Yield the functions that an instance exports, at any depth, each once."""
    return iter(dict.fromkeys(_functions(instance)))


def exported_bounds(
    instance: ExportedInstance, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], TypeBound]]:
    """Yield the types that an instance exports, at any depth, with their paths."""
    for name, item in instance.items:
        match item:
            case TypeBound():
                yield (*path, name), item
            case ExportedInstance():
                yield from exported_bounds(item, (*path, name))
            case ExportedFunction():
                pass


def exported_resources(program: Program) -> Iterator[ResourceType]:
    """Return the resource types that the root exports under a name, or that a type which it exports may mention."""
    found = Mentions()
    for _, bound in exported_bounds(ExportedInstance(program.exports)):
        found.bound(bound.type)
    return (name for name in found.names if isinstance(name, ResourceType))


def _functions(instance: ExportedInstance) -> Iterator[ExportedFunction]:
    for _, item in instance.items:
        if isinstance(item, ExportedFunction):
            yield item
        elif isinstance(item, ExportedInstance):
            yield from _functions(item)


def _import_types(outer: Scope, inner: Scope, mentions: Mentions) -> list[tuple[str, Reference]]:
    """Import what is mentioned, a resource once more under each name that is another one outside.

    By those that are not, it is meant as it is imported, whatever it is exported as.
    """
    arguments: list[tuple[str, Reference]] = []
    for name in mentions.names:
        arguments.append(_import_type(outer, inner, name, f"type{len(arguments)}"))
    for further, resource in mentions.resource_names.items():
        argument = outer.source(further)
        if argument is None:
            continue
        if argument == outer.source(resource):
            inner.bind(further, inner.resource(resource))
        else:
            arguments.append((f"type{len(arguments)}", argument))
            extern = tree.EqualExtern(inner.resource(resource))
            inner.bind(further, inner.add(tree.Import(ExternName(arguments[-1][0]), extern)))
    return arguments


def _import_type(outer: Scope, inner: Scope, name: Name, label: str) -> tuple[str, Reference]:
    extern: tree.Extern
    if isinstance(name, ResourceType):
        extern, argument = tree.SubResourceExtern(), outer.source(name)
    else:
        extern = tree.EqualExtern(inner.defined(name.type))
        argument = outer.source(name) or outer.defined(name)
    if argument is None:
        raise InvalidOutput(f"resource type {name.label} is exported but not known")
    inner.bind(name, inner.add(tree.Import(ExternName(label), extern)))
    return label, argument


def _export_items(scope: Scope, instance: ExportedInstance, functions: Functions) -> None:
    for name, item in instance.items:
        match item:
            case TypeBound():
                export_type(scope, name, item)
            case ExportedFunction(type=type):
                extern = tree.ItemExtern(Sort.FUNC, scope.function(type))
                scope.add(tree.Export(ExternName(name), functions[item], extern))
            case ExportedInstance():
                inner = export_instance(scope, item, functions)
                scope.declare_exports(exported_bounds(item), _export(scope, name, inner))


def _export(scope: Scope, name: str, item: Reference) -> Reference:
    return scope.add(tree.Export(ExternName(name), item))
