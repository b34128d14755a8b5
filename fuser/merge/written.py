"""Functions that the fuser writes: found from what needs them, and rendered last."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from fuser.code import EMPTY_BLOCK, END, IF, Code, MemoryArgument, Part, Reference, TrapSite, TypeReference
from fuser.draft import Draft
from fuser.errors import NotViable
from fuser.merge.spaces import Key, Resolver, Spaces
from fuser.merge.types import TypeSpace
from fuser.symbols import Function, Symbol, Table, Written
from fuser.traps import Trap
from fuser.wasm.encode import value_type, vector
from fuser.wasm.instructions import memory_argument
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.types import ValueType

_IF = [IF, EMPTY_BLOCK]


@dataclass(frozen=True)
class Found:
    """Every symbol that the draft leads to, in a fixed order, and the code of the written ones."""

    symbols: tuple[Symbol, ...]
    code: dict[Function, Code]


def find(draft: Draft, resolver: Resolver) -> Found:
    """Follow symbols from the draft's ends to all others; calls each `write` once.

    Raises NotViable where they lead to the state of another module.
    """
    pending = deque(_ends(draft, resolver))
    seen: dict[Key | Table, Symbol] = {}
    code: dict[Function, Code] = {}
    while pending:
        symbol = pending.popleft()
        # Two table symbols of one origin may fill it from two sides.
        key = symbol if isinstance(symbol, Table) else resolver.symbol(symbol)
        if key in seen:
            continue
        if symbol in draft.foreign:  # it would be copied, with a state of its own
            raise NotViable(f"the fused module would have to reach {symbol.name} of a further module", "Builder.module")
        seen[key] = symbol
        if isinstance(symbol, Table):
            pending.extend(symbol.elements)
        elif isinstance(symbol, Function) and isinstance(symbol.origin, Written):
            code[symbol] = written = Code(symbol.type)
            symbol.origin.write(written)
            assert written.depth == 0, f"{symbol.name}: {written.depth} blocks left open"
            pending.extend(_mentioned(written.parts))
    return Found(tuple(seen.values()), code)


def _ends(draft: Draft, resolver: Resolver) -> Iterable[Symbol]:
    yield from draft.held.values()
    for instance in draft.core_instances:
        yield from resolver.bound(instance)
    for _, symbol in draft.exports:
        yield symbol
    yield from draft.roots
    yield from draft.tables
    for region in draft.reserved:
        yield region.memory


def _mentioned(parts: Iterable[Part]) -> Iterable[Symbol]:
    for part in parts:
        if isinstance(part, bytes):  # as most are
            continue
        if isinstance(part, Reference):
            yield part.symbol
        elif isinstance(part, MemoryArgument):
            yield part.memory


@dataclass(frozen=True)
class Rendered:
    """A body, and where in it trap sites came to lie."""

    body: bytes
    sites: tuple[tuple[int, Trap], ...]


def render(code: Code, spaces: Spaces, types: TypeSpace) -> Rendered:
    """Write a body with every symbol numbered."""
    body = bytearray(_locals(code.locals))
    sites: list[tuple[int, Trap]] = []
    for place, part in enumerate(code.parts):
        match part:
            case bytes():
                body += part
            case Reference(symbol):
                body += unsigned(spaces.symbol(symbol))
            case TypeReference(type):
                # Block types are signed; the signed form of an index reads the same unsigned.
                body += signed(types.function(type))
            case MemoryArgument(align, memory, offset):
                body += memory_argument(align, spaces.symbol(memory)) + unsigned(offset)
            case TrapSite(trap):
                # The engine makes one conditional trap of `if unreachable` and names the `if`.
                if code.parts[max(place - 2, 0) : place] == _IF:
                    sites.append((len(body) - 2, trap))
                sites.append((len(body), trap))
                body += b"\x00"
    return Rendered(bytes(body) + END, tuple(sites))


def register_types(code: Iterable[Code], types: TypeSpace) -> None:
    """Give every type that code mentions its index, before anything is numbered by it."""
    for one in code:
        for part in one.parts:
            if isinstance(part, TypeReference):
                types.function(part.type)


def _locals(types: Iterable[ValueType]) -> bytes:
    runs = ((type, len(list(run))) for type, run in groupby(types))
    return vector(unsigned(count) + value_type(type) for type, count in runs)
