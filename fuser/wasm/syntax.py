"""What a core module is made of, as plain values (core spec, "Structure – Modules").

Every type index is of the module that the value came from. Bodies, constant expressions
and data stay (start, end) slices of the module's bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

from fuser.wasm.types import I32, I64, FunctionType, ValueType

Sort = Literal["func", "table", "memory", "global", "tag"]
SORTS: tuple[Sort, ...] = ("func", "table", "memory", "global", "tag")
"""The sorts of imports and exports, by their byte."""
PAGE_BITS = 16
PAGE = 1 << PAGE_BITS
"""Bytes of a page of memory."""


class Slice(NamedTuple):
    """A range of a module's bytes."""

    start: int
    end: int


# -- types ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of a struct or an array; the codes 0x78 and 0x77 stand for i8 and i16."""

    type: ValueType
    mutable: bool


@dataclass(frozen=True, slots=True)
class StructType:
    """A struct type."""

    fields: tuple[FieldType, ...]


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array type."""

    element: FieldType


CompositeType = FunctionType | StructType | ArrayType


@dataclass(frozen=True, slots=True)
class SubType:
    """One defined type: its declared supertypes (at most one) and its composite type."""

    composite: CompositeType
    final: bool = True
    supertypes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RecursiveGroup:
    """Types that are defined together and may mention each other; `first` is the first's index."""

    first: int
    types: tuple[SubType, ...]

    @property
    def plain(self) -> FunctionType | None:
        """The one type of a group that is the same wherever it looks the same, as nearly all are.

        It is a function type that is final, stands alone, and mentions no defined type.
        """
        if len(self.types) != 1:
            return None
        (sub,) = self.types
        if not sub.final or sub.supertypes or not isinstance(sub.composite, FunctionType):
            return None
        values = chain(sub.composite.parameters, sub.composite.results)
        return sub.composite if all(value.heap is None or value.heap < 0 for value in values) else None


@dataclass(frozen=True, slots=True)
class Limits:
    """Size of a memory (pages) or table (entries), and its address type."""

    minimum: int
    maximum: int | None = None
    shared: bool = False
    address: ValueType = I32

    @property
    def wide(self) -> bool:
        """Whether addresses are i64."""
        return self.address == I64


@dataclass(frozen=True, slots=True)
class TableType:
    """A table: the reference type of its elements, and its size."""

    element: ValueType
    limits: Limits


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global's content."""

    type: ValueType
    mutable: bool


@dataclass(frozen=True, slots=True)
class TagType:
    """An exception tag; `type` is the index of its function type."""

    type: int


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """The type of an imported function, by index."""

    type: int


ImportType = FunctionUse | TableType | Limits | GlobalType | TagType


# -- items -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `position` is where it starts in the module's bytes."""

    module: str
    name: str
    sort: Sort
    type: ImportType
    position: int


@dataclass(frozen=True, slots=True)
class Table:
    """A defined table; without `start` its elements are null."""

    type: TableType
    start: Slice | None = None


@dataclass(frozen=True, slots=True)
class Global:
    """A defined global and its constant expression."""

    type: GlobalType
    start: Slice


@dataclass(frozen=True, slots=True)
class Export:
    """One export."""

    name: str
    sort: Sort
    index: int


Mode = Literal["active", "passive", "declarative"]


@dataclass(frozen=True, slots=True)
class Element:
    """An element segment: function indices, or constant expressions of `type`.

    `offset` is set for active segments only.
    """

    mode: Mode
    table: int
    offset: Slice | None
    type: ValueType
    functions: tuple[int, ...] | None
    expressions: tuple[Slice, ...] | None


class Data(NamedTuple):
    """A data segment; `offset` is set for active ones only."""

    memory: int
    offset: Slice | None
    contents: Slice


@dataclass(frozen=True, slots=True)
class Custom:
    """A custom section and the id of the section it follows (0 at the start)."""

    name: str
    contents: Slice
    after: int
