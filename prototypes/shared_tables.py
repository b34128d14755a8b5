"""A0: one canonical resource type per name, in the host's table.

Mechanism: every resource of one name is one resource type of the wrapper, so all
components share one table, the host's. `new`, `rep` and `drop` are the wrapper's. An own
handle passes untouched. A borrow becomes a rep where the callee defines a resource of
that name, and passes untouched elsewhere.

Invariants: none that survives two resources of one name. The wrapper is the definer of
everything, so there is one index space and no isolation between components; the
destructor is that of the first definer of the name.

Not handled: two definitions of one name (the re-exporter of the gating fixtures), stale
handles across components, lends (the host counts none for calls it does not see).

Where the measurement differs from the record: `xcrate`, `resources`, `two-wit-packages` and
`c-autodrop-borrows` do not run. The record's suite is another one than ours, of which these
four lend a borrow to a component that does not define it. In one table an untouched borrow is
its owner's own entry, so the drop that released bindings owe for it destroys the object, and
the owner's next use finds nothing (`unknown handle`).

Source: pulseengine/meld, main before epic #69; pull request #89 for the keying by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.program import Program, ResourceUse
from prototypes.names import key_of, names_of
from prototypes.routed import RoutedHandles, shared_types, taken_for_definer

SOURCE = "pulseengine/meld issue #92"


@dataclass(frozen=True)
class SharedTables:
    """One resource type of the host's per name; option: `identity`, by `name` or by `interface` and name."""

    name: ClassVar[str] = "shared-tables"
    claim: ClassVar[Claim] = Claim(
        path="A0",
        locus="meld",
        needs=frozenset({Need.CANONICAL, Need.LABELS, Need.GUEST}),
        priors=(
            Prior("gating", "fails", "unreachable; misaligned pointer 0x3; Option::unwrap on None", SOURCE),
            Prior("two-component", "passes", source=SOURCE),
            Prior("standard", "passes", source=SOURCE),
        ),
        references=("pulseengine/meld#89", "pulseengine/meld#92"),
    )
    identity: Literal["name", "interface"] = "name"

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Make one resource type of the wrapper per name."""
        build.need(Need.LABELS, "resource types are told apart by name")
        types = shared_types(program, build, self.name, self.key)
        return RoutedHandles(lambda use: types[self.key(use)], taken_for_definer(self.identity, names_of(program)))

    def key(self, use: ResourceUse) -> object:
        """Say which resources are the same."""
        return key_of(use).name if self.identity == "name" else key_of(use)
