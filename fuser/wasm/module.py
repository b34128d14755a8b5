"""A core module, parsed as far as linking and merging need; function bodies stay bytes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from fuser.errors import Malformed
from fuser.wasm import sections
from fuser.wasm.check import check
from fuser.wasm.data import DataSection, read_data_section
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import (
    SORTS,
    Custom,
    Element,
    Export,
    FunctionUse,
    Global,
    GlobalType,
    Import,
    ImportType,
    Limits,
    RecursiveGroup,
    Slice,
    Sort,
    SubType,
    Table,
    TableType,
    TagType,
)
from fuser.wasm.types import FunctionType

Item = TypeVar("Item")

PREAMBLE = b"\x00asm\x01\x00\x00\x00"

_NO_DATA = DataSection()


@dataclass(frozen=True, eq=False)
class Module:
    """A core module; compares by identity.

    Slices are ranges of `data`; `base` is the offset of `data[0]` in the outer file.
    """

    data: bytes
    base: int = 0
    groups: tuple[RecursiveGroup, ...] = ()
    imports: tuple[Import, ...] = ()
    functions: tuple[int, ...] = ()
    """Type index of each defined function."""
    tables: tuple[Table, ...] = ()
    memories: tuple[Limits, ...] = ()
    tags: tuple[TagType, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    elements: tuple[Element, ...] = ()
    data_count: int | None = None
    bodies: tuple[Slice, ...] = ()
    """Locals and code of each defined function."""
    segments: DataSection = _NO_DATA
    customs: tuple[Custom, ...] = ()

    # -- index spaces --------------------------------------------------------

    @cached_property
    def types(self) -> tuple[SubType, ...]:
        """The type index space."""
        return tuple(type for group in self.groups for type in group.types)

    @cached_property
    def plain_types(self) -> tuple[FunctionType | None, ...]:
        """Of each type: the function type that it is wherever it looks the same (`RecursiveGroup.plain`)."""
        return tuple(plain for group in self.groups for plain in (group.plain,) * len(group.types))

    @cached_property
    def _imported(self) -> dict[Sort, tuple[ImportType, ...]]:
        return {sort: tuple(one.type for one in self.imports if one.sort == sort) for sort in SORTS}

    def imported(self, sort: Sort) -> int:
        """Return how many items of a sort are imported; they come first in its index space."""
        return len(self._imported[sort])

    def defined(self, sort: Sort) -> int:
        """Return how many items of a sort the module defines."""
        defined = {
            "func": self.functions,
            "table": self.tables,
            "memory": self.memories,
            "global": self.globals,
            "tag": self.tags,
        }
        return len(defined[sort])

    def count(self, sort: Sort) -> int:
        """Return the size of a sort's index space."""
        return self.imported(sort) + self.defined(sort)

    @cached_property
    def function_types(self) -> tuple[int, ...]:
        """Type index of every function, imported ones first."""
        uses = (one.type for one in self._imported["func"] if isinstance(one, FunctionUse))
        return (*uses, *self.functions)

    @cached_property
    def function_names(self) -> dict[int, str]:
        """The first name that each function is exported under, by its index."""
        return {one.index: one.name for one in reversed(self.exports) if one.sort == "func"}

    @cached_property
    def table_types(self) -> tuple[TableType, ...]:
        """Type of every table, imported ones first."""
        imported = (one for one in self._imported["table"] if isinstance(one, TableType))
        return (*imported, *(table.type for table in self.tables))

    @cached_property
    def memory_types(self) -> tuple[Limits, ...]:
        """Type of every memory, imported ones first."""
        imported = (one for one in self._imported["memory"] if isinstance(one, Limits))
        return (*imported, *self.memories)

    @cached_property
    def global_types(self) -> tuple[GlobalType, ...]:
        """Type of every global, imported ones first."""
        imported = (one for one in self._imported["global"] if isinstance(one, GlobalType))
        return (*imported, *(variable.type for variable in self.globals))

    @cached_property
    def tag_types(self) -> tuple[TagType, ...]:
        """Type of every tag, imported ones first."""
        imported = (one for one in self._imported["tag"] if isinstance(one, TagType))
        return (*imported, *self.tags)

    def function_type(self, index: int) -> FunctionType:
        """Return the type of a function by its index."""
        return self.type_of_function(self.function_types[index])

    def type_of_function(self, type: int) -> FunctionType:
        """Return the function type at a type index; Malformed where it is of another kind."""
        composite = self.types[type].composite
        if not isinstance(composite, FunctionType):
            raise Malformed(f"type {type} is not a function type", self.base)
        return composite

    def item_type(self, sort: Sort, index: int) -> ImportType:
        """Return the type of an item as an import of it would state it."""
        match sort:
            case "func":
                return FunctionUse(self.function_types[index])
            case "table":
                return self.table_types[index]
            case "memory":
                return self.memory_types[index]
            case "global":
                return self.global_types[index]
            case "tag":
                return self.tag_types[index]

    # -- contents ----------------------------------------------------------------

    @cached_property
    def exported(self) -> dict[str, Export]:
        """Exports by name."""
        return {export.name: export for export in self.exports}

    def body(self, function: int) -> Slice | None:
        """Return the body of a function by its index; None for an imported one."""
        defined = function - self.imported("func")
        return None if defined < 0 else self.bodies[defined]

    @cached_property
    def code_size(self) -> int:
        """Bytes of all function bodies."""
        return sum(end - start for start, end in self.bodies)

    @cached_property
    def data_size(self) -> int:
        """Bytes of all data segments."""
        return self.segments.size

    def bytes(self, part: Slice) -> bytes:
        """Return the bytes of a slice."""
        return self.data[part.start : part.end]

    def reader(self, part: Slice) -> Reader:
        """Return a reader of a slice, with offsets of the outer file."""
        return Reader(self.data, part.start, part.end, self.base)


def parse_module(data: bytes, base: int = 0, without: Collection[int] = ()) -> Module:
    """Parse a core module; `base` is the offset of `data[0]` in the outer file.

    Raises Malformed or Unsupported with the offset in the outer file. Bodies are not
    looked into, and nothing is type-checked: that is the engine's part. Of a module known
    to be sound, sections may be left out, by their ids.
    """
    reader = Reader(data, base=base)
    if reader.bytes(8) != PREAMBLE:
        reader.fail("not a core module of version 1", 0)
    fields: dict[str, Any] = {}
    customs: list[Custom] = []
    last = 0
    while not reader.done:
        position = reader.position
        id = reader.byte()
        section = reader.sub(reader.u32())
        if id == 0:
            customs.append(Custom(section.name(), Slice(section.position, section.end), last))
            continue
        if id not in _RANK:
            reader.fail(f"unknown section {id}", position)
        if last and _RANK[id] <= _RANK[last]:
            reader.fail(f"section {id} out of order", position)
        last = id
        if id in without:
            continue
        field, read = _SECTIONS[id]
        fields[field] = read(section)
        section.finish()
    module = Module(data, base, customs=tuple(customs), **fields)
    if not without:
        check(module)
    return module


def _vector(item: Callable[[Reader], Item]) -> Callable[[Reader], tuple[Item, ...]]:
    return lambda reader: reader.vector(lambda: item(reader))


def _groups(reader: Reader) -> tuple[RecursiveGroup, ...]:
    groups = []
    first = 0
    for _ in range(reader.u32()):
        groups.append(sections.read_recursive_group(reader, first))
        first += len(groups[-1].types)
    return tuple(groups)


# Field and reader of each section, in the order in which sections must come: tags and the
# data count joined the format later than their ids say.
_SECTIONS: dict[int, tuple[str, Callable[[Reader], Any]]] = {
    1: ("groups", _groups),
    2: ("imports", _vector(sections.read_import)),
    3: ("functions", Reader.u32s),
    4: ("tables", _vector(sections.read_table)),
    5: ("memories", _vector(sections.read_memory_type)),
    13: ("tags", _vector(sections.read_tag_type)),
    6: ("globals", _vector(sections.read_global)),
    7: ("exports", _vector(sections.read_export)),
    8: ("start", Reader.u32),
    9: ("elements", _vector(sections.read_element)),
    12: ("data_count", Reader.u32),
    10: ("bodies", sections.read_bodies),
    11: ("segments", read_data_section),
}
_RANK = {id: rank for rank, id in enumerate(_SECTIONS)}
