"""J: the re-exporter stays an un-fused instance inside the output; the rest is fused.

Mechanism: each component that defines a resource and holds another's is taken out of the
program (`fuser.split`) and becomes a component of its own inside the output, with the host's
built-ins and tables. The others are fused into one core module with the faithful tables.
What the re-exporter is given is lifted from the holder's trampolines, because it must be
instantiated before the fused module; what it offers is lowered into the fused module.

Invariants: at the re-exporter's boundary the host converts every handle, by the component
model's own rules; a resource of the fused module that crosses it is one of the wrapper's types.

Not handled: a re-exporter whose functions the root exports; one that calls out of itself when
it starts, for the fused instances start after it; one to which others pass its own resources, as
a child of it may, for it imports those functions before its types are there; a borrow that a
fused instance only borrowed itself and lends on to the re-exporter; the core form, which has
no room for an instance.

Source: pulseengine/meld issue #106, path J of ADR-0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.errors import NotApplicable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.program import Program


@dataclass(frozen=True)
class SubInstance:
    """Leave re-exporters un-fused inside the output; no options."""

    name: ClassVar[str] = "sub-instance"
    claim: ClassVar[Claim] = Claim(
        path="J",
        locus="hybrid",
        needs=frozenset({Need.KEPT, Need.MEMORY, Need.CELL, Need.CANONICAL, Need.GUEST}),
        priors=(Prior("gating", "passes", "by construction", "pulseengine/meld#106"),),
        references=("pulseengine/meld#106",),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Keep every re-exporter; NotApplicable where there is none."""
        del build
        holders = {use.instance for use in program.uses if not use.defines}
        definers = {use.instance for use in program.uses if use.defines}
        kept = tuple(one for one in program.instances if one in holders & definers)
        if not kept:
            raise NotApplicable("no component defines a resource and holds another's")
        return Arrangement(program, kept)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables for the rest."""
        return CanonicalHandles(program, build)
