"""Identity by name, as several candidates of the public record have it.

The core resolves by identity; these candidates are *defined* by names, so they read the
labels, and say so to the builder (`Need.LABELS`).
"""

from __future__ import annotations

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
    """Who defines what, by name."""

    defined: tuple[tuple[Instance, Key], ...]
    """In order of definition."""

    def defines(self, instance: Instance, key: Key) -> bool:
        """Whether an instance defines a resource of this interface and name."""
        return (instance, key) in self.defined

    def defines_name(self, instance: Instance, name: str) -> bool:
        """Whether an instance defines a resource of this name, in any interface."""
        return any(definer is instance and key.name == name for definer, key in self.defined)

    def re_exports(self, program: Program, instance: Instance, name: str) -> bool:
        """Whether an instance defines a resource of a name that it also imports."""
        return self.defines_name(instance, name) and any(
            use.instance is instance and not use.defines and key_of(use).name == name for use in program.uses
        )


def names_of(program: Program) -> Names:
    """Collect the definitions of a program by name."""
    return Names(tuple((use.instance, key_of(use)) for use in program.uses if use.defines))


def is_method_like(call: Call) -> bool:
    """Whether the callee's export label marks a method, static function or constructor."""
    function = call.label.rpartition("#")[2]
    return function.startswith(("[method]", "[static]", "[constructor]"))
