"""The holder: memories, and a table with the functions that call its entries; memories with data lie beside it."""

from __future__ import annotations

from fuser.wasm.encode import encode_module
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.module import Module
from fuser.wasm.syntax import Export, Limits, RecursiveGroup, Slice, SubType, Table, TableType
from fuser.wasm.types import FUNCREF, FunctionType
from fuser.wrap.plan import HeldMemory, Holder

TABLE = "table"
"""The name under which the holder exports its table."""


def holder_module(holder: Holder) -> bytes:
    """Return the core module; it imports nothing and its table is filled by the fused module."""
    types = tuple(dict.fromkeys(trampoline.target.type for trampoline in holder.trampolines))
    bodies = [_body(n, one.target.type, types) for n, one in enumerate(holder.trampolines)]
    size = len(holder.trampolines)
    exports = [Export(memory.name, "memory", n) for n, memory in enumerate(holder.memories)]
    exports += [Export(one.name, "func", n) for n, one in enumerate(holder.trampolines)]
    tables: tuple[Table, ...] = ()
    if size:
        tables = (Table(TableType(FUNCREF, Limits(size, size))),)
        exports.append(Export(TABLE, "table", 0))
    return encode_module(
        Module(
            data=b"".join(bodies),
            groups=tuple(RecursiveGroup(n, (SubType(type),)) for n, type in enumerate(types)),
            functions=tuple(types.index(one.target.type) for one in holder.trampolines),
            tables=tables,
            memories=tuple(memory.limits for memory in holder.memories),
            exports=tuple(exports),
            bodies=_slices(bodies),
        )
    )


def memory_module(memory: HeldMemory, contents: bytes) -> bytes:
    """Return a core module that defines one memory with its data section."""
    module = Module(b"", memories=(memory.limits,), exports=(Export(memory.name, "memory", 0),))
    return encode_module(module) + contents


def _body(entry: int, type: FunctionType, types: tuple[FunctionType, ...]) -> bytes:
    """Return locals (none) and code of the trampoline that calls an entry of the table."""
    arguments = b"".join(b"\x20" + unsigned(n) for n in range(len(type.parameters)))
    call = b"\x11" + unsigned(types.index(type)) + unsigned(0)
    return b"\x00" + arguments + b"\x41" + signed(entry) + call + b"\x0b"


def _slices(bodies: list[bytes]) -> tuple[Slice, ...]:
    slices = []
    end = 0
    for body in bodies:
        slices.append(Slice(end, end + len(body)))
        end += len(body)
    return tuple(slices)
