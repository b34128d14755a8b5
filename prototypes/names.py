"""Identity by name, as several candidates of the public record have it.

The core resolves by identity; these candidates are *defined* by names, so they read the
labels, and say so to the builder (`Need.LABELS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fuser.handles.interface import Call
from fuser.program import Instance, Program, ResourceUse


@dataclass(frozen=True)
class Key:
    """What the public record calls a resource: its interface and its name."""

    interface: str
    name: str


def key_of(use: ResourceUse) -> Key:
    """Split a label `ns:package/interface#name`."""
    interface, _, name = use.resource.label.rpartition("#")
    return Key(interface, name)


@dataclass(frozen=True)
class Names:
    """Who defines and who imports what, by name."""

    defined: Mapping[tuple[Instance, Key], None]
    """In order of definition."""
    defined_names: frozenset[tuple[Instance, str]]
    imported_names: frozenset[tuple[Instance, str]]

    def defines(self, instance: Instance, key: Key) -> bool:
        """Whether an instance defines a resource of this interface and name."""
        return (instance, key) in self.defined

    def defines_name(self, instance: Instance, name: str) -> bool:
        """Whether an instance defines a resource of this name, in any interface."""
        return (instance, name) in self.defined_names

    def re_exports(self, instance: Instance, name: str) -> bool:
        """Whether an instance defines a resource of a name that it also imports."""
        return self.defines_name(instance, name) and (instance, name) in self.imported_names


def names_of(program: Program) -> Names:
    """Collect definitions and imports of a program by name."""
    defined = {(use.instance, key_of(use)): None for use in program.uses if use.defines}
    imported = frozenset((use.instance, key_of(use).name) for use in program.uses if not use.defines)
    return Names(defined, frozenset((instance, key.name) for instance, key in defined), imported)


def is_method_like(call: Call) -> bool:
    """Whether the callee's export label marks a method, static function or constructor."""
    function = call.label.rpartition("#")[2]
    return function.startswith(("[method]", "[static]", "[constructor]"))
