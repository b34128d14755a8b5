"""What exported instances and functions mention: named types, resource types, names of those."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fuser.program import (
    BoundType,
    CoreMember,
    DeclaredType,
    ExportedFunction,
    ExportedInstance,
    ResourceType,
    StaticResource,
    TypeBound,
    unfinished,
)
from fuser.types import Borrow, FuncType, Named, Own, ResourceName, ValType, parts
from fuser.wrap.scope import Name


@dataclass
class Mentions:
    """Named types and resources in the order in which they depend on each other, each once, and names of resources."""

    names: dict[Name, None] = field(default_factory=dict)
    resource_names: dict[ResourceName, ResourceType] = field(default_factory=dict)
    seen: set[ValType] = field(default_factory=set)
    finished: set[DeclaredType] = field(default_factory=set)

    def value(self, type: ValType | None) -> None:
        """Add what a value type mentions."""
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
            self._resource(type.resource, type.name)
        elif isinstance(type, Named):
            self.names[type] = None

    def function(self, type: FuncType) -> None:
        """Add what a function type mentions."""
        for _, part in type.parameters:
            self.value(part)
        self.value(type.result)

    def _resource(self, resource: StaticResource, name: ResourceName | None) -> None:
        self.names[resource.type] = None
        if name is not None:
            self.resource_names[name] = resource.type

    def bound(self, type: BoundType, name: ResourceName | None = None) -> None:
        """Add what an exported type mentions; `name` is that which a resource was known by."""
        match type:
            case StaticResource():
                self._resource(type, name)
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


def mentioned(instance: ExportedInstance) -> Mentions:
    """Return what an instance mentions."""
    found = Mentions()
    _mention(found, instance)
    return found


def mentioned_by(types: Iterable[FuncType]) -> tuple[Name, ...]:
    """Return the named types and resources that functions mention, dependencies first."""
    found = Mentions()
    for type in types:
        found.function(type)
    return tuple(found.names)


def _mention(found: Mentions, instance: ExportedInstance) -> None:
    for _, item in instance.items:
        match item:
            case TypeBound(type=type, name=name):
                found.bound(type, name and name.of)
            case ExportedFunction(type=type):
                found.function(type)
            case ExportedInstance():
                _mention(found, item)
