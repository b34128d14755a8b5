"""Several components as the children of one root that holds no code of its own.

Imports of later components are satisfied by exports of earlier ones, the nearest first:
by exact name, else where versions are compatible as semantic versions are (spec, Linking;
as `wac plug` does). What nothing satisfies the root imports, once for all that ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fuser.component.tree import Component, Import
from fuser.link.bind import Outside
from fuser.link.interpret import Made, Request, Walk
from fuser.link.state import State
from fuser.link.values import Closure, InstanceValue, OutsideInstance, Value
from fuser.link.views import View

_VERSION = re.compile(r"(?P<path>.+)@(?P<major>\d+)\.(?P<minor>\d+)\.(?P<patch>\d+)(?:\+.*)?")
Version = tuple[int, int, int]


@dataclass
class _Offers:
    """What components export, later ones first."""

    exact: dict[str, Value] = field(default_factory=dict)
    compatible: dict[tuple[str, Version], Value] = field(default_factory=dict)
    """By path and compatible versions."""

    def add(self, exports: Mapping[str, Value]) -> None:
        """Add the exports of a component; of compatible versions the highest counts."""
        self.exact |= exports
        versions = [(*split, name) for name in exports if (split := _split(name))]
        for path, version, name in sorted(versions):
            self.compatible[path, _track(version)] = exports[name]

    def find(self, name: str) -> Value | None:
        """Return what satisfies an import."""
        if name in self.exact:
            return self.exact[name]
        split = _split(name)
        return self.compatible.get((split[0], _track(split[1]))) if split else None


def plugged(state: State, components: Sequence[Component]) -> Walk:
    """Walk each component with what the earlier ones export."""
    root = state.instance(None, None)
    outside: dict[str, Value] = {}
    offers = _Offers()
    exports: dict[str, Value] = {}
    places: Mapping[str, int | None] = {}
    for component in components:
        arguments = {**outside, **_arguments(component, offers)}
        closure = Closure(component, None, None)
        made = yield Request(state, closure, arguments, Outside(), root, None, component.offset)
        for name, value in made.imports.items():
            if name not in arguments:
                outside[name] = _growing(made.view.item(value))
        places = made.places
        exports = {name: made.view.item(value) for name, value in made.exports.items()}
        offers.add(exports)
    return Made(outside, exports, View(state.types), places)


def _growing(value: Value) -> Value:
    """Let an imported instance grow by what later components ask of it."""
    if not isinstance(value, InstanceValue):
        return value
    return OutsideInstance({name: _growing(item) for name, item in value.items.items()}, value.depth)


def _arguments(component: Component, offers: _Offers) -> dict[str, Value]:
    found = {}
    for definition in component:
        if isinstance(definition, Import):
            provider = offers.find(definition.name.name)
            if provider is not None:
                found[definition.name.name] = provider
    return found


def _split(name: str) -> tuple[str, Version] | None:
    """Return path and version of a versioned name; pre-releases are compatible with nothing else."""
    match = _VERSION.fullmatch(name)
    return match and (match["path"], (int(match["major"]), int(match["minor"]), int(match["patch"])))


def _track(version: Version) -> Version:
    """Return what compatible versions have in common (Semantic Versioning 2.0, and 0.x by custom)."""
    major, minor, patch = version
    if major:
        return major, 0, 0
    return (0, minor, 0) if minor else (0, 0, patch)
