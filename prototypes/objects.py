"""One function body, executed on symbols from top to bottom: which objects it makes, and what it stores in them.

What is known is forgotten wherever control may come from elsewhere, so a finding is true of
every path that reaches the call; what is not found says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from fuser.wasm.instructions import Use, decode, read_locals
from fuser.wasm.module import Module
from fuser.wasm.opcodes import Operation
from fuser.wasm.syntax import Slice
from fuser.wasm.types import FunctionType

TYPE_WIDTHS = {"i32": 4, "i64": 8, "f32": 4, "f64": 8}
WIDTHS = {"8": 1, "16": 2, "32": 4}


@dataclass(frozen=True)
class Store:
    """Bytes written into an object before it is handed over."""

    offset: int
    size: int


@dataclass(eq=False)
class Object:
    """What one call with a constant size returned."""

    size: int
    allocator: int
    """The function that was called."""
    stores: list[Store] = field(default_factory=list)
    escapes: bool = False
    """Whether its address is stored, passed to a call or put into a global."""


@dataclass(frozen=True)
class Unknown:
    """Any value."""


@dataclass(frozen=True)
class Number:
    """An i32 constant."""

    value: int


@dataclass(frozen=True)
class Parameter:
    """The value of a parameter."""

    index: int


@dataclass(frozen=True)
class Address:
    """The address of an object, plus an offset."""

    object: Object
    offset: int = 0


Value = Unknown | Number | Parameter | Address
UNKNOWN = Unknown()


def handed_over(module: Module, function: int, targets: AbstractSet[int]) -> Iterator[Value]:
    """Yield the argument of each call of `targets`, functions of one parameter and one result."""
    body = module.body(function)
    return iter(()) if body is None else _Walk(module, function, body, targets).run()


class _Walk:
    """One function body on its way."""

    def __init__(self, module: Module, function: int, body: Slice, targets: AbstractSet[int]) -> None:
        self.module, self.targets = module, targets
        self.reader = module.reader(body)
        read_locals(self.reader, [])
        self.stack: list[Value] = []
        parameters = module.function_type(function).parameters
        self.locals: dict[int, Value] = {index: Parameter(index) for index in range(len(parameters))}

    def run(self) -> Iterator[Value]:
        """Execute to the end of the body."""
        while not self.reader.done:
            start = self.reader.position
            operation, uses = decode(self.reader)
            if operation.name == "call" and uses[0].value in self.targets:
                yield self._pop()
                self.stack.append(UNKNOWN)
            else:
                self._step(operation, uses, start)

    def _step(self, operation: Operation, uses: tuple[Use, ...], start: int) -> None:
        name = operation.name
        kind, _, what = name.partition(".")
        if kind == "local":
            self._local(what, self._number(start))
        elif name == "i32.const":
            self.stack.append(Number(self._number(start)))
        elif name == "call":
            self._call(self.module.function_type(uses[0].value), uses[0].value)
        elif "store" in what:
            self._store(name, start)
        elif name == "i32.add":
            self.stack.append(_sum(self._pop(), self._pop()))
        elif (effect := _EFFECTS.get(name) or _by_kind(name)) is not None:
            popped = self._pops(effect[0])
            if name == "global.set":
                _escape(popped)
            self.stack += [UNKNOWN] * effect[1]
        elif name not in ("block", "nop"):
            self._forget()

    def _local(self, what: str, index: int) -> None:
        if what == "get":
            self.stack.append(self.locals.get(index, UNKNOWN))
            return
        self.locals[index] = self._pop()
        if what == "tee":
            self.stack.append(self.locals[index])

    def _call(self, type: FunctionType, callee: int) -> None:
        arguments = self._pops(len(type.parameters))
        _escape(arguments)
        if len(type.results) == 1 and len(arguments) == 1 and isinstance(size := arguments[0], Number):
            self.stack.append(Address(Object(size.value, callee)))
        else:
            self.stack += [UNKNOWN] * len(type.results)

    def _store(self, name: str, start: int) -> None:
        _escape([self._pop()])
        address = self._pop()
        type, _, width = name.partition(".store")
        if isinstance(address, Address) and type in TYPE_WIDTHS:
            size = WIDTHS[width] if width else TYPE_WIDTHS[type]
            address.object.stores.append(Store(address.offset + self._offset(start), size))

    def _pop(self) -> Value:
        return self.stack.pop() if self.stack else UNKNOWN

    def _pops(self, count: int) -> list[Value]:
        return [self._pop() for _ in range(count)]

    def _forget(self) -> None:
        """Know nothing: control may come from elsewhere, or the operation is not modelled."""
        self.stack.clear()
        self.locals.clear()

    def _number(self, start: int) -> int:
        """Return the only immediate of the one-byte operation that starts there."""
        reader = self.module.reader(Slice(start + 1, self.reader.position))
        return reader.s32() if self.module.data[start] == _I32_CONST else reader.u32()

    def _offset(self, start: int) -> int:
        """Return the constant offset of the store that starts there."""
        reader = self.module.reader(Slice(start + 1, self.reader.position))
        if reader.u32() & 0x40:
            reader.u32()
        return reader.u64()


def _escape(values: list[Value]) -> None:
    for value in values:
        if isinstance(value, Address):
            value.object.escapes = True


_I32_CONST = 0x41
_EFFECTS = {
    "drop": (1, 0),
    "select": (3, 1),
    "br_if": (1, 0),
    "global.get": (0, 1),
    "global.set": (1, 0),
    "memory.size": (0, 1),
    "memory.grow": (1, 1),
    "memory.copy": (3, 0),
    "memory.fill": (3, 0),
}
_UNARY = frozenset(["eqz", "clz", "ctz", "popcnt", "abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt"])
_CONVERSIONS = ("wrap", "extend", "trunc_", "convert", "reinterpret", "promote", "demote")


def _by_kind(name: str) -> tuple[int, int] | None:
    """Return how many values a numeric operation or load takes and gives; None for others."""
    type, _, what = name.partition(".")
    if type not in TYPE_WIDTHS or "atomic" in what:
        return None
    if what == "const":
        return 0, 1
    unary = what in _UNARY or "load" in what or what.startswith(_CONVERSIONS)
    return (1, 1) if unary else (2, 1)


def _sum(one: Value, other: Value) -> Value:
    match one, other:
        case (Address(made, offset), Number(value)) | (Number(value), Address(made, offset)):
            return Address(made, offset + value)
        case Number(a), Number(b):
            return Number((a + b) & 0x7FFFFFFF) if 0 <= a + b < 1 << 31 else UNKNOWN
    return UNKNOWN
