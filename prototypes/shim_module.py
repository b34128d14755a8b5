"""G: a core module beside the fused one for each re-exporter, over canonical tables of its own.

Mechanism: every component instance has a nested *keeper* component, which lifts
`resource.new`, `rep` and `drop` as functions on u32, so the host keeps one canonical table
for each instance. An entry holds the rep. What turns a handle of one side of a
re-exporter's boundary into one of the other is the work of a core module of its own, one
for each re-exporter: take out of the sender's table, put into the receiver's. A borrow
reaches its definer as the rep and anyone else as an entry of a second type, whose handles
carry bit 31, so that `drop` can tell them apart.

Invariants: indices stay below 2²⁸ (canonical ABI, `Table.MAX_LENGTH`), so bit 31 is free; an
own handle is in one table at a time.

Not handled: lends and scopes, so a borrow that the callee keeps is not found, nor a drop
while lent, and one that is given away as an own is a handle that nobody knows; a resource
that crosses the root; a guest that expects the canonical numbers of borrows. The call itself
stays in the fused module: a lower over a lift of one component instance may not be entered,
and core code cannot enter a nested component.

Source: pulseengine/meld issue #92; that keepers work was found by this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.as_it_is import AsItIs
from fuser.handles.interface import (
    Arrangement,
    Builder,
    Call,
    Canonical,
    Claim,
    Crossing,
    Handles,
    Handoff,
    Need,
    Prior,
)
from fuser.handles.uses import exported_types
from fuser.program import Builtin, Instance, Program, ResourceUse
from fuser.symbols import Function
from fuser.wasm.types import I32, FunctionType

BORROWED = 1 << 31
PASS = FunctionType((I32,), (I32,))


@dataclass(frozen=True)
class ShimModule:
    """A core module for each re-exporter, over canonical tables of its own; no options."""

    name: ClassVar[str] = "shim-module"
    claim: ClassVar[Claim] = Claim(
        path="G",
        locus="meld",
        needs=frozenset({Need.KEEPER, Need.MODULE, Need.GUEST}),
        priors=(Prior("gating", "passes", "expected: several core modules, a call of the host for each handle"),),
        references=("pulseengine/meld#92",),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given; NotApplicable where a resource crosses the root."""
        del build
        outside = exported_types(program)
        for type in program.resources:
            if type.definer is None or type in outside:
                raise NotApplicable(f"{type.label} crosses the root, and no keeper can share the host's handles")
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Give every instance its keeper."""
        holders = {use.instance for use in program.uses if not use.defines}
        definers = {use.instance for use in program.uses if use.defines}
        return KeptHandles(build, frozenset(holders & definers))


@dataclass(frozen=True)
class Entries:
    """The two types of one use in its instance's keeper; nobody but the definer may lack borrows."""

    own: Canonical
    borrow: Canonical


@dataclass(eq=False)
class KeptHandles:
    """The plan: a keeper for each instance, and what passes handles between two."""

    build: Builder
    re_exporters: frozenset[Instance]
    _passes: dict[tuple[ResourceUse, ResourceUse, str], Function] = field(default_factory=dict)

    def entries(self, use: ResourceUse) -> Entries:
        """Return the types of a use; the builder makes each once."""
        label, table = use.resource.label, ("keeper", use.instance.id)
        own = self.build.keeper((use, "own"), None, label, table)
        return Entries(own, self.build.keeper((use, "borrow"), None, f"borrow of {label}", table))

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Ask the keeper; a destructor runs in the fused module."""
        entries = self.entries(builtin.use)
        if builtin.operation == "drop":
            self._drop(builtin.use, entries, code)
        else:
            code.get(0)
            code.call(getattr(entries.own, builtin.operation))

    def _drop(self, use: ResourceUse, entries: Entries, code: Code) -> None:
        destructor = self.build.destructor(use.type)
        _is_borrowed(code)
        with code.if_():
            _index(code)
            code.call(entries.borrow.drop)
            code.return_()
        if destructor is not None:
            code.get(0)
            code.call(entries.own.rep)
        code.get(0)
        code.call(entries.own.drop)
        if destructor is not None:
            code.call(destructor)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Pass each handle through the shim of the boundary."""
        return Shim(self, call, code)

    def passing(self, call: Call, hand: Handoff) -> Function:
        """Return what turns the sender's handle into the receiver's number, in the boundary's module."""
        assert hand.sent_as is not None
        assert hand.received_as is not None
        key = (hand.sent_as, hand.received_as, hand.kind)
        if key not in self._passes:
            write = self._writer(hand, self.entries(hand.sent_as), self.entries(hand.received_as))
            name = f"{hand.kind} {hand.type.label} to instance {hand.received_as.instance.id}"
            self._passes[key] = self._module(call).function(name, PASS, write)
        return self._passes[key]

    def _module(self, call: Call) -> Builder:
        """Return the builder of the module that a boundary's code goes to."""
        for party in (call.callee, call.caller):
            if isinstance(party, Instance) and party in self.re_exporters:
                return self.build.module(f"shim {party.id}")
        return self.build

    @staticmethod
    def _writer(hand: Handoff, sender: Entries, receiver: Entries) -> Callable[[Code], None]:
        if hand.kind == "own":
            return lambda code: _move(code, sender, receiver)
        defines = hand.received_as is not None and hand.received_as.defines
        return lambda code: _lend(code, sender, None if defines else receiver)


def _move(code: Code, sender: Entries, receiver: Entries) -> None:
    """Emit: the own handle at parameter 0 leaves one table for another."""
    code.get(0)
    code.call(sender.own.rep)
    code.get(0)
    code.call(sender.own.drop)
    code.call(receiver.own.new)


def _lend(code: Code, sender: Entries, receiver: Entries | None) -> None:
    """Emit: a borrow of the handle at parameter 0, or the rep where the receiver is the definer."""
    _is_borrowed(code)
    with code.if_(I32):
        _index(code)
        code.call(sender.borrow.rep)
        code.else_()
        code.get(0)
        code.call(sender.own.rep)
    if receiver is not None:
        code.call(receiver.borrow.new)
        code.i32(BORROWED)
        code.op("i32.or")


def _is_borrowed(code: Code) -> None:
    code.get(0)
    code.i32(BORROWED)
    code.op("i32.and")


def _index(code: Code) -> None:
    code.get(0)
    code.i32(BORROWED - 1)
    code.op("i32.and")


@dataclass(frozen=True)
class Shim(AsItIs):
    """One adapter: the shim turns the sender's handle into the receiver's at once."""

    handles: KeptHandles
    call: Call
    code: Code

    def lower(self, hand: Handoff) -> None:
        """Call the shim."""
        self.code.call(self.handles.passing(self.call, hand))
