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


@dataclass
class CoreTypes:
    """Numbers of the defined types of all modules."""

    groups: dict[object, int] = field(default_factory=dict)
    by_module: dict[Module, tuple[int, ...]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)

    def numbers(self, module: Module) -> tuple[int, ...]:
        """Return the number of each type of a module."""
        if module not in self.by_module:
            numbers: list[int] = []
            for group in module.groups:
                self._group(group, numbers)
            self.by_module[module] = tuple(numbers)
        return self.by_module[module]

    def _group(self, group: RecursiveGroup, numbers: list[int]) -> None:
        structure = group.plain or tuple(_structure(type, group.first, numbers) for type in group.types)
        size = len(group.types)
        first = self.groups.setdefault(structure, len(self.parents))
        numbers.extend(range(first, first + size))
        if first < len(self.parents):
            return
        for index, type in enumerate(group.types):
            self.parents[first + index] = numbers[type.supertypes[0]] if type.supertypes else None

    # -- matching --------------------------------------------------------------

    def below(self, number: int, other: int) -> bool:
        """Whether a defined type is another one or declared below it."""
        current: int | None = number
        while current is not None and current != other:
            current = self.parents[current]
        return current is not None

    def _value(self, module: Module, type: ValueType) -> ValueType:
        if type.heap is None or type.heap < 0:
            return type
        return ValueType(type.code, self.numbers(module)[type.heap])

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
                # The reference engine asks for equal types even where the global is constant.
                same = self._value(giver, given.type) == self._value(module, wanted.type)
                return same and given.mutable == wanted.mutable
            case TagType(one), TagType(other):
                return self.numbers(giver)[one] == self.numbers(module)[other]
            case _:
                return False

    def function_matches(self, type: FunctionType, module: Module, wanted: ImportType) -> bool:
        """Whether a canonical function of this type may be given where `module` imports `wanted`."""
        if not isinstance(wanted, FunctionUse):
            return False
        return self.below(self._plain(type), self.numbers(module)[wanted.type])

    def _plain(self, type: FunctionType) -> int:
        if type not in self.groups:
            self._group(RecursiveGroup(0, (SubType(type),)), [])
        return self.groups[type]


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
    if isinstance(node, FunctionType):
        return _structure(node.parameters, first, numbers), _structure(node.results, first, numbers)
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
