"""D: a four-byte copy of the re-exporter's wrapper struct, made through its realloc.

Mechanism: where a re-exporter's wrapper is one i32, `new` allocates 4 bytes through the
re-exporter's own realloc, stores the inner handle that the wrapper holds, and returns the
pointer, which is handle and rep at once. Own handles and borrows pass as that pointer;
`drop` runs the destructor on it. A detector reads the code at each `[resource-new]` call
and refuses wrappers that are anything else. Other resources keep the faithful tables.

Invariants: the rep is the address of a struct `{i32}`, nothing else refers to that struct,
and its destructor may free the copy.

Not handled: reps of released bindings, which are boxes of an optional value, so a tag
comes first and the inner handle behind it is not copied; the original struct, which
leaks; stale handles, wrong types and lends, which nothing checks; a resource that crosses
the root.

With `detector=off` the shim is built for any re-exporter: what happens then to the gating
fixtures is the failure that the record expects, or the detector's reason to be.

Source: pulseengine/meld ADR-0, path D; issue #106.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.errors import NotApplicable
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.program import Program, ResourceType
from prototypes.boxes import BoxedHandles, boxes
from prototypes.layouts import Site, sites
from prototypes.objects import Store
from prototypes.wrappers import wrappers

SIZE = 4


@dataclass(frozen=True)
class MiniShim:
    """Four-byte copies of trivial wrappers; option: their `detector`, whose refusals `off` ignores."""

    name: ClassVar[str] = "mini-shim"
    claim: ClassVar[Claim] = Claim(
        path="D",
        locus="meld",
        needs=frozenset({Need.GUEST, Need.GUEST_CODE, Need.MEMORY, Need.CELL}),
        priors=(Prior("gating", "fails", "assumes a rep {i32}, reps are boxes of options", "pulseengine/meld#106"),),
        references=("pulseengine/meld#106",),
    )
    detector: bool = True

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Shim every re-exporter's types; NotApplicable where one is no trivial wrapper."""
        boxed = {}
        for type in wrappers(program):
            assert type.definer is not None
            if self.detector:
                require_trivial(type, sites(program, type))
            boxed[type] = boxes(build, type.definer, SIZE)
        return BoxedHandles(program, build, boxed)


def require_trivial(type: ResourceType, found: tuple[Site, ...]) -> None:
    """Raise NotApplicable unless every object of the type is seen to be one i32."""
    if not found:
        raise NotApplicable(f"no call makes a {type.label}, so its wrapper cannot be seen")
    for site in found:
        if site.doubt or site.stores != (Store(0, SIZE),):
            raise NotApplicable(f"the wrapper of {type.label} is not seen to be one i32: {site}")
