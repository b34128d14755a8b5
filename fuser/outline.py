"""A component without its code: what the engine needs to judge it, and no more.

The engine validates a component by compiling it only, so each core module is replaced by
one with the same imports and exports in which nothing happens. That is a small fraction
of the time and memory. What is left out, a core module shows by itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from fuser.interpreter import deep_calls
from fuser.wasm import encode
from fuser.wasm.instructions import decode_all
from fuser.wasm.leb import unsigned
from fuser.wasm.module import PREAMBLE, Module, parse_module
from fuser.wasm.reader import Reader

PREAMBLE_SIZE = 8
CORE_MODULE, COMPONENT = 1, 4
TYPES, IMPORTS, TABLES, MEMORIES, GLOBALS, TAGS = 1, 2, 4, 5, 6, 13
CONTENTS = (9, 10, 11, 12)
"""What is in tables and memories, and code: of no use in an outline."""
EMPTY_BODY = b"\x03\x00\x00\x0b"  # no locals, unreachable
REF_FUNC = 0xD2

Piece = tuple[int, bytes]
"""Bytes of an outline, and where in the original they are from."""


@dataclass(frozen=True)
class Outline:
    """A component without its code; `original` tells where a byte of it comes from."""

    data: bytes
    starts: tuple[int, ...]
    originals: tuple[int, ...]

    def original(self, offset: int) -> int:
        """Return the offset in the original of an offset in the outline."""
        piece = max(0, bisect_right(self.starts, offset) - 1)
        return self.originals[piece] + offset - self.starts[piece]


def core_modules(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every core module in a component, nested ones too, with its offset."""
    left = [Reader(data)]
    while left:
        reader = left.pop()
        reader.skip(PREAMBLE_SIZE)
        while not reader.done:
            id, section = reader.byte(), reader.sub(reader.u32())
            if id == CORE_MODULE:
                yield section.position, section.data[section.position : section.end]
            elif id == COMPONENT:
                left.append(section)


def outline(data: bytes) -> Outline:
    """Return the outline of a component that has been parsed: its sections are sound and not nested too deep."""
    with deep_calls():
        pieces = _component(Reader(data))
    starts = accumulate((len(piece) for _, piece in pieces), initial=0)
    return Outline(
        b"".join(piece for _, piece in pieces),
        tuple(start for start, _ in zip(starts, pieces, strict=False)),
        tuple(place for place, _ in pieces),
    )


def _component(reader: Reader) -> list[Piece]:
    pieces = [(reader.position, reader.bytes(PREAMBLE_SIZE))]
    while not reader.done:
        start = reader.position
        id, section = reader.byte(), reader.sub(reader.u32())
        if id == CORE_MODULE:
            inner = [(section.position, _module(section.data[section.position : section.end]))]
        elif id == COMPONENT:
            inner = _component(section)
        else:
            pieces.append((start, reader.data[start : section.end]))
            continue
        pieces.append((start, bytes((id,)) + unsigned(sum(len(piece) for _, piece in inner))))
        pieces += inner
    return pieces


def _module(data: bytes) -> bytes:
    """Return a module with the same imports and exports, and no code."""
    module, raw = parse_module(data, without=CONTENTS), _sections(data)
    types, numbers = _functions(module)
    parts = [PREAMBLE, raw.get(TYPES, b""), raw.get(IMPORTS, b"")]
    parts.append(encode.vector_section(3, map(unsigned, types)))
    parts += [raw.get(id, b"") for id in (TABLES, MEMORIES, TAGS, GLOBALS)]
    parts.append(_exports(module, numbers))
    parts.append(encode.vector_section(10, (EMPTY_BODY for _ in types)))
    return b"".join(parts)


def _functions(module: Module) -> tuple[Sequence[int], Sequence[int]]:
    """Return the types of the functions of an outline, and the number of each function in it.

    One stands for all of its type: a library may export tens of thousands.
    """
    imported, types = module.imported("func"), module.functions
    if _names_functions(module):
        return types, range(module.count("func"))
    used = {module.function_types[one.index] for one in module.exports if one.sort == "func"}
    places = {type: imported + number for number, type in enumerate(used)}
    return tuple(places), (*range(imported), *(places.get(type, 0) for type in types))


def _names_functions(module: Module) -> bool:
    """Whether an initial value names a function, whose index must stay then."""
    values = (*(one.start for one in module.globals), *(one.start for one in module.tables))
    for value in values:
        if value is None or REF_FUNC not in module.data[value.start : value.end]:
            continue
        if any(operation.name == "ref.func" for operation, _ in decode_all(module.reader(value))):
            return True
    return False


def _sections(data: bytes) -> dict[int, bytes]:
    """Return the sections of a module as they are, by id."""
    reader = Reader(data, PREAMBLE_SIZE)
    sections: dict[int, bytes] = {}
    while not reader.done:
        start = reader.position
        id = reader.byte()
        _, end = reader.skip(reader.u32())
        if id in (TYPES, IMPORTS, TABLES, MEMORIES, GLOBALS, TAGS):
            sections[id] = data[start:end]
    return sections


def _exports(module: Module, functions: Sequence[int]) -> bytes:
    exports = (replace(one, index=functions[one.index]) if one.sort == "func" else one for one in module.exports)
    return encode.vector_section(7, map(encode.export, exports))
