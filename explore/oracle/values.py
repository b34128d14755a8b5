"""Component values as JSON, both ways, by their types.

| type                | JSON                                                              |
|---------------------|-------------------------------------------------------------------|
| integers, bool      | themselves                                                        |
| floats              | numbers, or `inf`, `-inf`, `nan:BITS`; `nan` as an expectation    |
| char, string, enum  | strings                                                           |
| list, tuple         | lists (also of bytes)                                             |
| record              | object                                                            |
| flags               | list of labels in declared order                                  |
| option              | null or the payload; `{"some": …}` where the payload is an option |
| result              | `{"ok": …}` or `{"error": …}`                                     |
| variant             | label, or `{LABEL: payload}`                                      |
| own, borrow         | `{"handle": N}`, the Nth handle that came out; `{"object": N}`,   |
|                     | the host's own object of this number                              |
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from wasmtime import component as wc

from explore.family import Json

_INTEGERS = (wc.S8, wc.U8, wc.S16, wc.U16, wc.S32, wc.U32, wc.S64, wc.U64)
_RANGES = {
    type: (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    for type, bits, signed in zip(_INTEGERS, (8, 8, 16, 16, 32, 32, 64, 64), (True, False) * 4, strict=True)
}
_FLOAT_FORMAT = {wc.F32: ("<f", "<I"), wc.F64: ("<d", "<Q")}
_NAN = re.compile("nan:[0-9a-f]{8,16}")


class BadValue(ValueError):
    """A JSON value that is not one of the type asked for."""


class NoHandle(BadValue):
    """A handle that did not come out of any call before."""


class Handles(Protocol):
    """Where handles that reached the host are kept between calls."""

    def number(self, handle: Any) -> Json:
        """Return a handle's JSON, keeping it."""

    def handle(self, value: Json) -> Any:
        """Return the handle of a JSON; raises NoHandle, or BadValue."""

    def object(self, type: wc.OwnType | wc.BorrowType, number: int) -> Any:
        """Return an object of the host's own, to give or to lend; raises BadValue."""


@contextmanager
def tagged() -> Iterator[None]:
    """Have the bindings name the case of every variant-like value, until the end of the block.

    By default they leave the case out where the payloads' Python types differ, which
    confuses bool with the integers and flattens nested options.
    """
    kind = wc._types.VariantLikeType  # noqa: SLF001 -- the bindings have no option for it
    before = kind._tagged  # noqa: SLF001
    kind._tagged = lambda self: True  # type: ignore[method-assign]  # noqa: SLF001, ARG005
    try:
        yield
    finally:
        kind._tagged = before  # type: ignore[method-assign]  # noqa: SLF001


def to_value(type: wc.ValType, value: Json, handles: Handles) -> Any:
    """Return what the bindings take for a JSON value; raises BadValue."""
    for known, convert in _TO.items():
        if isinstance(type, known):
            return convert(type, value, handles)
    raise BadValue(f"{_name(type)} has no JSON form")


def from_value(type: wc.ValType, value: Any, handles: Handles) -> Json:
    """Return the JSON of what the bindings gave."""
    for known, convert in _FROM.items():
        if isinstance(type, known):
            return convert(type, value, handles)
    raise BadValue(f"{_name(type)} has no JSON form")


def is_scalar(type: wc.ValType) -> bool:
    """Whether a type is one number as a core parameter or result, whatever the options."""
    return isinstance(type, (*_INTEGERS, wc.Bool, wc.Char, wc.F32, wc.F64))


def to_core(type: wc.ValType, value: Json) -> int | float:
    """Return a scalar as core wasm takes it (Canonical ABI, lower_flat); raises BadValue."""
    given = to_value(type, value, _NoHandles())
    if isinstance(type, wc.Char):
        return ord(given)
    if isinstance(given, float):
        return given
    bits = 64 if isinstance(type, wc.S64 | wc.U64) else 32
    return (int(given) + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def from_core(type: wc.ValType, value: float) -> Json:
    """Return what core wasm gave for a scalar (Canonical ABI, lift_flat)."""
    if isinstance(type, wc.F32 | wc.F64):
        return number_to_json(value, single=isinstance(type, wc.F32))
    number = int(value)
    if isinstance(type, wc.Bool):
        return number != 0
    if isinstance(type, wc.Char):
        return chr(number)
    low, high = _RANGES[type.__class__]
    return (number - low) % (high - low + 1) + low


class _NoHandles:
    """Where no handle can be."""

    def number(self, handle: Any) -> Json:
        raise BadValue(f"{handle!r} is not a scalar")

    def handle(self, value: Json) -> Any:
        raise BadValue(f"{value!r} is not a scalar")

    def object(self, type: wc.OwnType | wc.BorrowType, number: int) -> Any:
        raise BadValue(f"object {number} of {_name(type)} is not a scalar")


def zero(type: wc.ValType, own: Callable[[wc.OwnType], Any]) -> Any:
    """Return the plainest value of a type: zero, empty, first case; `own` makes an object."""
    for known, make in _ZEROS.items():
        if isinstance(type, known):
            return make(type, own)
    raise BadValue(f"{_name(type)} has no zero")


def number_to_json(value: float, *, single: bool = False) -> Json:
    """Return a float as JSON has it; a NaN with its bits."""
    if math.isnan(value):
        pack, unpack = _FLOAT_FORMAT[wc.F32 if single else wc.F64]
        return f"nan:{struct.unpack(unpack, struct.pack(pack, value))[0]:x}"
    return value if math.isfinite(value) else str(value)


def number_from_json(value: Json) -> float:
    """Return the float of a JSON; raises BadValue."""
    if isinstance(value, str):
        if _NAN.fullmatch(value) and math.isnan(nan := _of_bits(int(value[4:], 16))):
            return nan
        if value in ("nan", "inf", "-inf"):
            return float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    raise BadValue(f"{value!r} is not a float")


def same(expected: Json, seen: Json) -> bool:
    """Whether a value is the expected one: a bare `nan` stands for any."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        return expected.keys() == seen.keys() and all(same(item, seen[key]) for key, item in expected.items())
    if isinstance(expected, list) and isinstance(seen, list):
        return len(expected) == len(seen) and all(map(same, expected, seen))
    if expected == "nan" and isinstance(seen, str):
        return seen.startswith("nan:")
    if isinstance(expected, bool) or isinstance(seen, bool):
        return expected is seen
    return expected == seen


def _of_bits(bits: int) -> float:
    pack, unpack = _FLOAT_FORMAT[wc.F64 if bits >> 32 else wc.F32]
    return float(struct.unpack(pack, struct.pack(unpack, bits))[0])


def _name(type: object) -> str:
    return type.__class__.__name__.removesuffix("Type").lower()


def _bad(type: object, value: Json) -> BadValue:
    return BadValue(f"{value!r} is not a {_name(type)}")


def _list(type: object, value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise _bad(type, value)
    return value


def _single_entry(type: object, value: Json) -> tuple[str, Json]:
    if isinstance(value, str):
        return value, None
    if isinstance(value, dict) and len(value) == 1:
        return next(iter(value.items()))
    raise _bad(type, value)


# -- JSON to bindings ---------------------------------------------------------


def _to_integer(type: Any, value: Json, _handles: Handles) -> int:
    low, high = _RANGES[type.__class__]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _bad(type, value)
    return value


def _to_bool(type: Any, value: Json, _handles: Handles) -> bool:
    if not isinstance(value, bool):
        raise _bad(type, value)
    return value


def _to_text(type: Any, value: Json, _handles: Handles) -> str:
    if not isinstance(value, str) or (isinstance(type, wc.Char) and len(value) != 1):
        raise _bad(type, value)
    return value


def _to_enum(type: Any, value: Json, _handles: Handles) -> str:
    if not isinstance(value, str) or value not in type.names:
        raise _bad(type, value)
    return value


def _to_list(type: Any, value: Json, handles: Handles) -> Any:
    element = type.element
    items = [to_value(element, item, handles) for item in _list(type, value)]
    return bytes(items) if isinstance(element, wc.U8) else items


def _to_tuple(type: Any, value: Json, handles: Handles) -> tuple[Any, ...]:
    items, elements = _list(type, value), type.elements
    if len(items) != len(elements):
        raise _bad(type, value)
    return tuple(to_value(element, item, handles) for element, item in zip(elements, items, strict=True))


def _to_record(type: Any, value: Json, handles: Handles) -> wc.Record:
    fields = type.fields
    if not isinstance(value, dict) or value.keys() != {name for name, _ in fields}:
        raise _bad(type, value)
    record = wc.Record()
    for name, field in fields:
        setattr(record, name, to_value(field, value[name], handles))
    return record


def _to_flags(type: Any, value: Json, _handles: Handles) -> set[str]:
    labels = {label for label in _list(type, value) if isinstance(label, str)}
    if len(labels) != len(_list(type, value)) or labels - set(type.names):
        raise _bad(type, value)
    return labels


def _to_option(type: Any, value: Json, handles: Handles) -> wc.Variant:
    if value is None:
        return wc.Variant("none")
    payload = type.payload
    if isinstance(payload, wc.OptionType):
        label, value = _single_entry(type, value)
        if label != "some":
            raise _bad(type, value)
    return wc.Variant("some", to_value(payload, value, handles))


def _to_result(type: Any, value: Json, handles: Handles) -> wc.Variant:
    label, payload = _single_entry(type, value)
    cases = {"ok": ("ok", type.ok), "error": ("err", type.err)}
    if label not in cases:
        raise _bad(type, value)
    tag, part = cases[label]
    return wc.Variant(tag, None if part is None else to_value(part, payload, handles))


def _to_variant(type: Any, value: Json, handles: Handles) -> wc.Variant:
    label, payload = _single_entry(type, value)
    cases = dict(type.cases)
    if label not in cases:
        raise _bad(type, value)
    part = cases[label]
    return wc.Variant(label, None if part is None else to_value(part, payload, handles))


def _to_handle(type: Any, value: Json, handles: Handles) -> Any:
    number = value["object"] if isinstance(value, dict) and value.keys() == {"object"} else None
    if number is None:
        return handles.handle(value)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 32:
        raise _bad(type, value)
    return handles.object(type, number)


_TO: Mapping[Any, Callable[[Any, Json, Handles], Any]] = {
    _INTEGERS: _to_integer,
    wc.Bool: _to_bool,
    (wc.F32, wc.F64): lambda _type, value, _handles: number_from_json(value),
    (wc.Char, wc.String): _to_text,
    wc.EnumType: _to_enum,
    wc.ListType: _to_list,
    wc.TupleType: _to_tuple,
    wc.RecordType: _to_record,
    wc.FlagsType: _to_flags,
    wc.OptionType: _to_option,
    wc.ResultType: _to_result,
    wc.VariantType: _to_variant,
    (wc.OwnType, wc.BorrowType): _to_handle,
}


# -- bindings to JSON ---------------------------------------------------------


def _from_option(type: Any, value: Any, handles: Handles) -> Json:
    if value.tag == "none":
        return None
    payload = from_value(type.payload, value.payload, handles)
    return {"some": payload} if isinstance(type.payload, wc.OptionType) else payload


def _from_result(type: Any, value: Any, handles: Handles) -> Json:
    part = type.ok if value.tag == "ok" else type.err
    payload = None if part is None else from_value(part, value.payload, handles)
    return {"ok" if value.tag == "ok" else "error": payload}


def _from_variant(type: Any, value: Any, handles: Handles) -> Json:
    part = dict(type.cases)[value.tag]
    return value.tag if part is None else {value.tag: from_value(part, value.payload, handles)}


def _from_list(type: Any, value: Any, handles: Handles) -> Json:
    if isinstance(value, bytes):
        return list(value)
    element = type.element
    return [from_value(element, item, handles) for item in value]


_FROM: Mapping[Any, Callable[[Any, Any, Handles], Json]] = {
    (*_INTEGERS, wc.Bool, wc.Char, wc.String, wc.EnumType): lambda _type, value, _handles: value,
    (wc.F32, wc.F64): lambda kind, value, _handles: number_to_json(value, single=isinstance(kind, wc.F32)),
    wc.ListType: _from_list,
    wc.TupleType: lambda kind, value, handles: [
        from_value(element, item, handles) for element, item in zip(kind.elements, value, strict=True)
    ],
    wc.RecordType: lambda kind, value, handles: {
        name: from_value(field, getattr(value, name), handles) for name, field in kind.fields
    },
    wc.FlagsType: lambda kind, value, _handles: [label for label in kind.names if label in value],
    wc.OptionType: _from_option,
    wc.ResultType: _from_result,
    wc.VariantType: _from_variant,
    (wc.OwnType, wc.BorrowType): lambda _type, value, handles: handles.number(value),
}


# -- zeros ----------------------------------------------------------------------


Own = Callable[[wc.OwnType], Any]


def _zero_record(type: Any, own: Own) -> wc.Record:
    record = wc.Record()
    for name, field in type.fields:
        setattr(record, name, zero(field, own))
    return record


def _zero_case(label: str, part: wc.ValType | None, own: Own) -> wc.Variant:
    return wc.Variant(label, None if part is None else zero(part, own))


def _zero_first_case(type: Any, own: Own) -> wc.Variant:
    label, part = type.cases[0]
    return _zero_case(label, part, own)


_ZEROS: Mapping[Any, Callable[[Any, Own], Any]] = {
    _INTEGERS: lambda _kind, _own: 0,
    wc.Bool: lambda _kind, _own: False,
    (wc.F32, wc.F64): lambda _kind, _own: 0.0,
    wc.Char: lambda _kind, _own: "\0",
    wc.String: lambda _kind, _own: "",
    wc.FlagsType: lambda _kind, _own: set(),
    wc.EnumType: lambda kind, _own: kind.names[0],
    wc.ListType: lambda kind, _own: b"" if isinstance(kind.element, wc.U8) else [],
    wc.TupleType: lambda kind, own: tuple(zero(element, own) for element in kind.elements),
    wc.RecordType: _zero_record,
    wc.OptionType: lambda _kind, _own: wc.Variant("none"),
    wc.ResultType: lambda kind, own: _zero_case("ok", kind.ok, own),
    wc.VariantType: _zero_first_case,
    wc.OwnType: lambda kind, own: own(kind),
}
