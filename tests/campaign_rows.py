"""Which rows of the hand-off table a call is (docs/fuser.md; CanonicalABI.md, "lift" and "lower" of handles)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.campaign_values import Slot
from tests.resource_worlds import Frame, Home, World


def parameter_rows(world: World, frame: Frame, callee: Home, sent: list[Slot]) -> list[str]:
    """Return what a call with these slots is in the hand-off table."""
    rows, caller = list[str](), frame.home
    for slot in sent:
        definer = world.owner[slot.resource]
        ends = "X→D" if definer is callee else "D→X †" if definer is caller else "X→Y"
        if slot.own:
            rows.append(f"hand-off own param {ends}")
        else:
            entry = "" if definer is caller else f", {slot.holds.kind} entry"
            rows.append(f"hand-off borrow param {ends}{entry}")
        rows += _re_exports(world, caller, callee, slot)
        rows += [f"{'own' if slot.own else 'borrow'} param in {name.lower()}" for name in set(slot.inside)]
    lent = [slot.holds for slot in sent if not slot.own]
    if len(set(lent)) < len(lent):
        rows.append("same handle lent twice in one call")
    return rows


def _re_exports(world: World, caller: Home, callee: Home, slot: Slot) -> Iterator[str]:
    """Yield the rows of re-exporters: of the same type, and with a type of their own over another's."""
    kind, definer = "own" if slot.own else "borrow", world.owner[slot.resource]
    if definer not in {caller, callee}:
        over = bool(callee.defines)
        yield f"hand-off {kind}, re-exporter {'with its own type: R' if over else 'of the same type'}"
    elif definer is callee and len(callee.sees) > len(callee.defines):
        yield f"hand-off {kind}, re-exporter with its own type: R′"


def result_rows(world: World, caller: Home, callee: Home, found: list[Slot]) -> list[str]:
    """Return what a result with these slots is in the hand-off table."""
    rows = list[str]()
    for slot in found:
        definer = world.owner[slot.resource]
        ends = "D→X" if definer is callee else "X→D †" if definer is caller else "X→Y"
        rows.append(f"hand-off own result {ends}")
        rows += _re_exports(world, caller, callee, slot)
        rows += [f"own result in {name.lower()}" for name in set(slot.inside)]
    return rows
