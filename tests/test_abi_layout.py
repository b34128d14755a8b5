"""Layouts and flattening, against the tables of CanonicalABI.md worked out by hand."""

from __future__ import annotations

import time

import pytest

from fuser.abi.flatten import core_type
from fuser.abi.layout import Shapes
from fuser.errors import LimitExceeded
from fuser.types import (
    Enumeration,
    Flags,
    FuncType,
    List,
    Map,
    Named,
    Option,
    Primitive,
    Record,
    Result,
    Tuple,
    ValType,
    Variant,
)
from fuser.wasm.types import F32, F64, I32, I64, FunctionType

U8, U16, U32, U64 = Primitive.U8, Primitive.U16, Primitive.U32, Primitive.U64
BOOL, CHAR, STRING = Primitive.BOOL, Primitive.CHAR, Primitive.STRING


def enum(cases: int) -> Enumeration:
    return Enumeration(tuple(map(str, range(cases))))


def flags(labels: int) -> Flags:
    return Flags(tuple(map(str, range(labels))))


@pytest.mark.parametrize(
    ("type", "size", "align", "flat", "dense"),
    [
        (BOOL, 1, 1, [I32], False),
        (U8, 1, 1, [I32], True),
        (Primitive.S16, 2, 2, [I32], True),
        (CHAR, 4, 4, [I32], False),
        (U64, 8, 8, [I64], True),
        (Primitive.F32, 4, 4, [F32], True),
        (Primitive.F64, 8, 8, [F64], True),
        (STRING, 8, 4, [I32, I32], False),
        (List(U64), 8, 4, [I32, I32], False),
        (Map(U8, U64), 8, 4, [I32, I32], False),
        (Tuple((U8, U32)), 8, 4, [I32, I32], False),
        (Tuple((U32, U8)), 8, 4, [I32, I32], False),
        (Tuple((U8, U8, U16)), 4, 2, [I32, I32, I32], True),
        (Record((("a", U8), ("b", U64), ("c", U8))), 24, 8, [I32, I64, I32], False),
        (Tuple((U32, BOOL, BOOL, U16)), 8, 4, [I32] * 4, False),
        (flags(8), 1, 1, [I32], True),
        (flags(9), 2, 2, [I32], False),
        (flags(16), 2, 2, [I32], True),
        (flags(17), 4, 4, [I32], False),
        (flags(32), 4, 4, [I32], True),
        (enum(256), 1, 1, [I32], False),
        (enum(257), 2, 2, [I32], False),
        (enum(65537), 4, 4, [I32], False),
        (Option(U8), 2, 1, [I32, I32], False),
        (Option(U64), 16, 8, [I32, I64], False),
        (Option(Option(U8)), 3, 1, [I32, I32, I32], False),
        (Result(None, None), 1, 1, [I32], False),
        (Result(U8, Primitive.F32), 8, 4, [I32, I32], False),
        (Result(Primitive.F64, Primitive.F32), 16, 8, [I32, I64], False),
        (Result(U32, U64), 16, 8, [I32, I64], False),
        (
            Variant((("a", Primitive.F32), ("b", Tuple((Primitive.F64, U8))), ("c", None))),
            24,
            8,
            [I32, I64, I32],
            False,
        ),
        (List(Tuple((U8, U16)), 3), 12, 2, [I32] * 6, False),
        (List(U16, 3), 6, 2, [I32] * 3, True),
        (Named("t", Tuple((U16,))), 2, 2, [I32], True),
    ],
)
def test_shapes(type: ValType, size: int, align: int, flat: list[object], dense: bool) -> None:  # noqa: FBT001 - a column
    shape = Shapes().of(type)
    assert (shape.size, shape.align, list(shape.flat), shape.dense) == (size, align, flat, dense)


def test_types_alike_have_one_shape() -> None:
    shapes = Shapes()
    one, other = Record((("a", U8), ("b", Option(U8)))), Tuple((U8, Variant((("n", None), ("s", U8)))))
    assert shapes.of(one) is shapes.of(other)
    assert shapes.of(one) is not shapes.of(Tuple((U8, Result(None, U16))))


def function(parameters: list[ValType], result: ValType | None = None) -> FuncType:
    return FuncType(tuple((f"p{number}", type) for number, type in enumerate(parameters)), result)


@pytest.mark.parametrize(
    ("type", "lifted", "lowered"),
    [
        (function([]), FunctionType(), FunctionType()),
        (function([U8, U64], CHAR), FunctionType((I32, I64), (I32,)), FunctionType((I32, I64), (I32,))),
        (function([U32] * 16), FunctionType((I32,) * 16), FunctionType((I32,) * 16)),
        (function([U32] * 17), FunctionType((I32,)), FunctionType((I32,))),
        (function([STRING] * 8, STRING), FunctionType((I32,) * 16, (I32,)), FunctionType((I32,) * 17)),
        (function([STRING] * 9, STRING), FunctionType((I32,), (I32,)), FunctionType((I32, I32))),
        (function([], Option(U8)), FunctionType((), (I32,)), FunctionType((I32,))),
        (function([], Tuple((U64,))), FunctionType((), (I64,)), FunctionType((), (I64,))),
    ],
)
def test_core_types(type: FuncType, lifted: FunctionType, lowered: FunctionType) -> None:
    assert core_type(type, "lift") == lifted
    assert core_type(type, "lower") == lowered


def doubled(depth: int, *, leaf: ValType = U8) -> ValType:
    type = leaf
    for _ in range(depth):
        type = Tuple((type, type))
    return type


def test_shared_types_cost_what_they_are_as_a_graph() -> None:
    start = time.perf_counter()
    shape = Shapes().of(List(doubled(18)))
    assert shape.weight > 2**18
    with pytest.raises(LimitExceeded):
        Shapes().of(doubled(60))
    wide = Record(tuple((str(number), Tuple((U8,))) for number in range(20_000)))
    assert Shapes().of(wide).size == 20_000
    assert time.perf_counter() - start < 5


def test_how_many_parts_a_type_has_is_counted_where_it_is_read() -> None:
    assert Shapes().of(doubled(18, leaf=Option(U8))).size == 2**19


def test_deep_types_are_refused() -> None:
    type: ValType = U8
    for _ in range(100_000):
        type = Option(type)
    with pytest.raises(LimitExceeded, match="nested"):
        Shapes().of(type)
