"""Numbers of the component binary format (spec, Binary)."""

from __future__ import annotations

from typing import Literal

from fuser.component.tree import OptionKind, Sort
from fuser.types import Primitive

MAGIC = b"\0asm"
COMPONENT_VERSION = b"\x0d\x00\x01\x00"
COMPONENTS_LIMIT = 1000
"""Depth of components in components; of all together the engine takes so many."""
TYPES_LIMIT = 100
"""Depth of types of components and instances in such types, as in the engine."""

CORE_SORTS = {
    0x00: Sort.CORE_FUNC,
    0x01: Sort.CORE_TABLE,
    0x02: Sort.CORE_MEMORY,
    0x03: Sort.CORE_GLOBAL,
    0x04: Sort.CORE_TAG,
    0x10: Sort.CORE_TYPE,
    0x11: Sort.CORE_MODULE,
    0x12: Sort.CORE_INSTANCE,
}
SORTS = {
    0x01: Sort.FUNC,
    0x02: Sort.VALUE,
    0x03: Sort.TYPE,
    0x04: Sort.COMPONENT,
    0x05: Sort.INSTANCE,
}
SORT_CODES = {sort: bytes([0, code]) for code, sort in CORE_SORTS.items()} | {
    sort: bytes([code]) for code, sort in SORTS.items()
}
CORE_SORT_CODES = {sort: bytes([code]) for code, sort in CORE_SORTS.items()}

PRIMITIVES = {
    0x7F: Primitive.BOOL,
    0x7E: Primitive.S8,
    0x7D: Primitive.U8,
    0x7C: Primitive.S16,
    0x7B: Primitive.U16,
    0x7A: Primitive.S32,
    0x79: Primitive.U32,
    0x78: Primitive.S64,
    0x77: Primitive.U64,
    0x76: Primitive.F32,
    0x75: Primitive.F64,
    0x74: Primitive.CHAR,
    0x73: Primitive.STRING,
}
PRIMITIVE_CODES = {primitive: bytes([code]) for code, primitive in PRIMITIVES.items()}

PLAIN_OPTIONS: dict[int, OptionKind] = {0: "utf8", 1: "utf16", 2: "latin1+utf16"}
ITEM_OPTIONS: dict[int, tuple[OptionKind, Sort]] = {
    3: ("memory", Sort.CORE_MEMORY),
    4: ("realloc", Sort.CORE_FUNC),
    5: ("post-return", Sort.CORE_FUNC),
}
OPTION_CODES = {kind: bytes([code]) for code, kind in PLAIN_OPTIONS.items()} | {
    kind: bytes([code]) for code, (kind, _) in ITEM_OPTIONS.items()
}
REFUSED_OPTIONS = {
    6: "async canonical option",
    7: "callback canonical option",
    8: "core-type canonical option",
    9: "gc canonical option",
}

CANON_BUILTINS: dict[int, Literal["new", "drop", "rep"]] = {0x02: "new", 0x03: "drop", 0x04: "rep"}
CANON_CONTEXT: dict[int, Literal["get", "set"]] = {0x0A: "get", 0x0B: "set"}
REFUSED_BUILTINS = frozenset((*range(0x05, 0x2E), *range(0x40, 0x43)))
"""Canonical built-ins of the async proposals and of threads, none of which is supported."""

REFUSED_TYPES = {
    0x64: "error-context type",
    0x65: "future type",
    0x66: "stream type",
}
