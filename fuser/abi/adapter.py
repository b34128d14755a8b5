"""Adapters: a lower over a lift, as one core function between two instances.

An `Adapter` is data; its body is written when the function is found reachable. The order
of steps is the reference engine's: may-leave of the caller, scope of borrows, parameters
(callee's flag off), call, end of the scope, results (caller's flag off), post-return
(CanonicalABI.md, `canon_lower`, `canon_lift`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from fuser.abi.checks import allocate, check_extent, check_place
from fuser.abi.control import Control
from fuser.abi.flatten import core_type, parameter_shape, result_shape, returned_in_memory, spilled
from fuser.abi.handoffs import handoffs
from fuser.abi.layout import FieldsShape, Shape
from fuser.abi.library import End, Route
from fuser.abi.places import Location, Place, Slots
from fuser.abi.values import Translator, passes_unchanged
from fuser.code import Code
from fuser.errors import TypeMismatch
from fuser.handles.interface import Call, Handles, Party, World
from fuser.program import Encoding
from fuser.symbols import Function, Memory, Written
from fuser.traps import Trap
from fuser.types import FuncType
from fuser.wasm.types import FunctionType, ValueType

__all__ = ["Adapter", "Side", "core_type", "handoffs", "make_adapter", "reason_plain"]


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a call, as the adapter sees it."""

    party: Party
    type: FuncType
    """In this side's static resources."""
    encoding: Encoding
    memory: Memory | None
    realloc: Function | None
    post_return: Function | None
    """Of the callee only."""


@dataclass(frozen=True, eq=False)
class Adapter:
    """A call from one side to the other."""

    call: Call
    caller: Side
    callee: Side
    target: Function
    """The callee's core function, of the lifted type."""
    control: Control

    def __post_init__(self) -> None:
        """Raise TypeMismatch where the sides do not agree."""
        shapes = self.control.shapes
        if self.parameters is not parameter_shape(self.callee.type, shapes) or self.result is not (
            result_shape(self.callee.type, shapes)
        ):
            raise TypeMismatch(f"{self.call.label}: the types of caller and callee differ")

    @property
    def parameters(self) -> FieldsShape:
        """The parameters as one tuple."""
        return parameter_shape(self.caller.type, self.control.shapes)

    @property
    def result(self) -> Shape | None:
        """The result."""
        return result_shape(self.caller.type, self.control.shapes)

    @property
    def type(self) -> FunctionType:
        """The core type that the caller calls it with."""
        return core_type(self.caller.type, "lower", self.control.shapes)

    @property
    def forward(self) -> Route:
        """Where parameters go."""
        return Route(self._end(self.caller), self._end(self.callee), self._outside)

    @property
    def backward(self) -> Route:
        """Where results go."""
        return Route(self._end(self.callee), self._end(self.caller), self._outside)

    @property
    def enters_itself(self) -> bool:
        """Whether an instance calls its own lift, which always traps."""
        return self.caller.party is self.callee.party and not isinstance(self.caller.party, World)

    def work(self) -> tuple[str, ...]:
        """Return what stands between the caller and a plain call, for messages."""
        return tuple(_work(self))

    def write(self, handles: Handles, code: Code) -> None:
        """Emit the body."""
        if self.enters_itself:
            code.trap(Trap.CANNOT_ENTER)
        else:
            _Body(self, handles, code).write()

    @property
    def _outside(self) -> bool:
        return isinstance(self.caller.party, World) or isinstance(self.callee.party, World)

    def _end(self, side: Side) -> End:
        realloc = side.realloc and self.control.guarded(side.party, side.realloc)
        return End(side.memory, side.encoding, realloc)


def make_adapter(
    call: Call, caller: Side, callee: Side, target: Function, handles: Handles, control: Control
) -> Function:
    """Return the function that the caller calls: the target itself where nothing is to be done."""
    adapter = Adapter(call, caller, callee, target, control)
    if not adapter.work():
        return target
    return Function(f"adapter {call.label}", adapter.type, Written(partial(adapter.write, handles)))


def reason_plain(call: Call, caller: Side, callee: Side, target: Function, control: Control) -> tuple[str, ...]:
    """Return what the adapter of a call does, in words; nothing where it is a plain call."""
    return Adapter(call, caller, callee, target, control).work()


def _work(adapter: Adapter) -> Iterator[str]:
    control, caller, callee = adapter.control, adapter.caller.party, adapter.callee.party
    if adapter.enters_itself:
        yield "traps: an instance calls itself"
    if control.flag(caller) is not None:
        yield "checks that the caller may leave"
    if adapter.call.handoffs:
        yield f"passes handles: {len(adapter.call.handoffs)}"
    if not passes_unchanged(adapter.parameters, adapter.forward) or (
        spilled(adapter.parameters) and not adapter.forward.shared
    ):
        yield "translates parameters"
    if adapter.result is not None and (
        returned_in_memory(adapter.result) or not passes_unchanged(adapter.result, adapter.backward)
    ):
        yield "translates the result"
    if control.throws(callee):
        yield "stops exceptions"
    if control.has_context(callee):
        yield "saves context slots"
    if adapter.callee.post_return is not None:
        yield "calls post-return"


class _Body:
    """Writes the body of one adapter."""

    def __init__(self, adapter: Adapter, handles: Handles, code: Code) -> None:
        self.adapter, self.code, self.control = adapter, code, adapter.control
        self.hands = iter(adapter.call.handoffs)
        self.crossing = handles.cross(adapter.call, code) if adapter.call.handoffs else None

    def write(self) -> None:
        """Emit every step in order; leaves the results on the stack."""
        adapter, code, control = self.adapter, self.code, self.control
        control.check_leave(adapter.caller.party, code)
        if self.crossing is not None:
            self.crossing.enter()
        with control.staying(adapter.callee.party, code):
            arguments = self._parameters()
        with control.task(adapter.callee.party, code):
            returned = self._call(arguments)
            if self.crossing is not None:
                self.crossing.leave()
            with control.staying(adapter.caller.party, code):
                results = self._results(returned)
            self._post_return(returned)
        if self.crossing is not None:
            self.crossing.finish()
        for result in results:
            code.get(result)

    # -- parameters -------------------------------------------------------------

    def _parameters(self) -> tuple[int, ...]:
        """Emit the translation of the parameters; return the locals to call with."""
        shape, route = self.adapter.parameters, self.adapter.forward
        if not spilled(shape):
            source = Slots(tuple(enumerate(shape.flat)))
            target = self._fresh(shape.flat)
            self._translate(route, shape, source, target)
            return tuple(index for index, _ in target.slots)
        if route.shared and not shape.handles:
            return (0,)
        assert route.source.memory is not None
        assert route.target.memory is not None
        given = Place(route.source.memory, 0)
        check_place(self.code, given, shape)
        pointer = allocate(self.code, route.target, shape.align, lambda: self.code.i32(shape.size))
        new = Place(route.target.memory, pointer)
        check_extent(self.code, new, shape)
        self._translate(route, shape, given, new)
        return (pointer,)

    # -- the call ------------------------------------------------------------------

    def _call(self, arguments: tuple[int, ...]) -> tuple[int, ...]:
        """Emit the call; return the locals with its core results."""
        code, type = self.code, self.adapter.target.type
        with self.control.barrier(self.adapter.callee.party, code, *type.results):
            for argument in arguments:
                code.get(argument)
            code.call(self.adapter.target)
        returned = tuple(code.local(result) for result in type.results)
        for local in reversed(returned):
            code.set(local)
        return returned

    # -- results -----------------------------------------------------------------------

    def _results(self, returned: tuple[int, ...]) -> tuple[int, ...]:
        """Emit the translation of the result; return the locals to return."""
        shape, route = self.adapter.result, self.adapter.backward
        if shape is None:
            return ()
        if not returned_in_memory(shape):
            target = self._fresh(shape.flat)
            self._translate(route, shape, Slots(tuple(zip(returned, shape.flat, strict=True))), target)
            return tuple(index for index, _ in target.slots)
        assert route.source.memory is not None
        assert route.target.memory is not None
        pointer = len(self.adapter.type.parameters) - 1
        given, asked = Place(route.source.memory, returned[0]), Place(route.target.memory, pointer)
        for place in (given, asked):
            check_place(self.code, place, shape)
        self._translate(route, shape, given, asked)
        return ()

    def _post_return(self, returned: tuple[int, ...]) -> None:
        """Emit: the callee is told, with its own results, that they were read.

        It may not leave if the host called; called by a guest it may, in the reference engine.
        """
        callee, code = self.adapter.callee, self.code
        if callee.post_return is None:
            return
        hosted = isinstance(self.adapter.caller.party, World)
        flag_off = self.control.staying(callee.party, code) if hosted else nullcontext()
        with flag_off, self.control.barrier(callee.party, code):
            for local in returned:
                code.get(local)
            code.call(callee.post_return)

    # -- values ------------------------------------------------------------------------

    def _fresh(self, types: tuple[ValueType, ...]) -> Slots:
        return Slots(tuple((self.code.local(type), type) for type in types))

    def _translate(self, route: Route, shape: Shape, source: Location, target: Location) -> None:
        Translator(self.code, route, self.control.library, self._pass_handle).translate(shape, source, target)

    def _pass_handle(self) -> None:
        """Emit: the number on the stack becomes the receiver's, as the next hand-off says."""
        assert self.crossing is not None
        hand = next(self.hands)
        self.crossing.lift(hand)
        self.crossing.lower(hand)
