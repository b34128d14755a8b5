"""The type index space of the output: recursion groups, each kept once.

Types are iso-recursive: two groups are the same where they are equal with references
into themselves counted from their start (core spec, "Types – Recursive Types").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fuser.wasm.encode import recursive_group
from fuser.wasm.module import Module
from fuser.wasm.syntax import ArrayType, CompositeType, FieldType, RecursiveGroup, StructType, SubType
from fuser.wasm.types import FunctionType, ValueType

# Types of the group itself count from here in the key of a group; no module has so many.
_INNER = 1 << 31


@dataclass
class TypeSpace:
    """Types of the output, and where the types of each module came to lie."""

    groups: list[RecursiveGroup] = field(default_factory=list)
    size: int = 0
    _first: dict[FunctionType | bytes, int] = field(default_factory=dict)
    """Where groups begin: by their bytes, a plain one by its type."""
    _numbers: dict[Module, tuple[int, ...]] = field(default_factory=dict)

    def numbers(self, module: Module) -> tuple[int, ...]:
        """Return the new index of each type of a module; adds them when first asked."""
        if module not in self._numbers:
            # The first module keeps its numbers: repeated groups are left in place.
            distinct = bool(self._numbers)
            numbers: list[int] = []
            for group in module.groups:
                first = self._add(group, numbers, distinct=distinct)
                numbers += range(first, first + len(group.types))
            self._numbers[module] = tuple(numbers)
        return self._numbers[module]

    def function(self, type: FunctionType) -> int:
        """Return the index of a function type that mentions no defined type."""
        if type in self._first:
            return self._first[type]
        group = RecursiveGroup(0, (SubType(type),))
        assert group.plain == type, type
        return self._add(group, [], distinct=True)

    def _add(self, group: RecursiveGroup, outer: list[int], *, distinct: bool) -> int:
        plain = group.plain
        key = plain or recursive_group(_renumbered(group, outer, _INNER))
        if distinct and key in self._first:
            return self._first[key]
        first = self.size
        self.groups.append(group if plain else _renumbered(group, outer, first))
        self.size += len(group.types)
        self._first.setdefault(key, first)
        return first


def value_type(type: ValueType, numbers: tuple[int, ...]) -> ValueType:
    """Return a value type with its type index renumbered."""
    return type if type.heap is None or type.heap < 0 else ValueType(type.code, numbers[type.heap])


def _renumbered(group: RecursiveGroup, outer: list[int], first: int) -> RecursiveGroup:
    """Return a group whose own types start at `first` and whose other references go by `outer`."""
    numbers = _Numbers(group, outer, first)
    types = tuple(
        SubType(
            numbers.composite(type.composite),
            type.final,
            tuple(numbers.index(supertype) for supertype in type.supertypes),
        )
        for type in group.types
    )
    return RecursiveGroup(first, types)


@dataclass(frozen=True)
class _Numbers:
    group: RecursiveGroup
    outer: list[int]
    first: int

    def index(self, old: int) -> int:
        inner = old - self.group.first
        return self.outer[old] if inner < 0 else self.first + inner

    def value(self, type: ValueType) -> ValueType:
        return type if type.heap is None or type.heap < 0 else ValueType(type.code, self.index(type.heap))

    def field(self, field: FieldType) -> FieldType:
        return replace(field, type=self.value(field.type))

    def composite(self, type: CompositeType) -> CompositeType:
        if isinstance(type, FunctionType):
            return FunctionType(tuple(map(self.value, type.parameters)), tuple(map(self.value, type.results)))
        if isinstance(type, StructType):
            return StructType(tuple(map(self.field, type.fields)))
        return ArrayType(self.field(type.element))
