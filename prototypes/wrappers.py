"""Which resource types wrap another: those that a component defines while it holds another's."""

from __future__ import annotations

from fuser.errors import NotApplicable
from fuser.handles.uses import exported_types
from fuser.program import Program, ResourceType


def wrappers(program: Program) -> tuple[ResourceType, ...]:
    """Return the types that re-exporters define; raises NotApplicable where there is none or one crosses the root."""
    holders = {use.instance for use in program.uses if not use.defines}
    found = tuple(type for type in program.resources if type.definer in holders)
    if not found:
        raise NotApplicable("no component defines a resource and holds another's")
    outside = exported_types(program)
    for type in found:
        if type in outside:
            raise NotApplicable(f"{type.label} crosses the root, where the host keeps a table")
    return found
