"""A program with some instances taken out, each a program of its own.

What is called across the cut becomes a function that the one side exports and the other
imports, and the resource types in such functions are the outside's on the side that does
not define them. So both sides are ordinary programs: `fuser.fuse` fuses each, and the wrapper
instantiates the ones that were taken out beside the fused module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import count

from fuser.abi.reach import GuestCode
from fuser.errors import NotApplicable
from fuser.handles.uses import exported_functions
from fuser.program import (
    CoreExport,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    HostFunction,
    Instance,
    InstanceType,
    Lift,
    Lower,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
)
from fuser.rewire import Rewiring
from fuser.types import Enumeration, Flags, FuncType, Named, Record, ValType, Variant
from fuser.wrap.mentions import mentioned_by


@dataclass(frozen=True)
class KeptPart:
    """One instance by itself."""

    given: str
    """Name of what it is given, functions of the others: it imports what the rest exports."""
    offered: str
    """Name of what it offers, its functions that others call: the rest imports what it exports."""
    program: Program
    """It imports `given`, then what it calls of the root's imports, and exports `offered`."""

    @property
    def imports(self) -> tuple[str, ...]:
        """Names of the root's imports that it imports too."""
        return tuple(name for name, _ in self.program.imports if name != self.given)


@dataclass(frozen=True)
class Split:
    """The rest, which exports what kept instances are given and imports what they offer."""

    rest: Program
    parts: tuple[KeptPart, ...]


def split(program: Program, kept: tuple[Instance, ...]) -> Split:
    """Take instances out of a program; raises NotApplicable where one cannot be instantiated before the rest.

    Each is taken out after those that it needs: one that calls another imports what the other offers.
    """
    for instance in kept:
        _refuse_exported(program, instance)
        _refuse_own_types(program, instance)
        _refuse_start(program, instance)
    rest = _with_names(program, kept)
    parts = []
    for instance in _in_order(program, kept):
        offered, given = _called(rest, instance), _calls(rest, instance)
        names = _fresh("given", rest), _fresh("offered", rest)
        parts.append(KeptPart(*names, _part(rest, instance, given, offered, names)))
        rest = _rest(rest, instance, given, offered, names)
    return Split(rest, tuple(parts))


@dataclass(eq=False)
class _Naming(Rewiring):
    """Names what a function may mention by name only (spec, Import and Export Definitions)."""

    def static(self, resource: StaticResource) -> StaticResource:
        """Leave resource types as they are."""
        return resource

    def _value(self, type: ValType) -> ValType:
        if isinstance(type, Named):
            inner = super()._value(type.type)
            return type if inner is type.type else replace(type, type=inner)
        made = super()._value(type)
        return Named("type", made) if isinstance(made, Record | Variant | Enumeration | Flags) else made


def _with_names(program: Program, kept: tuple[Instance, ...]) -> Program:
    """Give names to the types of functions that cross the cut: where they were defined they may have none."""
    naming = _Naming({}, {}, frozenset())
    crossing = {lift: None for instance in kept for lift in (*_called(program, instance), *_calls(program, instance))}
    lifts = {lift: replace(lift, type=naming.signature(lift.type)) for lift in crossing}
    return Rewiring(lifts, {}, frozenset()).program(program)


def _name(instance: Instance) -> str:
    return f"{instance.label or f'instance {instance.id}'}, which is to stay un-fused"


def _refuse_exported(program: Program, instance: Instance) -> None:
    if any(lift.instance is instance for lift in exported_functions(program)):
        raise NotApplicable(f"the root exports functions of {_name(instance)}")


def _refuse_own_types(program: Program, instance: Instance) -> None:
    """Refuse what is given functions over its own types: they are not there when it imports the functions."""
    given = (lift.type for lift in _calls(program, instance))
    if any(isinstance(type, ResourceType) and type.definer is instance for type in mentioned_by(given)):
        raise NotApplicable(f"others' functions pass resources of {_name(instance)}, to itself")


def _refuse_start(program: Program, instance: Instance) -> None:
    """Refuse what calls others when it starts: the fused instances start after it."""
    cores = (core for core in program.core_instances if core.instance is instance)
    starts = [CoreExport(core, "func", core.module.start) for core in cores if core.module.start is not None]
    if GuestCode(program).leaves(instance, starts):
        raise NotApplicable(f"a start function may call out of {_name(instance)}")


def _in_order(program: Program, kept: tuple[Instance, ...]) -> Iterator[Instance]:
    """Yield instances after those that they call or whose types they hold; raises NotApplicable for a ring."""
    needed = {instance: [one for one in kept if one in _needed(program, instance)] for instance in kept}
    try:
        yield from TopologicalSorter(needed).static_order()
    except CycleError:
        names = ", ".join(instance.label or str(instance.id) for instance in kept)
        raise NotApplicable(f"instances that are to stay un-fused need each other: {names}") from None


def _needed(program: Program, instance: Instance) -> set[Instance | None]:
    callees = {lift.instance for lift in _calls(program, instance)}
    return callees | {type.definer for type in _held_by(program, instance)}


def _fresh(name: str, program: Program) -> str:
    """Return a name that is like none of the root's, which may not differ in case alone (spec, Explainer)."""
    taken = {one.lower() for one, _ in (*program.imports, *program.exports)}
    return next(fresh for number in count() if (fresh := f"{name}{number}") not in taken)


def _hosts(part: Program) -> tuple[tuple[str, ExternType], ...]:
    """Return what a part imports of the root's imports: those that it calls, of the instances only what it calls."""
    paths = {lower.callee.path for lower in part.lowers if isinstance(lower.callee, HostFunction)}
    called = {path[0] for path in paths}
    return tuple((name, _only(name, type, paths)) for name, type in part.imports if name in called)


def _only(name: str, type: ExternType, paths: set[tuple[str, ...]]) -> ExternType:
    """Leave out of an imported instance the functions that are not called."""
    if not isinstance(type, InstanceType):
        return type
    wanted = (part for part in type.exports if not isinstance(part[1], FuncType) or (name, part[0]) in paths)
    return InstanceType(tuple(wanted))


def _crossing(lowers: Iterable[Lower]) -> tuple[Lift, ...]:
    """Return the lifts that these call in another instance, each once: a call of its own stays where it is."""
    callees = (one.callee for one in lowers if isinstance(one.callee, Lift) and one.callee.instance is not one.instance)
    return tuple(dict.fromkeys(callees))


def _calls(program: Program, instance: Instance) -> tuple[Lift, ...]:
    """Return the others' functions that an instance calls, each once."""
    return _crossing(lower for lower in program.lowers if lower.instance is instance)


def _called(program: Program, instance: Instance) -> tuple[Lift, ...]:
    """Return the functions of an instance that others call, each once."""
    crossing = _crossing(program.lowers)
    return tuple(lift for lift in crossing if lift.instance is instance)


def _held_of(program: Program, instance: Instance) -> tuple[ResourceType, ...]:
    """Return the types of an instance that others hold, if only to drop handles that they never get."""
    uses = (use for use in program.uses if use.type.definer is instance and use.instance is not instance)
    return tuple(dict.fromkeys(use.type for use in uses))


def _held_by(program: Program, instance: Instance) -> tuple[ResourceType, ...]:
    """Return the types of others that an instance holds."""
    uses = (use for use in program.uses if use.type.definer is not instance and use.instance is instance)
    return tuple(dict.fromkeys(use.type for use in uses))


def _part(
    program: Program, instance: Instance, given: tuple[Lift, ...], offered: tuple[Lift, ...], names: tuple[str, str]
) -> Program:
    """Return an instance as a program of its own."""
    others = frozenset(one for one in program.instances if one is not instance)
    foreign = [type for type in program.resources if type.definer is not None and type.definer is not instance]
    made = _imported(names[0], given, foreign, others, _held_by(program, instance), own=False)
    exports = ((names[1], _offered(offered, _held_of(program, instance))),)
    part = made.rewiring.program(replace(program, exports=exports))
    return replace(part, imports=(made.bound, *_hosts(part)), resources=(*part.resources, *made.types))


def _rest(
    program: Program, instance: Instance, given: tuple[Lift, ...], offered: tuple[Lift, ...], names: tuple[str, str]
) -> Program:
    """Return a program without an instance."""
    own = [type for type in program.resources if type.definer is instance]
    made = _imported(names[1], offered, own, frozenset([instance]), _held_of(program, instance), own=True)
    exports = (*program.exports, (names[0], _offered(given, _held_by(program, instance))))
    rest = made.rewiring.program(replace(program, exports=exports))
    return replace(rest, imports=(*program.imports, made.bound), resources=(*rest.resources, *made.types))


@dataclass(frozen=True)
class _Imported:
    """Functions of the other side as an import, and what rewires a program to it."""

    bound: tuple[str, ExternType]
    types: tuple[ResourceType, ...]
    rewiring: Rewiring


def _imported(
    name: str,
    lifts: tuple[Lift, ...],
    foreign: Iterable[ResourceType],
    removed: frozenset[Instance],
    held: tuple[ResourceType, ...],
    *,
    own: bool,
) -> _Imported:
    """Import functions; `foreign` types become the outside's, and `own` means that only those are named by it."""
    types = {type: replace(type, definer=None, destructor=None) for type in foreign}
    rewiring = Rewiring({}, types, removed, {lift: (name, function_name(lift)) for lift in lifts})
    functions = tuple((function_name(lift), rewiring.host(lift).type) for lift in lifts)
    bounds = _bounds(
        functions, tuple(types.get(type, type) for type in held), only=frozenset(types.values()) if own else None
    )
    return _Imported((name, InstanceType((*bounds, *functions))), tuple(types.values()), rewiring)


def _offered(lifts: tuple[Lift, ...], held: tuple[ResourceType, ...]) -> ExportedInstance:
    """Return functions as an exported instance with the types that they mention."""
    functions = tuple((function_name(lift), lift.type) for lift in lifts)
    items: list[tuple[str, ExportItem]] = list(_bounds(functions, held, only=None))
    items += [(function_name(lift), ExportedFunction(lift, lift.type)) for lift in lifts]
    return ExportedInstance(tuple(items))


def function_name(lift: Lift) -> str:
    """Return the name under which a lift crosses the cut."""
    return f"f{lift.id}"


def _bounds(
    functions: tuple[tuple[str, FuncType], ...], held: tuple[ResourceType, ...], only: frozenset[ResourceType] | None
) -> tuple[tuple[str, TypeBound], ...]:
    """Name the types that functions mention or the other side holds, dependencies first; of resources `only` some."""
    found: list[tuple[str, TypeBound]] = []
    for name in dict.fromkeys((*held, *mentioned_by(type for _, type in functions))):
        if not isinstance(name, ResourceType):
            found.append((f"t{sum(isinstance(bound.type, Named) for _, bound in found)}", TypeBound(name)))
        elif only is None or name in only:
            found.append((f"r{name.id}", TypeBound(StaticResource(name, name.label))))
    return tuple(found)
