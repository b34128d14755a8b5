"""Several components as the children of one root that holds no code of its own.

An import is satisfied by an export of another input: by exact name, else where versions are
compatible as semantic versions are (spec, Linking; as `wac plug` does). Of several inputs
it is the nearest one before, else the first one after; links never go round in a ring. The
program exports what the one input exports that takes from others and gives to none; an
input that it needs nothing from is left out. What nothing satisfies the root imports, once
for all that ask for it or for a compatible version, under the highest version. An input may know
types by an import that another one satisfies: the root imports these too, where nothing else names them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fuser.component.tree import Component, Export, Import
from fuser.errors import UnresolvedImport
from fuser.link.bind import Outside
from fuser.link.interpret import Made, Request, Walk
from fuser.link.state import State
from fuser.link.types import VALUE_TYPES, parts_of
from fuser.link.values import Closure, Function, InstanceValue, NamedResource, OutsideInstance, Value
from fuser.link.views import View
from fuser.program import StaticResource
from fuser.types import Borrow, Own, ValType

_VERSION = re.compile(r"(?P<path>.+)@(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)(?:\+.*)?")
Version = tuple[int, int, int]
Track = tuple[str, Version]


@dataclass(frozen=True)
class Provider:
    """An export of an input, both by number and name."""

    input: int
    export: str


@dataclass(frozen=True)
class Wiring:
    """What satisfies what, by names alone."""

    order: tuple[int, ...]
    """The inputs that are needed, providers first; the last one's exports are the root's."""
    given: Mapping[int, Mapping[str, Provider]]
    """By input and the name of its import."""
    roots: Mapping[str, str]
    """The names under which the root imports what nothing satisfies, by the names that inputs use."""


def plugged(state: State, components: Sequence[Component], *, naming: bool) -> Walk:
    """Walk each component that is needed with what others export; `naming` imports names of types that are given."""
    wiring = wire(components)
    state.left_out = tuple(number for number in range(len(components)) if number not in wiring.order)
    root = state.instance(None, None)
    outside: dict[str, Value] = {}
    made: dict[int, Made] = {}
    exports: dict[int, dict[str, Value]] = {}
    for number in wiring.order:
        component, given = components[number], wiring.given[number]
        state.input = number
        arguments = {name: outside[root] for name, root in wiring.roots.items() if root in outside}
        arguments |= {name: exports[one.input][one.export] for name, one in given.items()}
        closure = Closure(component, None, None)
        one = made[number] = yield Request(
            state, closure, arguments, Outside(), root, None, component.offset, wiring.roots
        )
        for name, value in one.imports.items():
            item = one.view.item(value)
            if name not in given:
                outside.setdefault(wiring.roots[name], _growing(item))
            elif naming and (types := _types(item)):
                outside.setdefault(name, _growing(types))
        exports[number] = {name: one.view.item(value) for name, value in one.exports.items()}
    for name, value in outside.items():
        if not _is_open(value):
            raise UnresolvedImport(f"nothing provides `{name}`, which mentions a resource type of another input")
    return Made(outside, exports[number], View(state.types), one.places)


def _growing(value: Value) -> Value:
    """Let an imported instance grow by what later components ask of it."""
    if not isinstance(value, InstanceValue):
        return value
    return OutsideInstance({name: _growing(item) for name, item in value.items.items()}, value.depth)


def _types(value: Value) -> Value | None:
    """Return the value types that another input gives, as far as the root can know them; None where there are none."""
    if isinstance(value, InstanceValue):
        items = {name: item for name, item in value.items.items() if isinstance(item, VALUE_TYPES) and _is_open(item)}
        return InstanceValue(items, 1) if items else None
    return value if isinstance(value, VALUE_TYPES) and _is_open(value) else None


def _is_open(value: Value) -> bool:
    """Whether no resource type from within is mentioned."""
    seen: set[ValType] = set()
    pending = [value]
    while pending:
        match pending.pop():
            case InstanceValue(items=items):
                pending += items.values()
            case Function(type=type):
                pending += [part for _, part in type.parameters] + ([] if type.result is None else [type.result])
            case Own(resource) | Borrow(resource) | NamedResource(resource):
                pending.append(resource)
            case StaticResource(type=resource) if resource.definer is not None:
                return False
            case part if isinstance(part, VALUE_TYPES) and part not in seen:
                seen.add(part)
                pending += parts_of(part)
    return True


# -- what satisfies what ---------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    """What an input imports and exports, by name."""

    imports: tuple[str, ...]
    exports: frozenset[str]
    compatible: Mapping[Track, str]
    """The highest export of each run of compatible versions."""


def wire(components: Sequence[Component]) -> Wiring:
    """Link inputs by names; raises UnresolvedImport where none takes from another, or two only take."""
    names = [_names(component) for component in components]
    given = _links(names)
    takers = {number for number, links in given.items() if links}
    givers = {one.input for links in given.values() for one in links.values()}
    if not takers:
        raise UnresolvedImport("no input imports what another one exports")
    last, *others = sorted(takers - givers, reverse=True)
    if others:
        both = f"inputs {others[0] + 1} and {last + 1} both take from others and give to none"
        raise UnresolvedImport(f"{both}: fuse them one by one")
    order = _ordered(last, given)
    open_names = [[name for name in names[number].imports if name not in given[number]] for number in order]
    return Wiring(order, given, _roots(open_names))


def _names(component: Component) -> _Names:
    imports = tuple(one.name.name for one in component if isinstance(one, Import))
    exports = frozenset(one.name.name for one in component if isinstance(one, Export))
    compatible: dict[Track, str] = {}
    for name in exports:
        if track := _track(name):
            compatible[track] = max(name, compatible.get(track, name), key=_rank)
    return _Names(imports, exports, compatible)


def _links(inputs: Sequence[_Names]) -> dict[int, dict[str, Provider]]:
    """Find a provider for each import: among the inputs before first, then among those after."""
    given: dict[int, dict[str, Provider]] = {}
    for number, names in enumerate(inputs):
        before = [(one, inputs[one]) for one in reversed(range(number))]
        given[number] = {name: one for name in names.imports if (one := _provider(name, before))}
    for number, names in enumerate(inputs):
        after = [(one, inputs[one]) for one in range(number + 1, len(inputs)) if number not in _ordered(one, given)]
        found = {name: one for name in names.imports if (one := _provider(name, after))}
        given[number] = found | given[number]
    return given


def _provider(name: str, inputs: Sequence[tuple[int, _Names]]) -> Provider | None:
    """Return the first input's export of the name, else the first one's of the highest compatible version."""
    for number, names in inputs:
        if name in names.exports:
            return Provider(number, name)
    track = _track(name)
    if track is not None:
        for number, names in inputs:
            if track in names.compatible:
                return Provider(number, names.compatible[track])
    return None


def _ordered(last: int, given: Mapping[int, Mapping[str, Provider]]) -> tuple[int, ...]:
    """Return an input after all that it takes from, directly or not."""
    order: dict[int, None] = {}
    pending = [last]
    while pending:
        providers = {one.input for one in given[pending[-1]].values()} - order.keys()
        if providers:
            pending += sorted(providers, reverse=True)
        else:
            order[pending.pop()] = None
    return tuple(order)


def _roots(open_names: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return under which name the root imports each: the highest compatible one, unless an input asks for two."""
    tracks = [[track for name in names if (track := _track(name))] for names in open_names]
    apart = {track for found in tracks for track in found if found.count(track) > 1}
    highest: dict[Track, str] = {}
    every = [name for names in open_names for name in names]
    for name in every:
        if track := _track(name):
            highest[track] = max(name, highest.get(track, name), key=_rank)
    return {name: highest[track] if (track := _track(name)) and track not in apart else name for name in every}


# -- versions ------------------------------------------------------------------------


def _version(name: str) -> Version:
    match = _VERSION.fullmatch(name)
    assert match, "only versioned names are compared"
    return int(match["major"]), int(match["minor"]), int(match["patch"])


def _rank(name: str) -> tuple[Version, str]:
    """Order names by version; build metadata, which no version has regard to, only says which of two equal ones."""
    return _version(name), name


def _track(name: str) -> Track | None:
    """Return what compatible names have in common (Semantic Versioning 2.0, and 0.x by custom).

    None for a name without version; pre-releases are compatible with nothing else.
    """
    match = _VERSION.fullmatch(name)
    if match is None:
        return None
    major, minor, patch = _version(name)
    if major:
        return match["path"], (major, 0, 0)
    return match["path"], ((0, minor, 0) if minor else (0, 0, patch))
