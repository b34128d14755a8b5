"""What definitions evaluate to while a component is interpreted abstractly.

A function value carries its type as the scope that holds it sees it; types are those of
`fuser.types`, and a `Scope` is one list of values per index space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fuser.component.tree import (
    Component,
    ComponentType,
    CoreType,
    InstanceType,
    ModuleType,
    Reference,
    Sort,
)
from fuser.errors import LimitExceeded, Malformed, Unsupported
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreInstance,
    CoreItem,
    HostFunction,
    Instance,
    Lift,
    Lower,
    StaticResource,
)
from fuser.types import FuncType, ResourceName, ValType
from fuser.wasm.module import Module

NESTING_LIMIT = 100
"""Depth of instances in instances, as in the reference engine."""
NAMES_LIMIT = 50
"""Names on names of one type that are kept."""


@dataclass(frozen=True, eq=False)
class Function:
    """A component function; `label` is the name it was imported under, if it was."""

    callee: Lift | HostFunction
    type: FuncType
    label: str | None = None


@dataclass(frozen=True, eq=False)
class InstanceValue:
    """Named items in order; `depth` counts the instances within."""

    items: Mapping[str, Value]
    depth: int


@dataclass(frozen=True, eq=False)
class OutsideInstance(InstanceValue):
    """An instance that the outside gives: it grows by what each importer declares."""

    items: dict[str, Value]


@dataclass(frozen=True, eq=False)
class CoreBundleValue:
    """Core items by name."""

    items: Mapping[str, CoreItem]


@dataclass(frozen=True, eq=False)
class Closure:
    """A component definition and the scope it stands in."""

    component: Component
    scope: Scope | None
    """None for a root."""
    name: str | None


@dataclass(frozen=True, eq=False)
class Ascribed:
    """A component seen through a declared type: its instances show what that declares."""

    component: Closure | Ascribed
    type: ComponentTypeValue


@dataclass(frozen=True, eq=False)
class ComponentTypeValue:
    """A component type and the scope it stands in."""

    declared: ComponentType
    scope: Scope


@dataclass(frozen=True, eq=False)
class InstanceTypeValue:
    """An instance type and the scope it stands in; each use of it makes its resources anew."""

    declared: InstanceType
    scope: Scope


@dataclass(frozen=True, eq=False)
class CoreTypeValue:
    """A core type, at a position of its definition; only module types are ever looked into."""

    declared: CoreType
    scope: Scope
    first: int
    """Index in its scope of the first type that its definition makes."""
    position: int

    @property
    def module(self) -> ModuleType:
        """The module type; Malformed where it is something else."""
        if not isinstance(self.declared.type, ModuleType):
            raise Malformed("a core module's type is not a module type", self.declared.offset)
        return self.declared.type


@dataclass(frozen=True, eq=False)
class NamedResource:
    """A resource type under a name that an import or export gave it."""

    resource: StaticResource
    name: ResourceName


ComponentValue = Closure | Ascribed
ResourceValue = StaticResource | NamedResource
TypeValue = ValType | FuncType | ResourceValue | InstanceTypeValue | ComponentTypeValue
Value = (
    Function
    | InstanceValue
    | ComponentValue
    | TypeValue
    | CoreTypeValue
    | Module
    | CoreInstance
    | CoreBundleValue
    | CoreItem
)

_CORE_SORTS = {
    "func": Sort.CORE_FUNC,
    "table": Sort.CORE_TABLE,
    "memory": Sort.CORE_MEMORY,
    "global": Sort.CORE_GLOBAL,
    "tag": Sort.CORE_TAG,
}


def sort_of(value: Value) -> Sort:
    """Return the index space that a value belongs to."""
    match value:
        case CoreExport():
            return _CORE_SORTS[value.sort]
        case Lower() | Builtin() | ContextSlot():
            return Sort.CORE_FUNC
        case CoreInstance() | CoreBundleValue():
            return Sort.CORE_INSTANCE
        case Module():
            return Sort.CORE_MODULE
        case CoreTypeValue():
            return Sort.CORE_TYPE
        case Function():
            return Sort.FUNC
        case InstanceValue():
            return Sort.INSTANCE
        case Closure() | Ascribed():
            return Sort.COMPONENT
        case _:
            return Sort.TYPE


def resource_of(value: ResourceValue) -> StaticResource:
    """Return the resource type behind its name."""
    return value.resource if isinstance(value, NamedResource) else value


def name_of(value: Value) -> ResourceName | None:
    """Return the name of a resource type that has one."""
    return value.name if isinstance(value, NamedResource) else None


def called(label: str, of: ResourceName | None) -> ResourceName:
    """Return a further name of a resource type; after many it is forgotten of what."""
    return ResourceName(label, of, of.depth + 1) if of and of.depth < NAMES_LIMIT else ResourceName(label)


def instance_of(items: Mapping[str, Value], offset: int | None) -> InstanceValue:
    """Make an instance value.

    Raises LimitExceeded where instances nest too deep, and Unsupported where types of
    functions, instances or components lie in one: the reference engine compiles no such instance.
    """
    for name, item in items.items():
        if isinstance(item, FuncType | InstanceTypeValue | ComponentTypeValue):
            what = f"`{name}`, the type of functions, instances or components in an instance"
            raise Unsupported(what, offset)
    depth = 1 + max((item.depth for item in items.values() if isinstance(item, InstanceValue)), default=0)
    if depth > NESTING_LIMIT:
        raise LimitExceeded(f"instances nested more than {NESTING_LIMIT} deep", offset)
    return InstanceValue(items, depth)


Kind = TypeVar("Kind")


@dataclass(eq=False)
class Scope:
    """The index spaces of one component instance, or of one use of a component or instance type."""

    instance: Instance
    """The component instance whose definitions these are."""
    outer: Scope | None = None
    spaces: dict[Sort, list[Value]] = field(default_factory=dict)
    names: Mapping[Reference, str] = field(default_factory=dict)

    def append(self, value: Value) -> None:
        """Add a value to the space of its sort."""
        self.spaces.setdefault(sort_of(value), []).append(value)

    def get(self, reference: Reference, offset: int | None) -> Value:
        """Return what a reference refers to; Malformed where it refers to nothing."""
        space = self.spaces.get(reference.sort, [])
        if reference.index >= len(space):
            raise Malformed(f"unknown {reference.sort.value} {reference.index}", offset)
        return space[reference.index]

    def take(self, reference: Reference, kind: type[Kind], what: str, offset: int | None) -> Kind:
        """Return what a reference refers to; Malformed where it is not of this kind."""
        value = self.get(reference, offset)
        if not isinstance(value, kind):
            raise Malformed(f"{reference.sort.value} {reference.index} is not {what}", offset)
        return value

    def resource(self, reference: Reference, offset: int | None) -> ResourceValue:
        """Return the resource type that a reference refers to; Malformed where it is something else."""
        value = self.get(reference, offset)
        if not isinstance(value, ResourceValue):
            raise Malformed(f"{reference.sort.value} {reference.index} is not a resource type", offset)
        return value

    def enclosing(self, count: int, offset: int | None) -> Scope:
        """Return the scope `count` levels out."""
        scope: Scope | None = self
        for _ in range(count):
            scope = None if scope is None else scope.outer
        if scope is None:
            raise Malformed("an outer alias reaches beyond the outermost component", offset)
        return scope
