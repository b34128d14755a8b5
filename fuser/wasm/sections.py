"""Readers of the entries of each section (core spec, "Binary Format – Modules")."""

from __future__ import annotations

import re

from fuser.errors import Unsupported
from fuser.wasm.instructions import NON_NULL, read_reference_type, read_value_type, skip_expression
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import (
    SORTS,
    ArrayType,
    CompositeType,
    Data,
    Element,
    Export,
    FieldType,
    FunctionUse,
    Global,
    GlobalType,
    Import,
    ImportType,
    Limits,
    Mode,
    RecursiveGroup,
    Slice,
    Sort,
    StructType,
    SubType,
    Table,
    TableType,
    TagType,
)
from fuser.wasm.types import FUNCREF, I32, I64, FunctionType, ValueType

FUNCTION_ELEMENT = ValueType(NON_NULL, -0x10)
"""Element type of the segments that list function indices."""

# What nearly every offset and initial value is: one constant of one to five bytes, then `end`.
_SHORT_EXPRESSION = re.compile(rb"[\x23\x41\xd2][\x80-\xff]{0,3}[\x00-\x7f]\x0b")


_GROUPS = (b"\x7e", b"\x7f")
"""What follows an empty name where several imports are written as one, which optimisers do."""


def read_expression(reader: Reader) -> Slice:
    """Pass over a constant expression."""
    start = reader.position
    short = _SHORT_EXPRESSION.match(reader.data, start, reader.end)
    if short:
        reader.position = short.end()
    else:
        skip_expression(reader)
    return Slice(start, reader.position)


# -- types -----------------------------------------------------------------------


def read_recursive_group(reader: Reader, first: int) -> RecursiveGroup:
    """Read a rec group, or a type that stands alone; `first` is its index."""
    if reader.data[reader.position : reader.position + 1] != b"\x4e":
        return RecursiveGroup(first, (_sub_type(reader),))
    reader.byte()
    return RecursiveGroup(first, reader.vector(lambda: _sub_type(reader)))


def _sub_type(reader: Reader) -> SubType:
    position = reader.position
    code = reader.byte()
    if code not in (0x4F, 0x50):
        return SubType(_composite_type(reader, code))
    supertypes = reader.vector(reader.u32)
    if len(supertypes) > 1:
        reader.fail("more than one supertype", position)
    return SubType(_composite_type(reader, reader.byte()), code == 0x4F, supertypes)


def _composite_type(reader: Reader, code: int) -> CompositeType:
    if code == 0x60:
        parameters = reader.vector(lambda: read_value_type(reader))
        return FunctionType(parameters, reader.vector(lambda: read_value_type(reader)))
    if code == 0x5F:
        return StructType(reader.vector(lambda: _field_type(reader)))
    if code == 0x5E:
        return ArrayType(_field_type(reader))
    return reader.fail(f"unknown composite type 0x{code:02x}", reader.position - 1)


def _field_type(reader: Reader) -> FieldType:
    if reader.data[reader.position : reader.position + 1] in (b"\x77", b"\x78"):
        type = ValueType(reader.byte())
    else:
        type = read_value_type(reader)
    return FieldType(type, _mutability(reader))


def _mutability(reader: Reader) -> bool:
    position = reader.position
    flag = reader.byte()
    if flag > 1:
        reader.fail("malformed mutability", position)
    return flag == 1


def _limits(reader: Reader, known: int) -> Limits:
    """Read limits; `known` are the flag bits allowed: 1 maximum, 2 shared, 4 64-bit addresses."""
    position = reader.position
    flags = reader.byte()
    if flags & ~known:
        if flags & 8 and known & 2:
            raise Unsupported("custom page size of a memory", reader.base + position)
        reader.fail(f"unknown flags 0x{flags:02x} of limits", position)
    size = reader.u64 if flags & 4 else reader.u32
    minimum = size()
    maximum = size() if flags & 1 else None
    if maximum is not None and maximum < minimum:
        reader.fail("minimum above maximum", position)
    return Limits(minimum, maximum, bool(flags & 2), I64 if flags & 4 else I32)


def read_memory_type(reader: Reader) -> Limits:
    """Read a memory type."""
    return _limits(reader, known=7)


def _table_type(reader: Reader) -> TableType:
    return TableType(read_reference_type(reader), _limits(reader, known=5))


def _global_type(reader: Reader) -> GlobalType:
    return GlobalType(read_value_type(reader), _mutability(reader))


def read_tag_type(reader: Reader) -> TagType:
    """Read a tag's type."""
    position = reader.position
    if reader.byte():
        reader.fail("unknown tag attribute", position)
    return TagType(reader.u32())


# -- entries ------------------------------------------------------------------------


def read_sort(reader: Reader) -> Sort:
    """Read the sort byte of an import or export."""
    position = reader.position
    code = reader.byte()
    if code >= len(SORTS):
        reader.fail(f"unknown sort 0x{code:02x}", position)
    return SORTS[code]


def read_import(reader: Reader) -> Import:
    """Read one import."""
    position = reader.position
    module, name = reader.name(), reader.name()
    if not name and reader.data[reader.position : reader.position + 1] in _GROUPS:
        raise Unsupported("compact imports", reader.offset)
    sort = read_sort(reader)
    type: ImportType
    match sort:
        case "func":
            type = FunctionUse(reader.u32())
        case "table":
            type = _table_type(reader)
        case "memory":
            type = read_memory_type(reader)
        case "global":
            type = _global_type(reader)
        case "tag":
            type = read_tag_type(reader)
    return Import(module, name, sort, type, position)


def read_table(reader: Reader) -> Table:
    """Read a defined table, with or without an initial value."""
    if reader.data[reader.position : reader.position + 1] != b"\x40":
        return Table(_table_type(reader))
    if reader.bytes(2) != b"\x40\x00":
        reader.fail("malformed table", reader.position - 1)
    type = _table_type(reader)
    return Table(type, read_expression(reader))


def read_global(reader: Reader) -> Global:
    """Read a defined global."""
    type = _global_type(reader)
    return Global(type, read_expression(reader))


def read_export(reader: Reader) -> Export:
    """Read one export."""
    name = reader.name()
    sort = read_sort(reader)
    return Export(name, sort, reader.u32())


def read_element(reader: Reader) -> Element:
    """Read an element segment in any of its eight forms."""
    position = reader.position
    form = reader.u32()
    if form > 7:
        reader.fail(f"unknown form {form} of element segment", position)
    mode: Mode = "active" if not form & 1 else "declarative" if form & 2 else "passive"
    table = reader.u32() if form & 3 == 2 else 0
    offset = read_expression(reader) if mode == "active" else None
    if form & 4:
        type = read_reference_type(reader) if form & 3 else FUNCREF
        return Element(mode, table, offset, type, None, reader.vector(lambda: read_expression(reader)))
    if form & 3 and reader.byte():
        reader.fail("unknown element kind", reader.position - 1)
    return Element(mode, table, offset, FUNCTION_ELEMENT, reader.u32s(), None)


def read_data(reader: Reader) -> Data:
    """Read a data segment."""
    position = reader.position
    form = reader.u32()
    if form > 2:
        reader.fail(f"unknown form {form} of data segment", position)
    memory = reader.u32() if form == 2 else 0
    offset = None if form == 1 else read_expression(reader)
    return Data(memory, offset, Slice(*reader.skip(reader.u32())))


def read_bodies(reader: Reader) -> tuple[Slice, ...]:
    """Pass over the function bodies, whose bytes stay as they are."""
    bodies = []
    data, end = reader.data, reader.end
    for _ in range(reader.u32()):
        position = reader.position
        size = reader.u32()
        start = reader.position
        if size > end - start:
            reader.fail("unexpected end")
        # An expression cannot run over into the next function unless its `end` is missing.
        if size < 2 or data[start + size - 1] != 0x0B:
            reader.fail("function body without `end`", position)
        reader.position = start + size
        bodies.append(Slice(start, start + size))
    return tuple(bodies)
