"""The conditions under which fused code traps, and how an engine words them.

In-module checks can only execute `unreachable`; a side table from code offset to
`Trap` keeps the class. The same classes are read off the text of an engine's error.
"""

from __future__ import annotations

from enum import Enum


class Trap(Enum):
    """One trap condition of the canonical ABI; the value is its name in records."""

    UNALIGNED_POINTER = "unaligned-pointer"
    STRING_OUT_OF_BOUNDS = "string-out-of-bounds"
    LIST_OUT_OF_BOUNDS = "list-out-of-bounds"
    MEMORY_OUT_OF_BOUNDS = "memory-out-of-bounds"
    INVALID_UTF8 = "invalid-utf8"
    INVALID_UTF16 = "invalid-utf16"
    INVALID_CHAR = "invalid-char"
    INVALID_DISCRIMINANT = "invalid-discriminant"
    CANNOT_LEAVE = "cannot-leave"
    CANNOT_ENTER = "cannot-enter"
    UNCAUGHT_EXCEPTION = "uncaught-exception"
    UNKNOWN_HANDLE = "unknown-handle"
    WRONG_HANDLE_TYPE = "wrong-handle-type"
    OWN_FROM_BORROW = "own-from-borrow"
    HANDLE_LENT = "handle-lent"
    BORROWS_REMAIN = "borrows-remain"
    TABLE_FULL = "table-full"
    # Raised by guest code itself or by the engine, with no canonical condition behind them.
    UNREACHABLE = "unreachable"
    INTEGER_OVERFLOW = "integer-overflow"
    DIVIDE_BY_ZERO = "divide-by-zero"
    INDIRECT_CALL = "indirect-call"
    UNINITIALIZED_ELEMENT = "uninitialized-element"
    STACK_OVERFLOW = "stack-overflow"
    TIMEOUT = "timeout"
    OTHER = "other"
