"""Exported instances: a renaming component gives each its names and types.

Names such as `[method]r.f` are valid only where `r` is exported beside them, which a
bundle cannot do. So types and functions go into a component without code, which exports
them under their names, functions ascribed to the exported types (spec, Explainer, "Import
and Export Definitions").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fuser.component import tree
from fuser.component.tree import ExternName, Reference, Sort
from fuser.errors import InvalidOutput
from fuser.program import (
    BoundType,
    CoreMember,
    DeclaredType,
    ExportedFunction,
    ExportedInstance,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
    unfinished,
)
from fuser.types import (
    Borrow,
    FuncType,
    Named,
    Own,
    ValType,
    parts,
)
from fuser.wrap.scope import Name, Scope

Functions = Mapping[ExportedFunction, Reference]


def export_instance(outer: Scope, instance: ExportedInstance, functions: Functions) -> Reference:
    """Make an instance in `outer` that exports the items, and return its index."""
    inner = Scope()
    arguments: list[tuple[str, Reference]] = []
    for name in mentioned(instance):
        arguments.append(_import_type(outer, inner, name, f"type{len(arguments)}"))
    renamed: dict[ExportedFunction, Reference] = {}
    for number, function in enumerate(exported_functions(instance)):
        extern = tree.ItemExtern(Sort.FUNC, inner.function(function.type))
        label = f"func{number}"
        renamed[function] = inner.add(tree.Import(ExternName(label), extern))
        arguments.append((label, functions[function]))
    _export_items(inner, instance, renamed)
    component = outer.add(tree.NestedComponent(inner.component()))
    return outer.add(tree.Instantiate(component, tuple(arguments)))


def export_type(scope: Scope, name: str, bound: TypeBound) -> None:
    """Export a type; what is exported later mentions it as exported.

    What it is made of is mentioned as exported too, so its structure is written anew.
    """
    match bound.type:
        case StaticResource(type=resource):
            index = scope.resource(resource)
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
    found = _Mentions()
    for _, bound in exported_bounds(ExportedInstance(program.exports)):
        found.bound(bound.type)
    return (name for name in found.names if isinstance(name, ResourceType))


def _functions(instance: ExportedInstance) -> Iterator[ExportedFunction]:
    for _, item in instance.items:
        if isinstance(item, ExportedFunction):
            yield item
        elif isinstance(item, ExportedInstance):
            yield from _functions(item)


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


# -- the types that an instance mentions ---------------------------------------------


@dataclass
class _Mentions:
    """Names in the order in which they depend on each other, each once."""

    names: dict[Name, None] = field(default_factory=dict)
    seen: set[ValType] = field(default_factory=set)
    finished: set[DeclaredType] = field(default_factory=set)

    def value(self, type: ValType | None) -> None:
        left = [] if type is None else [type]
        while left:
            missing = [part for part in parts(left[-1]) if part not in self.seen]
            if left[-1] in self.seen or not missing:
                self._leave(left.pop())
            else:
                left += reversed(missing)

    def _leave(self, type: ValType) -> None:
        self.seen.add(type)
        if isinstance(type, Own | Borrow):
            self.names[type.resource.type] = None
        elif isinstance(type, Named):
            self.names[type] = None

    def function(self, type: FuncType) -> None:
        for _, part in type.parameters:
            self.value(part)
        self.value(type.result)

    def bound(self, type: BoundType) -> None:
        match type:
            case StaticResource(type=resource):
                self.names[resource] = None
            case FuncType():
                self.function(type)
            case DeclaredType():
                self._declared(type)
            case _:
                self.value(type)

    def _declared(self, type: DeclaredType) -> None:
        for one in unfinished(type, self.finished):
            for item in one.around.values():
                if not isinstance(item, DeclaredType | CoreMember):
                    self.bound(item)
            self.finished.add(one)


def mentioned(instance: ExportedInstance) -> tuple[Name, ...]:
    """Return the named types and resources that an instance mentions, dependencies first."""
    found = _Mentions()
    _mention(found, instance)
    return tuple(found.names)


def mentioned_by(types: Iterable[FuncType]) -> tuple[Name, ...]:
    """Return the named types and resources that functions mention, dependencies first."""
    found = _Mentions()
    for type in types:
        found.function(type)
    return tuple(found.names)


def _mention(found: _Mentions, instance: ExportedInstance) -> None:
    for _, item in instance.items:
        match item:
            case TypeBound(type=type):
                found.bound(type)
            case ExportedFunction(type=type):
                found.function(type)
            case ExportedInstance():
                _mention(found, item)
