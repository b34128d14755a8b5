"""Equality and matching of core types across modules (core spec, "Matching").

Types are iso-recursive: a recursion group is the same as another one where their
structures are, with indices into the group itself counted from its start. Each defined
type of each module gets a number, equal for equal types.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass

from fuser.program import CoreExport
from fuser.wasm.module import Module
from fuser.wasm.syntax import (
    FunctionUse,
    GlobalType,
    ImportType,
    Limits,
    RecursiveGroup,
    SubType,
    TableType,
    TagType,
)
from fuser.wasm.types import FunctionType, ValueType

# Abstract heap types and what they are directly below (core spec, "Heap Types").
_ANY, _EQ, _I31, _STRUCT, _ARRAY, _FUNC, _EXTERN, _EXN = -0x12, -0x13, -0x14, -0x15, -0x16, -0x10, -0x11, -0x17
_NONE, _NOEXTERN, _NOFUNC, _NOEXN = -0x0F, -0x0E, -0x0D, -0x0C
_ABOVE = {
    _EQ: (_ANY,),
    _I31: (_EQ, _ANY),
    _STRUCT: (_EQ, _ANY),
    _ARRAY: (_EQ, _ANY),
    _NONE: (_I31, _STRUCT, _ARRAY, _EQ, _ANY),
    _NOEXTERN: (_EXTERN,),
    _NOFUNC: (_FUNC,),
    _NOEXN: (_EXN,),
}
NON_NULL = 0x64
"""Code of `(ref ht)`; `(ref null ht)` is 0x63."""
Heap = int
"""An abstract heap type where negative, else the number of a defined type."""


@dataclass
class CoreTypes:
    """Numbers of the defined types of all modules."""

    groups: dict[object, int] = field(default_factory=dict)
    by_module: dict[Module, tuple[int, ...]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    kinds: dict[int, Heap] = field(default_factory=dict)
    """What abstract type a defined type is directly below."""

    def numbers(self, module: Module) -> tuple[int, ...]:
        """Return the number of each type of a module."""
        if module not in self.by_module:
            numbers: list[int] = []
            for group in module.groups:
                self._group(group, numbers)
            self.by_module[module] = tuple(numbers)
        return self.by_module[module]

    def _group(self, group: RecursiveGroup, numbers: list[int]) -> None:
        structure = tuple(_structure(type, group.first, numbers) for type in group.types)
        size = len(group.types)
        first = self.groups.setdefault(structure, len(self.parents))
        numbers.extend(range(first, first + size))
        if first < len(self.parents):
            return
        for index, type in enumerate(group.types):
            self.parents[first + index] = numbers[type.supertypes[0]] if type.supertypes else None
            name = type.composite.__class__.__name__
            self.kinds[first + index] = {"FunctionType": _FUNC, "StructType": _STRUCT}.get(name, _ARRAY)

    # -- matching --------------------------------------------------------------

    def below(self, number: int, other: int) -> bool:
        """Whether a defined type is another one or declared below it."""
        current: int | None = number
        while current is not None and current != other:
            current = self.parents[current]
        return current is not None

    def _heap_below(self, heap: Heap, other: Heap) -> bool:
        if heap == other:
            return True
        if heap >= 0 and other >= 0:
            return self.below(heap, other)
        if heap >= 0:
            kind = self.kinds[heap]
            return kind == other or other in _ABOVE.get(kind, ())
        if other >= 0:
            bottoms = {_FUNC: _NOFUNC, _STRUCT: _NONE, _ARRAY: _NONE}
            return heap == bottoms[self.kinds[other]]
        return other in _ABOVE.get(heap, ())

    def _value(self, module: Module, type: ValueType) -> ValueType:
        if type.heap is None or type.heap < 0:
            return type
        return ValueType(type.code, self.numbers(module)[type.heap])

    def _value_below(self, one: ValueType, other: ValueType) -> bool:
        if one.heap is None or other.heap is None:
            return one == other
        return (one.code == NON_NULL or other.code != NON_NULL) and self._heap_below(one.heap, other.heap)

    def matches(self, item: CoreExport, module: Module, wanted: ImportType) -> bool:
        """Whether a core instance's item may be given where `module` imports `wanted`."""
        giver = item.instance.module
        given = giver.item_type(item.sort, item.index)
        match given, wanted:
            case FunctionUse(one), FunctionUse(other):
                return self.below(self.numbers(giver)[one], self.numbers(module)[other])
            case Limits(), Limits():
                return _limits_match(given, wanted)
            case TableType(), TableType():
                same = self._value(giver, given.element) == self._value(module, wanted.element)
                return same and _limits_match(given.limits, wanted.limits)
            case GlobalType(), GlobalType():
                return self._global_matches(giver, given, module, wanted)
            case TagType(one), TagType(other):
                return self.numbers(giver)[one] == self.numbers(module)[other]
            case _:
                return False

    def _global_matches(self, giver: Module, given: GlobalType, module: Module, wanted: GlobalType) -> bool:
        one, other = self._value(giver, given.type), self._value(module, wanted.type)
        if given.mutable != wanted.mutable:
            return False
        return one == other if given.mutable else self._value_below(one, other)

    def function_matches(self, type: FunctionType, module: Module, wanted: ImportType) -> bool:
        """Whether a canonical function of this type may be given where `module` imports `wanted`."""
        if not isinstance(wanted, FunctionUse):
            return False
        return self.below(self._plain(type), self.numbers(module)[wanted.type])

    def _plain(self, type: FunctionType) -> int:
        """Return the number of a function type that stands alone and is final."""
        numbers: list[int] = []
        self._group(RecursiveGroup(0, (SubType(type),)), numbers)
        return numbers[0]


def _limits_match(given: Limits, wanted: Limits) -> bool:
    if (given.shared, given.address) != (wanted.shared, wanted.address) or given.minimum < wanted.minimum:
        return False
    if wanted.maximum is None:
        return True
    return given.maximum is not None and given.maximum <= wanted.maximum


def _structure(node: object, first: int, numbers: list[int]) -> object:
    """Return a type as nested tuples, with its indices resolved or counted from its group."""
    if isinstance(node, ValueType):
        return node.code, None if node.heap is None else _index(node.heap, first, numbers)
    if isinstance(node, tuple):
        return tuple(
            [
                _index(item, first, numbers) if isinstance(item, int) else _structure(item, first, numbers)
                for item in node
            ]
        )
    if is_dataclass(node) and not isinstance(node, type):
        values = (getattr(node, one.name) for one in fields(node))
        return (node.__class__.__name__, *(_structure(value, first, numbers) for value in values))
    return node


def _index(index: int, first: int, numbers: list[int]) -> object:
    if index < 0:
        return index
    return ("own", index - first) if index >= first else ("defined", numbers[index])
