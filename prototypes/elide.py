"""E: take out re-exporters that provably only pass through.

Mechanism: a component is a pass-through if each function that it offers hands its
parameters, unchanged and in order, to one imported function and returns what that
returns. A resource type of its own wraps an imported one so that the rep *is* the inner
handle (`new` of what a call returned, the destructor drops it); of another's type it drops
the borrows that it was lent. Its callers are wired to the functions behind it, its
resource types become the inner ones, and it is gone from the module. The faithful tables
serve the rest.

Invariants: the proof covers every instruction of every function that could be called
(`prototypes.forwarding`); what it does not understand is a refusal.

Not handled: pass-throughs that box their handles (released bindings do: the proof would
need the allocator), that copy strings or lists, whose functions or types the root exports, or through
which a call or a resource comes back to where it came from, as it may to a parent.
Objects of the elided types are never made, so their destructors are not observed: an
instrumented pass-through tells what it does, so it is none, and effects stay unobserved.

Source: pulseengine/meld ADR-0, path E; the soundness conditions are this project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuser.errors import NotViable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need, Prior
from fuser.handles.uses import exported_functions, exported_types
from fuser.program import (
    Builtin,
    CoreExport,
    CoreFunction,
    Instance,
    Lift,
    Lower,
    Program,
    ResourceType,
    StaticResource,
)
from fuser.rewire import Rewiring
from fuser.types import Borrow, FuncType, Own, Primitive, ValType, plain
from fuser.wrap.exports import exported_resources
from prototypes.forwarding import Effect, Outcome, Parameter, Trace, Unproven, Value, trace

PROBE = "symbolic execution of every function of every re-exporter"


@dataclass(frozen=True)
class Elide:
    """Take out re-exporters that provably only pass through; no options."""

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
            why = "; ".join(step.reasons) or "no component hands on another's resources"
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
        inner = {type: resource.type for type, resource in found.types.items()}
        rewiring = Rewiring(found.lifts, inner, frozenset([instance]))
        return Step(rewiring.program(program), instance)
    return Step(program, None, tuple(reasons))


def name(instance: Instance) -> str:
    """Name an instance in a message."""
    return instance.label or f"instance {instance.id}"


@dataclass(frozen=True)
class PassThrough:
    """What stands behind each function and resource type of a pass-through."""

    lifts: dict[Lift, Lift]
    types: dict[ResourceType, StaticResource]


def re_exporters(program: Program) -> tuple[Instance, ...]:
    """Return the instances that others call and that hold another's resources."""
    called = {lower.callee.instance for lower in program.lowers if isinstance(lower.callee, Lift)}
    holders = {use.instance for use in program.uses if not use.defines}
    return tuple(one for one in program.instances if one in called & holders)


def prove(program: Program, instance: Instance) -> PassThrough:
    """Prove an instance a pass-through; raises Unproven with the first thing that is not."""
    _refuse_outside(program, instance)
    types = {type: _behind_type(type) for type in program.resources if type.definer is instance}
    callees = dict.fromkeys(lower.callee for lower in program.lowers)
    called = [lift for lift in callees if isinstance(lift, Lift) and lift.instance is instance]
    lifts = {lift: _behind(lift, types) for lift in called}
    _refuse_back(program, lifts, types)
    _refuse_before(program, instance)
    return PassThrough(lifts, types)


def _refuse_outside(program: Program, instance: Instance) -> None:
    """Refuse what is seen from elsewhere than its callers."""
    if any(lift.instance is instance for lift in exported_functions(program)):
        raise Unproven("the root exports one of its functions")
    if any(type.definer is instance for type in (*exported_types(program), *exported_resources(program))):
        raise Unproven("one of its types crosses the root")


def _refuse_back(program: Program, lifts: dict[Lift, Lift], types: dict[ResourceType, StaticResource]) -> None:
    """Refuse what comes back through it: nobody may enter himself, and a definer is lent reps, not handles."""
    calls = [(one.instance, lifts[one.callee].instance) for one in program.lowers if one.callee in lifts]
    if any(caller is callee for caller, callee in calls):
        raise Unproven("it hands a call back to who made it")
    if any(use.type in types and types[use.type].type.definer is use.instance for use in program.uses):
        raise Unproven("the definer of the inner type holds the outer one")


def _refuse_before(program: Program, instance: Instance) -> None:
    """Refuse what does something before it is called."""
    modules = [core.module for core in program.core_instances if core.instance is instance]
    if any(module.start is not None for module in modules):
        raise Unproven("it has a start function")
    if any(module.segments or module.elements for module in modules):
        raise Unproven("it has segments, which may trap where it is instantiated")


def _behind_type(type: ResourceType) -> StaticResource:
    """Return the inner type of one that the pass-through defines, by its destructor."""
    if not isinstance(type.destructor, CoreExport):
        raise Unproven(f"`{type.label}` has no destructor that drops an inner handle")
    match _trace(f"the destructor of `{type.label}`", type.destructor):
        case Trace((Effect(Builtin(operation="drop") as drop, (Parameter(0),)),), ()):
            return drop.use.resource
    raise Unproven(f"the destructor of `{type.label}` does not just drop one handle")


def _trace(what: str, function: CoreFunction) -> Trace:
    """Execute a function on symbols; the reason says which it was."""
    try:
        return trace(function)
    except Unproven as reason:
        raise Unproven(f"{what}: {reason}") from reason


def _behind(lift: Lift, types: dict[ResourceType, StaticResource]) -> Lift:
    """Return the lift that a function of the pass-through forwards to."""
    what = f"`{lift.label}`"
    if lift.options.post_return is not None:
        raise Unproven(f"{what} has a post-return function")
    found = _trace(what, lift.function)
    match found.effects:
        case (Effect(Lower(callee=Lift() as callee) as inner, arguments), *rest):
            _check_types(lift, inner, types)
            _check_arguments(what, lift, arguments)
            _check_rest(what, lift, rest, found.results)
            return callee
    raise Unproven(f"{what} does not begin with a call of another component")


def _check_arguments(what: str, lift: Lift, arguments: tuple[Value, ...]) -> None:
    given = tuple(Parameter(index) for index in range(len(lift.type.parameters)))
    if arguments == given:
        return
    swapped = sorted(map(repr, arguments)) == sorted(map(repr, given))
    raise Unproven(f"{what} hands on {'its parameters in another order' if swapped else 'other values'}")


def _check_rest(what: str, lift: Lift, rest: list[Effect], results: tuple[Value, ...]) -> None:
    """Require, after the call, a new handle for an own result of its own, a drop for each borrow, and no more."""
    wanted: list[tuple[str, StaticResource, Value]] = []
    for index, (part, is_result) in enumerate(_places(lift.type)):
        if not isinstance(part, Own | Borrow):
            continue
        if _defines(lift, part):
            wanted += [("new", part.resource, Outcome(0))] if is_result else []
        elif isinstance(part, Borrow):
            wanted.append(("drop", part.resource, Parameter(index)))
    if sorted(map(_key, wanted)) != sorted(_key(_operation(effect)) for effect in rest):
        raise Unproven(f"{what} does something else after the call than make and drop the handles that it must")
    made = next((Outcome(number) for number, effect in enumerate(rest, 1) if _operation(effect)[0] == "new"), None)
    if results != (() if lift.type.result is None else (made or Outcome(0),)):
        raise Unproven(f"{what} returns something else than the call did")


def _defines(lift: Lift, handle: Own | Borrow) -> bool:
    return handle.resource.type.definer is lift.instance


def _operation(effect: Effect) -> tuple[str, StaticResource | None, Value]:
    """Return what is done with which handle; nothing that is wanted where it is no builtin."""
    if isinstance(effect.target, Builtin):
        return effect.target.operation, effect.target.use.resource, effect.arguments[0]
    return "call", None, Outcome(0)


def _key(operation: tuple[str, StaticResource | None, Value]) -> tuple[str, int, str]:
    name, resource, value = operation
    return name, id(resource), repr(value)


def _check_types(lift: Lift, inner: Lower, types: dict[ResourceType, StaticResource]) -> None:
    """Require the same types in the same places, own resource types standing for inner ones."""
    outer, behind = _places(lift.type), _places(inner.type)
    if len(outer) != len(behind) or len(lift.type.parameters) != len(inner.type.parameters):
        raise Unproven(f"`{lift.label}` and what it calls have different signatures")
    for (mine, is_result), (its, _) in zip(outer, behind, strict=True):
        if not _stands_for(mine, its, types, is_result=is_result):
            raise Unproven(f"`{lift.label}` and what it calls have types that do not stand for each other")


def _places(type: FuncType) -> list[tuple[ValType, bool]]:
    places = [(plain(part), False) for _, part in type.parameters]
    return places if type.result is None else [*places, (plain(type.result), True)]


def _stands_for(mine: ValType, its: ValType, types: dict[ResourceType, StaticResource], *, is_result: bool) -> bool:
    """Whether a scalar or handle of the pass-through stands for the same of what it calls.

    An own parameter of its own type would have to be unwrapped first, which no forwarding does.
    """
    if isinstance(mine, Primitive):
        return mine is its and mine is not Primitive.STRING
    if not isinstance(mine, Own | Borrow) or not isinstance(its, Own | Borrow) or type(mine) is not type(its):
        return False
    wrapped = types.get(mine.resource.type)
    unwrapped = wrapped is not None and isinstance(mine, Own) and not is_result
    return (wrapped or mine.resource) is its.resource and not unwrapped
