"""Which calls become plain ones, what the others do, and how large adapters get."""

from __future__ import annotations

import time
from typing import Any

import pytest
import wasmtime

from fuser.abi.adapter import Side, make_adapter, reason_plain
from fuser.abi.control import Control
from fuser.abi.flatten import core_type
from fuser.abi.handoffs import handoffs
from fuser.abi.layout import Shapes
from fuser.abi.library import End, Library, Route
from fuser.abi.values import converter
from fuser.errors import LimitExceeded, TypeMismatch
from fuser.handles.interface import Call, World
from fuser.program import Encoding, Instance, ResourceType, ResourceUse, StaticResource
from fuser.symbols import Function, Imported, Memory, Private
from fuser.types import Borrow, Flags, FuncType, List, Option, Own, Primitive, Result, Tuple, ValType, Variant
from fuser.wasm.types import I32, FunctionType
from tests.abi_assembler import Assembler
from tests.abi_worlds import labels

CALLER, CALLEE = Instance(0, None, "caller"), Instance(1, None, "callee")
U32, STRING = Primitive.U32, Primitive.STRING


def function_type(parameters: list[ValType], result: ValType | None = None) -> FuncType:
    return FuncType(tuple((f"p{number}", type) for number, type in enumerate(parameters)), result)


def side(party: Any, type: FuncType, *, post_return: Function | None = None, name: str = "") -> Side:
    realloc = Function("realloc", FunctionType((I32,) * 4, (I32,)), Imported(name, "realloc"))
    return Side(party, type, Encoding.UTF8, Memory(name, Private(1)), realloc, post_return)


def plan(caller: Side, callee: Side, control: Control | None = None) -> tuple[bool, tuple[str, ...]]:
    """Return whether the adapter is the target itself, and what it does."""
    control = control or Control()
    target = Function("target", core_type(callee.type, "lift"), Imported("", "target"))
    call = Call(caller.party, callee.party, None, None, None, "f", ())
    made = make_adapter(call, caller, callee, target, None, control)  # type: ignore[arg-type] # no handle is passed
    return made is target, reason_plain(call, caller, callee, target, control)


@pytest.mark.parametrize(
    ("parameters", "result", "work"),
    [
        ([], None, ()),
        ([U32, Primitive.F64], Primitive.S64, ()),
        ([Tuple((U32, Primitive.F32))], Tuple((U32,)), ()),
        ([U32] * 16, None, ()),
        ([U32] * 17, None, ("translates parameters",)),
        ([Flags(labels(32))], Flags(labels(32)), ()),
        ([Flags(labels(31))], None, ("translates parameters",)),
        ([Primitive.U8], None, ("translates parameters",)),
        ([Primitive.CHAR], Primitive.BOOL, ("translates parameters", "translates the result")),
        ([Option(U32)], None, ("translates parameters",)),
        ([], Tuple((U32, U32)), ("translates the result",)),
    ],
)
def test_plain_calls(parameters: list[ValType], result: ValType | None, work: tuple[str, ...]) -> None:
    type = function_type(parameters, result)
    assert plan(side(CALLER, type), side(CALLEE, type)) == (not work, work)


def test_guards_keep_an_adapter() -> None:
    type = function_type([U32])
    post = Function("post", FunctionType(), Imported("", "post"))
    assert plan(side(CALLER, type), side(CALLEE, type, post_return=post)) == (False, ("calls post-return",))
    for control, work in (
        (Control(leaving=frozenset({CALLER})), "checks that the caller may leave"),
        (Control(throwing=frozenset({CALLEE})), "stops exceptions"),
        (Control(using_context=frozenset({CALLEE})), "saves context slots"),
    ):
        assert plan(side(CALLER, type), side(CALLEE, type), control) == (False, (work,))
    for control in (Control(leaving=frozenset({CALLEE})), Control(throwing=frozenset({CALLER}))):
        assert plan(side(CALLER, type), side(CALLEE, type), control) == (True, ())
    assert plan(side(CALLER, type), side(CALLER, type)) == (False, ("traps: an instance calls itself",))


def test_the_outside_checks_again() -> None:
    type = function_type([Primitive.U8, Option(Primitive.CHAR)], Primitive.BOOL)
    assert plan(side(CALLER, type), side(World(), type)) == (True, ())
    text = function_type([STRING])
    assert plan(side(CALLER, text), side(World(), text))[0] is False


def test_unlike_types_are_refused() -> None:
    with pytest.raises(TypeMismatch):
        plan(side(CALLER, function_type([U32])), side(CALLEE, function_type([STRING])))
    with pytest.raises(TypeMismatch):
        plan(side(CALLER, function_type([], U32)), side(CALLEE, function_type([])))


# -- hand-offs ----------------------------------------------------------------


def test_handoffs_in_order() -> None:
    type = ResourceType(0, CALLEE, "r", None)
    theirs, mine = StaticResource(type, "r"), StaticResource(type, "imported r")
    uses = {
        (CALLER, mine): ResourceUse(0, CALLER, mine),
        (CALLEE, theirs): ResourceUse(0, CALLEE, theirs),
    }

    def signature(resource: StaticResource) -> FuncType:
        parameter = Tuple((Borrow(resource), List(Own(resource)), Option(Own(resource))))
        return function_type([parameter, U32], Result(Own(resource), STRING))

    hands = handoffs(signature(mine), signature(theirs), CALLER, CALLEE, uses)
    seen = [(hand.kind, hand.way, hand.repeated, hand.conditional) for hand in hands]
    assert seen == [
        ("borrow", "parameter", False, False),
        ("own", "parameter", True, False),
        ("own", "parameter", False, True),
        ("own", "result", False, True),
    ]
    assert [(hand.sender, hand.receiver) for hand in hands] == [(CALLER, CALLEE)] * 3 + [(CALLEE, CALLER)]
    assert hands[0].sent_as is uses[CALLER, mine]
    assert hands[3].sent_as is uses[CALLEE, theirs]
    outside = handoffs(signature(theirs), signature(theirs), World(), CALLEE, uses)
    assert outside[0].sent_as is None
    assert outside[3].received_as is None


def test_absurdly_many_handles_are_refused() -> None:
    resource = StaticResource(ResourceType(0, CALLEE, "r", None), "r")
    type: ValType = Own(resource)
    for _ in range(17):
        type = Tuple((type, type))
    uses = {(one, resource): ResourceUse(0, one, resource) for one in (CALLER, CALLEE)}
    with pytest.raises(LimitExceeded):
        handoffs(function_type([type]), function_type([type]), CALLER, CALLEE, uses)


# -- size -----------------------------------------------------------------------


def test_shared_types_are_converted_by_shared_functions() -> None:
    type: ValType = Tuple((Primitive.BOOL, STRING))
    for _ in range(14):
        type = Tuple((type, Result(type, None)))
    realloc = Function("realloc", FunctionType((I32,) * 4, (I32,)), Imported("host", "realloc"))
    one, two = Memory("one", Private(1)), Memory("two", Private(1))
    route = Route(End(one, Encoding.UTF8, None), End(two, Encoding.UTF16, realloc))
    start = time.perf_counter()
    assembler = Assembler([("f", converter(Library(), route, Shapes().of(type)))])
    module = assembler.module()
    wasmtime.Module.validate(wasmtime.Engine(), module)
    assert len(module) < 20_000
    assert len(assembler.written) < 40
    assert time.perf_counter() - start < 5


def test_many_parts_take_few_locals() -> None:
    type = Tuple((Tuple((STRING, Primitive.CHAR, STRING, Option(Primitive.CHAR))),) * 1000)
    realloc = Function("realloc", FunctionType((I32,) * 4, (I32,)), Imported("host", "realloc"))
    route = Route(
        End(Memory("one", Private(1)), Encoding.UTF8, None), End(Memory("two", Private(1)), Encoding.UTF8, realloc)
    )
    assembler = Assembler([("f", converter(Library(), route, Shapes().of(type)))])
    assert max(len(code.locals) for _, code in assembler.written) < 100


LARGE = Variant(
    tuple(
        (f"c{bits}", Tuple(tuple(STRING if bits >> place & 1 else Primitive.U8 for place in range(5))))
        for bits in range(32)
    )
)


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ([STRING], STRING),
        ([List(Tuple((Primitive.BOOL, STRING)))], List(Primitive.CHAR)),
        ([Tuple((STRING, U32)) for _ in range(6)], Tuple((STRING,) * 20)),
        ([LARGE], List(LARGE)),
    ],
    ids=["strings", "lists", "spilled", "large core values"],
)
def test_calls_of_one_type_share_what_is_long(parameters: list[ValType], result: ValType) -> None:
    type, control = function_type(parameters, result), Control()
    caller, callee = side(CALLER, type, name="caller"), side(CALLEE, type, name="callee")
    sizes = []
    for count in (1, 21):
        exports = []
        for number in range(count):
            target = Function("target", core_type(type, "lift"), Imported("", f"{number}"))
            call = Call(CALLER, CALLEE, None, None, None, "f", ())
            exports.append((f"f{number}", make_adapter(call, caller, callee, target, None, control)))  # type: ignore[arg-type]
        sizes.append(len(Assembler(exports).module()))
    assert (sizes[1] - sizes[0]) / 20 < 250
