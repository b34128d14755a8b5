"""F: objects of a re-exporter are rebuilt with the layout that its own code shows.

Mechanism: the code before each `[resource-new]` call of a re-exporter is executed on
symbols (`prototypes.layouts`): how many bytes were allocated, what was stored where.
Where all calls of a type agree on a size, every byte is seen to be written and the
address is put nowhere else, `new` makes such an object through the re-exporter's realloc
and copies it; its address is handle and rep. Anything less certain is reported, and
nothing is built on it. Other resources keep the faithful tables.

Invariants: a finding holds on every path to the call; the size is that of the allocation,
asked of the function that realloc leads to.

Not handled: objects with padding or parts that are written elsewhere (unsure); objects of
which an address is kept later; the original, which leaks, and whose address is the rep
that was made, where the destructor gets that of the copy, so an observer sees a stranger
destroyed; stale handles, wrong types and lends, which nothing checks; a resource that
crosses the root.

Source: pulseengine/meld ADR-0, path F; issue #106.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.errors import NotApplicable
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need
from fuser.program import Program, ResourceType
from prototypes.boxes import BoxedHandles, boxes
from prototypes.layouts import sites
from prototypes.wrappers import wrappers


@dataclass(frozen=True)
class LayoutInference:
    """Rebuild objects with the layout that the code shows, where that is certain; no options."""

    name: ClassVar[str] = "layout-inference"
    claim: ClassVar[Claim] = Claim(
        path="F",
        locus="meld",
        needs=frozenset({Need.GUEST, Need.GUEST_CODE, Need.MEMORY, Need.CELL}),
        references=("pulseengine/meld#106",),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given; the notes say what was found."""
        del build
        notes = (f"{type.label}, {site}" for type in wrappers(program) for site in sites(program, type))
        return Arrangement(program, notes=tuple(notes))

    def plan(self, program: Program, build: Builder) -> Handles:
        """Box every re-exporter's types by what was found; NotApplicable where that is not certain."""
        boxed = {}
        for type in wrappers(program):
            assert type.definer is not None
            boxed[type] = boxes(build, type.definer, certain_size(program, type))
        return BoxedHandles(program, build, boxed)


def certain_size(program: Program, type: ResourceType) -> int:
    """Return the size of a type's objects; NotApplicable where any call leaves a doubt."""
    found = sites(program, type)
    if not found:
        raise NotApplicable(f"unsure of {type.label}: no `resource.new` call of it was found")
    for site in found:
        if site.doubt:
            raise NotApplicable(f"unsure of {type.label}: {site}")
    known = {site.size for site in found if site.size is not None}
    if len(known) > 1:
        raise NotApplicable(f"unsure of {type.label}: objects of {sorted(known)} bytes are made")
    return known.pop()
