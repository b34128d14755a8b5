"""Data sections: runs of segments that are alike, and all others between them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuser.errors import Malformed
from fuser.wasm.data import DataSection, Run, read_data_section
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import Data

BASE = 0x1000

PLAIN = b"\x00\x41%b\x0b"
CONTENTS = st.binary(max_size=300)
SEGMENTS = st.one_of(
    st.tuples(st.integers(0, 1 << 20).map(lambda place: PLAIN % signed(place)), CONTENTS, st.just(0)),
    st.tuples(st.just(b"\x00\x41\x80\x80\x80\x80\x00\x0b"), CONTENTS, st.just(0)),
    st.tuples(st.just(b"\x00\x23\x00\x0b"), CONTENTS, st.just(0)),
    st.tuples(st.just(b"\x02\x03\x41\x00\x0b"), CONTENTS, st.just(3)),
    st.tuples(st.just(b"\x01"), CONTENTS, st.none()),
)


def section(data: bytes) -> DataSection:
    reader = Reader(data, base=BASE)
    read = read_data_section(reader)
    reader.finish()
    return read


@given(st.lists(SEGMENTS, max_size=12))
def test_segments_are_read_as_they_were_written(segments: list[tuple[bytes, bytes, int | None]]) -> None:
    data = unsigned(len(segments)) + b"".join(head + unsigned(len(rest)) + rest for head, rest, _ in segments)
    read = section(data)
    assert [data[slice(*one.contents)] for one in read] == [contents for _, contents, _ in segments]
    assert [one.memory if one.offset else None for one in read] == [memory for _, _, memory in segments]
    assert len(read) == len(segments)
    assert read.memories == {memory for _, _, memory in segments if memory is not None}
    assert sum(len(contents) for _, contents, _ in segments) <= read.size <= len(data)


@given(st.lists(st.tuples(st.integers(-1 << 27, (1 << 27) - 1), CONTENTS), max_size=12))
def test_runs_tell_how_far_they_write(segments: list[tuple[int, bytes]]) -> None:
    data = b"".join(PLAIN % signed(place) + unsigned(len(rest)) + rest for place, rest in segments)
    ends = [place % (1 << 32) + len(rest) for place, rest in segments]
    assert section(unsigned(len(segments)) + data).reach == max(ends, default=0)


def test_what_is_alike_is_one_run() -> None:
    alike = PLAIN % signed(8) + b"\x01x"
    parts = section(b"\x05" + alike * 2 + b"\x01\x00" + alike * 2).parts
    assert [part.count if isinstance(part, Run) else 1 for part in parts] == [2, 1, 2]
    assert isinstance(parts[1], Data)


@pytest.mark.parametrize("long", [(), (0,), (1199,), (8, 500, 501), range(0, 1200, 7)])
def test_very_many_are_read_the_same(long: Sequence[int]) -> None:
    contents = [b"x" * (500 if place in long else place % 128) for place in range(1200)]
    heads = [PLAIN % signed(place) for place in range(1200)]
    data = b"".join(head + unsigned(len(one)) + one for head, one in zip(heads, contents, strict=True))
    read = section(unsigned(1200) + data)
    assert [part.count for part in read.parts if isinstance(part, Run)] == [len(read)] == [1200]
    assert [read.data[slice(*one.contents)] for one in read] == contents
    with pytest.raises(Malformed):
        section(unsigned(1201) + data)
    with pytest.raises(Malformed):
        section(unsigned(1200) + data[:-1])


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"\x02" + PLAIN % signed(8) + b"\x01x", 7),
        (b"\x01" + PLAIN % signed(8) + b"\x05abc", 6),
        (b"\x01" + PLAIN % signed(8) + b"\xff\xff\xff\xff\x0fabc", 10),
        (b"\x01" + PLAIN % signed(8), 5),
        (b"\x02" + PLAIN % signed(8) + b"\x00\x05", 6),
        (b"\xff\xff\xff\xff\x0f", 5),
    ],
)
def test_a_fault_is_told_where_it_is(data: bytes, offset: int) -> None:
    with pytest.raises(Malformed) as caught:
        section(data)
    assert caught.value.offset == BASE + offset
