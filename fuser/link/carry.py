"""Types of instances and components that the root exports, carried as the input declares them.

Nothing is of such a type, so it need not be understood: only what it takes from the scopes
around it is resolved, and that once for each type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fuser.component import tree
from fuser.component.tree import CoreExtern, CoreRecursion, Reference, Sort
from fuser.component.walk import rewrite, scope_of
from fuser.link.types import VALUE_TYPES
from fuser.link.values import (
    ComponentTypeValue,
    CoreTypeValue,
    InstanceTypeValue,
    NamedResource,
    Scope,
    Value,
    resource_of,
)
from fuser.program import Around, CoreMember, DeclaredType, StaticResource, unfinished
from fuser.types import FuncType, ValType

Place = tuple[int, Reference]
Declared = InstanceTypeValue | ComponentTypeValue | CoreTypeValue
Key = tuple[Scope, object]

TYPED = frozenset((Sort.CORE_TABLE, Sort.CORE_GLOBAL))
"""Core items whose types mention others only as typed references."""


@dataclass
class Carrier:
    """Declared types by where they are declared; `value` and `function` say how their parts are mentioned."""

    value: Callable[[ValType], ValType]
    function: Callable[[FuncType], FuncType]
    made: dict[Key, DeclaredType] = field(default_factory=dict)
    around: dict[Key, Mapping[Place, Value]] = field(default_factory=dict)
    without: set[DeclaredType] = field(default_factory=set)
    """Those in which no typed references are."""

    def carry(self, type: InstanceTypeValue | ComponentTypeValue) -> DeclaredType:
        """Return a type as a program carries it."""
        pending: list[Declared] = [type]
        while pending:
            current = pending[-1]
            key = _key(current)
            if key in self.made:
                pending.pop()
                continue
            if key not in self.around:
                self.around[key] = _around(current)
            around = self.around[key]
            if missing := [one for one in around.values() if isinstance(one, Declared) and self._lacks(one, key)]:
                pending += missing
            else:
                taken = {place: self._taken(value, key) for place, value in around.items()}
                self.made[key] = DeclaredType(_definition(current), taken)
        return self.made[_key(type)]

    def has_references(self, type: DeclaredType) -> bool:
        """Whether typed references stand in core types of a declared type, or of those that it takes.

        The reference engine aborts where they are in the type of a core module.
        """
        for one in unfinished(type, self.without):
            if _has_references(one.definition):
                return True
            self.without.add(one)
        return False

    def _lacks(self, type: Declared, taker: Key) -> bool:
        return _key(type) != taker and _key(type) not in self.made

    def _taken(self, value: Value, taker: Key) -> Around:
        """Return what a declared type takes; its own recursion group it takes by position alone."""
        match value:
            case CoreTypeValue(position=position):
                key = _key(value)
                return CoreMember(None if key == taker else self.made[key], position)
            case InstanceTypeValue() | ComponentTypeValue():
                return self.made[_key(value)]
            case FuncType():
                return self.function(value)
            case StaticResource() | NamedResource():
                return resource_of(value)
            case _:
                assert isinstance(value, VALUE_TYPES), "the parser lets types alias nothing else from outside"
                return self.value(value)


def _key(type: Declared) -> Key:
    return type.scope, type.first if isinstance(type, CoreTypeValue) else type


def _definition(type: Declared) -> tree.TypeDefinition | tree.CoreType:
    return type.declared if isinstance(type, CoreTypeValue) else tree.TypeDefinition(type.declared)


def _around(type: Declared) -> dict[Place, Value]:
    """Return what a type takes from the scopes around it."""
    definition = _definition(type)
    found: dict[Place, Value] = {}

    def at(reference: Reference, level: int) -> Reference:
        if level <= 0 and (level, reference) not in found:
            found[level, reference] = type.scope.enclosing(-level, definition.offset).get(reference, definition.offset)
        return reference

    rewrite(definition, at)
    return found


def _has_references(declaration: tree.Definition | tree.ModuleImport | tree.ModuleExport) -> bool:
    match declaration:
        case tree.CoreType(type=CoreRecursion(parts=parts)):
            return any(isinstance(part, Reference) for part in parts)
        case tree.ModuleImport(type=CoreExtern(sort, parts)) | tree.ModuleExport(type=CoreExtern(sort, parts)):
            return sort in TYPED and any(isinstance(part, Reference) for part in parts)
        case _:
            inner = scope_of(declaration)
            return isinstance(inner, tree.ComponentType | tree.InstanceType | tree.ModuleType) and any(
                map(_has_references, inner.declarations)
            )
