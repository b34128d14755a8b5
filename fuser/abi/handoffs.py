"""The hand-offs of a call: every occurrence of a handle in its signature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fuser.abi.layout import Shapes
from fuser.errors import LimitExceeded
from fuser.handles.interface import Handoff, Kept, Party, World
from fuser.program import Instance, ResourceUse, StaticResource
from fuser.types import (
    Borrow,
    FuncType,
    List,
    Map,
    Option,
    Own,
    Result,
    ValType,
    Variant,
    parts,
    plain,
)

UseOf = Mapping[tuple[Instance, StaticResource], ResourceUse]

MAX_HANDOFFS = 50_000


@dataclass(frozen=True)
class _Occurrence:
    """A handle type as both sides have it."""

    caller: Own | Borrow
    callee: Own | Borrow
    repeated: bool
    conditional: bool


def handoffs(
    caller_type: FuncType,
    callee_type: FuncType,
    caller_party: Party,
    callee_party: Party,
    use_of: UseOf,
    shapes: Shapes | None = None,
) -> tuple[Handoff, ...]:
    """Return every occurrence of a handle, parameters first, depth first from the left.

    Raises LimitExceeded where there are absurdly many.
    """
    shapes = shapes or Shapes()
    parameters = zip(caller_type.parameters, callee_type.parameters, strict=True)
    found = [
        _handoff(one, "parameter", caller_party, callee_party, use_of)
        for (_, mine), (_, theirs) in parameters
        for one in _occurrences(mine, theirs, shapes)
    ]
    if caller_type.result is not None and callee_type.result is not None:
        found += [
            _handoff(one, "result", caller_party, callee_party, use_of)
            for one in _occurrences(caller_type.result, callee_type.result, shapes)
        ]
    return tuple(found)


def _handoff(
    one: _Occurrence, way: Literal["parameter", "result"], caller: Party, callee: Party, use_of: UseOf
) -> Handoff:
    callers = _use(caller, one.caller.resource, use_of)
    callees = _use(callee, one.callee.resource, use_of)
    forward = way == "parameter"
    return Handoff(
        kind="own" if isinstance(one.callee, Own) else "borrow",
        way=way,
        sender=caller if forward else callee,
        receiver=callee if forward else caller,
        sent_as=callers if forward else callees,
        received_as=callees if forward else callers,
        type=one.callee.resource.type,
        repeated=one.repeated,
        conditional=one.conditional,
    )


def _use(party: Party, resource: StaticResource, use_of: UseOf) -> ResourceUse | None:
    if isinstance(party, World):
        return None
    return use_of[(party.instance if isinstance(party, Kept) else party), resource]


def _occurrences(caller: ValType, callee: ValType, shapes: Shapes) -> Iterator[_Occurrence]:
    """Walk both trees at once; parts without handles are not entered."""
    pending = [(caller, callee, False, False)]
    count = 0
    while pending:
        mine, theirs, repeated, conditional = pending.pop()
        mine, theirs = plain(mine), plain(theirs)
        if not shapes.of(theirs).handles:
            continue
        if isinstance(theirs, Own | Borrow):
            assert isinstance(mine, Own | Borrow), "the linker has compared the types"
            yield _Occurrence(mine, theirs, repeated, conditional)
            count += 1
            if count > MAX_HANDOFFS:
                raise LimitExceeded(f"a signature passes more than {MAX_HANDOFFS} handles")
            continue
        repeated = repeated or isinstance(theirs, List | Map)
        conditional = conditional or isinstance(theirs, Variant | Option | Result)
        pairs = list(zip(parts(mine), parts(theirs), strict=True))
        if isinstance(theirs, List) and theirs.length is not None:
            pairs *= theirs.length
        pending += reversed([(one, other, repeated, conditional) for one, other in pairs])
