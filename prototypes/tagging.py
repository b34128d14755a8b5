"""T: type bits in the top nybble of every handle, over the faithful tables.

Mechanism: a handle is the index of the faithful table with a number of its resource type
in bits 28 to 31. Guests never look; wherever a handle comes back, the nybble is checked
and cleared before the table is asked. A handle of another type is refused before any
memory is read, and a number in a log says what it is: an aid for debugging.

Invariants: indices stay below 2²⁸ (canonical ABI, `Table.MAX_LENGTH`), so no index is
lost; fifteen types are told apart, more share numbers and leave the check to the table.

Not handled: a guest that expects the canonical numbers 1, 2, 3; otherwise as `canonical`.

Source: fastly/Viceroy pull request 600, which answers another question with it: untyped
callers over typed callees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.code import Code
from fuser.handles.canonical import CanonicalHandles
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
from fuser.traps import Trap
from fuser.wasm.types import I32

SHIFT = 28
TAGS = 15
INDEX = (1 << SHIFT) - 1


@dataclass(frozen=True)
class Tagging:
    """Type bits in the handle, over the faithful tables; no options."""

    name: ClassVar[str] = "tagging"
    claim: ClassVar[Claim] = Claim(
        path="T",
        locus="meld",
        needs=frozenset({Need.MEMORY, Need.CELL, Need.GUEST}),
        priors=(Prior("gating", "passes", "no effect on the outcome", "fastly/Viceroy#600"),),
        references=("fastly/Viceroy#600",),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables."""
        return TaggedHandles(program, build)


def tag(use: ResourceUse) -> int:
    """Return the bits of a resource type; never 0, so that a bare index is refused."""
    return (use.type.id % TAGS + 1) << SHIFT


def put(use: ResourceUse, code: Code) -> None:
    """Emit: an index on the stack becomes a handle."""
    code.i32(tag(use))
    code.op("i32.or")


def clear(use: ResourceUse, code: Code, scratch: int) -> None:
    """Emit: a handle on the stack becomes an index; trap where its bits are another type's.

    A number that no type's bits fit is unknown, as 0 is.
    """
    code.tee(scratch)
    code.i32(~INDEX)
    code.op("i32.and")
    code.i32(tag(use))
    code.op("i32.ne")
    with code.if_():
        code.get(scratch)
        code.i32(SHIFT)
        code.op("i32.shr_u", "i32.eqz")
        code.trap_if(Trap.UNKNOWN_HANDLE)
        code.trap(Trap.WRONG_HANDLE_TYPE)
    code.get(scratch)
    code.i32(INDEX)
    code.op("i32.and")


class TaggedHandles(CanonicalHandles):
    """The faithful tables behind tagged numbers."""

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Clear the bits of what comes in; put them on what `new` makes."""
        if builtin.operation == "new":
            super().builtin(builtin, code)
            put(builtin.use, code)
            return
        code.get(0)
        clear(builtin.use, code, 0)
        code.set(0)
        super().builtin(builtin, code)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Clear the sender's bits, put the receiver's."""
        return TaggedCrossing(super().cross(call, code), code, code.local(I32))


@dataclass(frozen=True)
class TaggedCrossing:
    """One adapter: the faithful one between clearing and putting."""

    faithful: Crossing
    code: Code
    scratch: int

    def enter(self) -> None:
        """Open the scope."""
        self.faithful.enter()

    def lift(self, hand: Handoff) -> None:
        """Clear the sender's bits; the world has none."""
        if hand.sent_as is not None:
            clear(hand.sent_as, self.code, self.scratch)
        self.faithful.lift(hand)

    def lower(self, hand: Handoff) -> None:
        """Put the receiver's bits, unless it receives a rep or is the world."""
        self.faithful.lower(hand)
        use = hand.received_as
        if use is not None and not (hand.kind == "borrow" and use.defines):
            put(use, self.code)

    def leave(self) -> None:
        """Close the scope."""
        self.faithful.leave()

    def finish(self) -> None:
        """Finish."""
        self.faithful.finish()
