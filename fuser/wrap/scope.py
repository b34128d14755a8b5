"""A scope of a component under construction, and types written into it by identity.

A scope keeps one list of definitions and the next index of each sort. Types of the
program are objects; in a scope they are *named* (bound to the index under which an import,
export or definition made them known) or *structural* (defined where first mentioned).
A name of an enclosing scope is reached by an outer alias, that of an instance by an alias
of its export, both made when first mentioned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from fuser.component import tree
from fuser.component.tree import Definition, ExternName, Reference, Sort
from fuser.component.walk import rewrite
from fuser.errors import InvalidOutput
from fuser.program import (
    Around,
    CoreMember,
    DeclaredType,
    ExternType,
    InstanceType,
    ResourceType,
    StaticResource,
    TypeBound,
    unfinished,
)
from fuser.types import (
    Borrow,
    Enumeration,
    Flags,
    FuncType,
    List,
    Map,
    Named,
    Option,
    Own,
    Primitive,
    Record,
    ResourceName,
    Result,
    Tuple,
    ValType,
    Variant,
)

Name = Named | ResourceType
"""What an index can be bound to. The outside sees one resource type per run-time type."""

Known = Name | ResourceName
"""The same and the names of resource types, of which one type may have many."""

Path = tuple[str, ...]
"""Names of exports, from an instance to an item in it."""


class Scope:
    """A component, component type or instance type under construction."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.definitions: list[Definition] = []
        self._counts: Counter[Sort] = Counter()
        self._named: dict[Known, Reference] = {}
        self._exports: dict[Known, tuple[Reference, Path]] = {}
        self._taken: dict[tuple[Reference, Path], Reference] = {}
        self._sources: dict[Known, Reference] = {}
        self._structural: dict[ValType | FuncType | DeclaredType, Reference] = {}
        self._mentioned: set[Known] = set()
        self._declared: set[Known] = set()
        self._nested: dict[tree.Component, Reference] = {}

    # -- definitions ---------------------------------------------------------

    def add(self, definition: Definition) -> Reference:
        """Append a definition that extends an index space, and return its first index."""
        sort = tree.appended(definition)
        assert sort is not None
        self.definitions.append(definition)
        self._counts[sort] += tree.width(definition)
        return Reference(sort, self._counts[sort] - tree.width(definition))

    def nested(self, component: tree.Component) -> Reference:
        """Define a component, or find one that is the same: of different ones an engine takes a thousand."""
        if component not in self._nested:
            self._nested[component] = self.add(tree.NestedComponent(component))
        return self._nested[component]

    def alias(self, sort: Sort, instance: Reference, path: Path) -> Reference:
        """Take an export of an instance, or of an instance inside it, into this scope."""
        *inner, name = path
        for step in inner:
            instance = self.add(tree.AliasExport(Sort.INSTANCE, instance, step))
        return self.add(tree.AliasExport(sort, instance, name))

    # -- names ---------------------------------------------------------------

    def bind(self, name: Known, index: Reference) -> None:
        """Say by which index a type is to be mentioned until it is declared."""
        self._named[name] = index
        self._forget(name)

    def declare(self, type: ExternType, item: Reference) -> None:
        """Make known the types that an import, export or declaration brought in."""
        match type:
            case TypeBound():
                for name in names_of(type):
                    self._declared.add(name)
                    self.bind(name, item)
            case InstanceType():
                self.declare_exports(bounds(type), item)
            case FuncType():
                pass

    def declare_exports(self, bounds: Iterable[tuple[Path, TypeBound]], instance: Reference) -> None:
        """Make known the types that an instance exports.

        The first to declare a resource stays its source: others got it from there.
        """
        for path, bound in bounds:
            for name in names_of(bound):
                self._declare_export(name, instance, path)

    def _declare_export(self, name: Known, instance: Reference, path: Path) -> None:
        if name not in self._declared:
            self._declared.add(name)
            self._named.pop(name, None)
            self._exports[name] = (instance, path)
            self._forget(name)

    def _forget(self, name: Known) -> None:
        """Drop structures that may mention a type by what it was known as before."""
        if name in self._mentioned:
            self._structural.clear()
            self._mentioned.clear()

    def find(self, name: Known) -> Reference | None:
        """Return the index that a type is known by here: its name in this scope comes first."""
        return self._named.get(name) or self.source(name)

    def source(self, name: Known) -> Reference | None:
        """Return the index by which instances inside know a type: from the instance that exports it."""
        if name not in self._sources:
            index = self._reach(name)
            if index is None:
                return self._named.get(name)
            self._sources[name] = index
        return self._sources[name]

    def _reach(self, name: Known) -> Reference | None:
        if name in self._exports:
            place = self._exports[name]
            if place not in self._taken:
                self._taken[place] = self.alias(Sort.TYPE, *place)
            return self._taken[place]
        if name in self._named or self.parent is None:
            return None
        outer = self.parent.source(name)
        return None if outer is None else self.add(tree.AliasOuter(1, outer))

    # -- types ---------------------------------------------------------------

    def resource(self, resource: ResourceType) -> Reference:
        """Return the index of a resource type; it must be known."""
        self._mentioned.add(resource)
        index = self.find(resource)
        if index is None:
            raise InvalidOutput(f"resource type {resource.label} is not known where it is mentioned")
        return index

    def handled(self, type: Own | Borrow) -> Reference:
        """Return the index of a handle's resource type, by the name that it is meant under if that is known here."""
        index = None if type.name is None else self.find(type.name)
        if type.name is None or index is None:
            return self.resource(type.resource.type)
        self._mentioned.add(type.name)
        return index

    def value(self, type: ValType) -> tree.ValueType:
        """Return a value type as another type mentions it."""
        return type if isinstance(type, Primitive) else self.defined(type)

    def defined(self, type: ValType) -> Reference:
        """Return the index of a value type, defining it where it has no name here."""
        unknown: list[ValType] = []
        while isinstance(type, Named) and type not in self._structural:
            self._mentioned.add(type)
            index = self.find(type)
            if index is not None:
                break
            unknown.append(type)
            type = type.type
        else:
            index = self._structural.get(type) or self.add(tree.TypeDefinition(self._structure(type)))
            unknown.append(type)
        self._structural.update(dict.fromkeys(unknown, index))
        return index

    def function(self, type: FuncType) -> Reference:
        """Return the index of a function type."""
        if type not in self._structural:
            parameters = tuple((name, self.value(part)) for name, part in type.parameters)
            shape = tree.FunctionType(parameters, self._maybe(type.result), type.asynchronous)
            self._structural[type] = self.add(tree.TypeDefinition(shape))
        return self._structural[type]

    def declared(self, type: DeclaredType) -> Reference:
        """Return the index of a type that is carried as the input declares it."""
        for one in unfinished(type, self._structural):
            self._structural[one] = self._carried(one)
        return self._structural[type]

    def _carried(self, type: DeclaredType) -> Reference:
        around = {place: self._around(item) for place, item in type.around.items()}

        def at(reference: Reference, level: int) -> Reference:
            return around[level, reference] if level <= 0 else reference

        return self.add(rewrite(type.definition, at))

    def _around(self, item: Around) -> Reference:
        match item:
            case StaticResource(type=resource):
                return self.resource(resource)
            case FuncType():
                return self.function(item)
            case DeclaredType():
                return self._structural[item]
            case CoreMember(group, position):
                # Its own group is defined next, once all that it takes is.
                first = self._counts[Sort.CORE_TYPE] if group is None else self._structural[group].index
                return Reference(Sort.CORE_TYPE, first + position)
            case _:
                return self.defined(item)

    def _maybe(self, type: ValType | None) -> tree.ValueType | None:
        return None if type is None else self.value(type)

    def _structure(self, type: ValType) -> tree.DefinedType:
        match type:
            case Record(fields=fields):
                return tree.RecordType(tuple((name, self.value(part)) for name, part in fields))
            case Tuple(items=items):
                return tree.TupleType(tuple(self.value(item) for item in items))
            case Variant(cases=cases):
                return tree.VariantType(tuple((name, self._maybe(part)) for name, part in cases))
            case Enumeration(cases=cases):
                return tree.EnumType(cases)
            case Flags(labels=labels):
                return tree.FlagsType(labels)
            case Option(some=some):
                return tree.OptionType(self.value(some))
            case Result(ok=ok, error=error):
                return tree.ResultType(self._maybe(ok), self._maybe(error))
            case List(element=element, length=length):
                return tree.ListType(self.value(element), length)
            case Map(key=key, value=value):
                return tree.MapType(self.value(key), self.value(value))
            case Own():
                return tree.HandleType("own", self.handled(type))
            case Borrow():
                return tree.HandleType("borrow", self.handled(type))
            case Primitive():
                return type
            case Named():
                raise AssertionError("names are resolved by the caller")

    # -- imports and declarations ----------------------------------------------

    def extern(self, type: ExternType) -> tree.Extern:
        """Return the type of an import, or of an export of an instance type."""
        match type:
            case FuncType():
                return tree.ItemExtern(Sort.FUNC, self.function(type))
            case InstanceType():
                return tree.ItemExtern(Sort.INSTANCE, self._instance(type))
            case TypeBound():
                return self._bound(type)

    def _bound(self, bound: TypeBound) -> tree.Extern:
        match bound.type:
            case StaticResource():
                known = self.known(bound)
                return tree.SubResourceExtern() if known is None else tree.EqualExtern(known)
            case Named(type=inner):
                return tree.EqualExtern(self.defined(inner))
            case type:
                return tree.EqualExtern(self.type(type))

    def known(self, bound: TypeBound) -> Reference | None:
        """Return the index by which an imported or exported resource type is known so far."""
        assert isinstance(bound.type, StaticResource)
        of = None if bound.name is None else bound.name.of
        return (None if of is None else self.find(of)) or self.find(bound.type.type)

    def type(self, type: ValType | FuncType | DeclaredType) -> Reference:
        """Return the index of a type of any sort but a resource's."""
        match type:
            case FuncType():
                return self.function(type)
            case DeclaredType():
                return self.declared(type)
            case _:
                return self.defined(type)

    def _instance(self, type: InstanceType) -> Reference:
        inner = Scope(self)
        for name, part in type.exports:
            declaration = tree.ExportDeclaration(ExternName(name), inner.extern(part))
            inner.declare(part, inner.add(declaration))
        return self.add(tree.TypeDefinition(tree.InstanceType(tuple(inner.definitions))))

    # -- the result --------------------------------------------------------------

    def component(self) -> tree.Component:
        """Return the definitions as a component."""
        return tree.Component(tuple(_sections(self.definitions)))


def bounds(type: InstanceType, path: Path = ()) -> Iterator[tuple[Path, TypeBound]]:
    """Yield the types that an instance exports, at any depth, with their paths."""
    for name, part in type.exports:
        match part:
            case TypeBound():
                yield (*path, name), part
            case InstanceType():
                yield from bounds(part, (*path, name))
            case FuncType():
                pass


def names_of(bound: TypeBound) -> tuple[Known, ...]:
    """Return what a type import or export makes known."""
    match bound.type:
        case StaticResource(type=resource):
            return (resource,) if bound.name is None else (resource, bound.name)
        case Named() as named:
            return (named,)
        case _:
            return ()


def _sections(definitions: list[Definition]) -> Iterator[tree.Section]:
    """Group neighbours that one section may hold."""
    run: list[Definition] = []
    for definition in definitions:
        kind = tree.SECTION_OF[type(definition)]
        if run and (kind in _SINGLE or kind != tree.SECTION_OF[type(run[0])]):
            yield tree.Section(tree.SECTION_OF[type(run[0])], tuple(run))
            run = []
        run.append(definition)
    if run:
        yield tree.Section(tree.SECTION_OF[type(run[0])], tuple(run))


_SINGLE = frozenset((0, 1, 4))
"""Sections that hold one thing: custom sections, core modules and components."""
