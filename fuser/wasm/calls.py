"""What the functions of a module call and touch, read off their code when asked.

Answers are about one module: where an imported function is called, the reader goes on in
the module that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fuser.wasm.instructions import Use, decode
from fuser.wasm.module import Module
from fuser.wasm.opcodes import Immediate, Operation
from fuser.wasm.scan import SPACES, Pattern, locals_end, scanner
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
    indirect: bool = False
    """Whether it calls through a table or a reference."""
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
            indirect |= calls.indirect
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
    """Yield the operations of a body that use an index of `spaces` or are `watched`, in order."""
    pattern = scanner(spaces, (), watched)
    for start, end in _stops(module, body, pattern):
        reader = module.reader(Slice(start, end))
        operation, uses = decode(reader)
        if operation.name in watched or any(use.space in spaces for use in uses):
            yield operation, uses


def touches(module: Module, function: int, spaces: frozenset[Immediate] = SPACES) -> bool:
    """Whether a defined function's code uses an index of some spaces."""
    body = module.body(function)
    return body is not None and any(True for _ in operations(module, body, spaces))


def _stops(module: Module, body: Slice, pattern: Pattern) -> Iterator[tuple[int, int]]:
    """Yield the range of every operation at which the pattern stops or gives up."""
    position = locals_end(module.reader(body))
    while position < body.end:
        match = pattern.match(module.data, position, body.end)
        assert match is not None  # it takes in anything, even nothing
        start, end = match.span(2)
        if start < 0:
            start = match.end(1)
            reader = module.reader(Slice(start, body.end))
            decode(reader)
            end = reader.position
        if start < end:
            yield start, end
        position = max(end, start)


def _calls(module: Module, body: Slice) -> Calls:
    direct: set[int] = set()
    references: set[int] = set()
    indirect = throws = False
    for operation, uses in operations(module, body, watched=_WATCHED):
        if operation.name in DIRECT:
            direct.add(uses[0].value)
        elif operation.name in INDIRECT:
            indirect = True
        elif operation.name in THROWING:
            throws = True
        else:
            references.add(uses[0].value)
    count = module.count("func")
    for function in direct | references:
        if function >= count:
            module.reader(body).fail(f"unknown function {function}")
    return Calls(tuple(sorted(direct)), tuple(sorted(references)), indirect, throws)


