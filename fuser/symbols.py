"""Symbols: the functions, memories, globals and tables of the output before they have numbers.

Code is emitted against these objects; a symbol *is* its identity, and its name serves
messages and the name section only. `merge` finds the symbols that are reachable and
numbers them last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuser.wasm.types import I32, FunctionType, ValueType

if TYPE_CHECKING:
    from fuser.code import Code
    from fuser.program import CoreInstance


@dataclass(frozen=True)
class Guest:
    """Origin: the item `index` of its sort's index space in a guest's core instance.

    The definer, never a re-export: import chains are resolved by the linker.
    """

    instance: CoreInstance
    index: int


@dataclass(frozen=True)
class Imported:
    """Origin: an import of the fused module, supplied by its wrapper or its host."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class Written:
    """Origin: a body that `write` emits when the function is found reachable."""

    write: Callable[[Code], None]


@dataclass(frozen=True)
class Private:
    """Origin: made by the fuser for this module; no guest can name it.

    `start` is the initial value of a global, or the initial size of a memory (pages) or
    table (entries); `maximum` as in limits.
    """

    start: int = 0
    maximum: int | None = None


@dataclass(frozen=True, eq=False)
class Function:
    """A core function."""

    name: str
    type: FunctionType
    origin: Guest | Imported | Written


@dataclass(frozen=True, eq=False)
class Memory:
    """A linear memory; `address` is i32, or i64 for memory64."""

    name: str
    origin: Guest | Imported | Private
    address: ValueType = I32


@dataclass(frozen=True, eq=False)
class Global:
    """A mutable global of a number type."""

    name: str
    type: ValueType
    origin: Guest | Imported | Private


@dataclass(frozen=True, eq=False)
class Table:
    """A funcref table; `elements` fill it from index 0 by an active segment."""

    name: str
    origin: Guest | Imported | Private
    elements: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Region:
    """Bytes reserved in a guest's own linear memory, visible to it."""

    memory: Memory
    start: int
    size: int


Symbol = Function | Memory | Global | Table
