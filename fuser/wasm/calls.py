"""What the functions of a module call and touch, read off their code when asked.

Answers are about one module: where an imported function is called, the reader goes on in
the module that it comes from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from fuser.wasm.instructions import Use, decode, decode_bytes, read_locals
from fuser.wasm.leb import unsigned
from fuser.wasm.module import Module
from fuser.wasm.opcodes import OPERATIONS, Immediate, Operation
from fuser.wasm.scan import SPACES, Pattern, scanner
from fuser.wasm.syntax import Slice

DIRECT = frozenset({"call", "return_call"})
INDIRECT = frozenset({"call_indirect", "return_call_indirect", "call_ref", "return_call_ref"})
THROWING = frozenset({"throw", "throw_ref"})
_WATCHED = DIRECT | INDIRECT | THROWING | {"ref.func"}


@dataclass(frozen=True)
class Calls:
    """What one function may do to reach other code; functions by index, ascending."""

    direct: tuple[int, ...] = ()
    references: tuple[int, ...] = ()
    """Functions that it makes references to."""
    indirect: tuple[int, ...] = ()
    """Types, by index, of what it calls through tables and references."""
    throws: bool = False


@dataclass(frozen=True)
class Reach:
    """What a call of some functions may lead to, within their module."""

    functions: frozenset[int]
    """Every function called directly, imported ones included."""
    indirect: bool
    throws: bool


@dataclass(frozen=True)
class CallGraph:
    """The calls of a module, function by function as they are asked for."""

    module: Module
    _calls: dict[int, Calls] = field(default_factory=dict)

    def calls(self, function: int) -> Calls:
        """Return the calls of a function by its index; those of an imported one are empty.

        Raises Malformed with the offset of code that cannot be read.
        """
        if function not in self._calls:
            body = self.module.body(function)
            self._calls[function] = Calls() if body is None else _calls(self.module, body)
        return self._calls[function]

    def reach(self, functions: Iterable[int]) -> Reach:
        """Follow direct calls from some functions."""
        pending = list(functions)
        seen: set[int] = set(pending)
        indirect = throws = False
        while pending:
            calls = self.calls(pending.pop())
            indirect |= bool(calls.indirect)
            throws |= calls.throws
            pending += (callee for callee in calls.direct if callee not in seen)
            seen.update(calls.direct)
        return Reach(frozenset(seen), indirect, throws)


def operations(
    module: Module,
    body: Slice,
    spaces: frozenset[Immediate] = frozenset(),
    watched: frozenset[str] = frozenset(),
) -> Iterator[tuple[Operation, tuple[Use, ...]]]:
    """Yield each distinct operation of a body that uses an index of `spaces` or is `watched`."""
    for raw in sorted(_stops(module, body, scanner(spaces, (), watched))):
        operation, uses = decode_bytes(raw)
        if operation.name in watched or any(use.space in spaces for use in uses):
            yield operation, uses


def only_called_through(module: Module, table: int) -> bool:
    """Whether a module's code uses a table for nothing but indirect calls."""
    return all(
        operation.name in INDIRECT
        for body in _suspects(module, table)
        for operation, uses in operations(module, body, frozenset({Immediate.TABLE}))
        if any(use.space is Immediate.TABLE and use.value == table for use in uses)
    )


def _suspects(module: Module, table: int) -> Iterable[Slice]:
    """Return the bodies with bytes that could be another use of a table than an indirect call.

    They may be part of something else, of a constant for example; few bodies have them.
    """
    if not module.bodies:
        return ()
    start, end = module.bodies[0].start, module.bodies[-1].end
    places = {found.start() for pattern in _other_uses(table) for found in pattern.finditer(module.data, start, end)}
    return dict.fromkeys(module.bodies[bisect_right(module.bodies, (place, end)) - 1] for place in sorted(places))


@lru_cache
def _other_uses(table: int) -> tuple[Pattern, ...]:
    """Compile how the operations on a table may be spelled, indirect calls left out.

    There is a pattern for each first byte: such a one is looked for as fast as memory can be read.
    """
    spellings: dict[bytes, list[bytes]] = {}
    for operation in OPERATIONS:
        if Immediate.TABLE in operation.immediates and operation.name not in INDIRECT:
            rest = b"".join(_spelled(part) for part in operation.code[1:])
            index = _spelled(table) if operation.immediates == (Immediate.TABLE,) else b""
            spellings.setdefault(operation.code[:1], []).append(rest + index)
    return tuple(re.compile(re.escape(first) + b"(?:%b)" % b"|".join(rest)) for first, rest in spellings.items())


def _spelled(value: int) -> bytes:
    """Return the pattern of an unsigned 32-bit integer in all its spellings, padded ones included."""
    head, last = unsigned(value)[:-1], unsigned(value)[-1]
    padded = rb"\x%02x\x80{0,%d}\x00" % (last | 0x80, 3 - len(head))
    return re.escape(head) + (rb"(?:\x%02x|%b)" % (last, padded) if len(head) < 4 else rb"\x%02x" % last)


def touches(module: Module, function: int, spaces: frozenset[Immediate] = SPACES) -> bool:
    """Whether a defined function's code uses an index of some spaces."""
    body = module.body(function)
    return body is not None and any(True for _ in operations(module, body, spaces))


def _stops(module: Module, body: Slice, pattern: Pattern) -> set[bytes]:
    """Return the bytes of all operations at which the pattern stops or gives up."""
    reader = module.reader(body)
    read_locals(reader, [])
    stops: set[bytes] = set()
    while not reader.done:
        pairs = pattern.findall(reader.data, reader.position, reader.end)
        stops.update(stop for _, stop in pairs)
        reader.position += sum(map(len, chain.from_iterable(pairs)))
        if not reader.done:
            start = reader.position
            decode(reader)
            stops.add(reader.data[start : reader.position])
    return stops - {b""}


def _calls(module: Module, body: Slice) -> Calls:
    direct: set[int] = set()
    references: set[int] = set()
    indirect: set[int] = set()
    throws = False
    for operation, uses in operations(module, body, watched=_WATCHED):
        if operation.name in DIRECT:
            direct.add(uses[0].value)
        elif operation.name in INDIRECT:
            indirect.add(uses[0].value)
        elif operation.name in THROWING:
            throws = True
        else:
            references.add(uses[0].value)
    count = module.count("func")
    for function in direct | references:
        if function >= count:
            module.reader(body).fail(f"unknown function {function}")
    return Calls(tuple(sorted(direct)), tuple(sorted(references)), tuple(sorted(indirect)), throws)
