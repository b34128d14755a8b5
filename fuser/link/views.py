"""Types and items as the scope around an instance sees them.

Inside an instance, imports have types and resources of their own; outside, those of the
arguments stand for them. What the instance defines itself looks the same from both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fuser.link.types import Types, parts_of, rebuild
from fuser.link.values import Function, InstanceValue, Value
from fuser.program import StaticResource
from fuser.types import FuncType, Named, ValType


@dataclass(eq=False)
class View:
    """A mapping of imported types and resources to what stands for them."""

    types: Types
    named: dict[Named, ValType] = field(default_factory=dict)
    resources: dict[StaticResource, StaticResource] = field(default_factory=dict)
    seen: dict[ValType, ValType] = field(default_factory=dict)
    instances: dict[InstanceValue, InstanceValue] = field(default_factory=dict)

    def item(self, value: Value) -> Value:
        """Return an exported item as it looks from outside."""
        if not self.named and not self.resources:
            return value
        match value:
            case Function(callee, type, label):
                return Function(callee, self.function(type), label)
            case InstanceValue():
                return self._instance(value)
            case StaticResource():
                return self.resource(value)
            case FuncType():
                return self.function(value)
            case _ if value in self.types.facts:
                return self.type(value)
            case _:
                return value

    def _instance(self, value: InstanceValue) -> InstanceValue:
        if value not in self.instances:
            items = {name: self.item(item) for name, item in value.items.items()}
            self.instances[value] = InstanceValue(items, value.depth)
        return self.instances[value]

    def resource(self, resource: StaticResource) -> StaticResource:
        """Return a resource as it looks from outside."""
        return self.resources.get(resource, resource)

    def function(self, type: FuncType) -> FuncType:
        """Return a function type as it looks from outside."""
        parameters = tuple([(name, self.type(part)) for name, part in type.parameters])
        result = None if type.result is None else self.type(type.result)
        same = result is type.result and all(
            new is old for (_, new), (_, old) in zip(parameters, type.parameters, strict=True)
        )
        return type if same else self.types.function(FuncType(parameters, result, type.asynchronous))

    def type(self, type: ValType) -> ValType:
        """Return a value type as it looks from outside; what is not affected stays the same object."""
        pending = [type]
        while pending:
            current = pending[-1]
            if current in self.seen:
                pending.pop()
            elif isinstance(current, Named) and current in self.named:
                self.seen[current] = self.named[current]
            elif missing := [part for part in parts_of(current) if part not in self.seen]:
                pending += missing
            else:
                self.seen[current] = self._rebuilt(current)
        return self.seen[type]

    def _rebuilt(self, type: ValType) -> ValType:
        new = rebuild(type, self.seen.__getitem__, self.resource)
        resource = getattr(type, "resource", None)
        affected = (
            resource in self.resources
            if resource is not None
            else any(self.seen[part] is not part for part in parts_of(type))
        )
        return self.types.note(new) if affected else type
