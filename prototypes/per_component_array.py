"""A1: one array per re-exporter, in its own memory.

Mechanism: each re-exporter gets one array of reps for all resources that it defines, in
a page added to its memory; its handles are the addresses of slots. `new` stores and bumps,
`rep` loads, `drop` stores 0 and runs no destructor. Everybody else's operations stay with
the host's table by name, as in `shared-tables`.

Invariants: those of the array – none is checked.

Not handled: consumers of what a re-exporter defines, whose drops go to the host's table
with a number that this table never gave out; destructors; reuse, kinds, lends.

Source: pulseengine/meld epic #69, issues #70 to #75; its premise, that released bindings
want aligned handles, does not hold: reps are aligned, handles are any number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.program import Instance, Program, ResourceUse
from prototypes.names import key_of, names_of
from prototypes.routed import RoutedHandles, Table, shared_types, taken_for_definer
from prototypes.slots import Slots, make_slots

SOURCE = "pulseengine/meld#69"


@dataclass(frozen=True)
class PerComponentArray:
    """One array of reps in each re-exporter's own memory; no options."""

    name: ClassVar[str] = "per-component-array"
    claim: ClassVar[Claim] = Claim(
        path="A1",
        locus="meld",
        needs=frozenset({Need.RESERVE, Need.CELL, Need.CANONICAL, Need.LABELS, Need.GUEST}),
        priors=(Prior("gating", "fails", "wrong type, then unreachable", SOURCE),),
        references=("pulseengine/meld#69", "pulseengine/meld#72", "pulseengine/meld#87"),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Give every re-exporter its array."""
        build.need(Need.LABELS, "re-exporters are found by name")
        names = names_of(program)
        shared = shared_types(program, build, self.name, lambda use: key_of(use).name)
        arrays: dict[Instance, Slots] = {}
        for instance, key in names.defined:
            if instance not in arrays and names.re_exports(instance, key.name):
                arrays[instance] = make_slots(build, instance, instance.label, None, capacity=None)

        def route(use: ResourceUse) -> Table:
            own = arrays.get(use.instance) if use.defines else None
            return own or shared[key_of(use).name]

        return RoutedHandles(route, taken_for_definer("interface", names))
