"""Checks of a parsed module that later passes rely on: every index names something.

Types of code are the engine's to check; this is what keeps a bad index from becoming a
wrong link, with the message where the module is read and not where it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fuser.errors import Malformed
from fuser.wasm.syntax import RecursiveGroup, StructType, SubType
from fuser.wasm.types import FunctionType, ValueType

if TYPE_CHECKING:
    from fuser.wasm.module import Module

_MOST_SUPERTYPES = 63
"""The engine's limit of a type's depth, by which matching of types is bounded."""


def check(module: Module) -> None:
    """Raise Malformed where an index of the module's structure is out of range."""
    depths: list[int] = []
    for group in module.groups:
        _check_group(module, group, depths)
    _check_functions(module)
    for one in _item_types(module):
        _check_value_type(module, one, len(module.types))
    _check_exports(module)
    _check_segments(module)


def value_types(type: SubType) -> Iterable[ValueType]:
    """Return the value types that a defined type mentions."""
    composite = type.composite
    if isinstance(composite, FunctionType):
        return (*composite.parameters, *composite.results)
    if isinstance(composite, StructType):
        return (field.type for field in composite.fields)
    return (composite.element.type,)


def _fail(module: Module, message: str) -> None:
    raise Malformed(message, module.base)


def _check_group(module: Module, group: RecursiveGroup, depths: list[int]) -> None:
    """Check a group, and note how many types each of its types has above it."""
    end = group.first + len(group.types)
    for index, type in enumerate(group.types, group.first):
        depth = 0
        for supertype in type.supertypes:
            if supertype >= index:
                _fail(module, f"type {index} precedes its supertype {supertype}")
            depth = depths[supertype] + 1
        if depth > _MOST_SUPERTYPES:
            _fail(module, f"type {index} has more than {_MOST_SUPERTYPES} types above it")
        depths.append(depth)
        for one in value_types(type):
            _check_value_type(module, one, end)


def _check_value_type(module: Module, type: ValueType, end: int) -> None:
    if type.heap is not None and type.heap >= end:
        _fail(module, f"unknown type {type.heap}")


def _check_functions(module: Module) -> None:
    if len(module.functions) != len(module.bodies):
        _fail(module, f"{len(module.functions)} functions but {len(module.bodies)} bodies")
    types = {*module.function_types, *(tag.type for tag in module.tag_types)}
    for type in sorted(types):
        if type >= len(module.types):
            _fail(module, f"unknown type {type}")
        module.type_of_function(type)


def _item_types(module: Module) -> Iterable[ValueType]:
    yield from (table.element for table in module.table_types)
    yield from (variable.type for variable in module.global_types)
    yield from (element.type for element in module.elements)


def _check_exports(module: Module) -> None:
    if len(module.exported) != len(module.exports):
        _fail(module, "duplicate export name")
    for export in module.exports:
        if export.index >= module.count(export.sort):
            _fail(module, f"export `{export.name}` of unknown {export.sort} {export.index}")


def _check_segments(module: Module) -> None:
    functions = module.count("func")
    if module.start is not None and module.start >= functions:
        _fail(module, f"unknown start function {module.start}")
    for element in module.elements:
        if element.mode == "active" and element.table >= module.count("table"):
            _fail(module, f"element segment of unknown table {element.table}")
        if element.functions and max(element.functions) >= functions:
            _fail(module, f"element segment of unknown function {max(element.functions)}")
    for memory in module.segments.memories:
        if memory >= module.count("memory"):
            _fail(module, f"data segment of unknown memory {memory}")
    if module.data_count is not None and module.data_count != len(module.segments):
        _fail(module, f"{len(module.segments)} data segments where {module.data_count} are announced")
