"""Whether every index of a tree refers to something before it (spec, Binary: "references only go backwards")."""

from __future__ import annotations

from collections import Counter

from fuser.component.tree import (
    AliasOuter,
    Component,
    CoreRecursion,
    CoreType,
    Definition,
    ModuleExport,
    ModuleImport,
    Names,
    Reference,
    Scope,
    Sort,
    appended,
    width,
)
from fuser.component.walk import references, scope_of
from fuser.errors import Malformed

Counts = Counter[Sort]


def check_references(component: Component) -> None:
    """Raise Malformed at the first definition that refers to what does not precede it."""
    _check_scope(component, [])


def _check_scope(scope: Scope, outer: list[Counts]) -> None:
    scopes = [*outer, Counter[Sort]()]
    for definition in scope if isinstance(scope, Component) else scope.declarations:
        if not isinstance(definition, Names):  # a custom section never makes a binary invalid
            _check(definition, scopes)


def _check(definition: Definition | ModuleImport | ModuleExport, scopes: list[Counts]) -> None:
    offset = definition.offset if isinstance(definition, Definition) else None
    counts = scopes[-1]
    if isinstance(definition, AliasOuter):
        if definition.count >= len(scopes):
            raise Malformed("an outer alias reaches beyond the outermost component", offset)
        _bound(definition.target, scopes[-1 - definition.count], offset)
    inner = scope_of(definition)
    if inner is not None:
        _check_scope(inner, scopes)
    recursion = _own_group(definition)
    for reference in references(definition):
        _bound(reference, counts, offset, recursion)
    if isinstance(definition, Definition):
        sort = appended(definition)
        if sort is not None:
            counts[sort] += width(definition)


def _own_group(definition: object) -> int:
    """Return how many core types a definition may refer to ahead: those of its own group."""
    match definition:
        case CoreType(type=CoreRecursion(count=count)):
            return count
        case _:
            return 0


def _bound(reference: Reference, counts: Counts, offset: int | None, ahead: int = 0) -> None:
    if reference.index >= counts[reference.sort] + ahead:
        raise Malformed(f"unknown {reference.sort.value} {reference.index}", offset)
