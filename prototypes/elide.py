"""E: take out re-exporters that provably only pass through.

Mechanism: a component is a pass-through if each function that it offers hands its
parameters, unchanged and in order, to one imported function and returns what that
returns; its own resource types wrap an imported one so that the rep *is* the inner
handle (`new` of what a call returned, the destructor drops it). Its callers are wired to
the functions behind it, its resource types become the inner ones, and it is gone from the
module. The faithful tables serve the rest.

Invariants: the proof covers every instruction of every function that could be called
(`prototypes.forwarding`); what it does not understand is a refusal.

Not handled: pass-throughs that box their handles (released bindings do: the proof would
need the allocator), that copy strings or lists, or whose functions the root exports.
Objects of the elided types are never made, so their destructors are not observed.

Source: pulseengine/meld ADR-0, path E; the soundness conditions are this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.errors import NotViable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.handles.uses import exported_functions
from fuser.program import (
    Builtin,
    CoreExport,
    HostFunction,
    Instance,
    Lift,
    Lower,
    Program,
    ResourceType,
)
from fuser.types import Borrow, FuncType, Own, Primitive, ValType, plain
from prototypes.forwarding import Effect, Outcome, Parameter, Trace, Unproven, trace
from prototypes.rewire import Rewiring

PROBE = "symbolic execution of every function of every re-exporter"


@dataclass(frozen=True)
class Elide:
    """No options."""

    name: ClassVar[str] = "elide"
    claim: ClassVar[Claim] = Claim(
        path="E",
        locus="meld",
        needs=frozenset({Need.GUEST_CODE, Need.REWIRED, Need.MEMORY, Need.CELL, Need.GUEST}),
        priors=(Prior("gating", "fails", "all three intermediates change values", "pulseengine/meld#106"),),
        references=("pulseengine/meld#106",),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Take out every proven pass-through; NotViable where there is none."""
        build.need(Need.GUEST_CODE, "pass-throughs are proven from their code")
        notes: list[str] = []
        while (step := _take_out_one(program)) and step.removed is not None:
            program = step.program
            notes.append(f"took out {name(step.removed)}")
            build.need(Need.REWIRED, notes[0])
        if not notes:
            why = "; ".join(step.reasons) or "no component both defines and imports resources"
            raise NotViable(f"no re-exporter is a provable pass-through ({why})", PROBE)
        return Arrangement(program, notes=tuple(notes))

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables."""
        return CanonicalHandles(program, build)


@dataclass(frozen=True)
class Step:
    """One round: the program without the instance removed, or why none can be."""

    program: Program
    removed: Instance | None
    reasons: tuple[str, ...] = ()


def _take_out_one(program: Program) -> Step:
    """Take out the first proven pass-through."""
    reasons: list[str] = []
    for instance in re_exporters(program):
        try:
            found = prove(program, instance)
        except Unproven as reason:
            reasons.append(f"{name(instance)}: {reason}")
            continue
        rewiring = Rewiring(found.lifts, found.types, frozenset([instance]))
        return Step(rewiring.program(program), instance)
    return Step(program, None, tuple(reasons))


def name(instance: Instance) -> str:
    """Name an instance in a message."""
    return instance.label or f"instance {instance.id}"


@dataclass(frozen=True)
class PassThrough:
    """What stands behind each function and resource type of a pass-through."""

    lifts: dict[Lift, Lift]
    types: dict[ResourceType, ResourceType]


def re_exporters(program: Program) -> tuple[Instance, ...]:
    """Return the instances that define a resource type and hold another's."""
    definers = {use.instance for use in program.uses if use.defines}
    holders = {use.instance for use in program.uses if not use.defines}
    return tuple(one for one in program.instances if one in definers & holders)


def prove(program: Program, instance: Instance) -> PassThrough:
    """Prove an instance a pass-through; raises Unproven with the first thing that is not."""
    _refuse_outside(program, instance)
    found = PassThrough({}, {})
    for type in (type for type in program.resources if type.definer is instance):
        found.types[type] = _behind_type(type)
    for lift in (lift for lift in program.lifts if lift.instance is instance):
        found.lifts[lift] = _behind(lift, found.types)
    return found


def _refuse_outside(program: Program, instance: Instance) -> None:
    if any(lift.instance is instance for lift in exported_functions(program)):
        raise Unproven("the root exports one of its functions")
    for core in program.core_instances:
        if core.instance is instance and core.module.start is not None:
            raise Unproven("it has a start function")


def _behind_type(type: ResourceType) -> ResourceType:
    """Return the inner type of one that the pass-through defines, by its destructor."""
    if not isinstance(type.destructor, CoreExport):
        raise Unproven(f"`{type.label}` has no destructor that drops an inner handle")
    match trace(type.destructor):
        case Trace((Effect(Builtin(operation="drop") as drop, (Parameter(0),)),), ()):
            return drop.use.type
    raise Unproven(f"the destructor of `{type.label}` does more than drop one handle")


def _behind(lift: Lift, types: dict[ResourceType, ResourceType]) -> Lift:
    """Return the lift that a function of the pass-through forwards to."""
    if lift.options.post_return is not None:
        raise Unproven(f"`{lift.label}` has a post-return function")
    found = trace(lift.function)
    inner = next((effect.target for effect in found.effects if isinstance(effect.target, Lower)), None)
    if inner is None or isinstance(inner.callee, HostFunction):
        raise Unproven(f"`{lift.label}` calls no other component")
    _check_types(lift, inner, types)
    if found != _expected(lift, inner, found):
        raise Unproven(f"`{lift.label}` does not hand on just what it is given")
    return inner.callee


def _expected(lift: Lift, inner: Lower, found: Trace) -> Trace:
    """Say what a pass-through to `inner` does; the builtin is the one found, which must be `new`."""
    arguments = tuple(Parameter(index) for index in range(len(lift.type.parameters)))
    call = Effect(inner, arguments)
    if lift.type.result is None:
        return Trace((call,), ())
    result = plain(lift.type.result)
    if not isinstance(result, Own):
        return Trace((call,), (Outcome(0),))
    for effect in found.effects:
        target = effect.target
        if isinstance(target, Builtin) and target.operation == "new" and target.use.type is result.resource.type:
            return Trace((call, Effect(target, (Outcome(0),))), (Outcome(1),))
    raise Unproven(f"`{lift.label}` returns a handle that it did not just make")


def _check_types(lift: Lift, inner: Lower, types: dict[ResourceType, ResourceType]) -> None:
    """Require the same types in the same places, own resource types standing for inner ones."""
    outer, behind = _places(lift.type), _places(inner.type)
    if len(outer) != len(behind) or len(lift.type.parameters) != len(inner.type.parameters):
        raise Unproven(f"`{lift.label}` and what it calls have different signatures")
    for (mine, is_result), (its, _) in zip(outer, behind, strict=True):
        if not _stands_for(mine, its, types, is_result=is_result):
            raise Unproven(f"`{lift.label}` and what it calls have different types")


def _places(type: FuncType) -> list[tuple[ValType, bool]]:
    places = [(plain(part), False) for _, part in type.parameters]
    return places if type.result is None else [*places, (plain(type.result), True)]


def _stands_for(mine: ValType, its: ValType, types: dict[ResourceType, ResourceType], *, is_result: bool) -> bool:
    """Whether a scalar or handle of the pass-through stands for the same of what it calls.

    An own parameter would have to be unwrapped first, which no forwarding does.
    """
    if isinstance(mine, Primitive):
        return mine is its and mine is not Primitive.STRING
    if isinstance(mine, Own) and isinstance(its, Own):
        return is_result and types.get(mine.resource.type) is its.resource.type
    if isinstance(mine, Borrow) and isinstance(its, Borrow):
        return types.get(mine.resource.type) is its.resource.type
    return False
