"""The table of operations, the decoder and the scanner, against the engine and each other."""

from __future__ import annotations

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from fuser.errors import Malformed, Unsupported
from fuser.wasm.instructions import decode
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.opcodes import BY_CODE, OPERATIONS, PLAIN, PREFIXES, Immediate, Operation
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Rewriter, replace
from fuser.wasm.scan import SPACES, scanner
from fuser.wasm.syntax import Slice
from tests.code_samples import in_context, sample
from tests.merging import engine


def accepted(data: bytes) -> bool:
    try:
        wasmtime.Module.validate(engine(), data)
    except wasmtime.WasmtimeError:
        return False
    return True


@pytest.mark.parametrize("prefix", [None, *sorted(PREFIXES)])
def test_every_operation_is_the_engines(prefix: int | None) -> None:
    mine = [one for one in OPERATIONS if (one.code[0] if len(one.code) > 1 else None) == prefix]
    refused = [one.name for one in mine if not accepted(in_context(sample(one), one.name))]
    assert mine
    assert refused == []


def test_no_operation_of_the_engine_is_missing() -> None:
    codes = [bytes([code]) for code in range(0x100) if code not in PREFIXES]
    codes += [bytes([prefix]) + unsigned(number) for prefix in sorted(PREFIXES) for number in range(0x140)]
    # What an unknown operation might have as immediates, had the engine one there.
    guesses = (b"", b"\x00", b"\x00\x00", b"\x00\x00\x00", b"\x01\x00\x00", b"\x02\x00")
    found = [
        code.hex()
        for code in codes
        if code not in BY_CODE and any(accepted(in_context(code + guess, "")) for guess in guesses)
    ]
    assert found == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_decoder_and_scanner_read_the_same_bytes(operation: Operation) -> None:
    raw = sample(operation)
    reader = Reader(raw + b"\x01")
    decoded, uses = decode(reader)
    assert decoded is operation
    assert reader.position == len(raw)
    passed, stop = scanner(frozenset()).findall(raw + b"\x01")[0]
    assert (passed, stop) == (raw + b"\x01", b"")
    if any(use.space in SPACES for use in uses):
        assert scanner(SPACES).findall(raw + b"\x01")[0] == (b"", raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x0e\x0a\x09\x0b\x04\x06\x63\xf5\x00" + bytes(6), id="a label of two bytes in a jump table"),
        pytest.param(b"\x0e\x81\x01" + bytes(0x82), id="a long jump table"),
        pytest.param(b"\xfc\x8a\x00\x00\x00", id="a padded sub-opcode"),
        pytest.param(b"\x1f\x40\x04" + b"\x02\x00" * 4, id="many catches"),
        pytest.param(b"\x27\x00", id="unknown"),
        pytest.param(b"\x41\xff", id="cut off in an integer"),
    ],
)
@pytest.mark.parametrize("spaces", [SPACES, frozenset({Immediate.FUNCTION})])
def test_the_scanner_stops_before_what_the_decoder_must_read(raw: bytes, spaces: frozenset[Immediate]) -> None:
    before = b"\x01\x20\x00\x6a"
    found = scanner(spaces).match(before + raw)
    assert found is not None
    assert found.groups() == (before, None)


# -- rewriting -------------------------------------------------------------------


def padded(draw: st.DrawFn, value: int) -> bytes:
    """An unsigned integer, now and then not in its shortest form."""
    short = unsigned(value)
    extra = draw(st.sampled_from([0, 0, 0, 5 - len(short)]))
    if not extra:
        return short
    return bytes([*(byte | 0x80 for byte in short), *[0x80] * (extra - 1), 0])


@st.composite
def operations(draw: st.DrawFn) -> bytes:
    """One operation with drawn immediates; indices up to 199."""
    operation = draw(st.sampled_from(OPERATIONS))
    return operation.code + b"".join(_drawn(draw, one) for one in operation.immediates)


def _drawn(draw: st.DrawFn, one: Immediate) -> bytes:
    index = st.one_of(st.integers(0, 5), st.integers(60, 70), st.integers(126, 130), st.just(199))
    heap = st.one_of(st.sampled_from([b"\x70", b"\x6e", b"\x73"]), index.map(signed))
    value = st.one_of(
        st.sampled_from([b"\x7f", b"\x7c", b"\x6f"]),
        st.tuples(st.sampled_from([b"\x63", b"\x64"]), heap).map(b"".join),
    )
    match one:
        case Immediate.LABELS:
            count = draw(st.sampled_from([0, 1, 3, 127, 128, 300]))
            return unsigned(count) + b"\x01" * (count + 1)
        case Immediate.BYTES_4 | Immediate.BYTES_8 | Immediate.BYTES_16:
            size = {"4": 4, "8": 8, "16": 16}[one.name[6:]]
            return draw(st.binary(min_size=size, max_size=size))
        case Immediate.S32:
            return signed(draw(st.integers(-(1 << 31), (1 << 31) - 1)))
        case Immediate.S64:
            return signed(draw(st.integers(-(1 << 63), (1 << 63) - 1)))
        case Immediate.LANE:
            return draw(st.binary(min_size=1, max_size=1))
        case Immediate.ZERO:
            return b"\x00"
        case Immediate.CAST_FLAGS:
            return bytes([draw(st.integers(0, 3))])
        case Immediate.MEMORY_ARGUMENT:
            offset = unsigned(draw(st.sampled_from([0, 1, 300, (1 << 64) - 1])))
            memory = draw(st.none() | index)
            return (b"\x02" if memory is None else b"\x42" + padded(draw, memory)) + offset
        case Immediate.BLOCK_TYPE:
            return draw(st.one_of(st.just(b"\x40"), value, index.map(signed)))
        case Immediate.HEAP_TYPE:
            return draw(heap)
        case Immediate.VALUE_TYPES:
            values = draw(st.lists(value, max_size=3))
            return unsigned(len(values)) + b"".join(values)
        case Immediate.CATCHES:
            clause = st.one_of(
                st.tuples(st.sampled_from([b"\x00", b"\x01"]), index.map(unsigned), st.just(b"\x01")),
                st.tuples(st.sampled_from([b"\x02", b"\x03"]), st.just(b"\x01")),
            )
            clauses = draw(st.lists(clause.map(b"".join), max_size=9))
            return unsigned(len(clauses)) + b"".join(clauses)
        case _:
            return padded(draw, draw(index))


MAPS = {
    "all": {space: range(1000, 1200) for space in SPACES},
    "none": {space: range(200) for space in SPACES},
    "some": {space: [*range(65), *range(66, 128), 65, *range(300, 372)] for space in SPACES},
    "early": {space: [*range(1000, 1062), *range(62, 200)] for space in SPACES},
}


@pytest.mark.parametrize("size", [0, 1 << 20], ids=["common pattern", "own pattern"])
@pytest.mark.parametrize("maps", MAPS)
@settings(max_examples=60, deadline=None)
@given(code=st.lists(operations(), max_size=12))
def test_rewriting_is_decoding_and_replacing(code: list[bytes], maps: str, size: int) -> None:
    renumbering = MAPS[maps]
    body = b"\x01\x02\x7f" + b"".join(code) + b"\x0b"
    rewritten = Rewriter(body, 0, renumbering, size).body(Slice(0, len(body)))
    expected = [replace(Reader(raw), decode(Reader(raw))[1], renumbering) for raw in code]
    assert rewritten == b"\x01\x02\x7f" + b"".join(expected) + b"\x0b"
    if maps == "none":
        assert rewritten == body


def spellings(value: int) -> list[bytes]:
    """An unsigned integer in all its forms, the shortest first."""
    short = unsigned(value)
    longer = [[*(byte | 0x80 for byte in short), *[0x80] * more, 0] for more in range(5 - len(short))]
    return [short, *map(bytes, longer)]


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (0, 0),
        (0, 1),
        (0, 128),
        (0, 200),
        (3, 5),
        (3, 40_000),
        (127, 129),
        (130, 300),
        (300, 20_000),
        (16_384, 3_000_000),
    ],
)
def test_calls_of_what_stays_are_passed_over(first: int, end: int) -> None:
    """None outside of the range, and all that are not near its ends."""
    pattern = scanner(SPACES, ((Immediate.FUNCTION, first, end),))
    far = 0x80 if end <= 0x4000 else 0x8000
    values = {near + step for near in (0, first, 128, 16_384, end) for step in (-far, -1, 0, 1, far)}
    for value in sorted(value for value in values if value >= 0):
        for number in spellings(value):
            found = pattern.findall(b"\x10" + number + b"\x0b")[0]
            stays = found == (b"\x10" + number + b"\x0b", b"")
            assert stays or found == (b"", b"\x10" + number)
            assert first <= value < end if stays else not first + far <= value < end - far


def test_locals_of_indexed_types_move() -> None:
    body = bytes([2, 1, 0x7F, 1, 0x63, 3, 0x0B])
    renumbering = MAPS["all"] | {Immediate.TYPE: [0, 1, 2, 77]}
    assert Rewriter(body, 0, renumbering).body(Slice(0, len(body))) == bytes([2, 1, 0x7F, 1, 0x63, 0xCD, 0, 0x0B])


def test_references_are_noted() -> None:
    body = b"\x00" + PLAIN["ref.func"] + b"\x07" + PLAIN["drop"] + b"\x0b"
    for size in (0, 1 << 20):
        rewriter = Rewriter(body, 0, MAPS["none"], size)
        rewriter.body(Slice(0, len(body)))
        assert rewriter.referenced == {7}


def test_code_goes_on_behind_tables_of_thousands_of_labels() -> None:
    table = b"\x0e" + unsigned(5000) + b"\x00\x81\x80\x00" * 2500 + b"\x07"
    body = b"\x00" + (table + b"\x10\x07") * 3 + b"\x0b"
    numbers = {space: range(100, 200) for space in SPACES}
    assert Rewriter(body, 0, numbers).body(Slice(0, len(body))) == body.replace(b"\x10\x07", b"\x10\x6b")


LONG = b"\x0e" + unsigned(200) + b"\x00" * 201


@pytest.mark.parametrize(
    ("code", "offset", "message"),
    [
        (b"\x01\xff", 0x102, "unknown operation 0xff"),
        (b"\x01\xfc\x7f", 0x102, "unknown operation 0xfc7f"),
        (b"\x41\x80", 0x103, "unexpected end"),
        (b"\x10\x05\x10\x80\x02", 0x104, "unknown function 256"),
        (LONG + b"\x10\x80\x02", 0x102 + len(LONG), "unknown function 256"),
        (b"\x0e\xff\xff\xff\xff\x0f\x00", 0x107, "unexpected end"),
        (b"\x0e\x02\x00\x80\x00\x80", 0x107, "unexpected end"),
        (b"\x0e\x01\x00\x80\x80\x80\x80\x80\x00", 0x104, "integer representation too long"),
        (b"\x28\x80\x01\x00", 0x102, "malformed memory argument"),
        (b"\xd0\x40", 0x102, "unknown heap type"),
        (b"\xfe\x03\x01", 0x103, "zero byte expected"),
        (b"\x1f\x40\x01\x04\x00", 0x104, "unknown catch clause 0x04"),
        (b"\xfb\x18\x04\x00\x6e\x6e", 0x103, "unknown cast flags"),
    ],
)
def test_bad_code_is_refused_where_it_is(code: bytes, offset: int, message: str) -> None:
    body = b"\x00" + code
    with pytest.raises(Malformed, match=message) as caught:
        Rewriter(body, 0x100, {space: range(100) for space in SPACES}).body(Slice(0, len(body)))
    assert caught.value.offset is not None
    assert abs(caught.value.offset - offset) <= 1


def test_legacy_exceptions_are_unsupported() -> None:
    with pytest.raises(Unsupported, match="legacy exception handling"):
        decode(Reader(b"\x06\x40"))
