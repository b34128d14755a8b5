"""References of a tree, whatever definitions they stand in.

The level of a reference is the scope it refers to: 0 for the scope whose definitions the
walk began with, 1 for a component or type directly inside, and so on. Outer aliases refer
to a lower level than they stand at, below 0 to scopes around the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import TypeVar, cast

from fuser.component.tree import (
    AliasOuter,
    Component,
    ComponentType,
    InstanceType,
    ModuleType,
    Reference,
)

SCOPES = (Component, ComponentType, InstanceType, ModuleType)
Node = TypeVar("Node")


def references(node: object) -> Iterator[Reference]:
    """Iterate over the references of a definition, but not into scopes inside it."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Reference):
            yield current
        elif isinstance(current, tuple):
            pending += reversed(current)
        else:
            kind: type = current.__class__
            pending += [getattr(current, name) for name in _entered(kind)]


@cache
def _entered(kind: type) -> tuple[str, ...]:
    """Return the fields in which a node of this class may hold references, the last one first."""
    if not is_dataclass(kind) or issubclass(kind, (*SCOPES, AliasOuter)):
        return ()
    return tuple(reversed(_names(kind)))


def scope_of(node: object) -> Component | ComponentType | InstanceType | ModuleType | None:
    """Return the scope that a definition opens, if it does."""
    for name in ("component", "type"):
        inner = getattr(node, name, None)
        if isinstance(inner, SCOPES):
            return inner
    return None


def rewrite(node: Node, at: Callable[[Reference, int], Reference], level: int = 0) -> Node:
    """Return a node with every reference replaced by `at(reference, level)`.

    `level` is that of references in the node itself, 0 for a definition; a component is
    a scope, so that its definitions are one level further in. What holds no changed
    reference stays the same object. An outer alias to a level below 0 whose target is
    replaced is one to level 0 from then on.
    """
    return cast(Node, _rewrite(node, at, level))


def _rewrite(node: object, at: Callable[[Reference, int], Reference], level: int) -> object:
    match node:
        case Reference():
            return at(node, level)
        case tuple():
            return _rewrite_items(node, at, level)
        case AliasOuter(count, target):
            changed = at(target, level - count)
            return node if changed is target else replace(node, count=min(count, level), target=changed)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    inner = level + 1 if isinstance(node, SCOPES) else level
    changes = {}
    for name in _names(node.__class__):  # no comprehension: each would be one more frame a level
        old = getattr(node, name)
        new = _rewrite(old, at, inner)
        if new is not old:
            changes[name] = new
    return replace(node, **changes) if changes else node


def _rewrite_items(
    items: tuple[object, ...], at: Callable[[Reference, int], Reference], level: int
) -> tuple[object, ...]:
    new = []
    for item in items:
        new.append(_rewrite(item, at, level))  # noqa: PERF401 - as above
    return items if all(map(is_, new, items)) else tuple(new)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Names of the fields that may hold references."""
    return tuple(field.name for field in fields(kind) if field.name not in ("offset", "name", "data"))
