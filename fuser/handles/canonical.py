"""The faithful strategy: the canonical ABI's handle tables inside the fused module.

One table per component instance with one index space for all its resource types;
entries know their static type, own or borrow, lends or scope; freed indices are reused
last in, first out; a borrow reaches the definer as its rep and anyone else as an entry
that must be gone when the call ends (canonical ABI, "Resource Types" to "Lowering").

At the root the world is one more party, whose table is the wrapper's (docs/fuser.md):
of a type that the root imports, the rep of every entry is the wrapper's index; an entry
of a type that the root exports keeps in its spare word the wrapper's index, if it has
one, so that the host sees the same handle again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from fuser.code import Code
from fuser.handles.crossing import CanonicalCrossing
from fuser.handles.interface import Arrangement, Builder, Call, Claim, Crossing, Handoff, Need, Party
from fuser.handles.interface import Canonical as WrapperType
from fuser.handles.scopes import Stack
from fuser.handles.table import REP, SCOPE, SPARE, Scratch, Storage, Table, tag_of
from fuser.handles.uses import Reach, borrowed_uses, exported_types
from fuser.program import Builtin, Instance, Program, ResourceType, ResourceUse
from fuser.traps import Trap


@dataclass(frozen=True)
class Canonical:
    """Faithful in-module handle tables; the default strategy."""

    name: ClassVar[str] = "canonical"
    claim: ClassVar[Claim] = Claim(
        path="K",
        locus="meld",
        needs=frozenset({Need.MEMORY, Need.CELL, Need.GUEST}),
        references=("component-model: design/mvp/CanonicalABI.md, Resource State",),
    )

    elide_lends: bool = True
    """Whether lends are not counted where nothing could tell."""

    def arrange(self, program: Program, build: Builder) -> Arrangement:  # noqa: ARG002  the interface's
        """Fuse the program as it is."""
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> CanonicalHandles:
        """Lay out one table per instance that holds handles."""
        return CanonicalHandles(program, build, elide_lends=self.elide_lends)


@dataclass(eq=False)
class CanonicalHandles:
    """The plan of one program; who subclasses it says which table and tag a use has."""

    program: Program
    build: Builder
    elide_lends: bool = True
    tables: dict[Instance, Table] = field(init=False)
    _moves: dict[Call, frozenset[Party]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make the tables, in the order of the instances."""
        holders = {use.instance: None for use in self.program.uses}
        ordered = [instance for instance in self.program.instances if instance in holders]
        self.tables = {}
        if ordered:
            storage = Storage.make(self.build, len(ordered))
            self.tables = {
                instance: storage.table(self.build, number, f"handles of {instance.label or instance.id}")
                for number, instance in enumerate(ordered)
            }

    # -- what the interface asks for -------------------------------------------

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Emit the body of a builtin (canonical ABI, `canon resource.*`)."""
        scratch = Scratch.of(code)
        code.get(0)
        match builtin.operation:
            case "new":
                self.insert_own(builtin.use, code, scratch, fresh=True)
            case "rep":
                table = self.table(builtin.use)
                table.find(code, scratch)
                table.require(code, scratch, tag_of(builtin.use, "own"))
                code.get(scratch.address)
                table.load(code, REP)
            case "drop":
                self._drop(builtin.use, code, scratch)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Begin an adapter."""
        return CanonicalCrossing(self, call, code)

    # -- what a use means ---------------------------------------------------------

    def table(self, use: ResourceUse) -> Table:
        """Return the table that holds the handles of a use."""
        return self.tables[use.instance]

    @cached_property
    def stack(self) -> Stack:
        """The stack of open calls, made when a call first needs it."""
        return Stack.make(self.build)

    @cached_property
    def _borrowed(self) -> frozenset[ResourceUse]:
        return borrowed_uses(self.program)

    @cached_property
    def _exported(self) -> frozenset[ResourceType]:
        return exported_types(self.program)

    @cached_property
    def _reach(self) -> Reach:
        return Reach.of(self.program)

    def may_be_borrow(self, use: ResourceUse) -> bool:
        """Whether a handle of this use may be a borrow."""
        return use in self._borrowed

    def is_exported(self, type: ResourceType) -> bool:
        """Whether the root exports the type, so that entries carry the wrapper's index."""
        return type in self._exported

    def counts_lends(self, call: Call, hand: Handoff) -> bool:
        """Whether anything could tell that a lend is not counted.

        Only code of the lender can drop or move the handle while it is lent, and a
        later parameter of the same call can move it.
        """
        if not self.elide_lends or not isinstance(hand.sender, Instance):
            return True
        callee = call.callee if isinstance(call.callee, Instance) else None
        return hand.sender in self._movers(call) or self._reach.reaches(callee, hand.sender)

    def _movers(self, call: Call) -> frozenset[Party]:
        """Return who gives an own away in a call, of any type: a lent handle cannot be one of another type either."""
        if call not in self._moves:
            self._moves[call] = frozenset(hand.sender for hand in call.handoffs if hand.kind == "own")
        return self._moves[call]

    def exported(self, type: ResourceType) -> WrapperType:
        """Return the wrapper's own type for one that the root exports."""
        return self.build.canonical(type, self.build.destructor(type), type.label)

    # -- entries ------------------------------------------------------------------------

    def insert_own(self, use: ResourceUse, code: Code, scratch: Scratch, *, fresh: bool = False) -> None:
        """Emit: pop a token (or, if fresh, a mere rep), add an own and push its index."""
        spare = self.is_exported(use.type)
        if spare and fresh:
            code.i32(0)
        self.table(use).insert(code, scratch, tag_of(use, "own"), spare=spare)

    def take(self, use: ResourceUse, code: Code, scratch: Scratch) -> None:
        """Emit: pop an index, remove the own and push it as a token (canonical ABI, `lift_own`)."""
        table = self.table(use)
        table.find(code, scratch)
        borrow = (tag_of(use, "borrow"), Trap.OWN_FROM_BORROW) if self.may_be_borrow(use) else None
        table.require_removable(code, scratch, tag_of(use, "own"), borrow)
        self._remove_own(use, code, scratch)

    def _remove_own(self, use: ResourceUse, code: Code, scratch: Scratch) -> None:
        """Emit: remove the entry, an own that is not lent, and push it as a token."""
        table = self.table(use)
        code.get(scratch.address)
        table.load(code, REP)
        if self.is_exported(use.type):
            code.get(scratch.address)
            table.load(code, SPARE)
        table.release(code, scratch)

    def lend(self, use: ResourceUse, code: Code, scratch: Scratch) -> None:
        """Emit: pop an index, push the rep, leave 1 in `scratch.tag`'s own bit if it is an own.

        The entry stays found; the caller counts the lend where it must.
        """
        table = self.table(use)
        table.find(code, scratch)
        if self.may_be_borrow(use):
            code.get(scratch.tag)
            code.i32(tag_of(use, "borrow"))
            code.op("i32.ne")
            with code.if_():
                table.require(code, scratch, tag_of(use, "own"))
        else:
            table.require(code, scratch, tag_of(use, "own"))
        code.get(scratch.address)
        table.load(code, REP)

    # -- drop ---------------------------------------------------------------------------

    def _drop(self, use: ResourceUse, code: Code, scratch: Scratch) -> None:
        """Emit `resource.drop` of the index on the stack."""
        table = self.table(use)
        table.find(code, scratch)
        if self.may_be_borrow(use):
            self._drop_borrow(use, code, scratch)
        table.require_removable(code, scratch, tag_of(use, "own"))
        self._remove_own(use, code, scratch)
        self._destroy(use.type, code, scratch)

    def _drop_borrow(self, use: ResourceUse, code: Code, scratch: Scratch) -> None:
        """Emit: if the entry is a borrow, remove it, count it in its scope and return."""
        table = self.table(use)
        code.get(scratch.tag)
        code.i32(tag_of(use, "borrow"))
        code.op("i32.eq")
        with code.if_():
            code.get(scratch.address)
            table.load(code, SCOPE)
            code.set(scratch.rep)
            self.stack.count(code, scratch.rep, -1)
            table.release(code, scratch)
            code.return_()

    def _destroy(self, type: ResourceType, code: Code, scratch: Scratch) -> None:
        """Emit: pop the token of an own that is gone, and run its destructor."""
        if type.definer is None:
            code.call(self.build.outside(type).drop)
            return
        if self.is_exported(type):
            code.tee(scratch.spare)
            with code.if_():
                code.get(scratch.spare)
                code.call(self.exported(type).drop)
                code.return_()
        destructor = self.build.destructor(type)
        if destructor is None:
            code.op("drop")
        else:
            code.call(destructor)
