"""Shapes: value types reduced to what the canonical ABI sees of them.

A shape is a type without names and resources: its place in memory, its core values and
its parts (CanonicalABI.md, "Despecialization", "Alignment", "Element Size", "Flattening").
Shapes are interned, so that two types laid out alike have *one* shape: what is generated
for a shape serves every pair of types of that shape, and a graph of types whose paths are
exponentially many stays a graph. Pointers have four bytes: 64-bit canonical options are
refused where they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from fuser import types
from fuser.errors import LimitExceeded
from fuser.types import Primitive, ValType, parts, plain
from fuser.wasm.types import F32, F64, I32, I64, ValueType

MAX_FLAT_PARAMETERS = 16
MAX_FLAT_RESULTS = 1
_FLAT_KEPT = MAX_FLAT_PARAMETERS + 1
_MAX_SIZE = 2**32 - 1
_MAX_WEIGHT = 1_000_000
_MAX_DEPTH = 100
"""As engines have it: deeper types do not validate there."""


@dataclass(frozen=True, eq=False)
class Shape:
    """What all shapes have; `size` and `align` are in bytes.

    `flat` holds the core types, the first 17 at most: who has more is passed in memory.
    `weight` counts the parts as a tree. `dense`: every byte of it in memory is
    significant and may have any value, so that a block of them may be copied. `handles`,
    `pointers`: whether a handle, or a string or list, lies in it at any depth.
    """

    size: int
    align: int
    flat: tuple[ValueType, ...]
    weight: int
    depth: int
    handles: bool
    pointers: bool
    dense: bool


@dataclass(frozen=True, eq=False)
class ScalarShape(Shape):
    """A number, boolean or character."""

    primitive: Primitive


@dataclass(frozen=True, eq=False)
class TextShape(Shape):
    """A string: pointer and length."""


@dataclass(frozen=True, eq=False)
class FlagsShape(Shape):
    """Flags: `count` bits from the lowest."""

    count: int


@dataclass(frozen=True, eq=False)
class HandleShape(Shape):
    """An own or a borrow."""


@dataclass(frozen=True, eq=False)
class FieldsShape(Shape):
    """A record, a tuple or a list of fixed length: parts with their offsets."""

    items: tuple[tuple[int, Shape], ...]


@dataclass(frozen=True, eq=False)
class CasesShape(Shape):
    """A variant, option, result or enum: a discriminant of `tag_size` bytes, then a payload."""

    tag_size: int
    payload_offset: int
    payloads: tuple[Shape | None, ...]


@dataclass(frozen=True, eq=False)
class ListShape(Shape):
    """A list or a map: pointer and length."""

    element: Shape


_SCALARS: dict[Primitive, tuple[int, ValueType]] = {
    Primitive.BOOL: (1, I32),
    Primitive.S8: (1, I32),
    Primitive.U8: (1, I32),
    Primitive.S16: (2, I32),
    Primitive.U16: (2, I32),
    Primitive.S32: (4, I32),
    Primitive.U32: (4, I32),
    Primitive.S64: (8, I64),
    Primitive.U64: (8, I64),
    Primitive.F32: (4, F32),
    Primitive.F64: (8, F64),
    Primitive.CHAR: (4, I32),
}
_CHECKED = (Primitive.BOOL, Primitive.CHAR)
_HANDLE = HandleShape(4, 4, (I32,), 1, 1, handles=True, pointers=False, dense=False)


@dataclass
class Shapes:
    """The shapes of one fusion: interned by structure, remembered by type object."""

    by_type: dict[ValType, Shape] = field(default_factory=dict)
    by_structure: dict[tuple[object, ...], Shape] = field(default_factory=dict)

    def of(self, type: ValType) -> Shape:
        """Return the shape of a type; raises LimitExceeded where no engine would hold it."""
        asked = plain(type)
        pending = [asked]
        while pending:
            current = pending[-1]
            inner = () if current in self.by_type else map(plain, parts(current))
            missing = [part for part in inner if part not in self.by_type]
            if missing:
                pending += missing
                continue
            pending.pop()
            if current not in self.by_type:
                self.by_type[current] = self._checked(current)
        return self.by_type[asked]

    def _checked(self, type: ValType) -> Shape:
        shape = self._make(type)
        if shape.depth > _MAX_DEPTH:
            raise LimitExceeded(f"a value type is nested more than {_MAX_DEPTH} deep")
        if shape.size > _MAX_SIZE:
            raise LimitExceeded("a value type is too large")
        return shape

    def fields(self, parts: tuple[ValType, ...]) -> FieldsShape:
        """Return the shape of a tuple of these types."""
        return self._fields(tuple(self.of(part) for part in parts))

    def _make(self, type: ValType) -> Shape:
        match type:
            case Primitive():
                return self._intern(("primitive", type), _scalar(type))
            case types.Record():
                return self.fields(tuple(part for _, part in type.fields))
            case types.Tuple():
                return self.fields(type.items)
            case types.Variant():
                return self._cases(tuple(self._payload(part) for _, part in type.cases))
            case types.Enumeration():
                return self._cases((None,) * len(type.cases))
            case types.Option():
                return self._cases((None, self.of(type.some)))
            case types.Result():
                return self._cases((self._payload(type.ok), self._payload(type.error)))
            case types.Flags():
                return self._intern(("flags", len(type.labels)), _flags(len(type.labels)))
            case types.List(length=None):
                return self._list(self.of(type.element))
            case types.List():
                return self._repeated(self.of(type.element), type.length or 0)
            case types.Map():
                return self._list(self.fields((type.key, type.value)))
            case types.Own() | types.Borrow():
                return self._intern(("handle",), _HANDLE)
            case _:
                raise AssertionError(f"not a value type: {type!r}")

    def _payload(self, type: ValType | None) -> Shape | None:
        return None if type is None else self.of(type)

    def _list(self, element: Shape) -> Shape:
        weight, depth = element.weight + 1, element.depth + 1
        shape = ListShape(8, 4, (I32, I32), weight, depth, element.handles, pointers=True, dense=False, element=element)
        return self._intern(("list", element), shape)

    def _fields(self, parts: tuple[Shape, ...]) -> FieldsShape:
        shape = self.by_structure.get(("fields", *parts))
        if shape is None:
            shape = self.by_structure[("fields", *parts)] = _fields(parts)
        assert isinstance(shape, FieldsShape)
        return shape

    def _cases(self, payloads: tuple[Shape | None, ...]) -> Shape:
        return self._intern(("cases", *payloads), _cases(payloads))

    def _repeated(self, element: Shape, length: int) -> Shape:
        if element.weight * length > _MAX_WEIGHT:
            raise LimitExceeded("a list of fixed length is too long")
        return self._fields((element,) * length)

    def _intern(self, structure: tuple[object, ...], shape: Shape) -> Shape:
        return self.by_structure.setdefault(structure, shape)


def _scalar(primitive: Primitive) -> Shape:
    if primitive is Primitive.STRING:
        return TextShape(8, 4, (I32, I32), 1, 1, handles=False, pointers=True, dense=False)
    size, core = _SCALARS[primitive]
    dense = primitive not in _CHECKED
    return ScalarShape(size, size, (core,), 1, 1, handles=False, pointers=False, dense=dense, primitive=primitive)


def _flags(count: int) -> Shape:
    size = 1 if count <= 8 else 2 if count <= 16 else 4
    dense = count == 8 * size
    return FlagsShape(size, size, (I32,), 1, 1, handles=False, pointers=False, dense=dense, count=count)


def _fields(parts: tuple[Shape, ...]) -> FieldsShape:
    offset, items = 0, []
    flat: tuple[ValueType, ...] = ()
    for part in parts:
        offset = align_to(offset, part.align)
        items.append((offset, part))
        offset += part.size
        flat = (flat + part.flat)[:_FLAT_KEPT]
    align = max((part.align for part in parts), default=1)
    padded = sum(part.size for part in parts) < align_to(offset, align)
    return FieldsShape(
        size=align_to(offset, align),
        align=align,
        flat=flat,
        weight=1 + sum(part.weight for part in parts),
        depth=1 + max((part.depth for part in parts), default=0),
        handles=any(part.handles for part in parts),
        pointers=any(part.pointers for part in parts),
        dense=all(part.dense for part in parts) and not padded,
        items=tuple(items),
    )


def _cases(payloads: tuple[Shape | None, ...]) -> CasesShape:
    present = [payload for payload in payloads if payload is not None]
    tag = 1 if len(payloads) <= 2**8 else 2 if len(payloads) <= 2**16 else 4
    payload_align = max((payload.align for payload in present), default=1)
    offset = align_to(tag, payload_align)
    align = max(tag, payload_align)
    joined: tuple[ValueType, ...] = reduce(_join, (payload.flat for payload in present), ())
    return CasesShape(
        size=align_to(offset + max((payload.size for payload in present), default=0), align),
        align=align,
        flat=(I32, *joined)[:_FLAT_KEPT],
        weight=1 if not present else len(payloads) + sum(payload.weight for payload in present),
        depth=1 + max((payload.depth for payload in present), default=0),
        handles=any(payload.handles for payload in present),
        pointers=any(payload.pointers for payload in present),
        dense=False,
        tag_size=tag,
        payload_offset=offset,
        payloads=payloads,
    )


def _join(left: tuple[ValueType, ...], right: tuple[ValueType, ...]) -> tuple[ValueType, ...]:
    """Join two payloads' core types position by position (CanonicalABI.md, `flatten_variant`)."""
    shared = tuple(_join_one(one, other) for one, other in zip(left, right, strict=False))
    longer = left if len(left) > len(right) else right
    return shared + longer[len(shared) :]


def _join_one(one: ValueType, other: ValueType) -> ValueType:
    if one == other:
        return one
    return I32 if {one, other} == {I32, F32} else I64


def align_to(offset: int, align: int) -> int:
    """Round an offset up to a multiple of a power of two."""
    return (offset + align - 1) & -align
