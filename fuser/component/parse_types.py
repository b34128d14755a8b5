"""Component-level types of the binary format (spec, Binary, "Type Definitions")."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fuser.component.binary import (
    CORE_SORTS,
    PRIMITIVES,
    REFUSED_TYPES,
    SORTS,
    TYPES_LIMIT,
)
from fuser.component.parse_core import core_extern, recursion
from fuser.component.tree import (
    AliasExport,
    AliasOuter,
    ComponentType,
    CoreType,
    DefinedType,
    Definition,
    EnumType,
    EqualExtern,
    ExportDeclaration,
    Extern,
    ExternName,
    FlagsType,
    FunctionType,
    HandleType,
    Import,
    InstanceType,
    ItemExtern,
    ListType,
    MapType,
    ModuleExport,
    ModuleImport,
    ModuleType,
    OptionType,
    RecordType,
    Reference,
    ResourceDefinition,
    ResultType,
    Sort,
    SubResourceExtern,
    TupleType,
    TypeDefinition,
    ValueType,
    VariantType,
)
from fuser.errors import LimitExceeded, Malformed, Unsupported
from fuser.wasm.reader import Reader

Item = TypeVar("Item")

OUTER_SORTS = frozenset((Sort.CORE_MODULE, Sort.CORE_TYPE, Sort.COMPONENT, Sort.TYPE))
TYPE_ALIASES = frozenset((Sort.CORE_TYPE, Sort.TYPE, Sort.INSTANCE))
"""What types of instances and components may alias."""
FLAGS_LIMIT = 32


def check_depth(reader: Reader, depth: int, limit: int = TYPES_LIMIT) -> None:
    """Refuse types, or components, that are nested too deep."""
    if depth > limit:
        raise LimitExceeded(f"nested more than {limit} levels deep", reader.offset)


# -- names and references ----------------------------------------------------------


def sort(reader: Reader) -> Sort:
    """Read a sort."""
    code = reader.byte()
    if code == 0:
        return core_sort(reader)
    if code not in SORTS:
        reader.fail("unknown sort", reader.position - 1)
    if code == 2:
        raise Unsupported("values", reader.offset - 1)
    return SORTS[code]


def core_sort(reader: Reader) -> Sort:
    """Read a core sort."""
    code = reader.byte()
    if code not in CORE_SORTS:
        reader.fail("unknown core sort", reader.position - 1)
    return CORE_SORTS[code]


def reference(reader: Reader, of: Sort) -> Reference:
    """Read an index of a known sort."""
    return Reference(of, reader.u32())


def extern_name(reader: Reader) -> ExternName:
    """Read the name of an import or export."""
    kind = reader.byte()
    if kind == 2:
        raise Unsupported("names with attributes", reader.offset - 1)
    if kind > 2:
        reader.fail("unknown kind of name", reader.position - 1)
    return ExternName(reader.name(), kind)


def extern(reader: Reader) -> Extern:
    """Read what an import or export is."""
    code = reader.byte()
    match code:
        case 0x00:
            if reader.byte() != 0x11:
                reader.fail("malformed core extern type", reader.position - 1)
            return ItemExtern(Sort.CORE_MODULE, reference(reader, Sort.CORE_TYPE))
        case 0x01 | 0x04 | 0x05:
            return ItemExtern(SORTS[code], reference(reader, Sort.TYPE))
        case 0x02:
            raise Unsupported("values", reader.offset - 1)
        case 0x03:
            return _type_bound(reader)
        case _:
            reader.fail("unknown extern type", reader.position - 1)


def _type_bound(reader: Reader) -> Extern:
    match reader.byte():
        case 0x00:
            return EqualExtern(reference(reader, Sort.TYPE))
        case 0x01:
            return SubResourceExtern()
        case _:
            reader.fail("unknown type bound", reader.position - 1)


# -- value types -----------------------------------------------------------------------


def value_type(reader: Reader) -> ValueType:
    """Read a value type: a primitive or an index."""
    start = reader.position
    code = reader.s33()
    if code >= 0:
        return Reference(Sort.TYPE, code)
    if code + 0x80 in REFUSED_TYPES:
        raise Unsupported(REFUSED_TYPES[code + 0x80], reader.base + start)
    if code + 0x80 not in PRIMITIVES:
        reader.fail("unknown value type", start)
    return PRIMITIVES[code + 0x80]


def _optional(reader: Reader) -> ValueType | None:
    match reader.byte():
        case 0x00:
            return None
        case 0x01:
            return value_type(reader)
        case _:
            reader.fail("malformed optional type", reader.position - 1)


def _labelled(reader: Reader) -> tuple[str, ValueType]:
    return reader.name(), value_type(reader)


def _case(reader: Reader) -> tuple[str, ValueType | None]:
    name, payload = reader.name(), _optional(reader)
    if reader.byte():
        reader.fail("refining variant cases are not part of the format", reader.position - 1)
    return name, payload


def _record(reader: Reader) -> RecordType:
    return RecordType(_filled(reader, partial(_labelled, reader)))


def _variant(reader: Reader) -> VariantType:
    return VariantType(_filled(reader, partial(_case, reader)))


def _tuple(reader: Reader) -> TupleType:
    return TupleType(_filled(reader, partial(value_type, reader)))


def _enum(reader: Reader) -> EnumType:
    return EnumType(_filled(reader, reader.name))


def _flags(reader: Reader) -> FlagsType:
    labels = _filled(reader, reader.name)
    if len(labels) > FLAGS_LIMIT:
        reader.fail(f"more than {FLAGS_LIMIT} flags")
    return FlagsType(labels)


def _filled(reader: Reader, item: Callable[[], Item]) -> tuple[Item, ...]:
    """Read a vector that must not be empty."""
    start = reader.position
    items = reader.vector(item)
    if not items:
        reader.fail("a type without parts", start)
    return items


def _list(reader: Reader) -> ListType:
    return ListType(value_type(reader))


def _fixed_list(reader: Reader) -> ListType:
    return ListType(value_type(reader), reader.u32())


def _map(reader: Reader) -> MapType:
    return MapType(value_type(reader), value_type(reader))


def _option(reader: Reader) -> OptionType:
    return OptionType(value_type(reader))


def _result(reader: Reader) -> ResultType:
    return ResultType(_optional(reader), _optional(reader))


def _own(reader: Reader) -> HandleType:
    return HandleType("own", reference(reader, Sort.TYPE))


def _borrow(reader: Reader) -> HandleType:
    return HandleType("borrow", reference(reader, Sort.TYPE))


_DEFINED: dict[int, Callable[[Reader], DefinedType]] = {
    0x72: _record,
    0x71: _variant,
    0x70: _list,
    0x6F: _tuple,
    0x6E: _flags,
    0x6D: _enum,
    0x6B: _option,
    0x6A: _result,
    0x69: _own,
    0x68: _borrow,
    0x67: _fixed_list,
    0x63: _map,
}


# -- functions, resources, scopes ------------------------------------------------------


def _function(reader: Reader, *, asynchronous: bool) -> FunctionType:
    parameters = reader.vector(partial(_labelled, reader))
    match reader.byte():
        case 0x00:
            return FunctionType(parameters, value_type(reader), asynchronous)
        case 0x01:
            if reader.byte():
                reader.fail("named results are not part of the format", reader.position - 1)
            return FunctionType(parameters, None, asynchronous)
        case _:
            reader.fail("malformed function results", reader.position - 1)


def _resource(reader: Reader) -> ResourceDefinition:
    match reader.byte():
        case 0x7F:
            pass
        case 0x7E:
            raise Unsupported("resources with an i64 representation", reader.offset - 1)
        case _:
            reader.fail("malformed resource representation", reader.position - 1)
    match reader.byte():
        case 0x00:
            return ResourceDefinition()
        case 0x01:
            return ResourceDefinition(reference(reader, Sort.CORE_FUNC))
        case _:
            reader.fail("malformed destructor", reader.position - 1)


def defined_type(reader: Reader, depth: int) -> DefinedType:
    """Read a type definition inside `depth` scopes."""
    start = reader.position
    code = reader.byte()
    match code:
        case 0x40 | 0x43:
            return _function(reader, asynchronous=code == 0x43)
        case 0x41:
            return ComponentType(_declarations(reader, depth + 1, component=True))
        case 0x42:
            return InstanceType(_declarations(reader, depth + 1, component=False))
        case 0x3F:
            return _resource(reader)
        case 0x3E:
            raise Unsupported("resources with an asynchronous destructor", reader.base + start)
    if code in _DEFINED:
        return _DEFINED[code](reader)
    reader.position = start
    type = value_type(reader)
    if isinstance(type, Reference):
        reader.fail("a type index stands where a type definition should", start)
    return type


def type_definition(reader: Reader, depth: int = 0) -> TypeDefinition:
    """Read a type definition with its offset, at a depth of types."""
    offset = reader.offset
    return TypeDefinition(defined_type(reader, depth), offset=offset)


def _declarations(reader: Reader, depth: int, *, component: bool) -> tuple[Definition, ...]:
    check_depth(reader, depth)
    return reader.vector(partial(_declaration, reader, depth, component=component))


def _declaration(reader: Reader, depth: int, *, component: bool) -> Definition:
    offset = reader.offset
    match reader.byte():
        case 0x00:
            return core_type(reader, depth)
        case 0x01:
            return type_definition(reader, depth)
        case 0x02:
            return _alias_of_type(reader)
        case 0x03 if component:
            return Import(extern_name(reader), extern(reader), offset=offset)
        case 0x04:
            return ExportDeclaration(extern_name(reader), extern(reader), offset=offset)
        case _:
            reader.fail("unknown declaration", reader.position - 1)


def _alias_of_type(reader: Reader) -> AliasExport | AliasOuter:
    definition = alias(reader)
    target = definition.sort if isinstance(definition, AliasExport) else definition.target.sort
    if target not in TYPE_ALIASES:
        raise Malformed(f"a {target.value} cannot be aliased in a type", definition.offset)
    return definition


def alias(reader: Reader) -> AliasExport | AliasOuter:
    """Read an alias of an export or of an outer item."""
    offset = reader.offset
    of = sort(reader)
    match reader.byte():
        case 0x00:
            instance = reference(reader, Sort.INSTANCE)
            return AliasExport(of, instance, reader.name(), offset=offset)
        case 0x01:
            if of not in CORE_SORTS.values():
                reader.fail("a core instance has core items only", reader.position - 1)
            instance = reference(reader, Sort.CORE_INSTANCE)
            return AliasExport(of, instance, reader.name(), offset=offset)
        case 0x02:
            if of not in OUTER_SORTS:
                reader.fail(f"a {of.value} has no outer aliases", reader.position - 1)
            return AliasOuter(reader.u32(), reference(reader, of), offset=offset)
        case _:
            reader.fail("unknown alias", reader.position - 1)


# -- core types ------------------------------------------------------------------------


def core_type(reader: Reader, depth: int = 0) -> CoreType:
    """Read a core type definition: a recursion group or a module type."""
    offset = reader.offset
    if reader.done or reader.data[reader.position] != 0x50:
        return CoreType(recursion(reader), offset=offset)
    reader.byte()
    check_depth(reader, depth + 1)
    return CoreType(ModuleType(reader.vector(partial(_module_declaration, reader))), offset=offset)


def _module_declaration(reader: Reader) -> ModuleImport | ModuleExport | CoreType | AliasOuter:
    offset = reader.offset
    match reader.byte():
        case 0x00:
            return ModuleImport(reader.name(), reader.name(), core_extern(reader))
        case 0x01:
            return CoreType(recursion(reader), offset=offset)
        case 0x02:
            if reader.byte() != 0x10 or reader.byte() != 0x01:
                reader.fail("a module type has outer aliases of core types only", reader.position - 1)
            return AliasOuter(reader.u32(), reference(reader, Sort.CORE_TYPE), offset=offset)
        case 0x03:
            return ModuleExport(reader.name(), core_extern(reader))
        case _:
            reader.fail("unknown declaration", reader.position - 1)
