"""Where the fused module meets the host: lowered host functions and exported functions.

A function that passes no handle is lifted or lowered as the guest did it, with the guest's
own memory and realloc. One that passes handles goes through an adapter with the world on
the other side. Where a handle or a result lies in memory, that side has a memory of its
own, the exchange; else it shares the guest's, and only the handles are converted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from fuser.abi.adapter import make_adapter
from fuser.abi.control import Control
from fuser.abi.flatten import core_type
from fuser.abi.handoffs import handoffs
from fuser.abi.reach import asking
from fuser.builder import ProgramBuilder
from fuser.handles.interface import Call, Handles, World
from fuser.handles.uses import handle_types, parameters
from fuser.program import (
    CoreExport,
    Encoding,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    HostFunction,
    Instance,
    Lift,
    Lower,
    Program,
    StaticResource,
)
from fuser.symbols import Function, Imported, Memory, Private
from fuser.types import Own
from fuser.wasm.syntax import PAGE, Limits
from fuser.wrap.exchange import Exchange, make_exchange
from fuser.wrap.exports import exported_bounds
from fuser.wrap.holding import Exports, Holding
from fuser.wrap.passage import Passage, passage
from fuser.wrap.plan import CanonicalType, HostLower, Plan, RootLift

EXCHANGE_LIMITS = Limits(1, (1 << 16) - 1)
"""At most 4 GiB less a page, so that the end of it is an i32 too."""


@dataclass(eq=False)
class Boundary:
    """The functions of one fused module that face the host; `plan` closes it.

    With `bare` they are those of the core form: no holder, and one memory, one realloc and
    one encoding for all that passes through memory; where guests have several, the exchange.
    """

    program: Program
    build: ProgramBuilder
    handles: Handles
    control: Control
    bare: bool = False
    given: frozenset[str] = frozenset()
    """Names of the exports that instances are given which stay un-fused, lifted from the holder."""
    exports: Exports = field(init=False)
    holding: Holding = field(init=False)
    _lowers: dict[Lower, Function] = field(default_factory=dict)
    _hosts: dict[HostLower, Function] = field(default_factory=dict)
    _again: Counter[HostFunction] = field(default_factory=Counter)
    """How often each host function was lowered so far."""

    def __post_init__(self) -> None:
        """Begin with no exports and nothing held."""
        names = ("#".join(path) for path, _ in _exported(self.program.exports))
        self.exports = Exports(exact=self.bare, functions=frozenset(names))
        self.holding = Holding(self.build.supplies)

    # -- what guests call ----------------------------------------------------------

    def lower(self, lower: Lower) -> Function:
        """Return what a guest calls where it imports a lowered host function."""
        if lower not in self._lowers:
            assert isinstance(lower.callee, HostFunction)
            self._lowers[lower] = self._lower(lower, lower.callee)
        return self._lowers[lower]

    def _lower(self, lower: Lower, host: HostFunction) -> Function:
        passes = passage(host.type, self.control.shapes)
        if self._exchanges(lower):
            return self._exchanged_lower(lower, host, passes)
        memory = realloc = None
        if passes.memory and lower.options.memory is not None:
            memory = self._hold_guest(lower.options.memory)
        if passes.lowered_realloc and lower.options.realloc is not None:
            realloc = self.build.symbols.function(lower.options.realloc)
            realloc = self._call_early(self.control.host_realloc(lower.instance, realloc))
        lowered = self._host(HostLower(host, lower.options.encoding, memory, realloc))
        if not passes.handles:
            return self.control.host_call(lower.instance, lowered)
        guest = self.build.symbols.side(lower)
        outside = replace(guest, party=World(), type=host.type)
        return make_adapter(self._call_out(lower, host), guest, outside, lowered, self.handles, self.control)

    def _exchanged_lower(self, lower: Lower, host: HostFunction, passes: Passage) -> Function:
        exchange, call = self._exchange, self._call_out(lower, host)
        realloc = self._call_early(exchange.realloc) if passes.lowered_realloc else None
        lowered = self._host(HostLower(host, Encoding.UTF8, exchange.memory, realloc))
        target = exchange.host(call.label, host.type, lowered)
        outside = exchange.side(host.type)
        adapter = make_adapter(call, self.build.symbols.side(lower), outside, target, self.handles, self.control)
        return exchange.scoped(adapter)

    def _host(self, lower: HostLower) -> Function:
        """Return a host function lowered in one way, as an import."""
        if lower not in self._hosts:
            label = "#".join(lower.function.path)
            *path, name = lower.function.path
            if (again := self._again[lower.function]) > 0:
                name = f"{name} {again}"
            self._again[lower.function] += 1
            origin = Imported("#".join(path) or "$root", name)
            self.build.supply(origin, lower)
            self._hosts[lower] = Function(label, core_type(lower.function.type, "lower", self.control.shapes), origin)
        return self._hosts[lower]

    def _call_out(self, lower: Lower, host: HostFunction) -> Call:
        passed = handoffs(lower.type, host.type, lower.instance, World(), self.program.use_of, self.control.shapes)
        return Call(lower.instance, World(), lower, None, host, lower.label, passed)

    # -- what the host calls ---------------------------------------------------------

    def plan(self) -> Plan:
        """Return what the wrapper needs; to be called once, before merging."""
        for lower in self.program.lowers:
            if isinstance(lower.callee, HostFunction):
                self.lower(lower)
        for type, path in self._destroyed():
            assert type.destructor is not None
            if self.bare:
                self.exports.add("#".join((*path[:-1], f"[dtor]{path[-1]}")), type.destructor)
            else:
                self.holding.trampoline(type.destructor)
        for _, function in _exported(self._given()):
            self._hold_memory(function)
        lifts = {function: self._lift(function) for _, function in _exported(self.program.exports)}
        for _, function in _exported(self._given()):
            for part in (lifts[function].function, lifts[function].realloc, lifts[function].post_return):
                if part is not None:
                    self.holding.trampoline(part)
        self._name_exports(lifts)
        return Plan(
            supplies=self.build.supplies,
            lifts=lifts,
            exported=self.build.exported,
            holder=self.holding.holder(),
            held=self.holding.guests(),
            exports=tuple(self.exports.names.items()),
        )

    def _given(self) -> Iterator[tuple[str, ExportItem]]:
        return ((name, item) for name, item in self.program.exports if name in self.given)

    def _hold_memory(self, function: ExportedFunction) -> None:
        """Put the memory of a function that an un-fused instance is given into the holder."""
        passes, memory = passage(function.type, self.control.shapes), function.lift.options.memory
        if memory is not None and passes.memory and not self._exchanges(function.lift):
            self._hold_guest(memory)

    def _destroyed(self) -> Iterator[tuple[CanonicalType, tuple[str, ...]]]:
        """Yield the exported resource types that have a destructor, with their first path."""
        left = dict(self.build.exported)
        for path, bound in exported_bounds(ExportedInstance(self.program.exports)):
            if isinstance(bound.type, StaticResource):
                type = left.pop(bound.type.type, None)
                if type is not None and type.destructor is not None:
                    yield type, path

    def _lift(self, function: ExportedFunction) -> RootLift:
        passes = passage(function.type, self.control.shapes)
        if self._exchanges(function.lift):
            return self._exchanged_lift(function, passes)
        lift, memory, realloc = function.lift, None, None
        if passes.memory and lift.options.memory is not None:
            memory = self.holding.symbol(self.build.symbols.memory(lift.options.memory))
        if passes.lifted_realloc and lift.options.realloc is not None:
            realloc = self.build.symbols.function(lift.options.realloc)
            realloc = self.control.host_realloc(lift.instance, realloc)
        direct = RootLift(self.build.symbols.function(lift.function), lift.options.encoding, memory, realloc)
        return self._adapted_lift(function, direct) if passes.handles else self._direct_lift(lift, direct)

    def _direct_lift(self, lift: Lift, direct: RootLift) -> RootLift:
        post_return = None
        if lift.options.post_return is not None:
            post_return = self.build.symbols.function(lift.options.post_return)
            post_return = self.control.host_post_return(lift.instance, post_return)
        ends_later = post_return is not None
        entry = self.control.host_entry(lift.instance, direct.function, post_return=ends_later)
        return replace(direct, function=entry, post_return=post_return)

    def _adapted_lift(self, function: ExportedFunction, direct: RootLift) -> RootLift:
        guest = self.build.symbols.side(function.lift)
        outside = replace(guest, party=World(), type=function.type, post_return=None)
        call = self._call_in(function)
        adapter = make_adapter(call, outside, guest, direct.function, self.handles, self.control)
        return replace(direct, function=adapter)

    def _exchanged_lift(self, function: ExportedFunction, passes: Passage) -> RootLift:
        exchange, call = self._exchange, self._call_in(function)
        outside, guest = exchange.side(function.type), self.build.symbols.side(function.lift)
        target = self.build.symbols.function(function.lift.function)
        adapter = make_adapter(call, outside, guest, target, self.handles, self.control)
        realloc = exchange.realloc if passes.lifted_realloc else None
        return RootLift(exchange.export(function.type, adapter), Encoding.UTF8, exchange.memory, realloc)

    def _call_in(self, function: ExportedFunction) -> Call:
        lift = function.lift
        passed = handoffs(function.type, lift.type, World(), lift.instance, self.program.use_of, self.control.shapes)
        return Call(World(), lift.instance, None, lift, None, lift.label, passed)

    def _name_exports(self, lifts: Mapping[ExportedFunction, RootLift]) -> None:
        """Export what lifts need, under the names that wit-component gives."""
        for path, function in _exported(self.program.exports):
            self.exports.add("#".join(path), lifts[function].function, again=self.bare)
        for path, function in _exported(self.program.exports):
            lift = lifts[function]
            self.exports.add("cabi_post_" + "#".join(path), lift.post_return, again=self.bare)
            self.exports.add("cabi_realloc", lift.realloc)
            if lift.memory is not None and not isinstance(lift.memory.origin, Imported):
                self.exports.memory(lift.memory)

    # -- memory ------------------------------------------------------------------------

    def _exchanges(self, end: Lift | Lower) -> bool:
        """Whether a call goes through the exchange."""
        return self._must_exchange(end) or (self._passes(end).memory and self._exchanges_all)

    def _must_exchange(self, end: Lift | Lower) -> bool:
        """Whether a call must: handles are in memory, or the realloc of a list may ask for one that came before it."""
        passes = self._passes(end)
        if passes.needs_exchange or not (passes.handles and passes.lifted_realloc and isinstance(end, Lift)):
            return passes.needs_exchange
        received = handle_types(parameters(end.type))
        entered = any(isinstance(one, Own) or one.resource.type.definer is not end.instance for one in received)
        return entered and end.instance in self._asking

    def _passes(self, end: Lift | Lower) -> Passage:
        return passage(end.type, self.control.shapes)

    @cached_property
    def _asking(self) -> frozenset[Instance]:
        return asking(self.program)

    @cached_property
    def _exchanges_all(self) -> bool:
        """Whether the core form must pass all memory through the exchange, to have only one."""
        used = [end for end in self._ends() if self.bare and self._passes(end).memory]
        ends = [end.options for end in used if not self._must_exchange(end)]
        if not ends:
            return False
        reallocs = {options.realloc for options in ends if options.realloc is not None}
        return (
            len(ends) < len(used)
            or len({(options.memory, options.encoding) for options in ends}) > 1
            or len(reallocs) > 1
        )

    @cached_property
    def _exchange(self) -> Exchange:
        """The exchange; it is held where a host function is lowered with it."""
        memory = Memory("exchange", Private(EXCHANGE_LIMITS.minimum, EXCHANGE_LIMITS.maximum))
        held: list[Lift | Lower] = [end for end in self._ends() if isinstance(end, Lower)]
        held += [function.lift for _, function in _exported(self._given())]
        if any(map(self._exchanges, held)):
            memory = self._hold(memory, EXCHANGE_LIMITS)
        return make_exchange(memory)

    def _ends(self) -> Iterator[Lift | Lower]:
        """Yield the guests' ends of all calls between them and the host."""
        yield from (lower for lower in self.program.lowers if isinstance(lower.callee, HostFunction))
        yield from (function.lift for _, function in _exported(self.program.exports))

    def _hold_guest(self, item: CoreExport) -> Memory:
        memory = self.build.symbols.memory(item)
        limits = item.instance.module.memory_types[item.index]
        ends = [region.start + region.size for region in self.build.reserved if region.memory is memory]
        pages = max([limits.minimum, *(-(-end // PAGE) for end in ends)])
        return self._hold(memory, replace(limits, minimum=pages))

    def _hold(self, memory: Memory, limits: Limits) -> Memory:
        """Make a memory available to lowers."""
        if not self.bare:
            return self.holding.memory(memory, limits)
        self.exports.memory(memory)
        return memory

    def _call_early(self, function: Function) -> Function:
        """Make a realloc available to lowers."""
        if self.bare:
            self.exports.add("cabi_realloc", function)
        else:
            self.holding.trampoline(function)
        return function


def _exported(
    items: Iterable[tuple[str, ExportItem]], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], ExportedFunction]]:
    """Yield the exported functions, at any depth, with their paths."""
    for name, item in items:
        if isinstance(item, ExportedFunction):
            yield (*path, name), item
        elif isinstance(item, ExportedInstance):
            yield from _exported(item.items, (*path, name))
