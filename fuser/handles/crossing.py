"""The handles of one call under the faithful strategy.

A token is the rep; of an own of an exported type it is the rep and above it the
wrapper's index (0 for none); of a type that the root imports it is the wrapper's index,
and likewise of a borrow of an exported type that goes out to an un-fused instance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.interface import Builder, Call, Handoff, World
from fuser.handles.interface import Canonical as WrapperType
from fuser.handles.scopes import WORD, Stack
from fuser.handles.table import LENDS, SPARE, Scratch, Table, tag_of
from fuser.program import ResourceType, ResourceUse
from fuser.symbols import Memory
from fuser.traps import Trap
from fuser.wasm.types import I32

MOST_IN_LOCALS = 1000
"""Handles in a call of which locals remember what must be known when it ends."""


class Plan(Protocol):
    """What a crossing asks its plan."""

    build: Builder

    @property
    def stack(self) -> Stack: ...  # noqa: D102
    def table(self, use: ResourceUse) -> Table: ...  # noqa: D102
    def may_be_borrow(self, use: ResourceUse) -> bool: ...  # noqa: D102
    def is_exported(self, type: ResourceType) -> bool: ...  # noqa: D102
    def exported(self, type: ResourceType) -> WrapperType: ...  # noqa: D102
    def counts_lends(self, call: Call, hand: Handoff) -> bool: ...  # noqa: D102
    def insert_own(self, use: ResourceUse, code: Code, scratch: Scratch) -> None: ...  # noqa: D102
    def take(self, use: ResourceUse, code: Code, scratch: Scratch) -> None: ...  # noqa: D102
    def lend(self, use: ResourceUse, code: Code, scratch: Scratch) -> None: ...  # noqa: D102


def borrows_entry(hand: Handoff) -> bool:
    """Whether the receiver gets a borrow entry: it is an instance, and not the definer."""
    return hand.kind == "borrow" and hand.received_as is not None and not hand.received_as.defines


def borrows_outside(hand: Handoff) -> bool:
    """Whether the wrapper's table holds the borrow: the world lends what the root imports."""
    return hand.kind == "borrow" and isinstance(hand.sender, World) and hand.type.definer is None


@dataclass(frozen=True)
class Lender:
    """A lent entry that locals remember."""

    table: Table
    address: int
    """Local with the address of the entry's row, 0 for none."""
    before: int
    """Local with the count of lends before this one."""
    maybe: bool
    """Whether there may be none."""


@dataclass(eq=False)
class CanonicalCrossing:
    """The hooks of one adapter; lenders are in locals, or on the stack where a list has some."""

    plan: Plan
    call: Call
    code: Code
    scratch: Scratch = field(init=False)
    mark: int = field(init=False)
    scoped: bool = field(init=False)
    framed: bool = field(init=False)
    """Whether the call has a frame on the stack of open calls."""
    stacked: bool = field(init=False)
    """Whether that frame has the lenders, all of them: the last lend must end first."""
    lenders: list[Lender] = field(init=False, default_factory=list)
    received: list[tuple[ResourceType, int]] = field(init=False, default_factory=list)
    """Scalar borrows of the wrapper's table: type, and local with the index (0 for none)."""

    lender_memory: Memory | None = field(init=False, default=None)
    """Where the entries lie whose addresses are in the frame; tables with frames share one memory."""

    def __post_init__(self) -> None:
        """Reserve the locals and see whether a frame is needed."""
        hands = self.call.handoffs
        self.scratch = Scratch.of(self.code)
        self.scoped = any(map(borrows_entry, hands))
        self.stacked = any(map(self._lends_repeatedly, hands))
        self.framed = self.scoped or self.stacked
        self.mark = self.code.local(I32)
        self.repeated_types = tuple(
            dict.fromkeys(hand.type for hand in hands if borrows_outside(hand) and self._in_frame(hand))
        )

    # -- the hooks ------------------------------------------------------------

    def enter(self) -> None:
        """Emit: open a frame, with a scope if the callee receives borrow entries."""
        if self.framed:
            self.plan.stack.mark(self.code, self.mark)
        if self.scoped:
            self.plan.stack.push(self.code, lambda: self.code.i32(0))

    def lift(self, hand: Handoff) -> None:
        """Emit: the sender's number becomes a token."""
        if hand.sent_as is None:
            self._lift_outside(hand)
        elif hand.kind == "own":
            self.plan.take(hand.sent_as, self.code, self.scratch)
        else:
            self._lend(hand, hand.sent_as)

    def lower(self, hand: Handoff) -> None:
        """Emit: the token becomes the receiver's number."""
        if hand.received_as is None:
            self._lower_outside(hand)
        elif hand.kind == "own":
            self.plan.insert_own(hand.received_as, self.code, self.scratch)
        elif borrows_entry(hand):
            table = self.plan.table(hand.received_as)
            self.plan.stack.count(self.code, self.mark, 1)
            table.insert(self.code, self.scratch, tag_of(hand.received_as, "borrow"), self.mark)

    def leave(self) -> None:
        """Emit: check the scope, end the lends, close the frame."""
        if self.scoped:
            self._close_scope()
        for lender in reversed(self.lenders):
            self._end_lend(lender)
        if self.lender_memory is not None:
            self._end_repeated_lends(self.lender_memory)
        if self.framed:
            self.plan.stack.unwind(self.code, self.mark)

    def finish(self) -> None:
        """Nothing is left to do."""

    def _in_frame(self, hand: Handoff) -> bool:
        """Whether what must be known of a handle later is kept in the frame: of any number, or too many for locals."""
        return hand.repeated or len(self.call.handoffs) > MOST_IN_LOCALS

    # -- lends ------------------------------------------------------------------

    def _lends_repeatedly(self, hand: Handoff) -> bool:
        return (
            hand.kind == "borrow"
            and self._in_frame(hand)
            and hand.sent_as is not None
            and self.plan.counts_lends(self.call, hand)
        )

    def _lend(self, hand: Handoff, use: ResourceUse) -> None:
        """Emit: pop the lender's index, push the rep and count the lend where it is an own."""
        code, scratch, table = self.code, self.scratch, self.plan.table(use)
        self.plan.lend(use, code, scratch)
        if hand.received_as is None and use.type.definer is not None:
            self._lend_outside(use, table)
        if not self.plan.counts_lends(self.call, hand):
            return
        maybe = self.plan.may_be_borrow(use)
        if maybe:
            code.get(scratch.tag)
            code.i32(1)
            code.op("i32.and")
            with code.if_():
                self._count_lend(hand, table, maybe=True)
        else:
            self._count_lend(hand, table, maybe=False)

    def _lend_outside(self, use: ResourceUse, table: Table) -> None:
        """Emit: the rep on the stack becomes the wrapper's index, which the entry keeps."""
        if self.plan.may_be_borrow(use):
            raise NotApplicable(f"a borrow of {use.resource.label} may be lent on to an un-fused instance")
        code, scratch = self.code, self.scratch
        code.set(scratch.rep)
        code.get(scratch.address)
        table.load(code, SPARE)
        code.op("i32.eqz")
        with code.if_():
            code.get(scratch.address)
            code.get(scratch.rep)
            code.call(self.plan.exported(use.type).new)
            table.store(code, SPARE)
        code.get(scratch.address)
        table.load(code, SPARE)

    def _count_lend(self, hand: Handoff, table: Table, *, maybe: bool) -> None:
        """Emit: count a lend of the entry and remember whose it is."""
        code, scratch = self.code, self.scratch
        before = code.local(I32, lasting=not self.stacked)
        code.get(scratch.address)
        code.get(scratch.address)
        table.load(code, LENDS)
        code.tee(before)
        code.i32(1)
        code.op("i32.add")
        table.store(code, LENDS)
        if self.stacked:
            self.lender_memory = table.memory
            self.plan.stack.push(code, lambda: self._push_entry(table))
        else:
            address = code.local(I32, lasting=True)
            code.get(scratch.address)
            code.set(address)
            self.lenders.append(Lender(table, address, before, maybe or hand.conditional))

    def _push_entry(self, table: Table) -> None:
        """Emit: push the address of the entry itself, from which its table need not be known."""
        self.code.get(self.scratch.address)
        self.code.i32(table.base)
        self.code.op("i32.add")

    def _end_lend(self, lender: Lender) -> None:
        """Emit: put the count back; whatever else was lent meanwhile has ended before."""
        if lender.maybe:
            self.code.get(lender.address)
            with self.code.if_():
                self._put_back(lender)
        else:
            self._put_back(lender)

    def _put_back(self, lender: Lender) -> None:
        self.code.get(lender.address)
        self.code.get(lender.before)
        lender.table.store(self.code, LENDS)

    def _end_repeated_lends(self, memory: Memory) -> None:
        """Emit: end the lends whose entries lie in the frame."""
        code, cursor = self.code, self.scratch.index
        self._first_word(cursor)
        with self.plan.stack.each(code, cursor, 1):
            self.plan.stack.word(code, cursor, 0)
            code.tee(self.scratch.address)
            code.get(self.scratch.address)
            code.access("i32.load", memory, LENDS, 2)
            code.i32(1)
            code.op("i32.sub")
            code.access("i32.store", memory, LENDS, 2)

    # -- scopes -------------------------------------------------------------------

    def _close_scope(self) -> None:
        """Emit: trap where the callee kept a borrow; give back those that the world lent.

        Where one is kept that came from the wrapper's table, the world's borrows stay
        there, so that the host raises its own trap.
        """
        code, stack = self.code, self.plan.stack
        code.get(self.mark)
        stack.held(code)
        if not any(map(borrows_outside, self.call.handoffs)):
            code.trap_if(Trap.BORROWS_REMAIN)
            return
        with code.if_():
            self._push_whether_received()
            code.op("i32.eqz")
            code.trap_if(Trap.BORROWS_REMAIN)
            code.else_()
            self._give_back()

    def _push_whether_received(self) -> None:
        """Emit: push whether the world lent anything in this call."""
        code = self.code
        self._first_word(self.scratch.index)
        code.get(self.scratch.index)
        code.global_get(self.plan.stack.top)
        code.op("i32.lt_u")
        for _, local in self.received:
            code.get(local)
            code.op("i32.or")

    def _give_back(self) -> None:
        """Emit: drop the world's borrows from the wrapper's table."""
        code, stack, cursor = self.code, self.plan.stack, self.scratch.index
        for type, local in self.received:
            code.get(local)
            with code.if_():
                code.get(local)
                code.call(self.plan.build.outside(type).drop)
        if self.repeated_types:
            self._first_word(cursor)
            with stack.each(code, cursor, 2):
                for number, type in enumerate(self.repeated_types):
                    stack.word(code, cursor, 1)
                    code.i32(number)
                    code.op("i32.eq")
                    with code.if_():
                        stack.word(code, cursor, 0)
                        code.call(self.plan.build.outside(type).drop)

    def _first_word(self, cursor: int) -> None:
        """Emit: set a local to the address of the first word after the scope."""
        self.code.get(self.mark)
        self.code.i32(WORD if self.scoped else 0)
        self.code.op("i32.add")
        self.code.set(cursor)

    # -- the world ------------------------------------------------------------------

    def _lift_outside(self, hand: Handoff) -> None:
        """Emit: what the wrapper hands in becomes a token; a borrow by the definer is a rep already."""
        code = self.code
        if hand.type.definer is None:
            if hand.kind == "borrow":
                self._receive(hand)
        elif hand.kind == "own":
            code.tee(self.scratch.spare)
            code.call(self.plan.exported(hand.type).rep)
            code.get(self.scratch.spare)

    def _receive(self, hand: Handoff) -> None:
        """Emit: remember the wrapper's index on the stack of operands as one to give back."""
        code, index = self.code, self.scratch.index
        if not self._in_frame(hand):
            local = code.local(I32, lasting=True)
            code.tee(local)
            self.received.append((hand.type, local))
            return
        number = self.repeated_types.index(hand.type)
        code.set(index)
        self.plan.stack.push(code, lambda: code.get(index))
        self.plan.stack.push(code, lambda: code.i32(number))
        code.get(index)

    def _lower_outside(self, hand: Handoff) -> None:
        """Emit: a token becomes the wrapper's index, made now where the host never saw the resource."""
        code, scratch = self.code, self.scratch
        if hand.type.definer is None or hand.kind == "borrow":
            return
        code.set(scratch.spare)
        code.set(scratch.rep)
        code.get(scratch.spare)
        with code.if_(I32):
            code.get(scratch.spare)
            code.else_()
            code.get(scratch.rep)
            code.call(self.plan.exported(hand.type).new)
