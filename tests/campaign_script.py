"""The script of a world: what its guests do, drawn in the order in which they will do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from fuser.types import Record, Tuple, ValType
from tests.campaign_negative import bad_arguments, bad_drops, bad_result
from tests.campaign_rows import parameter_rows, result_rows
from tests.campaign_values import Slot, Value, flat, load, random_type, random_value, shape_of, slots, store, unflat
from tests.resource_worlds import (
    NEGATIVE,
    Frame,
    Function,
    Home,
    Stage,
    Thing,
    Variable,
    World,
    add_home,
    borrow,
    common,
    free,
    lendable,
    mine,
    new_function,
    new_variable,
    note,
    open_frame,
    own,
)

ATTEMPTS = 40
"""Chains drawn until the planned negative action finds its place."""


_OWN = (own,)
_BORROW = (borrow,)
_PASSED: dict[str, tuple[Callable[[int], ValType], ...]] = {
    "stale own": _OWN,
    "stale borrow": _BORROW,
    "index zero": _OWN,
    "index beyond": _BORROW,
    "wrong type own": _OWN,
    "wrong type borrow": _BORROW,
    "own from borrow": _OWN,
    "lent own": _OWN,
    "borrow then own": (borrow, own),
    "own then borrow": (own, borrow),
}
"""What a call passes the same bad handle as, by kind of negative action."""


def make_world(seed: int) -> World:
    """Draw a world; the seed says which negative action is in it, if any."""
    number = seed % (len(NEGATIVE) + 10)
    negative = NEGATIVE[number] if number < len(NEGATIVE) else None
    for attempt in range(ATTEMPTS):
        world = World(Random(f"{seed}/{attempt}"), negative)  # noqa: S311 - test data
        _make(world)
        if world.done == negative:
            break
    return world


def _make(world: World) -> None:
    chance = world.chance
    world.host = chance.random() < 0.6
    count = chance.choice((2, 3, 3, 4))
    below: Stage | None = None
    while len(world.homes) < count:
        below = add_home(world, below, child=count - len(world.homes) >= 3 - (below is not None))
    world.front = below
    write_script(world)


def write_script(world: World) -> None:
    """Draw what happens, in the order in which it will."""
    assert world.front is not None
    for number in range(world.chance.choice((2, 3, 4))):
        function = Function(f"run{number}", (), None)
        world.runs.append(function)
        world.front.functions.append(function)
        frame = open_frame(world, world.front, function)
        for _ in range(world.chance.choice((2, 4, 6))):
            act(world, frame, 3)


def act(world: World, frame: Frame, depth: int) -> None:
    """Do one thing; nothing after what is meant to trap."""
    if world.done is not None:
        return
    if world.negative and world.steps > 6 and world.chance.random() < 0.5:
        misbehave(world, frame, world.negative)
    actions: list[Callable[[], None]] = [lambda: drop_any(world, frame)]
    if depth and frame.stage.below and common(frame.stage) and len(world.rows) < 150:
        actions += [lambda: call(world, frame, depth)] * 4
    if frame.home.defines:
        actions += [lambda: _make_any(world, frame), lambda: ask_rep(world, frame)]
    world.chance.choice(actions)()


def _make_any(world: World, frame: Frame) -> None:
    make(world, frame, world.chance.choice(frame.home.defines))


def drop_any(world: World, frame: Frame) -> None:
    """Drop some handle."""
    choices = free(frame) + [one for one in mine(frame, kind="borrow") if not one.lent]
    if choices:
        drop(world, frame, world.chance.choice(choices))


def drop(world: World, frame: Frame, one: Variable) -> None:
    """Drop a handle."""
    frame.say(f"(call $drop{one.type} {one.get})")
    one.state = "dropped"
    row = "drop of a borrow"
    if one.kind == "own":
        row = f"drop by {'definer' if one.type in frame.home.defines else 'holder'}"
        row += ", with an inner one" if one.thing.inner else ""
        one.thing.end()
    note(world, frame, "(i32.const 0)", row)


def make(world: World, frame: Frame, type: int) -> Variable:
    """Make a resource, around one of the stage below or not."""
    inner = None
    if type in frame.home.wraps and frame.stage.below and world.chance.random() < 0.75:
        inner = obtain(world, frame, frame.home.wraps[type])
    world.reps += inner is None
    rep = inner.get if inner else f"(i32.const {world.reps})"
    if inner:
        inner.state = "wrapped"
    row = "new around an inner own" if inner else "new"
    return new_variable(world, frame, "own", Thing(type, inner), f"(call $new{type} {rep})", row)


def ask_rep(world: World, frame: Frame) -> None:
    """Ask for the rep of an own handle."""
    choices = [one for one in mine(frame) if one.type in frame.home.defines]
    if choices:
        one = world.chance.choice(choices)
        new_variable(world, frame, "rep", one.thing, f"(call $rep{one.type} {one.get})", "rep")


def obtain(world: World, frame: Frame, type: int) -> Variable:
    """Return an own that may be given away: one at hand, a new one, or one from below."""
    choices = free(frame, type)
    if choices and world.chance.random() < 0.8:
        return world.chance.choice(choices)
    if type in frame.home.defines:
        return make(world, frame, type)
    found = invoke(world, frame, [], own(type), Slot(own=True, resource=type, inside=()), 0)
    return found[0]


def call(world: World, frame: Frame, depth: int) -> None:
    """Call a new function below with some payloads."""
    chance, types = world.chance, common(frame.stage)

    def any_handle() -> ValType:
        return (own if chance.random() < 0.5 else borrow)(chance.choice(types))

    count = chance.choice((0, 1, 1, 2, 3))
    parameters = [random_type(chance, any_handle, chance.choice((0, 1, 2, 3))) for _ in range(count)]
    result: ValType | None = None
    if chance.random() < 0.6:
        result = random_type(chance, lambda: own(chance.choice(types)), chance.choice((0, 0, 1, 2, 3)))
    given = [(type, random_value(chance, type)) for type in parameters]
    fill(world, frame, [slot for _, value in given for slot in slots(value)])
    invoke(world, frame, given, result, None if result is None else random_value(chance, result), depth)


def fill(world: World, frame: Frame, wanted: list[Slot]) -> None:
    """Choose what goes into the slots, making what is not there."""
    taken: list[Variable] = []
    for slot in wanted:
        if not slot.own:
            continue
        choices = [one for one in free(frame, slot.resource) if one not in taken]
        slot.holds = world.chance.choice(choices) if choices else _fresh(world, frame, slot.resource, taken)
        taken.append(slot.holds)
    for slot in wanted:
        if not slot.own:
            choices = [one for one in lendable(frame, slot.resource) if one not in taken]
            borrows = [one for one in choices if one.kind == "borrow"]
            choices = borrows if borrows and world.chance.random() < 0.5 else choices
            slot.holds = world.chance.choice(choices) if choices else _fresh(world, frame, slot.resource, taken)
    for slot in wanted:
        slot.expression = slot.holds.get


def _fresh(world: World, frame: Frame, type: int, taken: list[Variable]) -> Variable:
    """Return an own that is in no slot yet; those in slots are kept from being given away."""
    for one in taken:
        one.lent += 1
    found = obtain(world, frame, type)
    for one in taken:
        one.lent -= 1
    return found


def invoke(
    world: World,
    frame: Frame,
    given: list[tuple[ValType, Value]],
    result: ValType | None,
    wanted: Value | None,
    depth: int,
) -> list[Variable]:
    """Call a new function below, whose script is written now; return the owns that came back."""
    below = frame.stage.below
    assert below is not None
    function = new_function(world, below, tuple(type for type, _ in given), result)
    sent = [slot for _, value in given for slot in slots(value)]
    rows = parameter_rows(world, frame, below.home, sent)
    area = emit_call(frame, function, given)
    for slot in sent:
        if slot.own:
            slot.holds.state = "moved"
        else:
            slot.holds.lent += 1
    inner = open_frame(world, below, function)
    back = run_callee(world, inner, given, wanted, depth)
    for slot in sent:
        slot.holds.lent -= not slot.own
    note(world, frame, "(i32.const 0)", *rows)
    return receive(world, frame, below.home, result, wanted, area, back)


def emit_call(frame: Frame, function: Function, given: list[tuple[ValType, Value]]) -> str:
    """Write the call; return where its result is found: a local, or a place in memory."""
    room, before = frame.home.room, list[str]()
    whole = shape_of(Tuple(function.parameters))
    value: list[Value] = [value for _, value in given]
    if len(whole.flat) > 16:
        at = room.take(whole.size)
        before += store(whole, value, at, room)
        arguments = [f"(i32.const {at})"]
    else:
        arguments = flat(whole, value, room, before)
    frame.function.body.extend(before)
    invoked = f"(call ${function.name} {' '.join(arguments)}"
    if function.result is None:
        frame.say(f"{invoked})")
        return ""
    shape = shape_of(function.result)
    if len(shape.flat) > 1:
        at = room.take(shape.size)
        frame.say(f"{invoked} (i32.const {at}))")
        return f"(i32.const {at})"
    frame.say(f"(local.set $got {invoked}))")
    return "(local.get $got)"


def run_callee(
    world: World, frame: Frame, given: list[tuple[ValType, Value]], wanted: Value | None, depth: int
) -> list[Thing]:
    """Write the callee; return the things that it gives back."""
    take_parameters(world, frame, given)
    for _ in range(world.chance.choice((0, 1, 2, 3)) if depth else 0):
        act(world, frame, depth - 1)
    found = list(slots(wanted)) if wanted is not None else []
    fill(world, frame, found)
    leave(world, frame, found)
    _give_back(frame, wanted)
    for slot in found:
        slot.holds.state = "moved"
    return [slot.holds.thing for slot in found]


def take_parameters(world: World, frame: Frame, given: list[tuple[ValType, Value]]) -> None:
    """Write how the callee keeps what it gets; all that is no handle goes into one sum."""
    whole = shape_of(Tuple(frame.function.parameters))
    value: list[Value] = [value for _, value in given]
    if len(whole.flat) > 16:
        found = load(whole, value, "(local.get 0)", 0)
    else:
        found = unflat(whole, value, [f"(local.get {number})" for number in range(len(whole.flat))])
    keep_found(world, frame, found, lambda slot: slot.holds.thing)


def keep_found(
    world: World, frame: Frame, found: Iterator[tuple[Slot | None, str]], thing_of: Callable[[Slot], Thing]
) -> list[Variable]:
    """Write how handles and everything else of a payload are kept."""
    kept = []
    frame.say("(local.set $sum (i32.const 7))")
    for slot, expression in found:
        if slot is None:
            frame.say(f"(local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) {expression}))")
            continue
        definer = slot.resource in frame.home.defines
        kind = "own" if slot.own else "rep" if definer else "borrow"
        kept.append(new_variable(world, frame, kind, thing_of(slot), expression))
    note(world, frame, "(local.get $sum)")
    return kept


def leave(world: World, frame: Frame, found: list[Slot]) -> None:
    """Write the end of a callee: its borrows are dropped, unless one is meant to be kept."""
    borrows = mine(frame, kind="borrow")
    planned = world.negative if world.done is None else None
    bad = bad_result(frame, found) if planned == "own result from borrow" else None
    if bad is not None:
        forewarn(world, frame)
        bad[0].expression = bad[1]
    elif planned == "borrow kept" and borrows and world.steps > 6:
        forewarn(world, frame)
        borrows = borrows[1:]
    for one in borrows:
        if bad is None or one.get != bad[1]:
            drop(world, frame, one)
    for one in frame.home.variables:
        # What a rep says is known in this call only: its owner may drop it afterwards.
        if one.kind == "rep" and one.frame == frame.number:
            one.state = "dropped"


def _give_back(frame: Frame, wanted: Value | None) -> None:
    result, room = frame.function.result, frame.home.room
    if result is None or wanted is None:
        return
    shape, before = shape_of(result), list[str]()
    if len(shape.flat) > 1:
        at = room.take(shape.size)
        before += store(shape, wanted, at, room)
        last = f"(i32.const {at})"
    else:
        (last,) = flat(shape, wanted, room, before)
    frame.function.body.extend([*before, last])


def receive(
    world: World,
    frame: Frame,
    callee: Home,
    result: ValType | None,
    wanted: Value | None,
    area: str,
    back: list[Thing],
) -> list[Variable]:
    """Write how the caller keeps a result."""
    if result is None or wanted is None:
        return []
    shape, found = shape_of(result), list(slots(wanted))
    things = dict(zip(found, back, strict=True))
    read = load(shape, wanted, area, 0) if len(shape.flat) > 1 else unflat(shape, wanted, [area])
    kept = keep_found(world, frame, read, things.__getitem__)
    note(world, frame, "(i32.const 0)", *result_rows(world, frame.home, callee, found))
    return kept


# -- what is meant to trap ------------------------------------------------------------------


def forewarn(world: World, frame: Frame) -> None:
    """Note that what follows is meant to trap."""
    note(world, frame, "(i32.const -1)", f"negative {world.negative}")
    world.done = world.negative


def misbehave(world: World, frame: Frame, kind: str) -> None:
    """Do a negative action, if it can be done here."""
    chance = world.chance
    drops = bad_drops(frame, kind)
    types = common(frame.stage) if frame.stage.below else ()
    passed = [(type, one) for type in types for one in bad_arguments(frame, kind, type)]
    if drops and (not passed or chance.random() < 0.5):
        type, bad = chance.choice(drops)
        forewarn(world, frame)
        frame.say(f"(call $drop{type} {bad})")
    elif passed:
        type, bad = chance.choice(passed)
        forewarn(world, frame)
        _probe(world, frame, [handle(type) for handle in _PASSED[kind]], bad)


def _probe(world: World, frame: Frame, handles: list[ValType], bad: str) -> None:
    """Call a function that drops what it gets with a bad handle, sometimes within a payload."""
    below = frame.stage.below
    assert below is not None
    types: list[ValType] = list(handles)
    if world.chance.random() < 0.5:
        types = [Record(tuple((f"l{number}", Tuple((type,))) for number, type in enumerate(handles)))]
    given = [(type, random_value(world.chance, type)) for type in types]
    for slot in (slot for _, value in given for slot in slots(value)):
        slot.expression, slot.holds = bad, Variable(0, frame.home, "own", Thing(slot.resource), 0)
    function = new_function(world, below, tuple(types), None)
    emit_call(frame, function, given)
    inner = open_frame(world, below, function)
    take_parameters(world, inner, given)
    for one in mine(inner, kind="borrow"):
        drop(world, inner, one)
