"""Transcoders run alone: contents, lengths, calls of realloc and traps against Python's own codecs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import pytest
import wasmtime
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fuser.abi.library import End, Library, Route
from fuser.abi.strings import transcoder, utf16_checker
from fuser.abi.utf8 import utf8_checker
from fuser.program import Encoding
from fuser.symbols import Function, Imported, Memory, Private
from fuser.wasm.types import I32, FunctionType
from tests.abi_assembler import Assembler

UTF8, UTF16, COMPACT = Encoding.UTF8, Encoding.UTF16, Encoding.LATIN1_UTF16
TAG = 1 << 31
REALLOC = FunctionType((I32, I32, I32, I32), (I32,))
SOURCE, FIRST, STEP, END = 1024, 2048, 4096, 8 * 65536
FILL = b"\xaa"


@dataclass
class Machine:
    """One instance with a transcoder, its two memories and a realloc that keeps a log."""

    source: Encoding
    target: Encoding
    log: list[tuple[int, int, int]] = field(default_factory=list)
    answers: dict[int, int] = field(default_factory=dict)
    """What a call of realloc returns instead of fresh memory, by its number."""
    against_end: bool = False
    """Whether the blocks that realloc returns end where the memory does."""

    def __post_init__(self) -> None:
        one, two = Memory("one", Private(1)), Memory("two", Private(8))
        realloc = Function("realloc", REALLOC, Imported("host", "realloc"))
        function = transcoder(Library(), Route(End(one, self.source, None), End(two, self.target, realloc)))
        assembler = Assembler([("f", function), ("one", one), ("two", two)])
        module = assembler.module()
        self.sites = assembler.sites
        self.store = wasmtime.Store(engine())
        host = wasmtime.Func(
            self.store,
            wasmtime.FuncType([wasmtime.ValType.i32()] * 4, [wasmtime.ValType.i32()]),
            self._realloc,
        )
        self.instance = wasmtime.Instance(self.store, wasmtime.Module(engine(), module), [host])
        exports = self.instance.exports(self.store)
        self.function, self.one, self.two = exports["f"], exports["one"], exports["two"]

    def _realloc(self, old: int, old_size: int, align: int, size: int) -> int:
        self.log.append((old_size, align, size))
        number = len(self.log) - 1
        if number in self.answers:
            return self.answers[number]
        new = (END - size) & -2 if self.against_end else FIRST + STEP * (number % 100)
        if old and size:
            kept = bytes(self.two.read(self.store, old, old + min(old_size, size)))
            self.two.write(self.store, kept, new)
        return new

    def run(self, data: bytes, length: int, at: int = SOURCE) -> tuple[bytes, int] | str:
        """Return the target's bytes and length as the ABI has it, or the trap class."""
        self.log.clear()
        if data:
            self.one.write(self.store, data, at)
        try:
            pointer, units = self.function(self.store, at, length - (1 << 32) if length >= TAG else length)
        except wasmtime.Trap as error:
            return trap_class(str(error), self.sites)
        units &= 0xFFFFFFFF
        width = 1 if self.target is UTF8 or (self.target is COMPACT and not units & TAG) else 2
        size = (units & ~TAG) * width
        return bytes(self.two.read(self.store, pointer & 0xFFFFFFFF, (pointer & 0xFFFFFFFF) + size)), units


@cache
def engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@cache
def machine(source: Encoding, target: Encoding, *, against_end: bool = False) -> Machine:
    return Machine(source, target, against_end=against_end)


def trap_class(text: str, sites: dict[int, str]) -> str:
    frame = re.search(r"0:\s+0x([0-9a-f]+)", text)
    assert frame, text
    return sites.get(int(frame[1], 16), text)


def encode(text: str, encoding: Encoding, *, wide: bool = False) -> tuple[bytes, int]:
    """Return bytes and length as the ABI has it; `wide`: as tagged UTF-16 though Latin-1 would do."""
    if encoding is UTF8:
        data = text.encode()
        return data, len(data)
    narrow = all(ord(character) <= 0xFF for character in text) and not wide
    if encoding is COMPACT and narrow:
        return text.encode("latin-1"), len(text)
    data = text.encode("utf-16-le")
    return data, len(data) // 2 | (TAG if encoding is COMPACT else 0)


def expected_log(text: str, source: Encoding, target: Encoding, *, wide: bool) -> list[tuple[int, int, int]]:
    """The realloc protocol of `store_string_into_range`, by cases."""
    length = encode(text, source, wide=wide)[1]
    units = length & ~TAG
    tagged = source is COMPACT and bool(length & TAG)
    from_latin1 = source is COMPACT and not tagged
    size = len(encode(text, target)[0])
    latin1 = all(ord(character) <= 0xFF for character in text)
    if target is UTF16:
        first = [(0, 2, 2 * units)]
        return first + [(2 * units, 2, size)] * (size < 2 * units)
    if target is UTF8:
        if source is UTF8 or size == units:
            return [(0, 1, units)]
        worst = units * (2 if from_latin1 else 3)
        return [(0, 1, units), (units, 1, worst)] + [(worst, 1, size)] * (size < worst)
    if tagged:
        return [(0, 2, 2 * units)] + [(2 * units, 2, units)] * latin1
    if latin1:
        return [(0, 2, units)] + [(units, 2, len(text))] * (len(text) < units)
    wide_size = len(text.encode("utf-16-le"))
    return [(0, 2, units), (units, 2, 2 * units)] + [(2 * units, 2, wide_size)] * (wide_size < 2 * units)


PAIRS = list(itertools.product(Encoding, Encoding))
characters = st.one_of(
    st.characters(max_codepoint=0x7F),
    st.characters(max_codepoint=0xFF),
    st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]),
    st.characters(exclude_categories=["Cs"]),
)
runs = st.lists(st.tuples(characters, st.integers(1, 20)), max_size=6)
texts = st.one_of(
    runs.map(lambda parts: "".join(one * count for one, count in parts)), st.text(characters, max_size=60)
)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda one: one.value)
@settings(max_examples=60, deadline=None)
@given(text=texts, wide=st.booleans())
@example(text="", wide=False)
@example(text="", wide=True)
@example(text="plain ASCII of more than sixteen", wide=False)
@example(text="plain ASCII of more than sixteen", wide=True)
@example(text="sixteen is ASCIIé", wide=False)
@example(text="Zażółć gęślą jaźń, 漢字かな交じり文 und 😀🦀", wide=False)
def test_transcodes(source: Encoding, target: Encoding, text: str, *, wide: bool) -> None:
    data, length = encode(text, source, wide=wide)
    assert machine(source, target).run(data, length) == encode(text, target)
    assert machine(source, target).log == expected_log(text, source, target, wide=wide)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda one: one.value)
@settings(max_examples=60, deadline=None)
@given(text=texts, wide=st.booleans())
@example(text="", wide=False)
@example(text="ASCII, then é and 漢 in the last characters: éé漢", wide=False)
def test_nothing_else_is_read_or_written(source: Encoding, target: Encoding, text: str, *, wide: bool) -> None:
    data, length = encode(text, source, wide=wide)
    made = encode(text, target)
    # Source and target end where their memories do (an odd one before, for it is aligned).
    at_end = (65536 - len(data)) & (-1 if source is UTF8 else -2)
    assert machine(source, target, against_end=True).run(data, length, at_end) == made
    here = machine(source, target)
    here.two.write(here.store, FILL * STEP * 4, FIRST)
    assert here.run(data, length) == made
    for number in range(len(here.log)):
        start = FIRST + STEP * number
        assert set(here.two.read(here.store, start + len(made[0]), start + STEP)) == set(FILL)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda one: one.value)
@pytest.mark.parametrize("repeated", ["a", "é", "漢", "a漢", "aaaaaaaaé"])
def test_every_length(source: Encoding, target: Encoding, repeated: str) -> None:
    for count in range(150):
        text = (repeated * count)[:count]
        data, length = encode(text, source)
        at_end = (65536 - len(data)) & (-1 if source is UTF8 else -2)
        assert machine(source, target, against_end=True).run(data, length, at_end) == encode(text, target)


# -- invalid text -------------------------------------------------------------


@cache
def checker() -> tuple[wasmtime.Store, wasmtime.Func, wasmtime.Memory]:
    memory = Memory("one", Private(1))
    module = Assembler([("f", utf8_checker(Library(), memory)), ("one", memory)]).module()
    store = wasmtime.Store(engine())
    exports = wasmtime.Instance(store, wasmtime.Module(engine(), module), []).exports(store)
    return store, exports["f"], exports["one"]


def accepted(data: bytes, at: int = SOURCE) -> bool:
    store, function, memory = checker()
    if data:
        memory.write(store, data, at)
    try:
        function(store, at, len(data))
    except wasmtime.Trap:
        return False
    return True


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


BOUNDARIES = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED]
BOUNDARIES += [0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF]


@pytest.mark.parametrize("before", [0, 14, 31])
def test_every_pair_and_triple_of_boundary_bytes(before: int) -> None:
    # `before` moves the sequence over the edges of blocks; the long form goes the vector way.
    for lead, second in itertools.product(range(0xC0, 0x100), BOUNDARIES):
        for rest in (b"", b"\x80", b"\x80\x80", b"\xbf\xbf\xbf"):
            data = b"a" * before + bytes([lead, second]) + rest
            assert accepted(data) == is_utf8(data), data
            data += b"z" * 20
            assert accepted(data) == is_utf8(data), data


@settings(max_examples=300, deadline=None)
@given(data=st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(BOUNDARIES), max_size=50).map(bytes)))
def test_checks_utf8_as_python_does(data: bytes) -> None:
    assert accepted(data) == is_utf8(data)


@settings(max_examples=300, deadline=None)
@given(text=texts, position=st.integers(0, 200), byte=st.integers(0, 255))
def test_checks_spoilt_utf8_as_python_does(text: str, position: int, byte: int) -> None:
    data = bytearray(text.encode())
    if data:
        data[position % len(data)] = byte
    assert accepted(bytes(data)) == is_utf8(bytes(data))


@settings(max_examples=300, deadline=None)
@given(data=st.one_of(st.binary(max_size=18), st.text("aé漢😀", max_size=9).map(str.encode)))
def test_checks_no_byte_behind_the_text(data: bytes) -> None:
    assert accepted(data, 65536 - len(data)) == is_utf8(data)


@pytest.mark.parametrize("target", Encoding, ids=lambda one: one.value)
@settings(max_examples=60, deadline=None)
@given(data=st.lists(st.sampled_from([*BOUNDARIES, 0x41, 0x41]), max_size=40).map(bytes))
def test_invalid_utf8_traps_on_every_way(target: Encoding, data: bytes) -> None:
    outcome = machine(UTF8, target).run(data, len(data))
    if is_utf8(data):
        assert outcome == encode(data.decode(), target)
    else:
        assert outcome == "invalid-utf8"


@pytest.mark.parametrize("target", Encoding, ids=lambda one: one.value)
@pytest.mark.parametrize("source", [UTF16, COMPACT], ids=lambda one: one.value)
@settings(max_examples=60, deadline=None)
@given(units=st.lists(st.sampled_from([0x41, 0x41, 0xE9, 0x4E00, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000])))
def test_unpaired_surrogates_trap_on_every_way(source: Encoding, target: Encoding, units: list[int]) -> None:
    data = utf16(units)
    length = len(units) | (TAG if source is COMPACT else 0)
    try:
        text = data.decode("utf-16-le")
    except UnicodeDecodeError:
        assert machine(source, target).run(data, length) == "invalid-utf16"
    else:
        assert machine(source, target).run(data, length) == encode(text, target)


def utf16(units: Sequence[int]) -> bytes:
    return b"".join(unit.to_bytes(2, "little") for unit in units)


@pytest.mark.parametrize("before", [*range(10), 15])
@pytest.mark.parametrize("after", [*range(9), 15])
def test_surrogates_over_the_edges_of_blocks(before: int, after: int) -> None:
    memory = Memory("one", Private(1))
    module = Assembler([("f", utf16_checker(Library(), memory)), ("one", memory)]).module()
    store = wasmtime.Store(engine())
    exports = wasmtime.Instance(store, wasmtime.Module(engine(), module), []).exports(store)
    for middle in itertools.product((0x41, 0xD83E, 0xDD80), repeat=4):
        data = utf16([0x4E00] * before + [*middle] + [0xE000] * after)
        exports["one"].write(store, data, 65536 - len(data))
        try:
            exports["f"](store, 65536 - len(data), len(data))
        except wasmtime.Trap:
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-16-le")
        else:
            data.decode("utf-16-le")


# -- bounds -----------------------------------------------------------------------


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda one: one.value)
def test_bounds_of_the_source(source: Encoding, target: Encoding) -> None:
    run = machine(source, target).run
    end = 65536
    assert run(b"", 0, end) == (b"", 0)
    assert run(*encode("ab" * 20, source), end - len(encode("ab" * 20, source)[0])) == encode("ab" * 20, target)
    assert run(b"", 1, end) == "string-out-of-bounds"
    assert run(b"", 0, end + 2) == "string-out-of-bounds"
    assert run(b"", TAG - 1, 0) == "string-out-of-bounds"
    if source is not UTF8:
        assert run(b"", 0, 1) == "unaligned-pointer"
    if source is not COMPACT:
        assert run(b"", 0xFFFFFFFF, 0) == "string-out-of-bounds"


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=lambda one: one.value)
@pytest.mark.parametrize("call", [0, 1, 2])
def test_answers_of_realloc_are_checked(source: Encoding, target: Encoding, call: int) -> None:
    text = "aé" + "漢" * 5
    here = Machine(source, target)
    calls = len(expected_log(text, source, target, wide=False))
    here.answers[call] = 8 * 65536
    outcome = here.run(*encode(text, source))
    assert outcome == ("string-out-of-bounds" if call < calls else encode(text, target))
    if target is not UTF8:
        here.answers[call] = 8191
        outcome = here.run(*encode(text, source))
        assert outcome == ("unaligned-pointer" if call < calls else encode(text, target))
