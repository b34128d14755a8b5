"""Lists whose elements are converted by the vector, against a model of single elements."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from fuser.abi.layout import CasesShape, FieldsShape, FlagsShape, ScalarShape, Shape, Shapes
from fuser.abi.library import End, Library, Route
from fuser.abi.patterns import pattern_of
from fuser.abi.values import list_copier
from fuser.program import Encoding
from fuser.symbols import Function, Memory, Private, Written
from fuser.traps import Trap
from fuser.types import Enumeration, Flags, Option, Primitive, Tuple, ValType
from fuser.wasm.types import I32, FunctionType
from tests.abi_assembler import Assembler
from tests.test_abi_strings import trap_class

SHAPES = Shapes()
TARGET, END = 4096, 65536
FILL = 0xAA
P = Primitive


def labels(count: int) -> tuple[str, ...]:
    return tuple(f"l{number}" for number in range(count))


ENUM, WIDE, FLAGS, MANY_FLAGS = Enumeration(labels(5)), Enumeration(labels(300)), Flags(labels(3)), Flags(labels(19))
ELEMENTS: tuple[ValType, ...] = (
    P.BOOL,
    P.CHAR,
    ENUM,
    WIDE,
    Enumeration(labels(256)),
    FLAGS,
    MANY_FLAGS,
    Flags(labels(11)),
    Tuple((P.U8, P.U32)),
    Tuple((P.BOOL, P.S8, P.U16)),
    Tuple((P.U8, P.U16, P.U8)),
    Tuple((P.BOOL, FLAGS, ENUM)),
    Tuple((WIDE, P.BOOL, P.CHAR)),
    Tuple((P.CHAR, P.U8, P.U8, P.CHAR)),
    Tuple((P.U32, P.BOOL, ENUM, P.U64)),
    Tuple((P.U64, P.U8, P.BOOL, P.U16, MANY_FLAGS)),
    Tuple((Tuple((P.BOOL, P.U8)), P.S16, Tuple((ENUM, ENUM)))),
)


@cache
def machine(type: ValType) -> tuple[wasmtime.Store, wasmtime.Func, wasmtime.Memory, wasmtime.Memory, dict[int, str]]:
    one, two = Memory("one", Private(1)), Memory("two", Private(1))
    realloc = Function("realloc", FunctionType((I32,) * 4, (I32,)), Written(lambda code: code.i32(TARGET)))
    route = Route(End(one, Encoding.UTF8, None), End(two, Encoding.UTF8, realloc))
    function = list_copier(Library(), route, SHAPES.of(type))
    assembler = Assembler([("f", function), ("one", one), ("two", two)])
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, wasmtime.Module(engine, assembler.module()), []).exports(store)
    return store, exports["f"], exports["one"], exports["two"], assembler.sites


def lift(shape: Shape, data: bytes, into: bytearray) -> None:
    """Convert one value as the specification's `load` does; raises ValueError with the trap's class."""
    size = shape.size
    number = int.from_bytes(data[:size], "little")
    match shape:
        case FieldsShape():
            for offset, part in shape.items:
                there = bytearray(part.size)
                there[:] = into[offset : offset + part.size]
                lift(part, data[offset:], there)
                into[offset : offset + part.size] = there
            return
        case ScalarShape(primitive=P.BOOL):
            number = int(number != 0)
        case ScalarShape(primitive=P.CHAR):
            if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                raise ValueError(Trap.INVALID_CHAR.value)
        case FlagsShape():
            number &= (1 << shape.count) - 1
        case CasesShape():
            if number >= len(shape.payloads):
                raise ValueError(Trap.INVALID_DISCRIMINANT.value)
    into[:size] = number.to_bytes(size, "little")


def expected(type: ValType, data: bytes, count: int) -> bytes | str:
    shape = SHAPES.of(type)
    made = bytearray([FILL]) * len(data)
    try:
        for at in range(0, count * shape.size, shape.size):
            there = bytearray(made[at : at + shape.size])
            lift(shape, data[at:], there)
            made[at : at + shape.size] = there
    except ValueError as error:
        return str(error)
    return bytes(made)


def copied(type: ValType, data: bytes, count: int) -> bytes | str:
    """Return what arrives, with the bytes behind it; the source ends where its memory does."""
    store, function, one, two, sites = machine(type)
    at = END - len(data)
    if data:
        one.write(store, data, at)
    two.write(store, bytes([FILL]) * (len(data) + 64), TARGET)
    try:
        assert function(store, at, count) == TARGET
    except wasmtime.Trap as error:
        return trap_class(str(error), sites)
    assert bytes(two.read(store, TARGET + len(data), TARGET + len(data) + 64)) == bytes([FILL]) * 64
    return bytes(two.read(store, TARGET, TARGET + len(data)))


def valid(shape: Shape, data: bytearray) -> None:
    """Make what would trap valid, in place."""
    match shape:
        case FieldsShape():
            for offset, part in shape.items:
                there = data[offset : offset + part.size]
                valid(part, there)
                data[offset : offset + part.size] = there
        case ScalarShape(primitive=P.CHAR):
            data[2:] = bytes([data[2] & 0xF, 0])
            data[1] &= 0x7F
        case CasesShape():
            number = int.from_bytes(data, "little") % len(shape.payloads)
            data[:] = number.to_bytes(shape.size, "little")


@pytest.mark.parametrize("type", ELEMENTS, ids=range(len(ELEMENTS)))
@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 70), random=st.randoms(use_true_random=False), spoilt=st.integers(0, 2))
def test_vectors_do_as_single_elements_do(type: ValType, count: int, random: Random, spoilt: int) -> None:
    shape = SHAPES.of(type)
    assert pattern_of(shape) is not None
    # Whole elements of any bytes, made valid but for a few.
    whole = bytearray(random.randbytes(count * shape.size))
    for number in range(count):
        here = slice(number * shape.size, (number + 1) * shape.size)
        element = whole[here]
        valid(shape, element)
        whole[here] = element
    for _ in range(spoilt if whole else 0):
        whole[random.randrange(len(whole))] = random.randrange(256)
    pad = -len(whole) % 8
    data = bytes(whole) + bytes(pad)
    outcome = expected(type, data, count)
    if isinstance(outcome, bytes):
        outcome = outcome[: len(whole)] + bytes([FILL]) * pad
    assert copied(type, data, count) == outcome


@pytest.mark.parametrize("type", [P.STRING, Option(P.U8), Tuple((P.U8, P.STRING)), Tuple((P.U32, P.U64))], ids=str)
def test_elements_without_a_pattern(type: ValType) -> None:
    assert pattern_of(SHAPES.of(type)) is None
