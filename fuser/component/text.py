"""Input as bytes or as text: text is assembled by the reference engine's parser."""

from __future__ import annotations

import re

from fuser.component.binary import MAGIC
from fuser.component.parse import parse
from fuser.component.tree import Component
from fuser.errors import Malformed

_PLACE = re.compile(r" --> <anon>:([0-9]+):([0-9]+) .*")
"""Where the parser says that a text is wrong, with a drawing of the line that needs lines of its own."""


def binary(data: bytes) -> bytes:
    """Return input in binary form: as it is, or assembled from the text format.

    Raises Malformed where the text does not parse; its line and column are in the message.
    """
    if data.startswith(MAGIC[:1]) or not data.strip():
        return data
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("neither a WebAssembly binary nor text", error.start) from None
    import wasmtime

    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        raise Malformed(_PLACE.sub(r" (at line \1, column \2)", " ".join(str(error).split()))) from None


def read(data: bytes) -> Component:
    """Parse a component in binary or text form."""
    return parse(binary(data))
