"""What each guest brings to the output, in the output's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fuser.merge.constants import Constants, references
from fuser.merge.spaces import Spaces
from fuser.merge.stand_ins import StandIns
from fuser.merge.types import TypeSpace, value_type
from fuser.program import CoreInstance
from fuser.symbols import Memory
from fuser.wasm import encode
from fuser.wasm.opcodes import Immediate
from fuser.wasm.rewrite import Renumbering, Rewriter
from fuser.wasm.syntax import Data, Element, GlobalType, Limits, Slice, TableType, TagType
from fuser.wasm.types import ValueType

Buffer = bytes | memoryview
"""Bytes of the output; a view of the input where they are the same."""


@dataclass(frozen=True)
class Segments:
    """The indices of an instance's segments in the output's two lists."""

    elements: Sequence[int]
    data: Sequence[int]
    """One for all where they are placed ahead: of a segment that was copied nothing is left."""


@dataclass
class Guests:
    """The guests of a draft and how each one's indices change."""

    spaces: Spaces
    types: TypeSpace
    constants: Constants
    stand_ins: StandIns
    segments: dict[CoreInstance, Segments]
    ahead: Mapping[CoreInstance, Memory]
    """The instances whose data goes with a held memory, and that memory."""
    declared: set[int] = field(default_factory=set)
    """Functions (by new index) whose references in code only an export or a table's initial value licensed."""
    _renumbering: dict[CoreInstance, Renumbering] = field(default_factory=dict)

    def renumbering(self, instance: CoreInstance) -> Renumbering:
        """Return the new index of every index of an instance."""
        if instance not in self._renumbering:
            self._renumbering[instance] = self._numbers(instance)
        return self._renumbering[instance]

    def _numbers(self, instance: CoreInstance) -> Renumbering:
        module, segments = instance.module, self.segments[instance]
        return {
            Immediate.TYPE: self.types.numbers(module),
            Immediate.FUNCTION: self.spaces.numbers(instance, "func"),
            Immediate.TABLE: self.spaces.numbers(instance, "table"),
            Immediate.MEMORY: self.spaces.numbers(instance, "memory"),
            Immediate.GLOBAL: self.spaces.numbers(instance, "global"),
            Immediate.TAG: self.spaces.numbers(instance, "tag"),
            Immediate.ELEMENT: segments.elements,
            Immediate.DATA: segments.data,
        }

    # -- definitions ---------------------------------------------------------------

    def function_types(self, instance: CoreInstance) -> Iterator[int]:
        """Yield the type index of each function that an instance defines."""
        numbers = self.types.numbers(instance.module)
        return (numbers[type] for type in self.spaces.turn(instance, instance.module.functions))

    def bodies(self, instance: CoreInstance) -> list[bytes]:
        """Return the rewritten bodies of an instance's functions."""
        module = instance.module
        rewriter = Rewriter(module.data, module.base, self.renumbering(instance), module.code_size)
        bodies = [rewriter.body(body) for body in self.spaces.turn(instance, module.bodies)]
        functions = self.renumbering(instance)[Immediate.FUNCTION]
        exported = {one.index for one in module.exports if one.sort == "func"}
        self.declared.update(functions[index] for index in rewriter.referenced & exported)
        return bodies

    def tables(self, instance: CoreInstance) -> Iterator[bytes]:
        """Yield each table that an instance defines."""
        for table in instance.module.tables:
            type = TableType(self._value_type(instance, table.type.element), table.type.limits)
            yield encode.table(type, None if table.start is None else self._initial(instance, table.type, table.start))

    def _initial(self, instance: CoreInstance, type: TableType, start: Slice) -> bytes:
        """Return the initial value of a table's elements, or what stands in for it."""
        if self.constants.names_objects(instance, start):
            functions = self.renumbering(instance)[Immediate.FUNCTION]
            self.declared.update(functions[index] for index in references(instance.module, start))
            return self.stand_ins.value(instance, type.element, start, self.renumbering(instance))
        return self.expression(instance, start)

    def object_tables(self, instance: CoreInstance) -> Iterator[tuple[int, Slice, Limits]]:
        """Yield the index, initial value and limits of each table that begins with another guest's object."""
        module = instance.module
        numbers = self.renumbering(instance)[Immediate.TABLE][module.imported("table") :]
        for number, table in zip(numbers, module.tables, strict=True):
            if table.start is not None and self.constants.names_objects(instance, table.start):
                yield number, table.start, table.type.limits

    def tags(self, instance: CoreInstance) -> Iterator[bytes]:
        """Yield each tag that an instance defines."""
        numbers = self.types.numbers(instance.module)
        return (encode.tag_type(TagType(numbers[tag.type])) for tag in instance.module.tags)

    def globals(self, instance: CoreInstance) -> Iterator[bytes]:
        """Yield each global that an instance defines."""
        for variable in instance.module.globals:
            type = GlobalType(self._value_type(instance, variable.type.type), variable.type.mutable)
            yield encode.global_type(type) + self.expression(instance, variable.start)

    # -- segments ------------------------------------------------------------------

    def element(self, instance: CoreInstance, one: Element, *, active: bool) -> bytes:
        """Return an element segment; made passive where it is to be placed by code."""
        functions = self.renumbering(instance)[Immediate.FUNCTION]
        tables = self.renumbering(instance)[Immediate.TABLE]
        keep = active or one.mode != "active"
        moved = replace(
            one,
            mode=one.mode if keep else "passive",
            table=tables[one.table] if one.mode == "active" else 0,
            type=self._value_type(instance, one.type),
            functions=None if one.functions is None else tuple(map(functions.__getitem__, one.functions)),
        )
        offset = self.expression(instance, one.offset) if one.offset and keep else None
        if one.expressions is None:
            return encode.element(moved, offset, None)
        return encode.element(moved, offset, [self.expression(instance, part) for part in one.expressions])

    def data(self, instance: CoreInstance, *, active: bool) -> Iterator[Buffer]:
        """Yield the data segments in pieces; made passive where they are to be placed by code."""
        section = instance.module.segments
        if instance in self.ahead:
            yield encode.data_head(0, None, 0)
            return
        stay = active and next(iter(self.renumbering(instance)[Immediate.MEMORY]), None) == 0
        for part in section.parts if stay else section:
            if isinstance(part, Data):
                yield from self._data(instance, part, active=active)
            else:
                yield memoryview(section.data)[slice(*part.whole)]

    def _data(self, instance: CoreInstance, one: Data, *, active: bool) -> Iterator[Buffer]:
        start, end = one.contents
        if one.offset is None or not active:
            yield encode.data_head(0, None, end - start)
        else:
            memory = self.renumbering(instance)[Immediate.MEMORY][one.memory]
            yield encode.data_head(memory, self.expression(instance, one.offset), end - start)
        yield memoryview(instance.module.data)[start:end]

    def expression(self, instance: CoreInstance, expression: Slice) -> bytes:
        """Return a constant expression, with its `end`."""
        return self.constants.expression(instance, expression, self.renumbering(instance))

    def offset(self, instance: CoreInstance, expression: Slice) -> bytes:
        """Return the code of an offset, to be run in a function."""
        return self.constants.code(instance, expression, self.renumbering(instance))

    def _value_type(self, instance: CoreInstance, type: ValueType) -> ValueType:
        return value_type(type, self.types.numbers(instance.module))
