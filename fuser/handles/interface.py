"""The seam between the core and a way of representing resource handles.

A strategy sees the linked `Program` and asks a `Builder` for what it needs; it answers
with `Handles`, whose hooks emit code at the places where handles are made, passed and
dropped. The core owns everything else: values, strings, may-leave, re-entrance, merging.

The hooks of one call are those of one `Crossing`, made afresh for each adapter, so a
strategy can keep the locals of that adapter in it. Between `lift` and `lower` the handle
is a *token* on the operand stack: whatever the strategy likes, of any number of values.

Held on paper against every candidate of ADR-0: docs/strategies.md has the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Literal, Protocol, runtime_checkable

from fuser.code import Code
from fuser.program import Builtin, HostFunction, Instance, Lift, Lower, Program, ResourceType, ResourceUse
from fuser.symbols import Function, Global, Memory, Region
from fuser.wasm.types import FunctionType, ValueType

ENTRY_POINTS = "fuser.strategies"
"""The entry-point group under which ours and other people's strategies register."""


# -- who talks to whom --------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """An instance that the arrangement leaves un-fused inside the output."""

    instance: Instance


@dataclass(frozen=True)
class World:
    """The outside: the host, or whoever instantiates the output."""


Party = Instance | Kept | World
"""A fused instance, an un-fused one, or the outside: the world is just another party."""


@dataclass(frozen=True, eq=False)
class Call:
    """One pair of lower and lift, i.e. one adapter.

    `lower` is None where the world calls an export, `lift` where an import is called;
    `callee` is then None or the host function.
    """

    caller: Party
    callee: Party
    lower: Lower | None
    lift: Lift | None
    host: HostFunction | None
    label: str
    """The export label of the callee, e.g. `example:floats/test#[method]float.get`."""
    handoffs: tuple[Handoff, ...]
    """Every occurrence of a handle in the signature, parameters first, left to right."""


@dataclass(frozen=True, eq=False)
class Handoff:
    """One occurrence of a handle in one call, at any depth."""

    kind: Literal["own", "borrow"]
    way: Literal["parameter", "result"]
    sender: Party
    receiver: Party
    sent_as: ResourceUse | None
    """None where the sender is the world."""
    received_as: ResourceUse | None
    """None where the receiver is the world."""
    type: ResourceType
    repeated: bool
    """Whether it lies in a list, so that one call may pass any number of them."""
    conditional: bool
    """Whether it lies in a variant, so that a call may pass none."""


# -- what a strategy may ask for -------------------------------------------------


class Need(Enum):
    """What a strategy used beyond writing functions; recorded by the builder at each use."""

    MEMORY = "private memory"
    CELL = "private global"
    RESERVE = "region in a guest's memory"
    GUEST = "call of a guest's function"
    CANONICAL = "resource type of the wrapper"
    KEEPER = "nested keeper component"
    MODULE = "further core module"
    REWIRED = "rewired program"
    KEPT = "instance left un-fused"
    OPTED_IN_GUEST = "guest that opts in"
    GUEST_CODE = "reading of guest code"
    LABELS = "identity by label"
    TOOL = "external tool"
    SPEC = "new spec text"


@dataclass(frozen=True)
class Canonical:
    """A resource type of the wrapper, whose table is the host's."""

    new: Function
    """rep → handle"""
    rep: Function
    """handle → rep"""
    drop: Function
    """handle → nothing; runs the destructor that the type was made with"""


class Builder(Protocol):
    """What a strategy may ask for; each use is recorded as a `Need`."""

    def memory(self, name: str, pages: int = 1) -> Memory:
        """Make a private memory that no guest reaches."""

    def cell(self, name: str, type: ValueType, start: int = 0) -> Global:
        """Make a private mutable global."""

    def reserve(self, instance: Instance, size: int) -> Region:
        """Reserve bytes in a guest's memory by adding pages at its initial end.

        The guest sees it (`memory.size`); 16-aligned; raises NotApplicable where the
        instance has no memory of its own.
        """

    def function(self, name: str, type: FunctionType, write: Callable[[Code], None]) -> Function:
        """Make a function; `write` runs once, if it is reachable."""

    def destructor(self, type: ResourceType) -> Function | None:
        """Return the definer's destructor as a call across instances, rep → nothing."""

    def realloc(self, instance: Instance) -> Function | None:
        """Return the realloc that the instance's own lifts or lowers name, or a core module of it exports."""

    def memory_of(self, instance: Instance) -> Memory | None:
        """Return the linear memory that the instance's own lifts or lowers name, or that it defines first."""

    def outside(self, type: ResourceType) -> Canonical:
        """Return the wrapper's view of a resource that the root imports: only `drop` exists."""

    def canonical(self, key: object, drop: Function | None, label: str) -> Canonical:
        """Make (once per key) a resource type of the wrapper, in the wrapper's one table.

        Where `key` is a ResourceType that the root exports, it is the exported type.
        """

    def keeper(self, key: object, drop: Function | None, label: str, table: object) -> Canonical:
        """Make (once per key) a type whose table is its own nested component's.

        Keepers of the same `table` share one table, as the types of one instance do.
        """

    def module(self, name: str) -> Builder:
        """Return a builder whose functions go to a core module of their own."""

    def need(self, need: Need, why: str) -> None:
        """Record a need that no other method shows, e.g. reading labels or guest code."""


# -- what a strategy answers -------------------------------------------------------


class Crossing(Protocol):
    """The handles of one call; made for one adapter, its hooks run in this order."""

    def enter(self) -> None:
        """Emit what happens before any value is translated."""

    def lift(self, hand: Handoff) -> None:
        """Emit: the sender's number on the stack becomes a token."""

    def lower(self, hand: Handoff) -> None:
        """Emit: the token becomes the receiver's number."""

    def leave(self) -> None:
        """Emit what happens after the call, before results are translated."""

    def finish(self) -> None:
        """Emit what happens after the results are translated and post-return has run."""


class Handles(Protocol):
    """A plan for one program."""

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Emit the body of `resource.new/rep/drop`; parameter 0 is its argument.

        The core has already checked may-leave.
        """

    def cross(self, call: Call, code: Code) -> Crossing:
        """Begin an adapter for a call that passes at least one handle."""


@dataclass(frozen=True)
class Arrangement:
    """The program that is to be fused, and the instances that stay out of it."""

    program: Program
    kept: tuple[Instance, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prior:
    """What the public record says of one group of fixtures; shown beside the measurement."""

    group: str
    """A fixture group, or `group/fixture`."""
    outcome: str
    """`passes`, `fails`, or the count that was reported, e.g. `70 of 73`."""
    signature: str = ""
    """How it failed, in the record's words, shortened."""
    source: str = ""


@dataclass(frozen=True)
class Claim:
    """What a strategy says of itself; never an outcome."""

    path: str
    """Letter of the path in its question."""
    locus: str
    needs: frozenset[Need]
    priors: tuple[Prior, ...] = ()
    references: tuple[str, ...] = ()


@runtime_checkable
class Strategy(Protocol):
    """A frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    claim: ClassVar[Claim]

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Return the program as given, rewired, or with instances kept; or NotApplicable, NotViable."""

    def plan(self, program: Program, build: Builder) -> Handles:
        """Lay out tables and cells; or raise NotApplicable, NotViable."""


@runtime_checkable
class Outsourcing(Protocol):
    """A strategy whose component another tool writes, from the core form."""

    def encode_component(self, core: bytes) -> bytes:
        """Return the component of a core module that carries its world; NotViable where the tool fails."""


@dataclass
class Needs:
    """The needs that a build recorded, with the first reason for each."""

    reasons: dict[Need, str] = field(default_factory=dict)

    def add(self, need: Need, why: str) -> None:
        """Record a need; the first reason is kept."""
        self.reasons.setdefault(need, why)
