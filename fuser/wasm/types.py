"""Core value types and function types, as plain values.

A `ValueType` is one byte code for numbers and vectors; for references it also has the
heap type: negative = abstract (the signed LEB opcode), otherwise an index into the
type space of the module that the value type came from.
"""

from __future__ import annotations

from typing import NamedTuple


class ValueType(NamedTuple):
    """A core value type; `heap` is set for references only."""

    code: int
    heap: int | None = None

    @property
    def nullable(self) -> bool:
        """Whether a reference type admits null (`ref null`, opcode 0x63)."""
        return self.code == 0x63


I32 = ValueType(0x7F)
I64 = ValueType(0x7E)
F32 = ValueType(0x7D)
F64 = ValueType(0x7C)
V128 = ValueType(0x7B)
FUNCREF = ValueType(0x63, -0x10)
EXTERNREF = ValueType(0x63, -0x11)


class FunctionType(NamedTuple):
    """A core function type."""

    parameters: tuple[ValueType, ...] = ()
    results: tuple[ValueType, ...] = ()
