"""What a component imports and exports, worked out from its syntax tree by itself.

An independent reading of the specification to hold the fuser's output against: it shares
nothing with `fuser.link` but the tree. Types are transparent: an import is what is given
for it, so no views and no names remain. A world is nested tuples; resource types are
numbered in the order in which they appear, so two worlds are equal where the same names
have the same types and the same resource types are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fuser.component import tree
from fuser.component.parse import parse
from fuser.component.tree import Reference, Sort
from fuser.types import Primitive

World = tuple[Any, Any]


class Resource:
    """A resource type, by identity."""


@dataclass(eq=False)
class Frame:
    """The index spaces of a scope."""

    outer: Frame | None = None
    spaces: dict[Sort, list[Any]] = field(default_factory=dict)

    def add(self, sort: Sort, value: Any) -> None:
        self.spaces.setdefault(sort, []).append(value)

    def get(self, reference: Reference) -> Any:
        return self.spaces[reference.sort][reference.index]

    def up(self, count: int) -> Frame:
        frame = self
        for _ in range(count):
            assert frame.outer is not None
            frame = frame.outer
        return frame


@dataclass(eq=False)
class Scoped:
    """A component, or the type of an instance or component, and where it stands."""

    body: Any
    frame: Frame | None


@dataclass(eq=False)
class Function:
    """A component function."""

    type: Any


@dataclass(eq=False)
class Instance:
    """Named items."""

    items: dict[str, Any]


@dataclass(eq=False)
class Ascribed:
    """A component that is known by a declared type only; `component` is None outside of any."""

    component: Any
    type: Scoped


@dataclass(eq=False)
class CoreType:
    """A core type or a core module's type, as it is declared."""

    declared: tree.CoreType
    frame: Frame
    first: int
    position: int


def world(data: bytes) -> World:
    """Return what the root imports and exports."""
    imports, exports = evaluate(Scoped(parse(data), None), None)
    seen: dict[Resource, int] = {}
    return described(imports, seen), described(exports, seen)


# -- evaluation ------------------------------------------------------------------------


def evaluate(component: Scoped, given: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Walk a component; where nothing is given its imports are made up."""
    frame = Frame(component.frame)
    imports: dict[str, Any] = {}
    exports: dict[str, Any] = {}
    for one in component.body:
        sort = tree.appended(one)
        match one:
            case tree.Import(name=name, type=extern):
                value = made_up(extern, frame) if given is None else seen_as(extern, frame, given[name.name])
                imports[name.name] = value
            case tree.Export(name=name, item=item, type=ascribed):
                value = frame.get(item)
                value = value if ascribed is None else seen_as(ascribed, frame, value)
                exports[name.name] = value
            case _:
                value = defined(one, frame)
        if isinstance(one, tree.CoreType):
            add_core(one, frame)
        elif sort is not None:
            frame.add(sort, value)
    return imports, exports


def defined(one: tree.Definition, frame: Frame) -> Any:
    match one:
        case tree.TypeDefinition(type=type):
            return type_of(type, frame)
        case tree.AliasOuter(count=count, target=target):
            return frame.up(count).get(target)
        case tree.AliasExport(sort=Sort.FUNC | Sort.TYPE | Sort.INSTANCE | Sort.COMPONENT, instance=holder, name=name):
            return frame.get(holder).items[name]
        case tree.NestedComponent(component=component):
            return Scoped(component, frame)
        case tree.Bundle(items=items):
            return Instance({name.name: frame.get(item) for name, item in items})
        case tree.Instantiate(component=component, arguments=arguments):
            return Instance(instantiated(frame.get(component), {name: frame.get(one) for name, one in arguments}))
        case tree.CanonLift(type=type):
            return Function(frame.get(type))
        case _:
            return None


def instantiated(component: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    if isinstance(component, Scoped):
        return evaluate(component, arguments)[1]
    exports = instantiated(component.component, arguments)
    return declared(component.type, arguments, exports)[1]


def add_core(one: tree.CoreType, frame: Frame) -> None:
    first = len(frame.spaces.get(Sort.CORE_TYPE, ()))
    for position in range(tree.width(one)):
        frame.add(Sort.CORE_TYPE, CoreType(one, frame, first, position))


# -- what declared types say -------------------------------------------------------------


def made_up(extern: tree.Extern, frame: Frame) -> Any:
    """Return something of a declared type, of which no more is known."""
    match extern:
        case tree.SubResourceExtern():
            return Resource()
        case tree.EqualExtern(type=type):
            return frame.get(type)
        case tree.ItemExtern(sort=Sort.FUNC, type=type):
            return Function(frame.get(type))
        case tree.ItemExtern(sort=Sort.INSTANCE, type=type):
            return Instance(declared(frame.get(type), None, None)[1])
        case tree.ItemExtern(sort=Sort.COMPONENT, type=type):
            return Ascribed(None, frame.get(type))
        case tree.ItemExtern(type=type):
            return frame.get(type)


def seen_as(extern: tree.Extern, frame: Frame, value: Any) -> Any:
    """Return an item as a declared type shows it: instances show no more than is declared."""
    match extern:
        case tree.ItemExtern(sort=Sort.INSTANCE, type=type):
            return Instance(declared(frame.get(type), None, value.items)[1])
        case tree.ItemExtern(sort=Sort.COMPONENT, type=type):
            return Ascribed(value, frame.get(type))
        case _:
            return value


def declared(
    type: Scoped, given: dict[str, Any] | None, actual: dict[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Walk the declarations of a type, over what is given and there, or over what is made up."""
    frame = Frame(type.frame)
    found: tuple[dict[str, Any], dict[str, Any]] = {}, {}
    for one in type.body.declarations:
        sort = tree.appended(one)
        if isinstance(one, tree.CoreType):
            add_core(one, frame)
        elif isinstance(one, tree.Import | tree.ExportDeclaration):
            side, source = (0, given) if isinstance(one, tree.Import) else (1, actual)
            name, extern = one.name.name, one.type
            value = made_up(extern, frame) if source is None else seen_as(extern, frame, source[name])
            found[side][name] = value
            frame.add(tree.sort_of(extern), value)
        else:
            assert sort is not None
            frame.add(sort, defined(one, frame))
    return found


def type_of(type: tree.DefinedType, frame: Frame) -> Any:
    def value(part: tree.ValueType | None) -> Any:
        return frame.get(part) if isinstance(part, Reference) else part

    match type:
        case tree.ResourceDefinition():
            return Resource()
        case tree.InstanceType() | tree.ComponentType():
            return Scoped(type, frame)
        case Primitive():
            return type
        case tree.RecordType(fields=parts) | tree.VariantType(cases=parts):
            return type.__class__.__name__, tuple((name, value(part)) for name, part in parts)
        case tree.FlagsType(labels=names) | tree.EnumType(cases=names):
            return type.__class__.__name__, names
        case tree.FunctionType(parameters=parts, result=result, asynchronous=asynchronous):
            return "func", tuple((name, value(part)) for name, part in parts), value(result), asynchronous
        case tree.HandleType(kind=kind, resource=resource):
            return kind, frame.get(resource)
        case tree.TupleType(items=items):
            return "tuple", tuple(map(value, items))
        case tree.ListType(element=part) | tree.OptionType(some=part):
            return type.__class__.__name__, value(part)
        case tree.ResultType(ok=ok, error=error):
            return "result", value(ok), value(error)
    raise AssertionError(type)


# -- as data -----------------------------------------------------------------------------


def described(value: Any, seen: dict[Resource, int]) -> Any:
    """Return a value as nested tuples."""
    match value:
        case Resource():
            return "resource", seen.setdefault(value, len(seen))
        case Function(type=type):
            return "a function", described(type, seen)
        case Instance(items=items):
            return "an instance", described(items, seen)
        case Ascribed(type=type):
            return "a component", described(type, seen)
        case Scoped(body=body):
            imports, exports = declared(value, None, None)
            return body.__class__.__name__, described(imports, seen), described(exports, seen)
        case CoreType():
            return described_core(value)
        case dict():
            return tuple((name, described(one, seen)) for name, one in value.items())
        case tuple():
            return tuple(described(one, seen) for one in value)
        case _:
            return value


def described_core(type: CoreType, group: CoreType | None = None) -> Any:
    """Return a core type; those of its own group by their position."""
    if group is not None and (type.frame, type.first) == (group.frame, group.first):
        return "own", type.position
    match type.declared.type:
        case tree.CoreRecursion(parts=parts):
            return "core", type.position, described_parts(parts, type.frame, type)
        case tree.ModuleType(declarations=declarations):
            frame = Frame(type.frame)
            found: list[Any] = []
            for one in declarations:
                match one:
                    case tree.CoreType():
                        add_core(one, frame)
                    case tree.AliasOuter(count=count, target=target):
                        frame.add(target.sort, frame.up(count).get(target))
                    case tree.ModuleImport(module=module, name=name, type=extern):
                        found.append((module, name, extern.sort, described_parts(extern.parts, frame, None)))
                    case tree.ModuleExport(name=name, type=extern):
                        found.append((name, extern.sort, described_parts(extern.parts, frame, None)))
            return "module", tuple(found)


def described_parts(parts: tree.Parts, frame: Frame, group: CoreType | None) -> Any:
    return tuple(part if isinstance(part, bytes) else described_core(frame.get(part), group) for part in parts)
