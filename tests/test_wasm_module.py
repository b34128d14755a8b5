"""Reading and writing of modules and their parts."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from fuser.errors import FuserError, Malformed, Unsupported
from fuser.wasm.calls import CallGraph, Calls, touches
from fuser.wasm.encode import encode_module
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.module import Module, parse_module
from fuser.wasm.names import function_names, name_section
from fuser.wasm.opcodes import Immediate
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Rewriter
from fuser.wasm.scan import SPACES
from fuser.wasm.syntax import Custom, Slice
from fuser.wasm.types import I32, I64, FunctionType, ValueType
from tests.merging import engine, module

LARGEST = 1 << 20
FIXTURES = [
    path
    for path in sorted((Path(__file__).parent.parent / "fixtures").glob("*/*.wasm"))
    if path.stat().st_size < LARGEST
]

EVERYTHING = """
(module $everything
  (type $f (func (param i32) (result i32)))
  (rec (type $node (sub (struct (field (mut (ref null $node))) (field i8)))) (type $list (array (mut (ref $node)))))
  (type $more (sub final $node (struct (field (mut (ref null $node))) (field i8) (field v128))))
  (type $t (func (param i64)))
  (import "m" "func" (func $imported (type $f)))
  (import "m" "table" (table $it 1 2 funcref))
  (import "m" "memory" (memory $im 1 2 shared))
  (import "m" "global" (global $ig i32))
  (import "m" "tag" (tag $itag (type $t)))
  (table $typed 3 (ref null $node))
  (table $started 2 (ref func) (ref.func $own))
  (table $wide i64 1 externref)
  (memory $m 1) (memory $wm i64 1 5)
  (tag $tag (param i32))
  (global $g (mut i64) (i64.const -5))
  (global $c i32 (i32.add (global.get $ig) (i32.const 4)))
  (export "own" (func $own)) (export "t" (table $typed)) (export "m" (memory $wm))
  (export "g" (global $g)) (export "e" (tag $tag))
  (start $begin)
  (elem (i32.const 0) func $own $imported)
  (elem (offset global.get $ig) funcref (ref.func $own) (ref.null func))
  (elem (table $typed) (i32.const 0) (ref null $node) (ref.null $node))
  (elem func $own) (elem funcref (ref.func $own)) (elem declare func $begin) (elem declare externref)
  (func $own (type $f) local.get 0)
  (func $begin (local i32 i32 (ref null $node)) (data.drop $d) (drop (ref.func $begin)))
  (data (memory $im) (i32.const 0) "abc") (data (memory $wm) (i64.const 9) "") (data $d "passive"))
"""


def test_everything_comes_back_the_same() -> None:
    data = bytes(wasmtime.wat2wasm(EVERYTHING))
    parsed = parse_module(data)
    assert encode_module(parsed) == data
    wasmtime.Module.validate(engine(), encode_module(parsed))
    assert [parsed.count(sort) for sort in ("func", "table", "memory", "global", "tag")] == [3, 4, 3, 3, 2]
    assert parsed.function_type(1) == FunctionType((I32,), (I32,))
    assert parsed.memory_types[2].address == I64
    assert [len(group.types) for group in parsed.groups][:3] == [1, 2, 1]
    assert function_names(parsed) == {0: b"imported", 1: b"own", 2: b"begin"}


def test_custom_sections_keep_their_places() -> None:
    data = bytes(wasmtime.wat2wasm('(module (@custom "a" (before first) "1") (@custom "b" (after type) "2") (func))'))
    assert encode_module(parse_module(data)) == data


@pytest.mark.skipif(not FIXTURES, reason="no fixture is built")
def test_modules_of_real_components() -> None:
    same = count = 0
    for path in FIXTURES:
        for parsed in core_modules(path.read_bytes()):
            encoded = encode_module(parsed)
            # A few tools write empty sections, or name memory 0 where nothing need be said.
            assert encode_module(parse_module(encoded)) == encoded
            same += encoded == parsed.data
            maps = {
                Immediate.TYPE: range(len(parsed.types)),
                Immediate.FUNCTION: range(parsed.count("func")),
                Immediate.TABLE: range(parsed.count("table")),
                Immediate.MEMORY: range(parsed.count("memory")),
                Immediate.GLOBAL: range(parsed.count("global")),
                Immediate.TAG: range(parsed.count("tag")),
                Immediate.ELEMENT: range(len(parsed.elements)),
                Immediate.DATA: range(len(parsed.segments)),
            }
            rewriter = Rewriter(parsed.data, 0, maps)
            assert all(rewriter.body(body) == parsed.bytes(body) for body in parsed.bodies)
            count += 1
    assert count >= len(FIXTURES)
    assert same >= count * 0.9


def core_modules(data: bytes) -> list[Module]:
    """The core modules directly or indirectly inside a component."""
    found: list[Module] = []
    reader = Reader(data, 8)
    while not reader.done:
        id = reader.byte()
        start, end = reader.skip(reader.u32())
        if id == 1:
            found.append(parse_module(data[start:end], start))
        elif id == 4:
            found += core_modules(data[start:end])
    return found


# -- what is refused ----------------------------------------------------------------

HEAD = b"\0asm\1\0\0\0"


@pytest.mark.parametrize(
    ("data", "offset", "message"),
    [
        (b"\0asm\x0d\0\1\0", 0x10, "not a core module"),
        (HEAD + b"\x0e\x00", 0x18, "unknown section 14"),
        (HEAD + b"\x03\x01\x00\x01\x01\x00", 0x1B, "section 1 out of order"),
        (HEAD + b"\x01\x01\x00\x01\x01\x00", 0x1B, "section 1 out of order"),
        (HEAD + b"\x01\x05\x00", 0x1A, "unexpected end"),
        (HEAD + b"\x01\x02\x00\x00", 0x1B, "trailing bytes"),
        (HEAD + b"\x01\x06\xff\xff\xff\xff\xff\x0f", 0x1A, "integer representation too long"),
        (HEAD + b"\x01\x06\xff\xff\xff\xff\x1f\x00", 0x1A, "integer too large"),
        (HEAD + b"\x01\x05\xff\xff\xff\xff\x0f", 0x1F, "unexpected end"),
        (HEAD + b"\x01\x02\x01\x61", 0x1B, "unknown composite type 0x61"),
        (HEAD + b"\x01\x04\x01\x60\x01\x7a", 0x1D, "unknown value type 0x7a"),
        (HEAD + b"\x01\x06\x01\x60\x01\x63\x05\x00", 0x10, "unknown type 5"),
        (HEAD + b"\x02\x07\x01\x02\xc3\x28\x00\x00\x00", 0x1C, "malformed UTF-8"),
        (HEAD + b"\x02\x05\x01\x00\x00\x05\x00", 0x1D, "unknown sort 0x05"),
        (HEAD + b"\x05\x03\x01\x10\x00", 0x1B, "unknown flags 0x10"),
        (HEAD + b"\x05\x04\x01\x01\x05\x04", 0x1B, "minimum above maximum"),
        (HEAD + b"\x07\x05\x01\x01a\x00\x00", 0x10, "export `a` of unknown func 0"),
        (HEAD + b"\x08\x01\x00", 0x10, "unknown start function 0"),
        (HEAD + b"\x09\x02\x01\x08", 0x1B, "unknown form 8"),
        (HEAD + b"\x09\x04\x01\x01\x01\x00", 0x1C, "unknown element kind"),
        (HEAD + b"\x0b\x02\x01\x03", 0x1B, "unknown form 3"),
        (HEAD + b"\x06\x04\x01\x7f\x00\x10\x0b", 0x1E, "unexpected end"),
        (HEAD + b"\x06\x06\x01\x7f\x00\x10\x00\x0b", 0x1D, "`call` in a constant expression"),
        (HEAD + b"\x06\x04\x01\x7f\x02\x0b", 0x1C, "malformed mutability"),
        (HEAD + b"\x01\x04\x01\x60\0\0\x03\x02\x01\x00", 0x10, "1 functions but 0 bodies"),
        (HEAD + b"\x01\x04\x01\x60\0\0\x03\x02\x01\x00\x0a\x05\x01\x03\x00\x01\x01", 0x25, "without `end`"),
        (HEAD + b"\x0c\x01\x01", 0x10, "0 data segments where 1 are announced"),
    ],
)
def test_bad_modules_are_refused_where_they_are_bad(data: bytes, offset: int, message: str) -> None:
    with pytest.raises(Malformed, match=message) as caught:
        parse_module(data, 0x10)
    assert caught.value.offset == offset


@pytest.mark.parametrize("count", [64, 65])
def test_types_lie_at_most_63_deep(count: int) -> None:
    chain = " ".join(f"(type (sub {n - 1} (func)))" for n in range(1, count))
    with nullcontext() if count == 64 else pytest.raises(Malformed, match="more than 63 types above"):
        parse_module(bytes(wasmtime.wat2wasm(f"(module (type (sub (func))) {chain})")))


def test_custom_page_size_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="page size"):
        parse_module(HEAD + b"\x05\x04\x01\x08\x01\x00")


@pytest.mark.parametrize("group", [b"\x7f\x01\x01f\x00\x00", b"\x7e\x00\x00\x01\x01f"])
def test_imports_written_as_one_group_are_unsupported(group: bytes) -> None:
    types, imports = b"\x01\x04\x01\x60\x00\x00", b"\x01\x01m\x00" + group
    with pytest.raises(Unsupported, match="compact imports"):
        parse_module(HEAD + types + b"\x02" + bytes([len(imports)]) + imports)


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damage_is_refused_or_read_never_worse(noise: bytes, at: int) -> None:
    data = bytes(wasmtime.wat2wasm(EVERYTHING)) if not _CACHE else _CACHE[0]
    _CACHE[:] = [data]
    damaged = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
    try:
        parsed = parse_module(damaged)
    except FuserError as error:
        refused = error
    else:
        assert parse_module(encode_module(parsed)).exports == parsed.exports
        return
    assert refused.offset is not None
    assert refused.offset <= len(damaged)


_CACHE: list[bytes] = []


# -- integers and names ---------------------------------------------------------------


@given(st.integers(0, (1 << 32) - 1))
def test_unsigned_round_trip(value: int) -> None:
    reader = Reader(unsigned(value))
    assert reader.u32() == value
    assert reader.done


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_signed_round_trip(value: int) -> None:
    assert Reader(signed(value)).s64() == value
    fits = -(1 << 31) <= value < 1 << 31
    if fits:
        assert Reader(signed(value)).s32() == value
    elif not -(1 << 34) <= value < 1 << 34:
        with pytest.raises(Malformed):
            Reader(signed(value)).s32()


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"\xff\xff\xff\xff\x7f", -1), (b"\x80\x80\x80\x80\x78", -(1 << 31)), (b"\xff\xff\xff\xff\x07", (1 << 31) - 1)],
)
def test_signed_in_five_bytes(data: bytes, value: int) -> None:
    assert Reader(data).s32() == value


@given(st.lists(st.one_of(st.integers(0, 127), st.integers(0, (1 << 32) - 1)), max_size=200))
def test_vectors_of_integers(values: list[int]) -> None:
    reader = Reader(unsigned(len(values)) + b"".join(map(unsigned, values)) + b"\x05")
    assert reader.u32s() == tuple(values)
    assert reader.byte() == 5


@pytest.mark.parametrize("data", [b"\x02\x01", b"\x02\x01\x80", b"\xff\xff\xff\xff\x0f\x00"])
def test_vectors_that_end_too_early(data: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(data + b"\x01\x01", 0, len(data)).u32s()


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\x4f", b"\x80\x80\x80\x80\x08", b"\x80\x80\x80\x80\x80\x00"])
def test_signed_beyond_its_bits(data: bytes) -> None:
    with pytest.raises(Malformed):
        Reader(data).s32()


def test_a_malformed_name_section_gives_no_names() -> None:
    good = name_section([(0, b"one"), (2, b"three")])
    assert function_names(_with_names(good[7:])) == {0: b"one", 2: b"three"}
    assert function_names(_with_names(good[7:-1])) == {}
    assert function_names(_with_names(b"\x00\x02\x01x" + good[7:])) == {0: b"one", 2: b"three"}


def _with_names(contents: bytes) -> Module:
    return Module(contents, customs=(Custom("name", Slice(0, len(contents)), 0),))


# -- calls -------------------------------------------------------------------------------

CALLS = """
(module
  (type $v (func))
  (import "" "host" (func $host))
  (tag $e) (table 1 funcref) (memory 1)
  (func $leaf (drop (i32.load (i32.const 0))))
  (func $middle (call $leaf) (call $host) (call $leaf))
  (func $wild (call_indirect (type $v) (i32.const 0)))
  (func $tail (return_call $middle))
  (func $thrower (throw $e))
  (func $refers (drop (ref.func $leaf)) (call_ref $v (ref.func $wild)))
  (func $catcher (block (try_table (catch_all 0) (call $thrower))))
  (elem declare func $leaf $wild))
"""


def test_calls_of_each_function() -> None:
    graph = CallGraph(module(CALLS))
    assert [graph.calls(function) for function in range(8)] == [
        Calls(),
        Calls(),
        Calls(direct=(0, 1)),
        Calls(indirect=(0,)),
        Calls(direct=(2,)),
        Calls(throws=True),
        Calls(references=(1, 3), indirect=(0,)),
        Calls(direct=(5,)),
    ]


def test_reach_follows_direct_calls() -> None:
    graph = CallGraph(module(CALLS))
    reach = graph.reach([4])
    assert (reach.functions, reach.indirect, reach.throws) == ({0, 1, 2, 4}, False, False)
    assert graph.reach([7]).throws
    assert graph.reach([6, 7]).indirect


def test_what_code_touches() -> None:
    parsed = module(CALLS)
    assert [touches(parsed, function, frozenset({Immediate.MEMORY})) for function in range(4)] == [
        False,
        True,
        False,
        False,
    ]
    assert touches(parsed, 3, frozenset({Immediate.TABLE}))
    assert not touches(parsed, 3, SPACES - {Immediate.TABLE, Immediate.TYPE})


def test_a_call_of_nothing_is_refused() -> None:
    parsed = module("(module (func call 0))")
    broken = parsed.data.replace(b"\x10\x00\x0b", b"\x10\x09\x0b")
    with pytest.raises(Malformed, match="unknown function 9"):
        CallGraph(parse_module(broken)).calls(0)


def test_value_types_by_heap() -> None:
    assert ValueType(0x63, -0x10).nullable
    assert not ValueType(0x64, 3).nullable
