"""I: the rep is the handle, for resources whose component says that it may be.

Mechanism: a component opts in by a custom section `opaque-rep` in its core module, whose
lines name resources it exports (`INTERFACE#RESOURCE`): their reps are plain numbers that
nothing dereferences. Handle and rep of such a resource are the same number in every
component, and no table exists; `drop` runs the destructor that the guest supplies, if
any. Resources that do not opt in keep the faithful tables.

Invariants: a rep names one live object of its type, and a rep is never 0 or 2³²-1, which
released bindings take for "no handle".

Not handled: a re-exporter that does not opt in, for one number cannot be its pointer and
others' index at once; the checks of a table for those that do (stale handles, wrong
types, lends, borrow scopes), so a non-definer that drops a borrow destroys the object; a
resource that opts in and crosses the root.

Source: pulseengine/meld issue #107, path I of ADR-0: an attribute of the binding generator.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import (
    Arrangement,
    Builder,
    Call,
    Claim,
    Crossing,
    Handles,
    Need,
    Prior,
)
from fuser.handles.uses import exported_types
from fuser.program import Builtin, Instance, Program, ResourceType
from prototypes.numbers import NumberCrossing, beside

SECTION = "opaque-rep"
SOURCE = "pulseengine/meld#107"


@dataclass(frozen=True)
class OpaqueRep:
    """The rep is the handle, where the component says that it may be; no options."""

    name: ClassVar[str] = "opaque-rep"
    claim: ClassVar[Claim] = Claim(
        path="I",
        locus="wit-bindgen",
        needs=frozenset({Need.OPTED_IN_GUEST, Need.MEMORY, Need.CELL, Need.GUEST}),
        priors=(
            Prior("opaque/resource_floats_opaque", "passes", source=SOURCE),
            Prior("gating", "not applicable", "guests do not opt in", SOURCE),
        ),
        references=("pulseengine/meld#107", "pulseengine/meld#108"),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given, where its re-exporters opt in."""
        opaque = opted_in(program)
        refuse_unless_applicable(program, opaque)
        build.need(Need.OPTED_IN_GUEST, f"{len(opaque)} resource types whose guests opt in")
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables for what does not opt in."""
        return OpaqueHandles(program, build, opaque=opted_in(program))


def opted_in(program: Program) -> frozenset[ResourceType]:
    """Return the resource types that their own components declare opaque."""
    declared: dict[Instance, set[str]] = {}
    for core in program.core_instances:
        for custom in core.module.customs:
            if custom.name == SECTION:
                lines = core.module.data[custom.contents.start : custom.contents.end].decode(errors="replace")
                declared.setdefault(core.instance, set()).update(lines.split("\n"))
    return frozenset(
        use.type for use in program.uses if use.defines and use.resource.label in declared.get(use.instance, ())
    )


def refuse_unless_applicable(program: Program, opaque: frozenset[ResourceType]) -> None:
    """Say precisely why the strategy does not apply, if it does not."""
    holders = {use.instance for use in program.uses if not use.defines}
    stubborn = [use for use in program.uses if use.defines and use.instance in holders and use.type not in opaque]
    if stubborn:
        first = stubborn[0]
        raise NotApplicable(
            f"the re-exporter {first.instance.label} does not declare {first.resource.label} opaque "
            f"(no `{SECTION}` section of its core module names it)"
        )
    if not opaque:
        raise NotApplicable(f"no component carries an `{SECTION}` section")
    outside = [type.label for type in program.resources if type in opaque & exported_types(program)]
    if outside:
        raise NotApplicable(f"the opaque resource {outside[0]} crosses the root, where the host keeps a table")


@dataclass(eq=False)
class OpaqueHandles(CanonicalHandles):
    """Nothing at all for opaque types, the faithful tables for the others."""

    opaque: frozenset[ResourceType] = field(default=frozenset(), kw_only=True)

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Return the number as it is, or destroy what it names."""
        if builtin.use.type not in self.opaque:
            super().builtin(builtin, code)
        elif builtin.operation != "drop":
            code.get(0)
        elif (destructor := self.build.destructor(builtin.use.type)) is not None:
            code.get(0)
            code.call(destructor)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Leave opaque handles to themselves."""
        return NumberCrossing(self.opaque, super().cross(beside(call, self.opaque), code))
