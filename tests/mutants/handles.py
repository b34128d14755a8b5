"""Faults in how handles are kept, passed and dropped."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from fuser.abi.control import Control
from fuser.builder import ProgramBuilder
from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.canonical import Canonical, CanonicalHandles
from fuser.handles.crossing import CanonicalCrossing, borrows_entry
from fuser.handles.interface import Builder, Handles, Handoff
from fuser.handles.scopes import Stack
from fuser.handles.table import NEXT_FREE, REP, TAG, Scratch, Storage, Table, tag_of
from fuser.handles.uses import Reach
from fuser.program import Builtin, Instance, Program, ResourceType, ResourceUse
from fuser.symbols import Function, Global, Private
from fuser.traps import Trap
from fuser.wasm.types import I32
from tests.mutants.fault import Emitter, add, fault, nothing, unchecked

# -- destructors ------------------------------------------------------------------


@fault(CanonicalHandles, "_destroy", "chain-4 two-instances")
def destructor_skipped(
    original: Emitter, handles: CanonicalHandles, type: ResourceType, code: Code, scratch: Scratch
) -> None:
    """No destructor runs."""
    if type.definer is None or handles.is_exported(type):
        original(handles, type, code, scratch)
    else:
        code.op("drop")


@fault(CanonicalHandles, "_destroy", "lend-ends two-instances")
def destructor_run_twice(
    original: Emitter, handles: CanonicalHandles, type: ResourceType, code: Code, scratch: Scratch
) -> None:
    """Each destructor runs twice."""
    destructor = handles.build.destructor(type)
    if destructor is not None and not handles.is_exported(type):
        code.tee(scratch.rep)
        code.get(scratch.rep)
        code.call(destructor)
    original(handles, type, code, scratch)


@fault(ProgramBuilder, "destructor", "chain-4 resource_floats")
def wrong_destructor(original: Emitter, build: ProgramBuilder, type: ResourceType) -> Function | None:
    """The destructor of the program's next type runs."""
    types = [one for one in build.program.resources if one.destructor is not None]
    other = types[(types.index(type) + 1) % len(types)] if type in types else type
    found: Function | None = original(build, other)
    return found


@fault(CanonicalHandles, "_drop", "destructor-makes-a-handle")
def destructor_before_removal(
    original: Emitter, handles: CanonicalHandles, use: ResourceUse, code: Code, scratch: Scratch
) -> None:
    """The destructor runs while the entry is still there."""
    destructor = handles.build.destructor(use.type)
    if destructor is None or handles.is_exported(use.type) or handles.may_be_borrow(use):
        original(handles, use, code, scratch)
        return
    table = handles.table(use)
    table.find(code, scratch)
    table.require(code, scratch, tag_of(use, "own"))
    table.not_lent(code, scratch)
    code.get(scratch.address)
    table.load(code, REP)
    code.call(destructor)
    table.release(code, scratch)


@fault(CanonicalHandles, "_drop_borrow", "elide-forwards resource_floats")
def borrow_dropped_destroys(
    original: Emitter, handles: CanonicalHandles, use: ResourceUse, code: Code, scratch: Scratch
) -> None:
    """Dropping a borrow runs the destructor."""
    destructor = handles.build.destructor(use.type)
    if destructor is not None:
        code.get(scratch.tag)
        code.i32(tag_of(use, "borrow"))
        code.op("i32.eq")
        with code.if_():
            code.get(scratch.address)
            handles.table(use).load(code, REP)
            code.call(destructor)
    original(handles, use, code, scratch)


# -- slots ------------------------------------------------------------------------


def _clear(table: Table, code: Code, scratch: Scratch) -> None:
    code.get(scratch.address)
    code.i32(0)
    table.store(code, TAG)


@fault(Table, "release", "handle-numbers")
def slot_never_freed(_original: Emitter, table: Table, code: Code, scratch: Scratch) -> None:
    """A freed index is not used again."""
    _clear(table, code, scratch)


@fault(Table, "release", "handle-numbers")
def first_freed_used_first(_original: Emitter, table: Table, code: Code, scratch: Scratch) -> None:
    """Freed indices are used again first in, first out."""
    last = _LAST_FREED.setdefault(table, Global("last freed", I32, Private()))
    _clear(table, code, scratch)
    code.get(scratch.address)
    code.i32(0)
    table.store(code, NEXT_FREE)
    code.global_get(table.free)
    with code.if_():
        code.global_get(last)
        code.i32(table.stride_bits)
        code.op("i32.shl")
        code.get(scratch.index)
        table.store(code, NEXT_FREE)
        code.else_()
        code.get(scratch.index)
        code.global_set(table.free)
    code.get(scratch.index)
    code.global_set(last)


_LAST_FREED: dict[Table, Global] = {}


@fault(Table, "release", "double-drop use-after-drop")
def freed_slot_stays_valid(_original: Emitter, table: Table, code: Code, scratch: Scratch) -> None:
    """A dropped handle still names its object."""
    code.get(scratch.address)
    table.load(code, REP)
    code.op("drop")


@fault(CanonicalHandles, "take", "use-after-give")
def moved_handle_stays(original: Emitter, *arguments: Any) -> None:
    """An own that was given away stays in the sender's table."""
    with patch.object(Table, "release", lambda *_: None):
        original(*arguments)


def _capacity(most: int, fixture: str) -> None:
    def extend(original: Emitter, storage: Storage, code: Code, length: Global) -> None:
        code.global_get(length)
        code.i32(most)
        code.op("i32.gt_u")
        code.trap_if(Trap.TABLE_FULL)
        original(storage, code, length)

    extend.__name__, extend.__doc__ = f"at_most_{most}_handles", f"A table has room for {most} handles."
    fault(Storage, "_extend", fixture)(extend)


_capacity(256, "many-live-300")
_capacity(16384, "many-live-17000")


@fault(Canonical, "plan", "lists")
def table_in_guest_memory(original: Emitter, strategy: Canonical, program: Program, build: Builder) -> Handles:
    """A page is added to every guest's memory."""
    for instance in program.instances:
        try:
            build.reserve(instance, 16)
        except NotApplicable:
            continue  # it has no memory
    handles: Handles = original(strategy, program, build)
    return handles


@fault(CanonicalHandles, "__post_init__", "handle-numbers")
def one_table_for_all(original: Emitter, handles: CanonicalHandles) -> None:
    """All instances share one table."""
    original(handles)
    first = next(iter(handles.tables.values()), None)
    if first is not None:
        handles.tables = dict.fromkeys(handles.tables, first)


@fault(CanonicalHandles, "table", "handle-numbers")
def one_table_for_each_type(_original: Emitter, handles: CanonicalHandles, use: ResourceUse) -> Table:
    """Each instance has a table for each of its types."""
    known = _BY_USE.setdefault(handles, {})
    if not known:
        storage = Storage.make(handles.build, len(handles.program.uses))
        for number, one in enumerate(handles.program.uses):
            known[one] = storage.table(handles.build, number, f"handles {number}")
    return known[use]


_BY_USE: dict[CanonicalHandles, dict[ResourceUse, Table]] = {}

# -- what is accepted -----------------------------------------------------------------


@fault(Table, "_require", "wrong-type-same-name wrong-type-own-and-inner")
def type_unchecked(
    _original: Emitter,
    _table: Table,
    code: Code,
    scratch: Scratch,
    _tag: int,
    instead: tuple[int, Trap] | None,
    **_removing: bool,
) -> None:
    """A handle of any type is accepted."""
    code.get(scratch.tag)
    code.op("i32.eqz")
    code.trap_if(Trap.UNKNOWN_HANDLE)
    if instead is not None:
        code.get(scratch.tag)
        code.i32(1)
        code.op("i32.and", "i32.eqz")
        code.trap_if(instead[1])


@fault(Table, "require_removable", "own-from-borrow")
def borrow_accepted_as_own(
    original: Emitter,
    table: Table,
    code: Code,
    scratch: Scratch,
    tag: int,
    instead: tuple[int, Trap] | None = None,
) -> None:
    """A borrow can be given away."""
    if instead is None:
        original(table, code, scratch, tag)
        return
    code.get(scratch.tag)
    code.i32(instead[0])
    code.op("i32.ne")
    with code.if_():
        original(table, code, scratch, tag)


@fault(CanonicalHandles, "builtin", "zero-handle")
def dropping_zero_accepted(original: Emitter, handles: CanonicalHandles, builtin: Builtin, code: Code) -> None:
    """Dropping handle 0 does nothing."""
    if builtin.operation == "drop":
        code.get(0)
        code.op("i32.eqz")
        with code.if_():
            code.return_()
    original(handles, builtin, code)


add(
    "index-bound-unchecked",
    "An index past the table's end is looked up",
    "forged-handle handle-far-beyond",
    unchecked(Trap.UNKNOWN_HANDLE),
)

# -- what crosses -------------------------------------------------------------------------


@fault(CanonicalCrossing, "lower", "resource_floats")
def rep_for_borrow(original: Emitter, crossing: CanonicalCrossing, hand: Handoff) -> None:
    """Who does not define the resource gets the rep of a borrow."""
    if not borrows_entry(hand):
        original(crossing, hand)


@fault(CanonicalCrossing, "lower", "resource_floats")
def rep_for_own(original: Emitter, crossing: CanonicalCrossing, hand: Handoff) -> None:
    """Who receives an own gets the rep."""
    if hand.kind != "own" or hand.received_as is None:
        original(crossing, hand)


@fault(CanonicalCrossing, "lift", "resource_floats")
def handle_for_rep(original: Emitter, crossing: CanonicalCrossing, hand: Handoff) -> None:
    """Who defines the resource gets the sender's handle for a borrow."""
    if hand.kind == "own" or hand.sent_as is None or hand.received_as is None or not hand.received_as.defines:
        original(crossing, hand)


@fault(CanonicalCrossing, "lower", "elide-forwards")
def borrow_arrives_as_own(original: Emitter, crossing: CanonicalCrossing, hand: Handoff) -> None:
    """Who does not define the resource gets an own for a borrow."""
    if borrows_entry(hand):
        assert hand.received_as is not None
        crossing.plan.insert_own(hand.received_as, crossing.code, crossing.scratch)
    else:
        original(crossing, hand)


# -- lends and scopes -------------------------------------------------------------------------

add("borrow-not-counted", "No borrow is counted in its scope", "borrow-kept", nothing(Stack, "count"))
add("scope-unchecked", "A scope may end with borrows in it", "borrow-kept", unchecked(Trap.BORROWS_REMAIN))
add("lend-unchecked", "A lent handle can be moved and dropped", "drop-while-lent", unchecked(Trap.HANDLE_LENT))
add("lend-never-ends", "A lend is not taken back", "lend-ends", nothing(CanonicalCrossing, "_end_lend"))
add(
    "lend-in-a-list-never-ends",
    "Lends in lists are not taken back",
    "lend-ends",
    nothing(CanonicalCrossing, "_end_repeated_lends"),
)


@fault(CanonicalHandles, "counts_lends", "drop-while-lent")
def lend_not_counted(*_arguments: Any) -> bool:
    """No lend is counted."""
    return False


@fault(Reach, "reaches", "dropped-from-below")
def lend_not_counted_for_reentry(_original: Emitter, _reach: Reach, _start: Instance | None, _target: Instance) -> bool:
    """Lends count only where the same call moves a handle."""
    return False


add(
    "host-borrow-kept",
    "What the host lends stays in the wrapper's table",
    "host-lends",
    nothing(CanonicalCrossing, "_give_back"),
)

# -- may-leave ---------------------------------------------------------------------------------

add(
    "leaving-unchecked",
    "An instance may leave while its realloc runs",
    "realloc-leaves",
    nothing(Control, "check_leave"),
)


# -- the world -----------------------------------------------------------------------------------


@fault(CanonicalHandles, "_destroy", "exported-resource")
def exported_not_destroyed(
    original: Emitter, handles: CanonicalHandles, type: ResourceType, code: Code, scratch: Scratch
) -> None:
    """Objects of types that the root exports are never destroyed by a guest."""
    if handles.is_exported(type):
        code.op("drop", "drop")
    else:
        original(handles, type, code, scratch)
