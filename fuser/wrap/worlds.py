"""What of the root's imports and exports has no form in WIT, in which the reference tools think.

An interface is *named* where its name is of a package (`a:b/c`), else it is *inline*. A WIT
`use` takes a type from a named interface, and a method belongs to the interface that defines its
resource. The reference tools go beyond WIT and hold together types that are mentioned without `use`
among named interfaces, and those of inline interfaces outside of named ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fuser.program import (
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    InstanceType,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
)
from fuser.types import Borrow, FuncType, Named, Own, ValType, parts
from fuser.wrap.mentions import mentioned
from fuser.wrap.scope import Known, bounds, names_of


def beyond_wit(program: Program) -> Iterator[str]:
    """Say what of the root's imports and exports has no form in WIT."""
    exports = tuple((name, type_of(item)) for name, item in program.exports)
    for name, type in exports:
        if isinstance(type, TypeBound):
            yield f"WIT worlds do not export types such as `{name}`"
    for name, type in (*program.imports, *exports):
        if "=" in name:
            yield f"WIT has no imports by location or package such as `{name}`"
        yield from _beyond_names(name, type)
    yield from _beyond_uses((*program.imports, *exports))
    for name in _taken_for_own(program):
        yield f"WIT takes the resource types of `{name}` that exports mention for the exported ones, not the imported"


def type_of(item: ExportItem) -> ExternType:
    """Return the type of what the root exports."""
    match item:
        case ExportedFunction(type=type):
            return type
        case ExportedInstance(items=items):
            return InstanceType(tuple((name, type_of(part)) for name, part in items))
        case TypeBound():
            return item


def _beyond_names(name: str, type: ExternType) -> Iterator[str]:
    if isinstance(type, FuncType) and ":" in name:
        yield f"WIT has no functions with names of interfaces such as `{name}`"
    elif isinstance(type, InstanceType):
        for inner, part in type.exports:
            if isinstance(part, InstanceType):
                yield f"WIT has no interfaces in interfaces such as `{inner}` in `{name}`"
            else:
                yield from _beyond_names(inner, part)


def _taken_for_own(program: Program) -> tuple[str, ...]:
    """Return the interfaces both imported and exported of which exports mention the imported resource types."""
    exported = dict(program.exports).keys()
    mentions = mentioned(ExportedInstance(program.exports)).names
    # The first import to declare a resource type is its interface; others use it from there.
    first: dict[ResourceType, str] = {}
    for path, bound in bounds(InstanceType(program.imports)):
        if isinstance(bound.type, StaticResource):
            first.setdefault(bound.type.type, path[0])
    return tuple(dict.fromkeys(name for resource, name in first.items() if name in exported and resource in mentions))


# -- whose types are used where ------------------------------------------------------------


@dataclass(eq=False)
class _Place:
    """The world, whose name is empty, or an interface: what it has so far."""

    name: str
    types: set[Known] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)
    """Names of the resources that it defines."""

    @property
    def named(self) -> bool:
        return ":" in self.name

    def may_mention(self, owner: _Place) -> bool:
        """Whether the tools take a type of another place that is not taken over by `use`."""
        return bool(owner.name) and self.named == owner.named


Owners = dict[Known, _Place]
"""The first place that has each type."""


def _beyond_uses(items: Iterable[tuple[str, ExternType]]) -> Iterator[str]:
    owners: Owners = {}
    world = _Place("")
    for name, type in items:
        if isinstance(type, InstanceType):
            place = _Place(name)
            for inner, part in type.exports:
                yield from _beyond_use(owners, place, inner, part)
        else:
            yield from _beyond_use(owners, world, name, type)


def _beyond_use(owners: Owners, place: _Place, name: str, type: ExternType) -> Iterator[str]:
    match type:
        case TypeBound():
            yield from _beyond_bound(owners, place, name, type)
        case FuncType():
            values = [part for _, part in type.parameters]
            yield from _beyond_mentions(owners, place, name, [*values, *([type.result] if type.result else [])])
            resource = name.partition("]")[2].partition(".")[0]
            if resource and resource not in place.resources:
                yield f"WIT has no methods of a resource under another name such as `{_shown(place, name)}`"
        case InstanceType():
            pass  # said already


def _beyond_bound(owners: Owners, place: _Place, name: str, bound: TypeBound) -> Iterator[str]:
    owner = next((owners[one] for one in _sources(bound) if one in owners), None)
    if owner is None:
        if isinstance(bound.type, StaticResource):
            place.resources.add(name)
        elif isinstance(bound.type, Named):
            yield from _beyond_mentions(owners, place, name, [bound.type.type])
    elif owner is not place and not owner.named:
        yield f"WIT takes types from named interfaces only, not `{_shown(place, name)}`"
    for known in names_of(bound):
        owners.setdefault(known, place)
        place.types.add(known)


def _sources(bound: TypeBound) -> Iterator[Known]:
    """Yield what a type may be taken from, the nearest first."""
    match bound.type:
        case StaticResource(type=resource):
            if bound.name is not None and bound.name.of is not None:
                yield bound.name.of
            yield resource
        case Named() as named:
            yield named
            if isinstance(named.type, Named):
                yield named.type


def _beyond_mentions(owners: Owners, place: _Place, name: str, types: list[ValType]) -> Iterator[str]:
    left, seen = types, set[ValType]()
    while left:
        type = left.pop()
        if type in seen:
            continue
        seen.add(type)
        known = _known(owners, type)
        if known is None:
            left += parts(type)
        elif known not in place.types and not place.may_mention(owners[known]):
            yield f"WIT needs a `use` of each type of another interface that `{_shown(place, name)}` mentions"
            return


def _known(owners: Owners, type: ValType) -> Known | None:
    """Return by what name a type is mentioned; nothing where it is spelled out."""
    candidates: tuple[Known | None, ...] = ()
    match type:
        case Own() | Borrow():
            candidates = type.name, type.resource.type
        case Named():
            candidates = (type,)
    return next((one for one in candidates if one is not None and one in owners), None)


def _shown(place: _Place, name: str) -> str:
    return f"{place.name}#{name}" if place.name else name
