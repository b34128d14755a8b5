"""Handles that stay the host's: what an un-fused instance does with them.

Its component defines and imports its resource types itself, so the built-ins are those of
the component model, and nothing has to be done where a handle crosses its boundary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.code import Code
from fuser.handles.as_it_is import AsItIs
from fuser.handles.interface import Arrangement, Builder, Call, Canonical, Claim, Crossing, Need
from fuser.program import Builtin, Program, ResourceType


@dataclass(frozen=True)
class Hosted:
    """Leave an instance's handles to the host; for programs of one instance."""

    name: ClassVar[str] = "hosted"
    claim: ClassVar[Claim] = Claim(path="", locus="meld", needs=frozenset({Need.CANONICAL}))

    def arrange(self, program: Program, build: Builder) -> Arrangement:  # noqa: ARG002  the interface's
        """Take the program as it is."""
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> HostedHandles:  # noqa: ARG002  the interface's
        """Lay out nothing."""
        return HostedHandles(build)


@dataclass(frozen=True)
class HostedHandles:
    """The host's tables, and crossings that do nothing."""

    build: Builder

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Call the host's built-in."""
        code.get(0)
        code.call(getattr(self._type(builtin.use.type), builtin.operation))

    def _type(self, type: ResourceType) -> Canonical:
        if type.definer is None:
            return self.build.outside(type)
        return self.build.canonical(type, self.build.destructor(type), type.label)

    def cross(self, call: Call, code: Code) -> Crossing:  # noqa: ARG002  the interface's
        """Let the host convert."""
        return AsItIs()
