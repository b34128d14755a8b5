"""The `name` section: names of functions (core spec, "Appendix – Custom Sections").

Names stay UTF-8 bytes: they go from one name section to another, and there are thousands.
Custom sections never make a module invalid: what is malformed in one reads as no name.
"""

from __future__ import annotations

from collections.abc import Iterable

from fuser.errors import Malformed
from fuser.wasm.encode import custom, sized, vector
from fuser.wasm.leb import unsigned
from fuser.wasm.module import Module
from fuser.wasm.reader import Reader

_FUNCTIONS = 1


def function_names(module: Module) -> dict[int, bytes]:
    """Return the names of functions by index."""
    for section in module.customs:
        if section.name == "name":
            try:
                return _read(module.reader(section.contents))
            except Malformed:
                return {}
    return {}


def _read(reader: Reader) -> dict[int, bytes]:
    while not reader.done:
        kind = reader.byte()
        part = reader.sub(reader.u32())
        if kind == _FUNCTIONS:
            return {part.u32(): _text(part) for _ in range(part.u32())}
    return {}


def _text(reader: Reader) -> bytes:
    text = reader.bytes(reader.u32())
    if not text.isascii():
        Reader(sized(text)).name()  # raises where it is no UTF-8
    return text


def name_section(functions: Iterable[tuple[int, bytes]]) -> bytes:
    """Encode the names of functions, given by rising index."""
    entries = vector([unsigned(index) + sized(text) for index, text in functions])
    return custom("name", bytes([_FUNCTIONS]) + sized(entries))
