"""Random programs that make, lend, move, wrap and drop resources, through chains of components.

A world is a chain of homes (component instances). Each home imports the one before it, may
define resource types, over those of the one before or not, passes on all types that it sees,
and may have a child between its own two halves: its lower half is what the child imports, its
upper half imports the child. A script is drawn while it is written down, in the order in which
it will run, against a model of every handle table: so what it does next is legal, until at
most one action that is meant to trap. Every index and rep that a guest gets is told to a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from fuser.types import Borrow, Own, ValType
from tests.campaign_values import Room

NEGATIVE = (
    "stale drop",
    "moved drop",
    "stale own",
    "stale borrow",
    "index zero",
    "index beyond",
    "wrong type drop",
    "wrong type own",
    "wrong type borrow",
    "own from borrow",
    "own result from borrow",
    "borrow kept",
    "borrow then own",
    "own then borrow",
    "lent drop",
    "lent own",
    "rep as index",
)
FIRST_REP = 1000
"""Reps below this are indices of inner handles."""


@dataclass(eq=False)
class Thing:
    """One resource: `inner` is the variable of the owner's handle that it wraps."""

    type: int
    inner: Variable | None = None
    alive: bool = True

    def end(self) -> None:
        """Run what the destructor does."""
        self.alive = False
        if self.inner is not None:
            self.inner.state = "dropped"
            self.inner.thing.end()


@dataclass(eq=False)
class Variable:
    """A global of a home: an index or a rep. `kind` is own, borrow or rep."""

    number: int
    home: Home
    kind: str
    thing: Thing
    frame: int
    state: str = "live"
    """live, dropped, moved or wrapped."""
    lent: int = 0

    @property
    def get(self) -> str:
        return f"(global.get $v{self.number})"

    @property
    def type(self) -> int:
        return self.thing.type


@dataclass(eq=False)
class Function:
    """A lifted function of a stage."""

    name: str
    parameters: tuple[ValType, ...]
    result: ValType | None
    body: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Stage:
    """A core module of a home with what it exports; `below` is the stage that it calls."""

    home: Home
    below: Stage | None
    functions: list[Function] = field(default_factory=list)


@dataclass(eq=False)
class Home:
    """A component instance; `defines` are its own types, `sees` those and all before it."""

    number: int
    parent: Home | None
    defines: tuple[int, ...]
    sees: tuple[int, ...]
    wraps: dict[int, int]
    """By type: the type of what lies in it."""
    variables: list[Variable] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    room: Room = field(default_factory=Room)
    child: Home | None = None


@dataclass(frozen=True)
class Frame:
    """One running function."""

    number: int
    function: Function
    stage: Stage

    @property
    def home(self) -> Home:
        return self.stage.home

    def say(self, statement: str) -> None:
        """Append a statement."""
        self.function.body.append(statement)


@dataclass
class World:
    """A chain and its script; `rows` says what a step of the log proves to have happened."""

    chance: Random
    negative: str | None = None
    """The negative action that is planned."""
    homes: list[Home] = field(default_factory=list)
    front: Stage | None = None
    runs: list[Function] = field(default_factory=list)
    rows: dict[int, list[str]] = field(default_factory=dict)
    numbers: dict[ValType, int] = field(default_factory=dict)
    host: bool = True
    """Whether the log is the host's: else it is a component of the chain."""
    done: str | None = None
    """The negative action that was written."""

    def __post_init__(self) -> None:
        self.steps = self.frames = self.names = self.types = 0
        self.reps = FIRST_REP
        self.owner: dict[int, Home] = {}


def own(number: int) -> Own:
    """Return an own of a world's type."""
    resource: Any = number
    return Own(resource)


def borrow(number: int) -> Borrow:
    """Return a borrow of a world's type."""
    resource: Any = number
    return Borrow(resource)


# -- the chain -----------------------------------------------------------------------


def add_home(world: World, below: Stage | None, *, child: bool) -> Stage:
    chance = world.chance
    number = chance.choice((1, 2)) if below is None else chance.choice((0, 0, 1, 1, 2))
    home = _new_home(world, None, number, below.home.sees if below else ())
    low = _new_stage(home, below)
    if not child or chance.random() < 0.5:
        return low
    home.child = _new_home(world, home, chance.choice((0, 0, 1)), home.sees)
    return _new_stage(home, _new_stage(home.child, low))


def _new_home(world: World, parent: Home | None, count: int, seen: tuple[int, ...]) -> Home:
    defines = tuple(range(world.types, world.types + count))
    world.types += count
    wraps = {number: world.chance.choice(seen) for number in defines if seen}
    # A parent does not pass on what its child defines.
    home = Home(len(world.homes), parent, defines, (*seen, *defines), wraps)
    world.owner.update(dict.fromkeys(defines, home))
    world.homes.append(home)
    return home


def _new_stage(home: Home, below: Stage | None) -> Stage:
    stage = Stage(home, below)
    home.stages.append(stage)
    return stage


# -- running functions and what they hold ----------------------------------------------


def mine(frame: Frame, state: str = "live", kind: str = "own") -> list[Variable]:
    """Return a home's variables; of borrows only this frame's."""
    return [
        one
        for one in frame.home.variables
        if one.state == state and one.kind == kind and (kind == "own" or one.frame == frame.number)
    ]


def free(frame: Frame, type: int | None = None) -> list[Variable]:
    """Return the owns that may be dropped or given away: neither they nor what they wrap is lent."""
    return [one for one in mine(frame) if not any_lent(one) and type in {None, one.type}]


def any_lent(variable: Variable | None) -> bool:
    """Whether a handle is lent, or one that a destructor would drop with it."""
    return variable is not None and (variable.lent > 0 or any_lent(variable.thing.inner))


def lendable(frame: Frame, type: int) -> list[Variable]:
    """Return what may be lent: owns, this call's borrows, and what a known rep of ours wraps."""
    own_ones = [one for one in mine(frame) if one.type == type]
    inner = [
        rep.thing.inner
        for rep in mine(frame, kind="rep")
        if rep.thing.alive and rep.thing.inner and rep.thing.inner.type == type
    ]
    return own_ones + [one for one in mine(frame, kind="borrow") if one.type == type] + inner


def common(stage: Stage) -> tuple[int, ...]:
    """Return the types that pass between a stage and the one below."""
    assert stage.below is not None
    return tuple(number for number in stage.below.home.sees if number in stage.home.sees)


def open_frame(world: World, stage: Stage, function: Function) -> Frame:
    world.frames += 1
    return Frame(world.frames, function, stage)


def new_function(world: World, stage: Stage, parameters: tuple[ValType, ...], result: ValType | None) -> Function:
    """Add a function to a stage."""
    world.names += 1
    function = Function(f"f{world.names}", parameters, result)
    stage.functions.append(function)
    return function


def note(world: World, frame: Frame, value: str, *rows: str) -> None:
    """Tell the log a value; the step counts for these rows."""
    world.steps += 1
    if world.done is None:
        world.rows[world.steps] = list(rows)
    frame.say(f"(call $note (i32.const {world.steps}) {value})")


def new_variable(world: World, frame: Frame, kind: str, thing: Thing, value: str, *rows: str) -> Variable:
    """Keep a core value, and tell the log."""
    number = sum(len(home.variables) for home in world.homes)
    variable = Variable(number, frame.home, kind, thing, frame.number)
    frame.home.variables.append(variable)
    frame.say(f"(global.set $v{number} {value})")
    note(world, frame, variable.get, *rows)
    return variable
