"""Payloads with handles in them: random types, and WAT that writes and reads one value of them.

A value is as its type says: a number for a scalar, a `Slot` for a handle, a list for a list,
tuple or record, a `Case` for an option, result or variant. Its form is known when the
guest is written, so that reading and writing it is straight-line code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from fuser.abi.layout import CasesShape, FieldsShape, HandleShape, ListShape, ScalarShape, Shape, Shapes
from fuser.types import Borrow, List, Option, Own, Primitive, Record, Result, Tuple, ValType, Variant
from fuser.wasm.types import F32, F64, I32, I64, ValueType

CORE = {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}
SCALARS = (Primitive.U8, Primitive.U32, Primitive.U64, Primitive.F32, Primitive.F64)
WRAPPERS = ("List", "Option", "Result", "Tuple", "Record", "Variant")


@dataclass(eq=False)
class Slot:
    """The place of a handle in a value; `inside` are the types around it, the nearest last."""

    own: bool
    resource: int
    inside: tuple[str, ...]
    expression: str = ""
    """The sender's core value."""
    holds: Any = None
    """The sender's variable."""


@dataclass(frozen=True)
class Case:
    """One case of an option, result or variant."""

    number: int
    payload: Value | None


Value: TypeAlias = "int | Slot | Case | list[Value]"

# -- types ---------------------------------------------------------------------------


def random_type(chance: Random, handle: Callable[[], ValType], depth: int) -> ValType:
    """Return a type with at least one handle in it."""
    kind = chance.choice(("handle", "handle", *WRAPPERS)) if depth else "handle"
    if kind == "handle":
        return handle()
    inner = random_type(chance, handle, depth - 1)
    match kind:
        case "List":
            return List(inner)
        case "Option":
            return Option(inner)
        case "Result":
            return _result(chance, inner)
    parts = [inner, *(_other(chance, handle) for _ in range(chance.choice((0, 1, 1, 2, 6))))]
    chance.shuffle(parts)
    if kind == "Tuple":
        return Tuple(tuple(parts))
    named = [(f"l{number}", part) for number, part in enumerate(parts)]
    return Record(tuple(named)) if kind == "Record" else Variant((*named, ("none", None)))


def _other(chance: Random, handle: Callable[[], ValType]) -> ValType:
    return handle() if chance.random() < 0.4 else chance.choice(SCALARS)


def _result(chance: Random, inner: ValType) -> ValType:
    other = chance.choice((None, *SCALARS))
    return Result(inner, other) if chance.random() < 0.6 else Result(other, inner)


def random_value(chance: Random, type: ValType, inside: tuple[str, ...] = ()) -> Value:
    """Return a value of a type, its slots empty."""
    within = (*inside, type.__class__.__name__)
    match type:
        case Own() | Borrow():
            return Slot(isinstance(type, Own), number_of(type), inside)
        case Primitive():
            return chance.randrange(256)
        case List():
            return [random_value(chance, type.element, within) for _ in range(chance.choice((0, 1, 2, 2, 3)))]
        case Tuple():
            return [random_value(chance, part, within) for part in type.items]
        case Record():
            return [random_value(chance, part, within) for _, part in type.fields]
    cases = cases_of(type)
    number = max(chance.randrange(len(cases)), chance.randrange(len(cases))) if len(cases) == 2 else None
    number = chance.randrange(len(cases)) if number is None else number
    part = cases[number]
    return Case(number, None if part is None else random_value(chance, part, within))


def cases_of(type: ValType) -> tuple[ValType | None, ...]:
    """Return the payloads of an option, result or variant."""
    match type:
        case Option():
            return (None, type.some)
        case Result():
            return (type.ok, type.error)
        case Variant():
            return tuple(part for _, part in type.cases)
    raise AssertionError(type)


def number_of(type: Own | Borrow) -> int:
    """Return the number of a handle's resource type: worlds have numbers where programs have types."""
    number: Any = type.resource
    assert isinstance(number, int)
    return number


def slots(value: Value) -> Iterator[Slot]:
    """Yield the slots of a value from left to right."""
    match value:
        case Slot():
            yield value
        case list():
            for part in value:
                yield from slots(part)
        case Case(payload=part) if part is not None:
            yield from slots(part)


# -- the text of types -------------------------------------------------------------------


@dataclass
class Names:
    """Numbers for the types that need a name; `resource` says how one is referred to."""

    numbers: dict[ValType, int]
    resource: str = "$r"
    definitions: list[tuple[int, str]] = field(default_factory=list)

    def of(self, type: ValType) -> str:
        """Return a type's text, defining before it what must have a name."""
        match type:
            case Primitive():
                return type.value
            case Own():
                return f"(own {self.resource}{number_of(type)})"
            case Borrow():
                return f"(borrow {self.resource}{number_of(type)})"
            case List():
                return f"(list {self.of(type.element)})"
            case Option():
                return f"(option {self.of(type.some)})"
            case Result():
                ok = f" {self.of(type.ok)}" if type.ok else ""
                error = f" (error {self.of(type.error)})" if type.error else ""
                return f"(result{ok}{error})"
            case Tuple():
                return f"(tuple {' '.join(map(self.of, type.items))})"
            case Record():
                fields = " ".join(f'(field "{label}" {self.of(part)})' for label, part in type.fields)
                return self._named(type, f"(record {fields})")
            case Variant():
                cases = (f'(case "{label}"{f" {self.of(part)}" if part else ""})' for label, part in type.cases)
                return self._named(type, f"(variant {' '.join(cases)})")
        raise AssertionError(type)

    def _named(self, type: ValType, text: str) -> str:
        number = self.numbers.setdefault(type, len(self.numbers))
        if all(number != known for known, _ in self.definitions):
            self.definitions.append((number, text))
        return f"$e{number}"


# -- writing and reading -------------------------------------------------------------------

shape_of = Shapes().of
_STORES = {Primitive.U8: "i32.store8", Primitive.U32: "i32.store", Primitive.U64: "i64.store"}
_STORES |= {Primitive.F32: "f32.store", Primitive.F64: "f64.store"}
_LOADS = {Primitive.U8: "i32.load8_u", Primitive.U32: "i32.load", Primitive.U64: "i64.load"}
_LOADS |= {Primitive.F32: "f32.load", Primitive.F64: "f64.load"}


@dataclass
class Room:
    """Static places in a guest's memory."""

    next: int = 64

    def take(self, size: int) -> int:
        """Return the address of so many bytes of their own."""
        at = self.next
        self.next = (at + size + 7) & -8
        return at


def store(shape: Shape, value: Value, at: int, room: Room) -> Iterator[str]:
    """Yield what writes a value to an address."""
    match shape, value:
        case ScalarShape(), int():
            yield f"({_STORES[shape.primitive]} (i32.const {at}) ({CORE[shape.flat[0]]}.const {value}))"
        case HandleShape(), Slot():
            yield f"(i32.store (i32.const {at}) {value.expression})"
        case FieldsShape(), list():
            for (offset, inner), item in zip(shape.items, value, strict=True):
                yield from store(inner, item, at + offset, room)
        case CasesShape(), Case():
            yield f"(i32.store8 (i32.const {at}) (i32.const {value.number}))"
            part = shape.payloads[value.number]
            if part is not None and value.payload is not None:
                yield from store(part, value.payload, at + shape.payload_offset, room)
        case ListShape(), list():
            yield from _store_list(shape, value, at, room)
        case _:
            raise AssertionError(shape)


def _store_list(shape: ListShape, value: list[Value], at: int, room: Room) -> Iterator[str]:
    items = room.take(shape.element.size * len(value))
    yield f"(i32.store (i32.const {at}) (i32.const {items}))"
    yield f"(i32.store (i32.const {at + 4}) (i32.const {len(value)}))"
    for number, item in enumerate(value):
        yield from store(shape.element, item, items + number * shape.element.size, room)


def flat(shape: Shape, value: Value, room: Room, before: list[str]) -> list[str]:
    """Return a value as core values; what must be written first is appended to `before`."""
    match shape, value:
        case ScalarShape(), int():
            return [f"({CORE[shape.flat[0]]}.const {value})"]
        case HandleShape(), Slot():
            return [value.expression]
        case FieldsShape(), list():
            pairs = zip(shape.items, value, strict=True)
            return [one for (_, part), item in pairs for one in flat(part, item, room, before)]
        case ListShape(), list():
            at = room.take(8)
            before += store(shape, value, at, room)
            return [f"(i32.load (i32.const {at}))", f"(i32.load (i32.const {at + 4}))"]
        case CasesShape(), Case():
            return _flat_case(shape, value, room, before)
    raise AssertionError(shape)


def _flat_case(shape: CasesShape, value: Case, room: Room, before: list[str]) -> list[str]:
    part, rest = shape.payloads[value.number], shape.flat[1:]
    have: list[str] = []
    if part is not None and value.payload is not None:
        written = flat(part, value.payload, room, before)
        have = [_cast(one, *ends) for one, *ends in zip(written, part.flat, rest, strict=False)]
    zeros = [f"({CORE[type]}.const 0)" for type in rest[len(have) :]]
    return [f"(i32.const {value.number})", *have, *zeros]


def _cast(expression: str, have: ValueType, want: ValueType) -> str:
    """Return the bits of one core type as another, widened with zeros or cut off."""
    if have == want:
        return expression
    if have in {F32, F64}:
        bits = I32 if have == F32 else I64
        return _cast(f"({CORE[bits]}.reinterpret_{CORE[have]} {expression})", bits, want)
    if want in {F32, F64}:
        bits = I32 if want == F32 else I64
        return f"({CORE[want]}.reinterpret_{CORE[bits]} {_cast(expression, have, bits)})"
    return f"(i64.extend_i32_u {expression})" if want == I64 else f"(i32.wrap_i64 {expression})"


Found = tuple[Slot | None, str]
"""A slot, or none for anything else, with an i32 expression."""


def load(shape: Shape, value: Value, base: str, offset: int) -> Iterator[Found]:
    """Yield everything in a value in memory."""
    match shape, value:
        case ScalarShape(), int():
            read = f"({_LOADS[shape.primitive]} offset={offset} {base})"
            yield None, _cast(read, shape.flat[0], I32)
        case HandleShape(), Slot():
            yield value, f"(i32.load offset={offset} {base})"
        case FieldsShape(), list():
            for (place, inner), item in zip(shape.items, value, strict=True):
                yield from load(inner, item, base, offset + place)
        case CasesShape(), Case():
            yield None, f"(i32.load8_u offset={offset} {base})"
            part = shape.payloads[value.number]
            if part is not None and value.payload is not None:
                yield from load(part, value.payload, base, offset + shape.payload_offset)
        case ListShape(), list():
            yield None, f"(i32.load offset={offset + 4} {base})"
            for number, item in enumerate(value):
                items = f"(i32.load offset={offset} {base})"
                yield from load(shape.element, item, items, number * shape.element.size)
        case _:
            raise AssertionError(shape)


def unflat(shape: Shape, value: Value, core: list[str]) -> Iterator[Found]:
    """Yield everything in a value given as core values."""
    match shape, value:
        case ScalarShape(), int():
            yield None, _cast(core[0], shape.flat[0], I32)
        case HandleShape(), Slot():
            yield value, core[0]
        case FieldsShape(), list():
            at = 0
            for (_, inner), item in zip(shape.items, value, strict=True):
                yield from unflat(inner, item, core[at:])
                at += len(inner.flat)
        case CasesShape(), Case():
            yield None, core[0]
            part = shape.payloads[value.number]
            if part is not None and value.payload is not None:
                ends = zip(core[1:], shape.flat[1:], part.flat, strict=False)
                yield from unflat(part, value.payload, [_cast(*one) for one in ends])
        case ListShape(), list():
            yield None, core[1]
            for number, item in enumerate(value):
                yield from load(shape.element, item, core[0], number * shape.element.size)
        case _:
            raise AssertionError(shape)
