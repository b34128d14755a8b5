"""Component-level value types, resolved: no index is left in them.

They are structural except for resources, and compare by *identity*: shared subtrees make
a graph whose paths may be exponentially many, so nothing may hash or compare by depth;
passes over types memoise by object.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuser.program import StaticResource


class Primitive(Enum):
    """The types without parts; the value is the name in the text format."""

    BOOL = "bool"
    S8 = "s8"
    U8 = "u8"
    S16 = "s16"
    U16 = "u16"
    S32 = "s32"
    U32 = "u32"
    S64 = "s64"
    U64 = "u64"
    F32 = "f32"
    F64 = "f64"
    CHAR = "char"
    STRING = "string"


@dataclass(frozen=True, eq=False)
class Record:
    """Named fields in order."""

    fields: tuple[tuple[str, ValType], ...]


@dataclass(frozen=True, eq=False)
class Tuple:
    """Unnamed fields in order."""

    items: tuple[ValType, ...]


@dataclass(frozen=True, eq=False)
class Variant:
    """Named cases, each with or without a payload."""

    cases: tuple[tuple[str, ValType | None], ...]


@dataclass(frozen=True, eq=False)
class Enumeration:
    """Named cases without payloads."""

    cases: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Flags:
    """Named bits, at most 32."""

    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Option:
    """None or a value."""

    some: ValType


@dataclass(frozen=True, eq=False)
class Result:
    """An outcome: ok or error, each with or without a payload."""

    ok: ValType | None
    error: ValType | None


@dataclass(frozen=True, eq=False)
class List:
    """A list; `length` is set for the fixed-length form (`list<t, n>`)."""

    element: ValType
    length: int | None = None


@dataclass(frozen=True, eq=False)
class Map:
    """A map, which is laid out as a list of key–value tuples."""

    key: ValType
    value: ValType


@dataclass(frozen=True, eq=False)
class ResourceName:
    """A name that an import or export gives a resource type, as `Named` is for a value type.

    All names of a type mean the same; the wrapper mentions the one that was meant, for a
    method has to take the resource under the name that it is a method of. `of` is the name
    that this one was given to, if any, and `depth` counts such names.
    """

    label: str
    of: ResourceName | None = None
    depth: int = 0


@dataclass(frozen=True, eq=False)
class Own:
    """An owning handle."""

    resource: StaticResource
    name: ResourceName | None = None


@dataclass(frozen=True, eq=False)
class Borrow:
    """A borrowed handle."""

    resource: StaticResource
    name: ResourceName | None = None


@dataclass(frozen=True, eq=False)
class Named:
    """A type seen through an import or export of it.

    It is the same type to the ABI; to the wrapper it is the name under which an exported
    function may mention it. `label` is for messages only.
    """

    label: str
    type: ValType


ValType = (
    Primitive | Record | Tuple | Variant | Enumeration | Flags | Option | Result | List | Map | Own | Borrow | Named
)


@dataclass(frozen=True, eq=False)
class FuncType:
    """A component function type; `asynchronous` ones are refused when lifted or lowered."""

    parameters: tuple[tuple[str, ValType], ...]
    result: ValType | None
    asynchronous: bool = False


def plain(type: ValType) -> ValType:
    """Return the type behind its names."""
    while isinstance(type, Named):
        type = type.type
    return type


def parts(type: ValType) -> tuple[ValType, ...]:
    """Return the types that a type is made of, in order; a payload that is not there has none."""
    found: tuple[ValType | None, ...]
    match type:
        case Record(fields=fields):
            found = tuple(part for _, part in fields)
        case Variant(cases=cases):
            found = tuple(part for _, part in cases)
        case Tuple(items=items):
            found = items
        case List(element=part) | Option(some=part) | Named(type=part):
            found = (part,)
        case Result(ok=ok, error=error):
            found = (ok, error)
        case Map(key=key, value=value):
            found = (key, value)
        case _:
            found = ()
    return tuple(part for part in found if part is not None)
