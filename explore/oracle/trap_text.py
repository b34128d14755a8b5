"""Reading the engine's errors: the cause, its class, and the offset of the failing frame.

A trap inside fused code is an `unreachable`: there the class comes from the fuser's side
table, by the offset of frame 0. Elsewhere the engine's words name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fuser.traps import Trap

ENGINE_DEFECTS = (
    "BUG: ",
    "internal error: entered unreachable code",
    "deferred host scope has no call context",
)
"""What wasmtime says when it is itself at fault: two or more borrows to one host function do it."""

_NO_MEMORY = "(os error 12)"
"""ENOMEM, of the system: a guest that asks for more than it may have is told otherwise."""

_INTERRUPT = "wasm trap: interrupt"
_FRAME = re.compile(r"^\s+0:\s+0x([0-9a-f]+) - ", re.MULTILINE)
_FUNCTION = re.compile(r"^\s+\d+:\s+(?:0x[0-9a-f]+ - )?[^!\n]*!(?:\d+:)?(.+)$", re.MULTILINE)
_MANGLED = ("_R", "_ZN", "<wasm function")
_OF_CORE = "4core"
"""Stands in the mangled name of every function of Rust's core library."""
_IDENTIFIER = re.compile(r"(\d+)(?=[A-Za-z_])")
_NUMBERED = re.compile(r"^\s*\d+: ")

# In the order in which they are looked for: a more telling phrase first.
_PHRASES: tuple[tuple[str, Trap], ...] = (
    ("cannot leave component instance", Trap.CANNOT_LEAVE),
    ("cannot enter component instance", Trap.CANNOT_ENTER),
    ("unknown handle index", Trap.UNKNOWN_HANDLE),
    ("used with the wrong type", Trap.WRONG_HANDLE_TYPE),
    ("cannot lift own resource from a borrow", Trap.OWN_FROM_BORROW),
    ("cannot remove owned resource while borrowed", Trap.HANDLE_LENT),
    ("borrow handles still remain", Trap.BORROWS_REMAIN),
    ("cannot allocate another handle", Trap.TABLE_FULL),
    ("uncaught exception", Trap.UNCAUGHT_EXCEPTION),
    ("thrown Wasm exception", Trap.UNCAUGHT_EXCEPTION),
    ("unaligned pointer", Trap.UNALIGNED_POINTER),
    ("pointer not aligned", Trap.UNALIGNED_POINTER),
    ("pointer is not aligned", Trap.UNALIGNED_POINTER),
    ("result not aligned", Trap.UNALIGNED_POINTER),
    ("string content out-of-bounds", Trap.STRING_OUT_OF_BOUNDS),
    ("string pointer/length out of bounds", Trap.STRING_OUT_OF_BOUNDS),
    ("list content out-of-bounds", Trap.LIST_OUT_OF_BOUNDS),
    ("list pointer/length out of bounds", Trap.LIST_OUT_OF_BOUNDS),
    ("realloc return: beyond end of memory", Trap.MEMORY_OUT_OF_BOUNDS),
    ("pointer out of bounds", Trap.MEMORY_OUT_OF_BOUNDS),
    ("out of bounds memory access", Trap.MEMORY_OUT_OF_BOUNDS),
    ("invalid utf8 encoding", Trap.INVALID_UTF8),
    ("invalid utf-8", Trap.INVALID_UTF8),
    ("incomplete utf-8", Trap.INVALID_UTF8),
    ("invalid utf16 encoding", Trap.INVALID_UTF16),
    ("invalid utf-16", Trap.INVALID_UTF16),
    ("unpaired surrogate", Trap.INVALID_UTF16),
    ("invalid `char` bit pattern", Trap.INVALID_CHAR),
    ("out of range for `char`", Trap.INVALID_CHAR),
    ("invalid variant discriminant", Trap.INVALID_DISCRIMINANT),
    ("out of range [0..", Trap.INVALID_DISCRIMINANT),
    ("`unreachable` instruction executed", Trap.UNREACHABLE),
    ("integer overflow", Trap.INTEGER_OVERFLOW),
    ("invalid conversion to integer", Trap.INTEGER_OVERFLOW),
    ("integer divide by zero", Trap.DIVIDE_BY_ZERO),
    ("indirect call type mismatch", Trap.INDIRECT_CALL),
    ("undefined element", Trap.INDIRECT_CALL),
    ("uninitialized element", Trap.UNINITIALIZED_ELEMENT),
    ("call stack exhausted", Trap.STACK_OVERFLOW),
    (_INTERRUPT, Trap.TIMEOUT),
)


@dataclass(frozen=True)
class Failure:
    """What an engine's error said."""

    trap: Trap
    cause: str
    """In one line, without backtrace."""
    offset: int | None = None
    """Of frame 0, in the outer file."""
    place: str = ""
    """The innermost function with a name of its own, and how it panicked."""

    @property
    def words(self) -> str:
        """The cause and the place."""
        return f"{self.cause}, in {self.place}" if self.place else self.cause

    @property
    def engine_defect(self) -> bool:
        """Whether the engine itself is at fault."""
        return any(phrase in self.cause for phrase in ENGINE_DEFECTS)


def read_failure(text: str, sites: Mapping[int, Trap] | None = None) -> Failure:
    """Read an error's text; `sites` gives the class of an `unreachable` by its offset.

    Raises MemoryError where it is not the guest's: a system that gives no memory shows nothing of a program.
    """
    cause = cause_of(text)
    if _NO_MEMORY in cause:
        raise MemoryError(cause)
    trap = next((trap for phrase, trap in _PHRASES if phrase in cause), Trap.OTHER)
    frame = _FRAME.search(text)
    offset = int(frame[1], 16) if frame else None
    if trap is Trap.UNREACHABLE and sites is not None and offset is not None:
        trap = sites.get(offset, trap)
    return Failure(trap, cause, offset, _place(text))


def cause_of(text: str) -> str:
    """Return the causes alone, in one line: a backtrace differs from build to build."""
    causes = text.partition("\nCaused by:\n")[2] or text.partition("wasm backtrace:")[0]
    lines = (_NUMBERED.sub("", line).strip() for line in causes.splitlines())
    return "; ".join(line for line in lines if line)


def _place(text: str) -> str:
    """Name the innermost function that a component's author would know; a Rust panic by its kind."""
    panic = ""
    for name in _FUNCTION.findall(text.partition("\nCaused by:\n")[0]):
        if not name.startswith(_MANGLED):
            return f"{name} ({panic})" if panic else str(name)
        if _OF_CORE in name:
            panic = _last_identifier(name)
    return ""


def _last_identifier(mangled: str) -> str:
    """Return the last length-prefixed identifier of a mangled name."""
    found, position = "", 0
    while match := _IDENTIFIER.search(mangled, position):
        position = match.end() + int(match[1])
        found = mangled[match.end() : position]
    return found
