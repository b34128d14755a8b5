"""Which handles are bad at a place in a script, for each way of misusing one."""

from __future__ import annotations

from tests.campaign_values import Slot
from tests.resource_worlds import Frame, World, free, mine


def _bad_drop(world: World, frame: Frame, kind: str) -> Callable[[], None] | None:
    """Return how a drop is to fail, if the kind is one and can be done here."""
    everything, chance = frame.home.variables, world.chance
    handles = [one for one in everything if one.kind != "rep"]
    choices: list[tuple[int, str]] = []
    match kind:
        case "stale drop":
            choices = [(one.type, one.get) for one in handles if one.state == "dropped"]
        case "moved drop":
            choices = [(one.type, one.get) for one in handles if one.state == "moved"]
        case "index zero":
            choices = [(type, "(i32.const 0)") for type in frame.home.sees]
        case "index beyond":
            choices = [(type, f"(i32.const {chance.choice((50_000, -1, 2**28))})") for type in frame.home.sees]
        case "wrong type drop":
            live = [one for one in handles if one.state == "live"]
            choices = [(type, one.get) for one in live for type in frame.home.sees if type != one.type]
        case "lent drop":
            choices = [(one.type, one.get) for one in handles if one.lent and one.kind == "own"]
        case "rep as index":
            choices = [(one.type, one.get) for one in everything if one.kind == "rep"]
    if not choices or (kind.startswith("index") and chance.random() < 0.5):
        return None

    def write() -> None:
        type, expression = chance.choice(choices)
        forewarn(world, frame)
        frame.say(f"(call $drop{type} {expression})")

    return write


def _bad_arguments(frame: Frame, kind: str, type: int) -> list[str]:
    """Return core values that are no good handle of this type."""
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


def _bad_result(world: World, frame: Frame, found: list[Slot]) -> Slot | None:
    """Have a borrow given back as an own, where that is the plan."""
    if world.negative != "own result from borrow" or world.done is not None:
        return None
    for slot in found:
        for one in mine(frame, kind="borrow"):
            if one.type == slot.resource:
                forewarn(world, frame)
                slot.expression = one.get
                return slot
    return None
