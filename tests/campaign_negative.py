"""Which handles are bad at a place in a script, for each way of misusing one."""

from __future__ import annotations

from tests.campaign_values import Slot
from tests.resource_worlds import Frame, free, mine


def bad_drops(frame: Frame, kind: str) -> list[tuple[int, str]]:
    """Return types and core values, the drop of which is meant to trap: none where the kind cannot be done here."""
    everything, seen = frame.home.variables, frame.home.sees
    handles = [one for one in everything if one.kind != "rep"]
    match kind:
        case "stale drop":
            return [(one.type, one.get) for one in handles if one.state == "dropped"]
        case "moved drop":
            return [(one.type, one.get) for one in handles if one.state == "moved"]
        case "index zero":
            return [(type, "(i32.const 0)") for type in seen]
        case "index beyond":
            return [(type, f"(i32.const {index})") for type in seen for index in (50_000, -1, 2**28)]
        case "wrong type drop":
            live = [one for one in handles if one.state == "live"]
            return [(type, one.get) for one in live for type in seen if type != one.type]
        case "lent drop":
            return [(one.type, one.get) for one in handles if one.lent and one.kind == "own"]
        case "rep as index":
            return [(one.type, one.get) for one in everything if one.kind == "rep"]
    return []


def bad_arguments(frame: Frame, kind: str, type: int) -> list[str]:
    """Return core values that are meant to trap where a handle of this type is passed."""
    handles = [one for one in frame.home.variables if one.kind != "rep"]
    of_type = [one for one in handles if one.type == type]
    match kind:
        case "stale own" | "stale borrow":
            return [one.get for one in of_type if one.state in {"dropped", "moved"}]
        case "index zero":
            return ["(i32.const 0)"]
        case "index beyond":
            return ["(i32.const 65536)"]
        case "wrong type own" | "wrong type borrow":
            return [one.get for one in handles if one.state == "live" and one.type != type]
        case "own from borrow":
            return [one.get for one in mine(frame, kind="borrow") if one.type == type]
        case "borrow then own" | "own then borrow":
            return [one.get for one in free(frame, type)]
        case "lent own":
            return [one.get for one in of_type if one.lent and one.kind == "own"]
    return []


def bad_result(frame: Frame, found: list[Slot]) -> tuple[Slot, str] | None:
    """Return a slot of a result, and a borrow to give back there as an own."""
    for slot in found:
        for one in mine(frame, kind="borrow"):
            if one.type == slot.resource:
                return slot, one.get
    return None
