"""A: tables for re-exporters and for the definers behind them, with bridges between.

Mechanism: the arrays of `per-resource-tables`, and one for each definer whose resource a
re-exporter re-exports by name. Bridges in the adapters keep each side in its own
namespace: an own result becomes callee.rep, then caller.new, where both sides own a table
of that interface and name; a borrow parameter becomes caller.rep, then callee.new, under
the same condition. Three close-outs of the accepted design are options: where the called
export is a method, static function or constructor (by its label), a borrow arrives as rep
(`discriminator`; where the definer has no table it always does, as in `shared-tables`);
no destructor runs for what a re-exporter defines (`destructor_suppression`); tables are
searched in a fixed order (`sorted`). `own_parameters` bridges what the record leaves
alone.

Invariants: those of the array – none is checked.

Not handled: own parameters are never converted; the sender's entry stays live after a
move; boxes of re-exporters leak; slots are never reused, the recorded capacity of 256 is
not enforced by default, and past 16,384 slots the array leaves its page; any number is
taken for a handle; a free function of the definer that takes a borrow gets a handle where
it wants a rep; the guest sees the added page.

Where the measurement differs from the record: `resource-import-and-export` does not run.
Its `[static]thing.baz` hands two own handles of the re-exporter to the leaf, unconverted,
and the leaf looks them up in its own array: the first address happens to hold the right
rep in both arrays, the second is empty (`Option::unwrap` on None). With
`own_parameters=on` the fixture runs, so the record's result needs a conversion that its
description says is missing. `discriminator=off` and `caller_gate=off` change no outcome
of the trio here; each has a fixture of its own where it does.

Of the standard fixtures `xcrate`, `resources`, `two-wit-packages` and `c-autodrop-borrows` do
not run. The record's suite is another one than ours, of which these four lend a borrow to a
component that does not define it. In one table an untouched borrow is its owner's own entry,
so the drop that released bindings owe for it destroys the object, and the owner's next use
finds nothing (`unknown handle`).

Source: pulseengine/meld pull request 109, accepted there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.code import Code
from fuser.handles.as_it_is import AsItIs
from fuser.handles.interface import (
    Arrangement,
    Builder,
    Call,
    Claim,
    Crossing,
    Handles,
    Handoff,
    Need,
    Prior,
)
from fuser.program import Builtin, Program, ResourceUse
from prototypes.names import Names, is_method_like, key_of, names_of
from prototypes.per_resource_tables import Owner, Routing
from prototypes.routed import Table, shared_types
from prototypes.slots import Slots, make_slots

SOURCE = "pulseengine/meld#109"


@dataclass(frozen=True)
class PerComponentBridges:
    """Tables for re-exporters and definers, with bridges; options: the record's close-outs, `capacity` (0: any)."""

    name: ClassVar[str] = "per-component-bridges"
    claim: ClassVar[Claim] = Claim(
        path="A",
        locus="meld",
        needs=frozenset({Need.RESERVE, Need.CELL, Need.CANONICAL, Need.LABELS, Need.GUEST}),
        priors=(
            Prior("gating", "passes", "3 of 3, five runs each", SOURCE),
            Prior("two-component", "passes", source=SOURCE),
            Prior("standard", "passes", "73 of 73", SOURCE),
        ),
        references=("pulseengine/meld#107", "pulseengine/meld#109", "pulseengine/meld#112"),
    )
    discriminator: bool = True
    destructor_suppression: bool = True
    caller_gate: bool = True
    sorted: bool = True
    own_parameters: bool = False
    capacity: int = 0

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Give re-exporters, and definers of what they re-export, an array for each resource."""
        build.need(Need.LABELS, "tables and bridges are found by interface and name; reps by the export's label")
        names = names_of(program)
        re_exported = {key.name for instance, key in names.defined if names.re_exports(instance, key.name)}
        uses = [use for use in program.uses if use.defines and key_of(use).name in re_exported]
        owners = tuple(self._owner(use, names, build) for use in self._ordered(uses, names))
        shared = shared_types(program, build, self.name, lambda use: key_of(use).name)
        return BridgedHandles(self, names, Routing(owners, shared))

    def _ordered(self, uses: list[ResourceUse], names: Names) -> list[ResourceUse]:
        """Order the search: re-exporters first, or as a hash table of strings would have it."""
        if not self.sorted:
            return sorted(uses, key=lambda use: hash((use.instance.id, use.resource.label)))
        return sorted(uses, key=lambda use: not names.re_exports(use.instance, key_of(use).name))

    def _owner(self, use: ResourceUse, names: Names, build: Builder) -> Owner:
        key = key_of(use)
        silent = self.destructor_suppression and names.re_exports(use.instance, key.name)
        destructor = None if silent else build.destructor(use.type)
        slots = make_slots(build, use.instance, use.resource.label, destructor, self.capacity or None)
        return Owner(use.instance, key, slots)


@dataclass(frozen=True)
class BridgedHandles:
    """The plan: operations routed by name, bridges where both sides own a table."""

    strategy: PerComponentBridges
    names: Names
    routing: Routing

    def table(self, use: ResourceUse) -> Table:
        """Route to the holder's own table of that interface and name, else as a consumer."""
        return self.routing.own(use.instance, key_of(use)) or self.routing.of(use)

    def own_table(self, use: ResourceUse | None) -> Slots | None:
        """Return the table that the holder owns itself; without the gate, any it is routed to."""
        if use is None:
            return None
        if self.strategy.caller_gate:
            return self.routing.own(use.instance, key_of(use))
        table = self.routing.of(use)
        return table if isinstance(table, Slots) else None

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Call the operation of the table that the names lead to."""
        code.get(0)
        code.call(getattr(self.table(builtin.use), builtin.operation))

    def cross(self, call: Call, code: Code) -> Crossing:
        """Bridge own results and borrow parameters."""
        return Bridge(self, call, code)


@dataclass(frozen=True)
class Bridge(AsItIs):
    """One adapter; the bridge stands in `lower`."""

    handles: BridgedHandles
    call: Call
    code: Code

    def lower(self, hand: Handoff) -> None:
        """Bridge what the record bridges."""
        if hand.kind == "borrow":
            self._lower_borrow(hand)
        elif hand.way == "result" or self.handles.strategy.own_parameters:
            self._bridge(self.handles.own_table(hand.sent_as), self.handles.own_table(hand.received_as))

    def _lower_borrow(self, hand: Handoff) -> None:
        sender, receiver = self.handles.own_table(hand.sent_as), self.handles.own_table(hand.received_as)
        if self._wants_rep(hand):
            source = hand.sent_as if sender is not None else hand.received_as
            assert source is not None
            self.code.call(self.handles.table(source).rep)
        else:
            self._bridge(sender, receiver)

    def _wants_rep(self, hand: Handoff) -> bool:
        """Decide by the names that the receiver defines and, where it has a table, by the export's label."""
        use = hand.received_as
        if use is None or not self.handles.names.defines(use.instance, key_of(use)):
            return False
        if self.handles.routing.own(use.instance, key_of(use)) is None:
            return True
        return is_method_like(self.call) or not self.handles.strategy.discriminator

    def _bridge(self, sender: Slots | None, receiver: Slots | None) -> None:
        if sender is not None and receiver is not None and sender is not receiver:
            self.code.call(sender.rep)
            self.code.call(receiver.new)
