"""The binary form of what `fuser.wasm.syntax` describes, in its shortest encoding."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from fuser.wasm.instructions import NULLABLE
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.module import PREAMBLE, Module
from fuser.wasm.sections import FUNCTION_ELEMENT
from fuser.wasm.syntax import (
    SORTS,
    CompositeType,
    Custom,
    Data,
    Element,
    Export,
    FieldType,
    FunctionUse,
    GlobalType,
    ImportType,
    Limits,
    RecursiveGroup,
    StructType,
    SubType,
    TableType,
    TagType,
)
from fuser.wasm.types import FUNCREF, FunctionType, ValueType


def sized(contents: bytes) -> bytes:
    """Prefix bytes with their length."""
    return unsigned(len(contents)) + contents


def name(text: str) -> bytes:
    """Encode a name."""
    return sized(text.encode())


def vector(items: Iterable[bytes]) -> bytes:
    """Encode a vector of encoded items."""
    listed = list(items)
    return unsigned(len(listed)) + b"".join(listed)


def section(id: int, contents: bytes) -> bytes:
    """Encode a section."""
    return bytes([id]) + sized(contents)


def vector_section(id: int, items: Iterable[bytes]) -> bytes:
    """Encode a section that is a vector; an empty one is left out."""
    contents = vector(items)
    return b"" if contents == b"\x00" else section(id, contents)


# -- types -----------------------------------------------------------------------


def value_type(type: ValueType) -> bytes:
    """Encode a value type (or a packed one)."""
    if type.heap is None:
        return bytes([type.code])
    heap = signed(type.heap)
    # Nullable references to abstract heap types have a form of one byte: the heap type's own.
    return heap if type.code == NULLABLE and type.heap < 0 else bytes([type.code]) + heap


def _field_type(field: FieldType) -> bytes:
    return value_type(field.type) + bytes([field.mutable])


def _composite_type(type: CompositeType) -> bytes:
    if isinstance(type, FunctionType):
        return b"\x60" + vector(map(value_type, type.parameters)) + vector(map(value_type, type.results))
    if isinstance(type, StructType):
        return b"\x5f" + vector(map(_field_type, type.fields))
    return b"\x5e" + _field_type(type.element)


def _sub_type(type: SubType) -> bytes:
    composite = _composite_type(type.composite)
    if type.final and not type.supertypes:
        return composite
    return (b"\x4f" if type.final else b"\x50") + vector(map(unsigned, type.supertypes)) + composite


def recursive_group(group: RecursiveGroup) -> bytes:
    """Encode a rec group; a single type stands alone."""
    if len(group.types) == 1:
        return _sub_type(group.types[0])
    return b"\x4e" + vector(map(_sub_type, group.types))


def limits(one: Limits) -> bytes:
    """Encode limits, which are also a memory's type."""
    flags = (one.maximum is not None) | one.shared << 1 | one.wide << 2
    maximum = b"" if one.maximum is None else unsigned(one.maximum)
    return bytes([flags]) + unsigned(one.minimum) + maximum


def table_type(type: TableType) -> bytes:
    """Encode a table type."""
    return value_type(type.element) + limits(type.limits)


def global_type(type: GlobalType) -> bytes:
    """Encode a global's type."""
    return value_type(type.type) + bytes([type.mutable])


def tag_type(type: TagType) -> bytes:
    """Encode a tag's type."""
    return b"\x00" + unsigned(type.type)


def _import_type(type: ImportType) -> bytes:
    match type:
        case FunctionUse(index):
            return b"\x00" + unsigned(index)
        case TableType():
            return b"\x01" + table_type(type)
        case Limits():
            return b"\x02" + limits(type)
        case GlobalType():
            return b"\x03" + global_type(type)
        case TagType():
            return b"\x04" + tag_type(type)


# -- entries ------------------------------------------------------------------------


def import_(module: str, item: str, type: ImportType) -> bytes:
    """Encode an import."""
    return name(module) + name(item) + _import_type(type)


def table(type: TableType, start: bytes | None) -> bytes:
    """Encode a defined table; `start` is a constant expression."""
    return table_type(type) if start is None else b"\x40\x00" + table_type(type) + start


def export(one: Export) -> bytes:
    """Encode an export."""
    return name(one.name) + bytes([SORTS.index(one.sort)]) + unsigned(one.index)


def element(one: Element, offset: bytes | None, expressions: list[bytes] | None) -> bytes:
    """Encode an element segment, with the bytes of its constant expressions."""
    form = {"active": 0, "passive": 1, "declarative": 3}[one.mode]
    plain = FUNCREF if expressions is not None else FUNCTION_ELEMENT
    if one.mode == "active" and (one.table or one.type != plain):
        form = 2
    head = unsigned(form | (expressions is not None) << 2)
    if form == 2:
        head += unsigned(one.table)
    if offset is not None:
        head += offset
    if expressions is not None:
        return head + (value_type(one.type) if form else b"") + vector(expressions)
    return head + (b"\x00" if form else b"") + vector(map(unsigned, one.functions or ()))


def data_head(memory: int, offset: bytes | None, size: int) -> bytes:
    """Encode what precedes the `size` bytes of a data segment; without an offset it is passive."""
    if offset is None:
        return b"\x01" + unsigned(size)
    return (b"\x02" + unsigned(memory) if memory else b"\x00") + offset + unsigned(size)


def custom(title: str, contents: bytes) -> bytes:
    """Encode a custom section."""
    return section(0, name(title) + contents)


# -- modules ---------------------------------------------------------------------------


def encode_module(module: Module) -> bytes:
    """Encode a parsed module.

    The same bytes come back wherever the input used the shortest encodings; bodies,
    constant expressions and data are taken as they are.
    """
    placed = {after: list(customs) for after, customs in groupby(module.customs, key=_after)}
    parts = [PREAMBLE, *_customs(module, placed.get(0, []))]
    for id, contents in _sections(module).items():
        parts.append(contents)
        parts += _customs(module, placed.get(id, []))
    return b"".join(parts)


def _after(one: Custom) -> int:
    return one.after


def _customs(module: Module, customs: list[Custom]) -> list[bytes]:
    return [custom(one.name, module.bytes(one.contents)) for one in customs]


def _sections(module: Module) -> dict[int, bytes]:
    read = module.bytes
    start, count = module.start, module.data_count
    return {
        1: vector_section(1, map(recursive_group, module.groups)),
        2: vector_section(2, (import_(one.module, one.name, one.type) for one in module.imports)),
        3: vector_section(3, map(unsigned, module.functions)),
        4: vector_section(4, (table(one.type, one.start and read(one.start)) for one in module.tables)),
        5: vector_section(5, map(limits, module.memories)),
        13: vector_section(13, map(tag_type, module.tags)),
        6: vector_section(6, (global_type(one.type) + read(one.start) for one in module.globals)),
        7: vector_section(7, map(export, module.exports)),
        8: b"" if start is None else section(8, unsigned(start)),
        9: vector_section(9, (_element(module, one) for one in module.elements)),
        12: b"" if count is None else section(12, unsigned(count)),
        10: vector_section(10, (sized(read(body)) for body in module.bodies)),
        11: vector_section(11, (_data(module, one) for one in module.segments)),
    }


def _element(module: Module, one: Element) -> bytes:
    expressions = None if one.expressions is None else [module.bytes(part) for part in one.expressions]
    return element(one, one.offset and module.bytes(one.offset), expressions)


def _data(module: Module, one: Data) -> bytes:
    contents = module.bytes(one.contents)
    return data_head(one.memory, one.offset and module.bytes(one.offset), len(contents)) + contents
