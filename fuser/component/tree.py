"""The syntax tree of a component: its sections and definitions, with indices as in the binary.

Every index is a `Reference` with its sort, so that passes over the tree (bounds checks,
renumbering) need not know the definitions one by one. Offsets are absolute in the outer
file; they never take part in comparisons, and are None in what was made by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from fuser.types import Primitive


class Sort(Enum):
    """An index space; the value is how messages and the text format call it."""

    CORE_FUNC = "core func"
    CORE_TABLE = "core table"
    CORE_MEMORY = "core memory"
    CORE_GLOBAL = "core global"
    CORE_TAG = "core tag"
    CORE_TYPE = "core type"
    CORE_MODULE = "core module"
    CORE_INSTANCE = "core instance"
    FUNC = "func"
    VALUE = "value"
    TYPE = "type"
    COMPONENT = "component"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Reference:
    """An index into the space of its sort."""

    sort: Sort
    index: int


@dataclass(frozen=True)
class ExternName:
    """The name of an import or export; `kind` is the byte before it (0 and 1 mean the same)."""

    name: str
    kind: int = 0


Arguments = tuple[tuple[str, Reference], ...]


# -- types ---------------------------------------------------------------------

ValueType = Primitive | Reference


@dataclass(frozen=True)
class RecordType:
    """Named fields."""

    fields: tuple[tuple[str, ValueType], ...]


@dataclass(frozen=True)
class VariantType:
    """Named cases with optional payloads."""

    cases: tuple[tuple[str, ValueType | None], ...]


@dataclass(frozen=True)
class ListType:
    """A list; `length` is set for `list<t, n>`."""

    element: ValueType
    length: int | None = None


@dataclass(frozen=True)
class TupleType:
    """Unnamed fields."""

    items: tuple[ValueType, ...]


@dataclass(frozen=True)
class FlagsType:
    """Named bits."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class EnumType:
    """Named cases."""

    cases: tuple[str, ...]


@dataclass(frozen=True)
class OptionType:
    """None or a value."""

    some: ValueType


@dataclass(frozen=True)
class ResultType:
    """Ok or error."""

    ok: ValueType | None
    error: ValueType | None


@dataclass(frozen=True)
class MapType:
    """Keys and values."""

    key: ValueType
    value: ValueType


@dataclass(frozen=True)
class HandleType:
    """`own` or `borrow` of a resource type."""

    kind: Literal["own", "borrow"]
    resource: Reference


@dataclass(frozen=True)
class FunctionType:
    """A component function type."""

    parameters: tuple[tuple[str, ValueType], ...]
    result: ValueType | None
    asynchronous: bool = False


@dataclass(frozen=True)
class ResourceDefinition:
    """A resource type with an i32 representation."""

    destructor: Reference | None = None


@dataclass(frozen=True)
class ComponentType:
    """The type of a component; a scope of its own."""

    declarations: tuple[Definition, ...]


@dataclass(frozen=True)
class InstanceType:
    """The type of an instance; a scope of its own."""

    declarations: tuple[Definition, ...]


DefinedType = (
    Primitive
    | RecordType
    | VariantType
    | ListType
    | TupleType
    | FlagsType
    | EnumType
    | OptionType
    | ResultType
    | MapType
    | HandleType
    | FunctionType
    | ResourceDefinition
    | ComponentType
    | InstanceType
)


# -- core types ------------------------------------------------------------------

Parts = tuple[bytes | Reference, ...]
"""Encoded core types, with the type indices in them taken out as references."""


@dataclass(frozen=True)
class CoreRecursion:
    """One recursion group of core types, `count` of them."""

    parts: Parts
    count: int


@dataclass(frozen=True)
class CoreExtern:
    """The type of a core import or export: the bytes after its sort."""

    sort: Sort
    parts: Parts


@dataclass(frozen=True)
class ModuleImport:
    """An import declared by a core module type."""

    module: str
    name: str
    type: CoreExtern


@dataclass(frozen=True)
class ModuleExport:
    """An export declared by a core module type."""

    name: str
    type: CoreExtern


@dataclass(frozen=True)
class ModuleType:
    """The type of a core module; a scope of core types of its own."""

    declarations: tuple[ModuleImport | ModuleExport | CoreType | AliasOuter, ...]


# -- what an import or export is -----------------------------------------------------


@dataclass(frozen=True)
class ItemExtern:
    """A core module, function, component or instance of the type referred to."""

    sort: Sort
    type: Reference


@dataclass(frozen=True)
class EqualExtern:
    """A type equal to the one referred to."""

    type: Reference


@dataclass(frozen=True)
class SubResourceExtern:
    """A resource type that is not known further."""


Extern = ItemExtern | EqualExtern | SubResourceExtern


def sort_of(extern: Extern) -> Sort:
    """Return the space that an import or export of this type appends to."""
    return extern.sort if isinstance(extern, ItemExtern) else Sort.TYPE


# -- definitions -----------------------------------------------------------------------


@dataclass(frozen=True)
class Definition:
    """Base of everything that stands in a section or among declarations."""

    offset: int | None = field(default=None, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True)
class Custom(Definition):
    """A custom section, kept as it is."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Names(Definition):
    """The `component-name` section: the component's own name, and names per sort."""

    component: str | None
    maps: tuple[tuple[Sort, tuple[tuple[Reference, str], ...]], ...]


@dataclass(frozen=True)
class CoreModule(Definition):
    """A core module's bytes, which begin at `offset`."""

    data: bytes


@dataclass(frozen=True)
class CoreInstantiate(Definition):
    """An instantiation of a core module with core instances."""

    module: Reference
    arguments: Arguments


@dataclass(frozen=True)
class CoreBundle(Definition):
    """A core instance made of items at hand."""

    items: Arguments


@dataclass(frozen=True)
class CoreType(Definition):
    """Core types: a recursion group, or one module type."""

    type: CoreRecursion | ModuleType


@dataclass(frozen=True)
class NestedComponent(Definition):
    """A component inside."""

    component: Component


@dataclass(frozen=True)
class Instantiate(Definition):
    """An instantiation of a component."""

    component: Reference
    arguments: Arguments


@dataclass(frozen=True)
class Bundle(Definition):
    """An instance made of items at hand."""

    items: tuple[tuple[ExternName, Reference], ...]


@dataclass(frozen=True)
class AliasExport(Definition):
    """An export of an instance, or of a core instance, taken into the space of its sort."""

    sort: Sort
    instance: Reference
    name: str


@dataclass(frozen=True)
class AliasOuter(Definition):
    """An item of an enclosing scope; `count` 0 is the scope itself."""

    count: int
    target: Reference


@dataclass(frozen=True)
class TypeDefinition(Definition):
    """A component-level type."""

    type: DefinedType


OptionKind = Literal["utf8", "utf16", "latin1+utf16", "memory", "realloc", "post-return"]


@dataclass(frozen=True)
class Option:
    """A canonical option; the last three have an item."""

    kind: OptionKind
    item: Reference | None = None


@dataclass(frozen=True)
class CanonLift(Definition):
    """A core function as a component function."""

    function: Reference
    options: tuple[Option, ...]
    type: Reference


@dataclass(frozen=True)
class CanonLower(Definition):
    """A component function as a core function."""

    function: Reference
    options: tuple[Option, ...]


@dataclass(frozen=True)
class CanonResource(Definition):
    """`resource.new`, `resource.drop` or `resource.rep`."""

    operation: Literal["new", "drop", "rep"]
    type: Reference


@dataclass(frozen=True)
class CanonContext(Definition):
    """`context.get` or `context.set` of an i32 slot."""

    operation: Literal["get", "set"]
    slot: int


@dataclass(frozen=True)
class Import(Definition):
    """An import, or its declaration in a component type."""

    name: ExternName
    type: Extern


@dataclass(frozen=True)
class Export(Definition):
    """An export, with the type that is ascribed to it, if any; appends an alias of the item."""

    name: ExternName
    item: Reference
    type: Extern | None = None


@dataclass(frozen=True)
class ExportDeclaration(Definition):
    """An export as component and instance types declare it."""

    name: ExternName
    type: Extern


@dataclass(frozen=True)
class Section:
    """Definitions that one section of the binary holds."""

    id: int
    definitions: tuple[Definition, ...]


@dataclass(frozen=True)
class Component:
    """A component; a scope of its own."""

    sections: tuple[Section, ...]
    offset: int | None = field(default=None, compare=False)

    def __iter__(self) -> Iterator[Definition]:
        """Iterate over all definitions in order."""
        for section in self.sections:
            yield from section.definitions


Scope = Component | ComponentType | InstanceType | ModuleType


def appended(definition: Definition) -> Sort | None:
    """Return the index space that a definition extends (by one; `count` for core types)."""
    match definition:
        case Import(type=extern) | ExportDeclaration(type=extern):
            return sort_of(extern)
        case Export(item=target) | AliasOuter(target=target):
            return target.sort
        case AliasExport():
            return definition.sort
        case _:
            return _APPENDED.get(type(definition))


_APPENDED = {
    CoreModule: Sort.CORE_MODULE,
    CoreInstantiate: Sort.CORE_INSTANCE,
    CoreBundle: Sort.CORE_INSTANCE,
    CoreType: Sort.CORE_TYPE,
    NestedComponent: Sort.COMPONENT,
    Instantiate: Sort.INSTANCE,
    Bundle: Sort.INSTANCE,
    TypeDefinition: Sort.TYPE,
    CanonLift: Sort.FUNC,
    CanonLower: Sort.CORE_FUNC,
    CanonResource: Sort.CORE_FUNC,
    CanonContext: Sort.CORE_FUNC,
}


def width(definition: Definition) -> int:
    """Return by how many indices a definition extends its space."""
    match definition:
        case CoreType(type=CoreRecursion(count=count)):
            return count
        case _:
            return 0 if appended(definition) is None else 1


SECTION_OF: dict[type[Definition], int] = {
    Custom: 0,
    Names: 0,
    CoreModule: 1,
    CoreInstantiate: 2,
    CoreBundle: 2,
    CoreType: 3,
    NestedComponent: 4,
    Instantiate: 5,
    Bundle: 5,
    AliasExport: 6,
    AliasOuter: 6,
    TypeDefinition: 7,
    CanonLift: 8,
    CanonLower: 8,
    CanonResource: 8,
    CanonContext: 8,
    Import: 10,
    Export: 11,
}
"""The section id that a definition belongs to (spec, Binary, "Component Definitions")."""
