"""Keepers: nested components whose only work is to own a handle table.

Handles of the types in one keeper are numbered by one table of the host, apart from those
of the wrapper and of other keepers. It lifts `resource.new/rep/drop` as functions on u32;
representations and handles are plain numbers to the fused module.
"""

from __future__ import annotations

from collections.abc import Iterable

from fuser.component import tree
from fuser.component.tree import ExternName, Reference, Sort
from fuser.types import FuncType, Primitive
from fuser.wrap.plan import KeeperType, Operation, ResourceOperation
from fuser.wrap.scope import Scope

NUMBER = Primitive.U32
TYPES: dict[Operation, FuncType] = {
    "new": FuncType((("rep", NUMBER),), NUMBER),
    "rep": FuncType((("handle", NUMBER),), NUMBER),
    "drop": FuncType((("handle", NUMBER),), None),
}


class Keepers:
    """The keepers that operations in use need, one per table."""

    def __init__(self, used: Iterable[tuple[KeeperType, ResourceOperation]]) -> None:
        self._operations: dict[object, dict[tuple[KeeperType, Operation], str]] = {}
        self._instances: dict[object, Reference] = {}
        for type, operation in used:
            names = self._operations.setdefault(type.table, {})
            names.setdefault((type, operation.operation), f"{operation.operation}{len(names)}")

    def define(self, scope: Scope) -> None:
        """Instantiate the keepers."""
        for table, names in self._operations.items():
            self._instances[table] = scope.add(tree.Instantiate(scope.nested(_component(names)), ()))

    def operation(self, scope: Scope, type: KeeperType, operation: Operation) -> Reference:
        """Return an operation as a core function."""
        name = self._operations[type.table][type, operation]
        function = scope.alias(Sort.FUNC, self._instances[type.table], (name,))
        return scope.add(tree.CanonLower(function, ()))


def _component(names: dict[tuple[KeeperType, Operation], str]) -> tree.Component:
    scope = Scope()
    types: dict[KeeperType, Reference] = {}
    for (type, operation), name in names.items():
        if type not in types:
            types[type] = scope.add(tree.TypeDefinition(tree.ResourceDefinition()))
        core = scope.add(tree.CanonResource(operation, types[type]))
        lift = tree.CanonLift(core, (), scope.function(TYPES[operation]))
        scope.add(tree.Export(ExternName(name), scope.add(lift)))
    return scope.component()
