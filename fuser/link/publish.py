"""The root's imports and exports as a wrapper writes them.

Types are expressed in what the root imports and exports: each exported type becomes one
`Named`, or a resource under one `ResourceName`, and functions mention those. A name that
neither an import nor an export gives is seen through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fuser.errors import Unsupported
from fuser.link.carry import Carrier
from fuser.link.interpret import Made
from fuser.link.types import VALUE_TYPES, Types
from fuser.link.values import (
    Ascribed,
    Closure,
    ComponentTypeValue,
    Function,
    InstanceTypeValue,
    InstanceValue,
    NamedResource,
    ResourceValue,
    Value,
    called,
    name_of,
    resource_of,
)
from fuser.link.views import Rewriter
from fuser.program import (
    DeclaredType,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    InstanceType,
    Lift,
    StaticResource,
    TypeBound,
)
from fuser.types import Borrow, FuncType, Named, Own, Primitive, ResourceName, ValType
from fuser.wasm.module import Module


@dataclass
class Published:
    """What imports and exports name: types, and names of resource types, by what they are exports of.

    What is exported beside a function is mentioned in preference to the same exported elsewhere.
    """

    outer: Published | None = None
    types: dict[ValType, Named] = field(default_factory=dict)
    names: dict[ResourceName | StaticResource, ResourceName] = field(default_factory=dict)

    def type(self, type: ValType) -> Named | None:
        """Return what a type is published as."""
        if type in self.types or self.outer is None:
            return self.types.get(type)
        return self.outer.type(type)

    def name(self, resource: StaticResource, name: ResourceName | None) -> ResourceName | None:
        """Return under which name a resource is published that is meant by a name, or by none."""
        while name is not None:
            if known := self.known(name):
                return known
            name = name.of
        return self.known(resource)

    def known(self, key: ResourceName | StaticResource) -> ResourceName | None:
        """Return under which name is published what is known by another name, or without one."""
        if key in self.names or self.outer is None:
            return self.names.get(key)
        return self.outer.known(key)

    def take(self, inner: Published) -> None:
        """Know what an exported instance publishes, where nothing nearer is known."""
        for type, named in inner.types.items():
            self.types.setdefault(type, named)
        for key, name in inner.names.items():
            self.names.setdefault(key, name)


_SORTS: Mapping[type[object], str] = {
    Closure: "that is a component",
    Ascribed: "that is a component",
    Module: "that is a core module",
}


def describe_imports(items: Mapping[str, Value]) -> tuple[tuple[str, ExternType], ...]:
    """Describe what the root, or an instance that it imports, takes from outside."""
    return tuple([(name, _describe(value)) for name, value in items.items()])


def _describe(value: Value) -> ExternType:
    match value:
        case Function():
            return value.type
        case InstanceValue():
            return InstanceType(describe_imports(value.items))
        case NamedResource(resource, name):
            return TypeBound(resource, name)
        case _:
            assert isinstance(value, VALUE_TYPES), "the root imports nothing else"
            return TypeBound(value)


def describe_exports(types: Types, root: Made) -> tuple[tuple[str, ExportItem], ...]:
    """Describe what the root exports; later items mention types of earlier ones."""
    published = Published()
    _keep(root.imports, published)
    publisher = _Publisher(types, published, root.places)
    return publisher.items(root.exports)


def _keep(imports: Mapping[str, Value], published: Published) -> None:
    """Let names that are imported stand for themselves."""
    for value in imports.values():
        if isinstance(value, InstanceValue):
            _keep(value.items, published)
        elif isinstance(value, Named):
            published.types[value] = value
        elif isinstance(value, NamedResource):
            published.names[value.name] = value.name


@dataclass
class _Publisher:
    """The exports of the root or of one exported instance."""

    types: Types
    published: Published
    places: Mapping[str, int | None]
    """Where the root's exports are in the input."""
    path: tuple[str, ...] = ()
    carrier: Carrier = field(init=False)

    def __post_init__(self) -> None:
        """Carry types in terms of what is published when each is carried first."""
        self.carrier = Carrier(
            lambda value: self._rewriter().type(value), lambda function: self._rewriter().function(function)
        )

    def items(self, items: Mapping[str, Value]) -> tuple[tuple[str, ExportItem], ...]:
        return tuple([(name, self._item(name, value)) for name, value in items.items()])

    def _item(self, name: str, value: Value) -> ExportItem:
        match value:
            case Function(callee=Lift() as lift):
                return ExportedFunction(lift, self._rewriter().function(value.type))
            case Function():
                raise Unsupported(f"`{self._called(name)}`, an import that the root exports", self._place(name))
            case InstanceValue():
                return self._instance(name, value)
            case StaticResource() | NamedResource():
                return self._resource(name, value)
            case _ if isinstance(value, VALUE_TYPES):
                return TypeBound(self._type(name, value))
            case FuncType():
                return TypeBound(self._rewriter().function(value))
            case InstanceTypeValue() | ComponentTypeValue():
                return TypeBound(self._declared(name, value))
            case _:
                what = _SORTS.get(type(value), "of this sort")
                raise Unsupported(f"`{self._called(name)}`, a root export {what}", self._place(name))

    def _declared(self, name: str, value: InstanceTypeValue | ComponentTypeValue) -> DeclaredType:
        type = self.carrier.carry(value)
        if self.carrier.has_references(type):
            what = f"typed references in the core types of `{name}`, a type that the root exports"
            raise Unsupported(what, self._place(name))
        return type

    def _place(self, name: str) -> int | None:
        return self.places.get((*self.path, name)[0])

    def _called(self, name: str) -> str:
        return "` `".join((*self.path, name))

    def _instance(self, name: str, value: InstanceValue) -> ExportedInstance:
        inner = _Publisher(self.types, Published(self.published), self.places, (*self.path, name))
        exported = ExportedInstance(inner.items(value.items))
        self.published.take(inner.published)
        return exported

    def _rewriter(self) -> _Visible:
        return _Visible(self.types, published=self.published)

    def _resource(self, name: str, value: ResourceValue) -> TypeBound:
        """Publish a resource type: from now on what it was known by stands for the new name."""
        resource, known = resource_of(value), name_of(value)
        shown = called(name, self.published.name(resource, known))
        self.published.names[known or resource] = self.published.names[shown] = shown
        return TypeBound(resource, shown)

    def _type(self, name: str, type: ValType) -> Named:
        """Publish a type: from now on its object stands for the new name."""
        known = self.published.type(type)
        inner = type.type if isinstance(type, Named) and not known else type
        named = self.types.named(name, self._rewriter().type(inner))
        if not isinstance(type, Primitive):  # primitives have no identity by which to tell their names
            self.published.types[type] = named
        self.published.types[named] = named
        return named


@dataclass(eq=False)
class _Visible(Rewriter):
    """Types in terms of what is published; other names are seen through."""

    published: Published = field(default_factory=Published)

    def replacement(self, type: ValType) -> ValType | None:
        return self.published.type(type)

    def handle(self, type: Own | Borrow) -> ValType:
        return replace(type, name=self.published.name(type.resource, type.name))

    def rebuilt(self, type: ValType) -> ValType:
        return self.seen[type.type] if isinstance(type, Named) else super().rebuilt(type)
