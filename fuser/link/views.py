"""Types and items as the scope around an instance sees them.

Inside an instance, imports have types and resources of their own; outside, those of the
arguments stand for them. What the instance defines itself looks the same from both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fuser.link.types import Types, parts_of, rebuild
from fuser.link.values import Function, InstanceValue, NamedResource, ResourceValue, Value, called, resource_of
from fuser.program import StaticResource
from fuser.types import Borrow, FuncType, Named, Own, ResourceName, ValType


@dataclass(eq=False)
class Rewriter:
    """Types with some of their parts replaced; what is not affected stays the same object."""

    types: Types
    seen: dict[ValType, ValType] = field(default_factory=dict)

    def replacement(self, type: ValType) -> ValType | None:  # noqa: ARG002 - for subclasses
        """Return what stands for a type, whatever is in it."""
        return None

    def resource(self, resource: StaticResource) -> StaticResource:
        """Return what stands for a resource."""
        return resource

    def name(self, name: ResourceName) -> ResourceName | None:
        """Return what stands for a resource's name."""
        return name

    def handle(self, type: Own | Borrow) -> ValType:
        """Return a handle of what stands for its resource."""
        name = type.name and self.name(type.name)
        return replace(type, resource=self.resource(type.resource), name=name)

    def rebuilt(self, type: ValType) -> ValType:
        """Return a type whose parts are seen."""
        new = rebuild(type, self.seen.__getitem__, self.handle)
        return type if _same_parts(new, type) else self.types.note(new)

    def type(self, type: ValType) -> ValType:
        """Return a value type as it looks after replacement."""
        pending = [type]
        while pending:
            current = pending[-1]
            if current in self.seen:
                pending.pop()
            elif (replaced := self.replacement(current)) is not None:
                self.seen[current] = replaced
            elif missing := [part for part in parts_of(current) if part not in self.seen]:
                pending += missing
            else:
                self.seen[current] = self.rebuilt(current)
        return self.seen[type]

    def function(self, type: FuncType) -> FuncType:
        """Return a function type as it looks after replacement."""
        parameters = tuple([(name, self.type(part)) for name, part in type.parameters])
        result = None if type.result is None else self.type(type.result)
        same = result is type.result and all(
            new is old for (_, new), (_, old) in zip(parameters, type.parameters, strict=True)
        )
        return type if same else self.types.function(FuncType(parameters, result, type.asynchronous))


def _same_parts(one: ValType, other: ValType) -> bool:
    if isinstance(one, Own | Borrow) and isinstance(other, Own | Borrow):
        return one.resource is other.resource and one.name is other.name
    return all(new is old for new, old in zip(parts_of(one), parts_of(other), strict=True))


@dataclass(eq=False)
class View(Rewriter):
    """What stands outside for the types and resources that an instance imports."""

    named: dict[Named, ValType] = field(default_factory=dict)
    resources: dict[StaticResource, StaticResource] = field(default_factory=dict)
    names: dict[ResourceName, ResourceName | None] = field(default_factory=dict)
    instances: dict[InstanceValue, InstanceValue] = field(default_factory=dict)

    def replacement(self, type: ValType) -> ValType | None:
        """Return what was given for an imported type."""
        return self.named.get(type) if isinstance(type, Named) else None

    def resource(self, resource: StaticResource) -> StaticResource:
        """Return what was given for an imported resource."""
        return self.resources.get(resource, resource)

    def name(self, name: ResourceName) -> ResourceName | None:
        """Return the name of what was given under a name; a further name of that stays its own."""
        if name not in self.names:
            of = name.of and self.name(name.of)
            self.names[name] = name if of is name.of else called(name.label, of)
        return self.names[name]

    def item(self, value: Value) -> Value:
        """Return an exported item as it looks from outside."""
        if not self.named and not self.names:
            return value
        match value:
            case Function(callee, type, label):
                return Function(callee, self.function(type), label)
            case InstanceValue():
                return self._instance(value)
            case StaticResource() | NamedResource():
                return self._named_resource(value)
            case FuncType():
                return self.function(value)
            case _ if value in self.types.facts:
                return self.type(value)
            case _:
                return value

    def _named_resource(self, value: ResourceValue) -> ResourceValue:
        resource = self.resource(resource_of(value))
        name = self.name(value.name) if isinstance(value, NamedResource) else None
        return resource if name is None else NamedResource(resource, name)

    def _instance(self, value: InstanceValue) -> InstanceValue:
        if value not in self.instances:
            items = {name: self.item(item) for name, item in value.items.items()}
            self.instances[value] = InstanceValue(items, value.depth)
        return self.instances[value]
