"""A builder of one function body against symbols that have no numbers yet.

`Code` collects byte runs and references; `merge` renders it once every symbol is
numbered. Locals and labels are numbers at once (they belong to the body). A trap is
written with its condition, and rendering tells at which byte it came to lie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fuser.symbols import Function, Global, Memory, Symbol, Table
from fuser.traps import Trap
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.opcodes import PLAIN
from fuser.wasm.types import I64, FunctionType, ValueType

BLOCK, LOOP, IF, ELSE, END = b"\x02", b"\x03", b"\x04", b"\x05", b"\x0b"
TRY_TABLE = b"\x1f"
EMPTY_BLOCK = b"\x40"


@dataclass(frozen=True)
class Reference:
    """The index of a symbol, to be written as an unsigned LEB."""

    symbol: Symbol


@dataclass(frozen=True)
class TypeReference:
    """The index of a function type in the output (call_indirect, block types)."""

    type: FunctionType


@dataclass(frozen=True)
class MemoryArgument:
    """A memarg: alignment exponent, memory and constant offset."""

    align: int
    memory: Memory
    offset: int


@dataclass(frozen=True)
class TrapSite:
    """An `unreachable` and the condition that reaches it."""

    trap: Trap


Part = bytes | Reference | TypeReference | MemoryArgument | TrapSite


@dataclass(frozen=True)
class Label:
    """The target of a branch: how many blocks were open when it was opened."""

    depth: int


@dataclass
class Code:
    """A body under construction; `type` is the function's own type."""

    type: FunctionType
    parts: list[Part] = field(default_factory=list)
    locals: list[ValueType] = field(default_factory=list)
    depth: int = 0
    _temporary: list[tuple[ValueType, int]] | None = None
    """The locals reserved since the innermost `temporaries` began; None outside of any."""
    _idle: defaultdict[ValueType, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Those that may be reserved anew."""

    # -- locals ------------------------------------------------------------

    def local(self, type: ValueType, *, lasting: bool = False) -> int:
        """Reserve a local and return its index (parameters come first).

        It is a new one, which is zero, but within `temporaries`: there only a lasting one is.
        """
        if self._temporary is None or lasting:
            self.locals.append(type)
            return len(self.type.parameters) + len(self.locals) - 1
        index = self._idle[type].pop() if self._idle[type] else self.local(type, lasting=True)
        self._temporary.append((type, index))
        return index

    @contextmanager
    def temporaries(self) -> Iterator[None]:
        """Emit a body behind which its locals, but for lasting ones, are for others: a function takes 50,000."""
        outer, self._temporary = self._temporary, []
        yield
        for type, index in self._temporary:
            self._idle[type].append(index)
        self._temporary = outer

    def get(self, index: int) -> None:
        """Push a local."""
        self.parts.append(b"\x20" + unsigned(index))

    def set(self, index: int) -> None:
        """Pop into a local."""
        self.parts.append(b"\x21" + unsigned(index))

    def tee(self, index: int) -> None:
        """Store into a local and keep the value."""
        self.parts.append(b"\x22" + unsigned(index))

    # -- plain operations --------------------------------------------------

    def op(self, *names: str) -> None:
        """Append operations without immediates, by their text-format names."""
        self.parts.extend(PLAIN[name] for name in names)

    def i32(self, value: int) -> None:
        """Push an i32 constant; values from 2³¹ on are taken as unsigned."""
        self.parts.append(b"\x41" + signed(_wrap(value, 32)))

    def i64(self, value: int) -> None:
        """Push an i64 constant; values from 2⁶³ on are taken as unsigned."""
        self.parts.append(b"\x42" + signed(_wrap(value, 64)))

    def v128(self, value: bytes) -> None:
        """Push a vector constant of 16 bytes, lane 0 first."""
        self.parts.append(PLAIN["v128.const"] + value)

    def shuffle(self, lanes: bytes) -> None:
        """Append `i8x16.shuffle` with its 16 lane numbers."""
        self.parts.append(PLAIN["i8x16.shuffle"] + lanes)

    def lane(self, name: str, lane: int) -> None:
        """Append an operation on one lane, e.g. `lane("i64x2.extract_lane", 0)`."""
        self.parts.append(PLAIN[name] + bytes([lane]))

    def address(self, memory: Memory, value: int) -> None:
        """Push a constant of the memory's address type."""
        (self.i64 if memory.address == I64 else self.i32)(value)

    # -- symbols -----------------------------------------------------------

    def call(self, function: Function) -> None:
        """Call a function."""
        self.parts += (b"\x10", Reference(function))

    def call_indirect(self, type: FunctionType, table: Table) -> None:
        """Call through a table."""
        self.parts += (b"\x11", TypeReference(type), Reference(table))

    def global_get(self, variable: Global) -> None:
        """Push a global."""
        self.parts += (b"\x23", Reference(variable))

    def global_set(self, variable: Global) -> None:
        """Pop into a global."""
        self.parts += (b"\x24", Reference(variable))

    def access(self, name: str, memory: Memory, offset: int = 0, align: int = 0) -> None:
        """Append a load or store, e.g. `access("i32.load", memory, 8)`; `align` is an exponent."""
        self.parts += (PLAIN[name], MemoryArgument(align, memory, offset))

    def memory_size(self, memory: Memory) -> None:
        """Push the size of a memory in pages."""
        self.parts += (b"\x3f", Reference(memory))

    def memory_grow(self, memory: Memory) -> None:
        """Grow a memory by pages; pushes the old size or -1."""
        self.parts += (b"\x40", Reference(memory))

    def memory_copy(self, destination: Memory, source: Memory) -> None:
        """Copy between memories: destination address, source address, length."""
        self.parts += (b"\xfc\x0a", Reference(destination), Reference(source))

    def memory_fill(self, memory: Memory) -> None:
        """Fill a range of a memory: address, byte, length."""
        self.parts += (b"\xfc\x0b", Reference(memory))

    def trap(self, trap: Trap) -> None:
        """Trap here, for this reason."""
        self.parts.append(TrapSite(trap))

    def trap_if(self, trap: Trap) -> None:
        """Pop a condition and trap where it is not zero."""
        with self.if_():
            self.trap(trap)

    # -- blocks ------------------------------------------------------------

    @contextmanager
    def block(self, *results: ValueType) -> Iterator[Label]:
        """Open a block; branching to its label leaves it."""
        yield self._open(BLOCK, results)
        self._close()

    @contextmanager
    def loop(self, *results: ValueType) -> Iterator[Label]:
        """Open a loop; branching to its label repeats it."""
        yield self._open(LOOP, results)
        self._close()

    @contextmanager
    def if_(self, *results: ValueType) -> Iterator[Label]:
        """Pop a condition and open its true arm."""
        yield self._open(IF, results)
        self._close()

    def else_(self) -> None:
        """Turn to the false arm of the innermost `if_`."""
        self.parts.append(ELSE)

    def branch(self, label: Label) -> None:
        """Branch to a label."""
        self.parts.append(b"\x0c" + unsigned(self.depth - 1 - label.depth))

    def branch_if(self, label: Label) -> None:
        """Pop a condition and branch where it is not zero."""
        self.parts.append(b"\x0d" + unsigned(self.depth - 1 - label.depth))

    def branch_table(self, labels: Sequence[Label], default: Label) -> None:
        """Pop a number and branch to the label of that position, else to the default."""
        targets = (unsigned(self.depth - 1 - label.depth) for label in (*labels, default))
        self.parts.append(b"\x0e" + unsigned(len(labels)) + b"".join(targets))

    @contextmanager
    def try_(self, handler: Label, *results: ValueType) -> Iterator[None]:
        """Open a block out of which any exception branches to `handler`, which takes no value."""
        catch_all = b"\x01\x02" + unsigned(self.depth - 1 - handler.depth)
        self._open(TRY_TABLE, results)
        self.parts.append(catch_all)
        yield
        self._close()

    def return_(self) -> None:
        """Return from the function."""
        self.parts.append(b"\x0f")

    def _open(self, opcode: bytes, results: tuple[ValueType, ...]) -> Label:
        self.parts.append(opcode)
        if len(results) > 1:
            self.parts.append(TypeReference(FunctionType((), results)))
        elif results:
            self.parts.append(bytes([results[0].code]))
        else:
            self.parts.append(EMPTY_BLOCK)
        self.depth += 1
        return Label(self.depth - 1)

    def _close(self) -> None:
        self.parts.append(END)
        self.depth -= 1


def _wrap(value: int, bits: int) -> int:
    """Read an unsigned constant as the signed one of the same bits."""
    return value - (1 << bits) if value >= 1 << (bits - 1) else value


Writer = Callable[[Code], None]
