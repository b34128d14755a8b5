"""Rewriting of function bodies and constant expressions for other index spaces.

Every operation whose indices stay keeps its bytes, padded integers included: an
identity rewrite gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from fuser.errors import Malformed
from fuser.wasm.instructions import PLAIN_LOCALS, Use, decode, decode_bytes, memory_argument, read_locals
from fuser.wasm.leb import unsigned
from fuser.wasm.opcodes import OPERATIONS, Immediate, Operation
from fuser.wasm.reader import Reader
from fuser.wasm.scan import SPACES, scanner
from fuser.wasm.syntax import Slice

Renumbering = Mapping[Immediate, Sequence[int]]
"""For every index space, the new index of each old one."""

# A pattern of its own pays for itself above this much code.
_LARGE = 1 << 18

_REFERENCES = frozenset({"ref.func"})

# Operations of one byte and one unsigned index, of which nothing is noted.
_PLAIN = {
    operation.code[0]: operation.immediates[0]
    for operation in OPERATIONS
    if len(operation.code) == len(operation.immediates) == 1
    and operation.immediates[0] in SPACES
    and operation.name not in _REFERENCES
}

# Loads and stores of one byte.
_ACCESSES = frozenset(
    operation.code[0]
    for operation in OPERATIONS
    if len(operation.code) == 1 and operation.immediates == (Immediate.MEMORY_ARGUMENT,)
)
_MEMORY_FOLLOWS = 0x40


class Rewriter:
    """Rewrites code of one module; `size` is about how many bytes of it there are."""

    def __init__(self, data: bytes, base: int, renumbering: Renumbering, size: int = 0) -> None:
        self._data = data
        self._base = base
        self._renumbering = renumbering
        self._pattern = scanner(SPACES, _kept(renumbering) if size > _LARGE else (), _REFERENCES)
        self._operations = _Operations(renumbering)

    @property
    def referenced(self) -> set[int]:
        """Functions, by old index, of which the code read so far makes references."""
        return self._operations.referenced

    def body(self, body: Slice) -> bytes:
        """Rewrite a function body: its locals and its code.

        Raises Malformed with the offset of an unknown operation or index.
        """
        start, end = body
        plain = PLAIN_LOCALS.match(self._data, start, end)
        if plain:
            code = plain.end()
            return self._code(self._data[start:code], code, end)
        uses: list[Use] = []
        code = read_locals(Reader(self._data, start, end, self._base), uses)
        return self._code(self._replace(start, code, uses), code, end)

    def _code(self, head: bytes, start: int, end: int) -> bytes:
        """Rewrite code and put its declarations of locals before it."""
        # Split gives, per match: what lay before it (nothing), what was passed over, the stop.
        parts = self._pattern.split(self._data[start:end])
        # A match that takes in the rest has no stop; the empty match at the end comes after it.
        stuck = len(parts) > 6 and parts[-5] is None
        if stuck:
            del parts[-5:]
        position = start + sum(map(len, parts)) if stuck else end
        try:
            parts[2::3] = map(self._operations.__getitem__, parts[2::3])
        except Malformed:
            self._find_fault(zip(parts[1::3], parts[2::3], strict=False), start, end)
            raise
        parts[0] = head
        if stuck:
            parts += self._slowly(position, end)
        return b"".join(parts)

    def _slowly(self, start: int, end: int) -> Iterator[bytes]:
        """Rewrite code of which the decoder must read some, first of all what it starts with."""
        while start < end:
            one, start = self._decoded(start, end)
            yield one
            # By turns what was passed over and the stop, which is empty at the end and where the decoder must go on.
            found = list(chain.from_iterable(self._pattern.findall(self._data, start, end)))
            read = start + sum(map(len, found))
            try:
                found[1::2] = map(self._operations.__getitem__, found[1::2])
            except Malformed:
                self._find_fault(zip(found[::2], found[1::2], strict=True), start, end)
                raise
            yield from found
            start = read

    def _find_fault(self, pairs: Iterable[tuple[bytes, bytes]], position: int, end: int) -> None:
        """Raise Malformed at the first operation that cannot be rewritten, with its offset."""
        for passed, stop in pairs:
            position += len(passed)
            if stop:
                self._decoded(position, end)
            position += len(stop)

    def _decoded(self, start: int, end: int) -> tuple[bytes, int]:
        """Rewrite the operation at `start`, and tell where it ends."""
        reader = Reader(self._data, start, end, self._base)
        operation, uses = decode(reader)
        self._operations.note(operation, uses)
        return self._replace(start, reader.position, uses), reader.position

    def _replace(self, start: int, end: int, uses: Sequence[Use]) -> bytes:
        return replace(Reader(self._data, start, end, self._base), uses, self._renumbering)


class _Operations(dict[bytes, bytes]):
    """What each operation becomes, by its bytes; decoded at first sight."""

    def __init__(self, renumbering: Renumbering) -> None:
        super().__init__({b"": b""})
        self._renumbering = renumbering
        self._plain = {code: renumbering[space] for code, space in _PLAIN.items()}
        self._memories = renumbering[Immediate.MEMORY]
        self.referenced: set[int] = set()

    def note(self, operation: Operation, uses: Sequence[Use]) -> None:
        """Note a reference to a function."""
        if operation.name in _REFERENCES:
            self.referenced.add(uses[0].value)

    def __missing__(self, raw: bytes) -> bytes:
        numbers = self._plain.get(raw[0])
        if numbers is not None:
            return self._use(raw, numbers)
        if raw[0] in _ACCESSES and raw[1] < _MEMORY_FOLLOWS:
            return self._access(raw)
        operation, uses = decode_bytes(raw)
        self.note(operation, uses)
        self[raw] = replaced = replace(Reader(raw), uses, self._renumbering)
        return replaced

    def _use(self, raw: bytes, numbers: Sequence[int]) -> bytes:
        """Renumber the one index of an operation, which most of all different ones have."""
        old = Reader(raw, 1).u32()
        new = _renumbered(old, numbers)
        self[raw] = replaced = raw if new == old else raw[:1] + unsigned(new)
        return replaced

    def _access(self, raw: bytes) -> bytes:
        """Renumber the memory of a load or store that names none, so means the first; there are many offsets."""
        new = _renumbered(0, self._memories)
        self[raw] = replaced = raw[:1] + memory_argument(raw[1], new) + raw[2:] if new else raw
        return replaced


def _renumbered(old: int, numbers: Sequence[int]) -> int:
    if old >= len(numbers):
        raise Malformed(f"unknown index {old}")  # at an offset that only the slow way knows
    return numbers[old]


def replace(reader: Reader, uses: Sequence[Use], renumbering: Renumbering) -> bytes:
    """Return the bytes of a reader's range with the indices in `uses` renumbered."""
    data = reader.data
    parts: list[bytes] = []
    position = reader.position
    for use in uses:
        numbers = renumbering[use.space]
        if use.value >= len(numbers):
            reader.fail(f"unknown {use.space.name.lower()} {use.value}", use.start)
        if numbers[use.value] != use.value:
            parts += (data[position : use.start], use.encode(numbers[use.value]))
            position = use.end
    parts.append(data[position : reader.end])
    return b"".join(parts)


def _kept(renumbering: Renumbering) -> tuple[tuple[Immediate, int, int], ...]:
    """Return the longest range of indices of each space that stay."""
    return tuple((space, *_longest_kept(renumbering[space])) for space in Immediate if space in SPACES)


def _longest_kept(numbers: Sequence[int]) -> tuple[int, int]:
    moved = [old for old, new in enumerate(numbers) if old != new]
    ranges = ((before + 1, after) for before, after in pairwise((-1, *moved, len(numbers))))
    return max(ranges, key=lambda one: one[1] - one[0])
