"""One regular expression that reads code up to the next operation of interest.

CPython's `re` runs it in C without backtracking (possessive quantifiers), so code is
passed over at tens of megabytes per second where a loop in Python manages a few. It is
built from the table of operations; whatever it does not know (unknown opcodes, and rare
spellings such as a padded sub-opcode or a very long `br_table`) it stops at, and
`fuser.wasm.instructions.decode` reads it or raises. Nothing is passed over unread.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fuser.wasm.leb import PATTERN as LEB
from fuser.wasm.opcodes import OPERATIONS, Immediate, Operation

Pattern = re.Pattern[bytes]

# Of integers that stay, how long they may be is the engine's to say. After all that goes on, any byte is the last one.
_NUMBER = rb"[\x80-\xff]*+."
_ABSTRACT = rb"[\x69-\x74]"
_TYPE_INDEX = rb"[\x80-\xff]{0,4}+[\x00-\x3f]"
_HEAP = rb"(?:%b|%b)" % (_ABSTRACT, _TYPE_INDEX)
_STILL_VALUE = rb"(?:[\x69-\x74\x7b-\x7f]|[\x63\x64]%b)" % _ABSTRACT
_VALUE = rb"(?:[\x69-\x74\x7b-\x7f]|[\x63\x64]%b)" % _HEAP
_CATCH = rb"(?:[\x00\x01]%b%b|[\x02\x03]%b)" % (LEB, LEB, LEB)

_LONGEST_BRANCH_TABLE = 127
_MOST_CATCHES = 3


def _counted(item: bytes, extra: int, most: int) -> bytes:
    """Return the pattern of a vector of up to `most` items, and `extra` items after them."""
    return b"(?:%b)" % b"|".join(
        rb"\x%02x%b{%d}+" % (count, item, count + extra) if count + extra else rb"\x00" for count in range(most + 1)
    )


_FULL: dict[Immediate, bytes] = {
    Immediate.TYPE: LEB,
    Immediate.FUNCTION: LEB,
    Immediate.TABLE: LEB,
    Immediate.MEMORY: LEB,
    Immediate.GLOBAL: LEB,
    Immediate.TAG: LEB,
    Immediate.ELEMENT: LEB,
    Immediate.DATA: LEB,
    Immediate.LOCAL: _NUMBER,
    Immediate.LABEL: _NUMBER,
    Immediate.NUMBER: _NUMBER,
    Immediate.LABELS: _counted(rb"[\x00-\x7f]", 1, _LONGEST_BRANCH_TABLE),
    Immediate.LANE: rb"[\x00-\xff]",
    Immediate.BYTES_4: rb"[\x00-\xff]{4}",
    Immediate.BYTES_8: rb"[\x00-\xff]{8}",
    Immediate.BYTES_16: rb"[\x00-\xff]{16}",
    Immediate.S32: _NUMBER,
    Immediate.S64: _NUMBER,
    Immediate.ZERO: rb"\x00",
    Immediate.MEMORY_ARGUMENT: rb"(?:[\x00-\x3f]|[\x40-\x7f]%b)%b" % (LEB, _NUMBER),
    Immediate.BLOCK_TYPE: rb"(?:\x40|%b|%b)" % (_VALUE, _TYPE_INDEX),
    Immediate.HEAP_TYPE: _HEAP,
    Immediate.VALUE_TYPES: rb"\x01%b" % _VALUE,
    Immediate.CAST_FLAGS: rb"[\x00-\x03]",
    Immediate.CATCHES: _counted(_CATCH, 0, _MOST_CATCHES),
}
"""How each immediate may look; rare spellings are left to the decoder."""

SPACES: frozenset[Immediate] = frozenset(
    {
        Immediate.TYPE,
        Immediate.FUNCTION,
        Immediate.TABLE,
        Immediate.MEMORY,
        Immediate.GLOBAL,
        Immediate.TAG,
        Immediate.ELEMENT,
        Immediate.DATA,
    },
)
"""The index spaces of a module."""

_SPACE: dict[Immediate, Immediate] = {
    Immediate.MEMORY_ARGUMENT: Immediate.MEMORY,
    Immediate.BLOCK_TYPE: Immediate.TYPE,
    Immediate.HEAP_TYPE: Immediate.TYPE,
    Immediate.VALUE_TYPES: Immediate.TYPE,
    Immediate.CATCHES: Immediate.TAG,
}

# Most frequent first: `re` tries alternatives in order. All others follow in the table's order.
_FREQUENT = ("local.get", "i32.load", "global.get", "block", "call")


@lru_cache(maxsize=64)
def scanner(
    spaces: frozenset[Immediate],
    kept: tuple[tuple[Immediate, int, int], ...] = (),
    watched: frozenset[str] = frozenset(),
) -> Pattern:
    """Compile the pattern of code up to the next stop.

    A stop is an operation with an index in one of `spaces`, unless it is in the space's
    range in `kept` (first and end); and each operation named in `watched`. Group 1 is what was passed
    over, group 2 the stop, or empty at the end of the code. Where the decoder must go on,
    group 2 is missing and the match takes in the rest.
    """
    still = _STILL | _still_within(kept)
    skips: list[tuple[Operation, bytes]] = []
    stops: list[tuple[Operation, bytes]] = []
    for operation in _by_frequency():
        full = b"".join(_FULL[one] for one in operation.immediates)
        moved = [one for one in operation.immediates if _SPACE.get(one, one) in spaces]
        if not moved and operation.name not in watched:
            skips.append((operation, full))
            continue
        stops.append((operation, full))
        if operation.name not in watched and all(one in still for one in moved):
            same = (still[one] if one in moved else _FULL[one] for one in operation.immediates)
            skips.append((operation, b"".join(same)))
    # A run of bare operations is one step of `re`; whatever has immediates is one each.
    (run,) = _alternatives([one for one in skips if _is_bare(*one)])
    skip = b"|".join(_alternatives([one for one in skips if not _is_bare(*one)]))
    stop = b"|".join([*_alternatives(stops), rb"\Z"])
    # After an alternative that failed half-way, `re` before Python 3.11.5 goes on from there (gh-106052):
    # one that never matches is tried last, where the first one was.
    skip += rb"|(?!)"
    # A dot takes in all the rest at once, where a set of characters would look at each.
    return re.compile(rb"(?s)((?:%b*+(?:%b))*+%b*+)(?:(%b)|.++)" % (run, skip, run, stop))


def _is_bare(operation: Operation, immediates: bytes) -> bool:
    return len(operation.code) == 1 and not immediates


# How immediates that may hold an index look where they hold none.
_STILL: dict[Immediate, bytes] = {
    Immediate.BLOCK_TYPE: rb"(?:\x40|%b)" % _STILL_VALUE,
    Immediate.HEAP_TYPE: _ABSTRACT,
    Immediate.VALUE_TYPES: rb"\x01%b" % _STILL_VALUE,
    Immediate.CATCHES: _counted(rb"(?:[\x02\x03]%b)" % LEB, 0, _MOST_CATCHES),
}


def _still_within(kept: tuple[tuple[Immediate, int, int], ...]) -> dict[Immediate, bytes]:
    """Return the patterns of immediates whose index is in its space's range."""
    still: dict[Immediate, bytes] = {}
    for space, first, end in kept:
        index = _within(first, end)
        if index:
            still[space] = index
        if space is Immediate.MEMORY and first == 0 < end:
            # Bit 6 says that a memory index follows; without it the memory is 0.
            still[Immediate.MEMORY_ARGUMENT] = rb"[\x00-\x3f]%b" % _NUMBER
        signed = _within(first, end, 0x40) if space is Immediate.TYPE else b""
        if signed:
            still[Immediate.BLOCK_TYPE] = rb"(?:\x40|%b|%b)" % (_STILL_VALUE, signed)
            still[Immediate.HEAP_TYPE] = rb"(?:%b|%b)" % (_ABSTRACT, signed)
    return still


def _within(first: int, end: int, last: int = 0x80, groups: int = 5) -> bytes:
    """Match integers from `first` to before `end`, padded ones too; empty where there are none.

    Not all of them: a stop too many costs little. `last` bounds the last byte: 0x80, or 0x40
    for a non-negative signed integer; `groups` is how many bytes there may be.
    """
    forms = []
    above = _within(max(-(-first >> 7), 1), end >> 7, last, groups - 1) if end > 0x80 else b""
    if above:
        forms.append(rb"[\x80-\xff]%b" % above)
    low, high = first, min(end, 0x80) - 1
    if low <= min(high, last - 1):
        forms.append(rb"[\x%02x-\x%02x]" % (low, min(high, last - 1)))
    if low <= high and groups > 1:
        forms.append(rb"[\x%02x-\x%02x]\x80{0,%d}\x00" % (low | 0x80, high | 0x80, groups - 2))
    return b"(?:%b)" % b"|".join(forms) if forms else b""


def _by_frequency() -> list[Operation]:
    rank = {name: place for place, name in enumerate(_FREQUENT)}
    return sorted(OPERATIONS, key=lambda operation: rank.get(operation.name, len(rank)))


def _alternatives(items: list[tuple[Operation, bytes]]) -> list[bytes]:
    """Merge operations that differ in one byte only into one alternative."""
    merged: dict[tuple[bytes, bytes, bytes], list[int]] = {}
    for operation, immediates in items:
        code = operation.code
        # Of a two-part opcode the second byte varies; large sub-opcodes have a third.
        at = len(code) > 1
        merged.setdefault((code[:at], code[at + 1 :], immediates), []).append(code[at])
    return [
        re.escape(head) + b"[%b]" % b"".join(rb"\x%02x" % code for code in codes) + re.escape(tail) + immediates
        for (head, tail, immediates), codes in merged.items()
    ]
