"""The pipeline: bytes → tree → program → plan → one core module → component → validated.

One pass, no way back; every step takes values and returns values (docs/fuser.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from fuser.abi.adapter import Side, make_adapter, reason_plain
from fuser.abi.control import Control
from fuser.abi.handoffs import handoffs
from fuser.builder import Foreign, ProgramBuilder, Symbols
from fuser.code import Code
from fuser.component.parse import parse
from fuser.draft import Draft, Merged
from fuser.errors import FuserError, InvalidOutput, NotViable
from fuser.handles.canonical import Canonical
from fuser.handles.hosted import Hosted
from fuser.handles.interface import Arrangement, Call, Handles, Need, Needs, Outsourcing, Strategy
from fuser.interpreter import no_collection
from fuser.link import link, plug
from fuser.merge.devirtualise import devirtualise
from fuser.merge.merge import merge
from fuser.program import Builtin, ContextSlot, Lift, Lower, Program, ResourceType, behind
from fuser.split import KeptPart, Split, split
from fuser.symbols import Function, Written
from fuser.traps import Trap
from fuser.validate import validate_component, validate_input, validate_module
from fuser.wasm.module import PREAMBLE
from fuser.wasm.types import I32, FunctionType
from fuser.wrap.boundary import Boundary
from fuser.wrap.metadata import core_form, gaps
from fuser.wrap.plan import ExtraModule, KeptComponent
from fuser.wrap.wrapper import wrap

Emit = Literal["component", "module"]
Result = TypeVar("Result")

BUILTIN_TYPES = {
    "new": FunctionType((I32,), (I32,)),
    "rep": FunctionType((I32,), (I32,)),
    "drop": FunctionType((I32,)),
}


@dataclass(frozen=True)
class FuseOptions:
    """What to make, and how."""

    strategy: Strategy = field(default_factory=Canonical)
    emit: Emit = "component"
    validate: bool = True
    """Whether input and output are validated by the reference engine."""


@dataclass(frozen=True)
class CrossCall:
    """One lower over a lift, and what its adapter does beside calling; nothing for a plain call."""

    lower: Lower
    lift: Lift
    work: tuple[str, ...]


@dataclass(frozen=True)
class Fused:
    """What came out, and what is known of it."""

    data: bytes
    """The output file."""
    core: bytes
    """The fused core module alone."""
    emit: Emit
    strategy: Strategy
    program: Program
    calls: tuple[CrossCall, ...]
    needs: Needs
    notes: tuple[str, ...]
    """What the strategy says of its arrangement."""
    gaps: tuple[str, ...]
    """Of the core form: why the reference tools could not wrap it again."""
    sites: tuple[tuple[int, Trap], ...]
    """Offset in `data` of each `unreachable` that the fuser wrote (and of an `if` right before it): its condition."""


@no_collection()
def fuse(data: bytes | Sequence[bytes], options: FuseOptions | None = None) -> Fused:
    """Fuse one composed component, or several that fit together.

    Raises a `FuserError` for what the input is or contains, a `StrategyError` where the
    strategy does not apply.
    """
    options = options or FuseOptions()
    inputs = [data] if isinstance(data, bytes) else list(data)
    linked = linked_program(inputs)
    if options.validate:
        _each(inputs, validate_input)
    return fuse_program(devirtualise(linked), options)


def linked_program(inputs: Sequence[bytes]) -> Program:
    """Read and link what is to be fused; raises a `FuserError` for what the input is or contains."""
    components = _each(inputs, parse)
    return link(components[0]) if len(components) == 1 else plug(components)


def _each(inputs: Sequence[bytes], act: Callable[[bytes], Result]) -> list[Result]:
    """Do something with each input; an error says which of several it is about."""
    results = []
    for number, data in enumerate(inputs):
        try:
            results.append(act(data))
        except FuserError as error:
            raise error.of_input(number if len(inputs) > 1 else None) from None
    return results


@no_collection()
def fuse_program(linked: Program, options: FuseOptions) -> Fused:
    """Fuse what is linked and devirtualised; the output alone is validated, where the options ask for that."""
    fusion = _Fusion(linked, options)
    merged = merge(fusion.draft())
    output = _emit(fusion, merged, options)
    modules = (merged, *(kept.merged for kept in fusion.plan.kept))
    return Fused(
        data=output,
        core=merged.data,
        emit=options.emit,
        strategy=options.strategy,
        program=fusion.program,
        calls=fusion.calls(),
        needs=fusion.build.needs,
        notes=fusion.notes,
        gaps=gaps(fusion.program, fusion.plan, merged) if options.emit == "module" else (),
        sites=_sites(modules, output),
    )


def _sites(modules: Iterable[Merged], output: bytes) -> tuple[tuple[int, Trap], ...]:
    """Return where in the output the traps of its modules lie, ascending."""
    found: dict[int, Trap] = {}
    for module in modules:
        places = list(_places(module.data, output))
        if not places:
            raise InvalidOutput("the output does not contain the fused module")
        found.update((place + offset, trap) for place in places for offset, trap in module.sites)
    return tuple(sorted(found.items()))


def _places(module: bytes, output: bytes) -> Iterator[int]:
    """Yield where a module lies in the output: equal instances that stay un-fused have equal ones."""
    place = output.find(PREAMBLE)
    while place >= 0:
        found = output.startswith(module, place)
        if found:
            yield place
        place = output.find(PREAMBLE, place + (len(module) if found else 1))


def _emit(fusion: _Fusion, merged: Merged, options: FuseOptions) -> bytes:
    """Write the form that was asked for, and validate it."""
    if options.emit == "module":
        output = core_form(fusion.program, fusion.plan, merged)
        if options.validate:
            validate_module(output)
        return output
    output = _enclose(fusion, merged, options.strategy)
    if options.validate:
        validate_component(output)
    return output


def _enclose(fusion: _Fusion, merged: Merged, strategy: Strategy) -> bytes:
    """Make the component around the fused module, or have it made."""
    if not isinstance(strategy, Outsourcing):
        return wrap(fusion.program, replace(fusion.plan, modules=fusion.further()), merged)
    for gap in gaps(fusion.program, fusion.plan, merged):
        raise NotViable(f"another tool cannot make the component: {gap}", "gaps of the core form")
    return strategy.encode_component(core_form(fusion.program, fusion.plan, merged))


def _keep(part: KeptPart) -> KeptComponent:
    """Make the component of an instance that stays un-fused."""
    alone = _Fusion(part.program, FuseOptions(Hosted()))
    merged = merge(alone.draft())
    return KeptComponent(part.given, part.offered, part.imports, wrap(alone.program, alone.plan, merged), merged)


class _Fusion:
    """One program on its way: what stands between linking and merging."""

    def __init__(self, linked: Program, options: FuseOptions) -> None:
        strategy = options.strategy
        self._enter(linked, Needs())
        arrangement = strategy.arrange(linked, self.build)
        self.notes = arrangement.notes
        if arrangement.program is not linked:
            self.build.need(Need.REWIRED, "; ".join(arrangement.notes) or strategy.name)
        parted = self._part(arrangement, options)
        if parted.rest is not linked:
            self._enter(parted.rest, self.build.needs)
        self.handles: Handles = strategy.plan(self.program, self.build)
        bare = options.emit == "module" or isinstance(strategy, Outsourcing)
        given = frozenset(part.given for part in parted.parts)
        self.boundary = Boundary(self.program, self.build, self.handles, self.control, bare=bare, given=given)
        self.plan = replace(self.boundary.plan(), kept=tuple(map(_keep, parted.parts)))

    def _part(self, arrangement: Arrangement, options: FuseOptions) -> Split:
        """Take out the instances that stay un-fused."""
        if not arrangement.kept:
            return Split(arrangement.program, ())
        names = ", ".join(kept.label or str(kept.id) for kept in arrangement.kept)
        if options.emit == "module":
            raise NotViable(f"a core module has no room for an instance that stays un-fused: {names}", "Emit")
        self.build.need(Need.KEPT, names)
        return split(arrangement.program, arrangement.kept)

    def _enter(self, program: Program, needs: Needs) -> None:
        """Begin with a program: the one that was linked, or what the strategy made of it."""
        self.program = program
        self.symbols = Symbols(self._bind, program.direct)
        self.control = Control.of(program)
        self.build = ProgramBuilder(program, self.symbols, self._guard, needs=needs)

    def draft(self) -> Draft:
        """Return what is to be merged."""
        bound = {
            item: self.symbols.function(item)
            for core in self.program.core_instances
            for one in core.imports
            for item in (behind(one, self.program.direct),)
            if isinstance(item, Lower | Builtin | ContextSlot)
        }
        holder = self.plan.holder
        return Draft(
            core_instances=self.program.core_instances,
            bound=bound,
            exports=self.plan.exports,
            slots=self.control.slots,
            tables=(holder.table,) if holder and holder.table else (),
            reserved=tuple(self.build.reserved),
            direct=self.program.direct,
            held=self.plan.held,
            foreign=Foreign(self.build.modules),
        )

    def further(self) -> tuple[ExtraModule, ...]:
        """Merge the further core modules that the strategy asked for."""
        return tuple(
            ExtraModule(name, merge(Draft((), {}, module.exports))) for name, module in self.build.modules.items()
        )

    def calls(self) -> tuple[CrossCall, ...]:
        """Return every call between instances, in the program's order."""
        return tuple(
            CrossCall(lower, lower.callee, reason_plain(*self._ends(lower, lower.callee), self.control))
            for lower in self.program.lowers
            if isinstance(lower.callee, Lift)
        )

    # -- core functions that the canon section makes -------------------------------

    def _bind(self, item: Lower | Builtin | ContextSlot) -> Function:
        """Return the function behind a lower, builtin or context slot."""
        match item:
            case Lower(callee=Lift() as lift):
                return make_adapter(*self._ends(item, lift), self.handles, self.control)
            case Lower():
                return self.boundary.lower(item)
            case Builtin():
                return Function(item.label or f"resource.{item.operation}", *self._builtin(item))
            case ContextSlot():
                return self.control.context_function(item)

    def _builtin(self, item: Builtin) -> tuple[FunctionType, Written]:
        def write(code: Code) -> None:
            if item.operation != "rep":
                self.control.check_leave(item.use.instance, code)
            self.handles.builtin(item, code)

        return BUILTIN_TYPES[item.operation], Written(write)

    def _ends(self, lower: Lower, lift: Lift) -> tuple[Call, Side, Side, Function]:
        """Return a call between two instances, its sides, and what it calls in the end."""
        use_of, shapes = self.program.use_of, self.control.shapes
        hands = handoffs(lower.type, lift.type, lower.instance, lift.instance, use_of, shapes)
        call = Call(lower.instance, lift.instance, lower, lift, None, lift.label, hands)
        return call, self.symbols.side(lower), self.symbols.side(lift), self.symbols.function(lift.function)

    def _guard(self, type: ResourceType, destructor: Function) -> Function:
        assert type.definer is not None
        return self.control.guarded(type.definer, destructor)
