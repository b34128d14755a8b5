"""The root's imports and exports as a wrapper writes them.

Types are expressed in what the root imports and exports: each exported type becomes one
`Named`, or stays the static resource it is, and functions mention those. A name that
neither an import nor an export gives is seen through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuser.errors import Unsupported
from fuser.link.carry import Carrier, mentions_references
from fuser.link.interpret import Made
from fuser.link.types import VALUE_TYPES, Types
from fuser.link.values import Ascribed, Closure, ComponentTypeValue, Function, InstanceTypeValue, InstanceValue, Value
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
from fuser.types import FuncType, Named, Primitive, ValType
from fuser.wasm.module import Module

Published = dict[ValType, ValType]

_SORTS: Mapping[type[object], str] = {
    Closure: "that is a component",
    Ascribed: "that is a component",
    Module: "that is a core module",
    FuncType: "that is a function type",
    InstanceTypeValue: "that is an instance type",
    ComponentTypeValue: "that is a component type",
}
"""What the root does not export; types of the last three sorts it does, but not within instances."""


def describe_imports(items: Mapping[str, Value]) -> tuple[tuple[str, ExternType], ...]:
    """Describe what the root, or an instance that it imports, takes from outside."""
    return tuple([(name, _describe(value)) for name, value in items.items()])


def _describe(value: Value) -> ExternType:
    match value:
        case Function():
            return value.type
        case InstanceValue():
            return InstanceType(describe_imports(value.items))
        case StaticResource():
            return TypeBound(value)
        case _:
            assert isinstance(value, VALUE_TYPES), "the root imports nothing else"
            return TypeBound(value)


def describe_exports(types: Types, root: Made) -> tuple[tuple[str, ExportItem], ...]:
    """Describe what the root exports; later items mention types of earlier ones."""
    published: Published = {}
    _keep(root.imports, published)
    publisher = _Publisher(types, published, root.places)
    return publisher.items(root.exports)


def _keep(imports: Mapping[str, Value], published: Published) -> None:
    """Let names that are imported stand for themselves."""
    for value in imports.values():
        if isinstance(value, InstanceValue):
            _keep(value.items, published)
        elif isinstance(value, Named):
            published[value] = value


@dataclass
class _Publisher:
    """The exports of the root or of one exported instance.

    `local` are the types exported here, which functions here mention in preference to
    the same ones exported elsewhere.
    """

    types: Types
    outer: Published
    places: Mapping[str, int | None]
    """Where the root's exports are in the input."""
    path: tuple[str, ...] = ()
    local: Published = field(default_factory=dict)
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
            case StaticResource():
                return TypeBound(value)
            case _ if isinstance(value, VALUE_TYPES):
                return TypeBound(self._type(name, value))
            case FuncType() if not self.path:
                return TypeBound(self._rewriter().function(value))
            case InstanceTypeValue() | ComponentTypeValue() if not self.path:
                return TypeBound(self._declared(name, value))
            case _:
                what = _SORTS.get(type(value), "of this sort")
                raise Unsupported(f"`{self._called(name)}`, a root export {what}", self._place(name))

    def _declared(self, name: str, value: InstanceTypeValue | ComponentTypeValue) -> DeclaredType:
        type = self.carrier.carry(value)
        if mentions_references(type):
            what = f"typed references in the core types of `{name}`, a type that the root exports"
            raise Unsupported(what, self._place(name))
        return type

    def _place(self, name: str) -> int | None:
        return self.places.get((*self.path, name)[0])

    def _called(self, name: str) -> str:
        return "` `".join((*self.path, name))

    def _instance(self, name: str, value: InstanceValue) -> ExportedInstance:
        inner = _Publisher(self.types, {**self.outer, **self.local}, self.places, (*self.path, name))
        exported = ExportedInstance(inner.items(value.items))
        for type, named in inner.local.items():
            self.local.setdefault(type, named)
        return exported

    def _rewriter(self) -> _Visible:
        return _Visible(self.types, outer=self.outer, local=self.local)

    def _type(self, name: str, type: ValType) -> Named:
        """Publish a type: from now on its object stands for the new name."""
        known = type in self.local or type in self.outer
        inner = type.type if isinstance(type, Named) and not known else type
        named = self.types.named(name, self._rewriter().type(inner))
        if not isinstance(type, Primitive):  # primitives have no identity by which to tell their names
            self.local[type] = named
        self.local[named] = named
        return named


@dataclass(eq=False)
class _Visible(Rewriter):
    """Types in terms of what is published; other names are seen through."""

    outer: Published = field(default_factory=dict)
    local: Published = field(default_factory=dict)

    def replacement(self, type: ValType) -> ValType | None:
        return self.local.get(type) or self.outer.get(type)

    def rebuilt(self, type: ValType) -> ValType:
        return self.seen[type.type] if isinstance(type, Named) else super().rebuilt(type)
