"""The syntax tree of a component to bytes: the inverse of `parse`.

Byte-identical for input whose integers are in shortest form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import TypeVar

from fuser.component.binary import (
    COMPONENT_VERSION,
    CORE_SORT_CODES,
    MAGIC,
    OPTION_CODES,
    PRIMITIVE_CODES,
    SORT_CODES,
)
from fuser.component.tree import (
    AliasExport,
    AliasOuter,
    Bundle,
    CanonContext,
    CanonLift,
    CanonLower,
    CanonResource,
    Component,
    ComponentType,
    CoreBundle,
    CoreExtern,
    CoreInstantiate,
    CoreModule,
    CoreRecursion,
    CoreType,
    Custom,
    DefinedType,
    Definition,
    EnumType,
    EqualExtern,
    Export,
    ExportDeclaration,
    Extern,
    ExternName,
    FlagsType,
    FunctionType,
    HandleType,
    Import,
    InstanceType,
    Instantiate,
    ItemExtern,
    ListType,
    MapType,
    ModuleExport,
    ModuleImport,
    ModuleType,
    Names,
    NestedComponent,
    Option,
    OptionType,
    Parts,
    RecordType,
    Reference,
    ResourceDefinition,
    ResultType,
    Section,
    Sort,
    SubResourceExtern,
    TupleType,
    TypeDefinition,
    ValueType,
    VariantType,
)
from fuser.types import Primitive
from fuser.wasm.leb import signed, unsigned

Item = TypeVar("Item")

WHOLE_SECTIONS = frozenset((0, 1, 4))
"""Sections that hold one definition instead of a vector."""


def encode(component: Component) -> bytes:
    """Encode a component."""
    return b"".join((MAGIC, COMPONENT_VERSION, *chain.from_iterable(map(_section, component.sections))))


def _section(section: Section) -> tuple[bytes, bytes, bytes]:
    """Return a section in pieces: a core module is not copied once more."""
    if section.id in WHOLE_SECTIONS:
        (definition,) = section.definitions
        body = _definition(definition)
    else:
        body = _vector(section.definitions, _definition)
    return bytes([section.id]), unsigned(len(body)), body


# -- small pieces --------------------------------------------------------------


def _vector(items: Iterable[Item], encode_item: Callable[[Item], bytes]) -> bytes:
    encoded = [encode_item(item) for item in items]
    return unsigned(len(encoded)) + b"".join(encoded)


def _name(name: str) -> bytes:
    data = name.encode()
    return unsigned(len(data)) + data


def _extern_name(name: ExternName) -> bytes:
    return bytes([name.kind]) + _name(name.name)


def _index(reference: Reference) -> bytes:
    return unsigned(reference.index)


def _item(reference: Reference) -> bytes:
    return SORT_CODES[reference.sort] + unsigned(reference.index)


def _argument(argument: tuple[str, Reference]) -> bytes:
    return _name(argument[0]) + _item(argument[1])


def _core_argument(argument: tuple[str, Reference]) -> bytes:
    name, reference = argument
    return _name(name) + CORE_SORT_CODES[reference.sort] + unsigned(reference.index)


def _bundle_item(item: tuple[ExternName, Reference]) -> bytes:
    return _extern_name(item[0]) + _item(item[1])


def _parts(parts: Parts) -> bytes:
    return b"".join(part if isinstance(part, bytes) else _index(part) for part in parts)


def encode_names(names: Names) -> bytes:
    """Encode the contents of a `component-name` section."""
    encoded = []
    if names.component is not None:
        body = _name(names.component)
        encoded.append(b"\x00" + unsigned(len(body)) + body)
    for sort, entries in names.maps:
        body = SORT_CODES[sort] + _vector(entries, lambda entry: _index(entry[0]) + _name(entry[1]))
        encoded.append(b"\x01" + unsigned(len(body)) + body)
    return b"".join(encoded)


# -- types -----------------------------------------------------------------------


def _value_type(type: ValueType) -> bytes:
    return signed(type.index) if isinstance(type, Reference) else PRIMITIVE_CODES[type]


def _optional(type: ValueType | None) -> bytes:
    return b"\x00" if type is None else b"\x01" + _value_type(type)


def _labelled(field: tuple[str, ValueType]) -> bytes:
    return _name(field[0]) + _value_type(field[1])


def _case(case: tuple[str, ValueType | None]) -> bytes:
    return _name(case[0]) + _optional(case[1]) + b"\x00"


def _defined_type(type: DefinedType) -> bytes:
    match type:
        case Primitive():
            return PRIMITIVE_CODES[type]
        case RecordType(fields):
            return b"\x72" + _vector(fields, _labelled)
        case VariantType(cases):
            return b"\x71" + _vector(cases, _case)
        case ListType(element, None):
            return b"\x70" + _value_type(element)
        case ListType(element, int(length)):
            return b"\x67" + _value_type(element) + unsigned(length)
        case TupleType(items):
            return b"\x6f" + _vector(items, _value_type)
        case FlagsType(labels):
            return b"\x6e" + _vector(labels, _name)
        case EnumType(labels):
            return b"\x6d" + _vector(labels, _name)
        case OptionType(some):
            return b"\x6b" + _value_type(some)
        case ResultType(ok, error):
            return b"\x6a" + _optional(ok) + _optional(error)
        case MapType(key, value):
            return b"\x63" + _value_type(key) + _value_type(value)
        case HandleType(kind, resource):
            return (b"\x69" if kind == "own" else b"\x68") + _index(resource)
        case _:
            return _scope_type(type)


def _scope_type(type: DefinedType) -> bytes:
    match type:
        case FunctionType(parameters, result, asynchronous):
            results = b"\x01\x00" if result is None else b"\x00" + _value_type(result)
            return (b"\x43" if asynchronous else b"\x40") + _vector(parameters, _labelled) + results
        case ResourceDefinition(None):
            return b"\x3f\x7f\x00"
        case ResourceDefinition(Reference() as destructor):
            return b"\x3f\x7f\x01" + _index(destructor)
        case ComponentType(declarations):
            return b"\x41" + _vector(declarations, _declaration)
        case InstanceType(declarations):
            return b"\x42" + _vector(declarations, _declaration)
    raise AssertionError(type)


def _declaration(definition: Definition) -> bytes:
    match definition:
        case CoreType():
            return b"\x00" + _definition(definition)
        case TypeDefinition():
            return b"\x01" + _definition(definition)
        case AliasExport() | AliasOuter():
            return b"\x02" + _definition(definition)
        case Import():
            return b"\x03" + _definition(definition)
        case _:
            return b"\x04" + _definition(definition)


def _extern(extern: Extern) -> bytes:
    match extern:
        case ItemExtern(Sort.CORE_MODULE, type):
            return b"\x00\x11" + _index(type)
        case ItemExtern(sort, type):
            return SORT_CODES[sort] + _index(type)
        case EqualExtern(type):
            return b"\x03\x00" + _index(type)
        case SubResourceExtern():
            return b"\x03\x01"


def _core_type(type: CoreRecursion | ModuleType) -> bytes:
    if isinstance(type, CoreRecursion):
        return _parts(type.parts)
    return b"\x50" + _vector(type.declarations, _module_declaration)


def _module_declaration(declaration: ModuleImport | ModuleExport | CoreType | AliasOuter) -> bytes:
    match declaration:
        case ModuleImport(module, name, type):
            return b"\x00" + _name(module) + _name(name) + _core_extern(type)
        case ModuleExport(name, type):
            return b"\x03" + _name(name) + _core_extern(type)
        case CoreType(type=core):
            return b"\x01" + _core_type(core)
        case AliasOuter(count, target):
            return b"\x02\x10\x01" + unsigned(count) + _index(target)


def _core_extern(extern: CoreExtern) -> bytes:
    return CORE_SORT_CODES[extern.sort] + _parts(extern.parts)


# -- definitions -------------------------------------------------------------------


def _definition(definition: Definition) -> bytes:
    match definition:
        case Custom(name, data):
            return _name(name) + data
        case Names():
            return _name("component-name") + encode_names(definition)
        case CoreModule(data):
            return data
        case CoreType(type=core):
            return _core_type(core)
        case NestedComponent(component):
            return encode(component)
        case TypeDefinition(type):
            return _defined_type(type)
        case AliasExport(sort, instance, name):
            target = b"\x00" if instance.sort is Sort.INSTANCE else b"\x01"
            return SORT_CODES[sort] + target + _index(instance) + _name(name)
        case AliasOuter(count, target):
            return SORT_CODES[target.sort] + b"\x02" + unsigned(count) + _index(target)
        case Import(name, extern) | ExportDeclaration(name, extern):
            return _extern_name(name) + _extern(extern)
        case Export(name, item, ascribed):
            optional = b"\x00" if ascribed is None else b"\x01" + _extern(ascribed)
            return _extern_name(name) + _item(item) + optional
        case _:
            return _instance_or_canon(definition)


def _instance_or_canon(definition: Definition) -> bytes:
    match definition:
        case CoreInstantiate(module, arguments):
            return b"\x00" + _index(module) + _vector(arguments, _core_argument)
        case CoreBundle(items):
            return b"\x01" + _vector(items, _core_argument)
        case Instantiate(component, arguments):
            return b"\x00" + _index(component) + _vector(arguments, _argument)
        case Bundle(items):
            return b"\x01" + _vector(items, _bundle_item)
        case CanonLift(function, options, type):
            return b"\x00\x00" + _index(function) + _vector(options, _option) + _index(type)
        case CanonLower(function, options):
            return b"\x01\x00" + _index(function) + _vector(options, _option)
        case CanonResource(operation, type):
            return bytes([{"new": 2, "drop": 3, "rep": 4}[operation]]) + _index(type)
        case CanonContext(operation, slot):
            return (b"\x0a\x7f" if operation == "get" else b"\x0b\x7f") + unsigned(slot)
    raise AssertionError(definition)


def _option(option: Option) -> bytes:
    return OPTION_CODES[option.kind] + (b"" if option.item is None else _index(option.item))
