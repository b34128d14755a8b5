"""Dataclasses to JSON and back: what crosses a pipe or is kept in a file."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast

from explore.family import Json

T = TypeVar("T")


class MalformedRecord(Exception):
    """A JSON value that does not have the shape of the type asked for."""


def to_json(value: object) -> Json:
    """Return a dataclass, mapping or sequence as JSON; bytes have no place in a record."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in a record")


def from_json(type: type[T], value: Json) -> T:
    """Build a value of `type` from JSON; raises MalformedRecord where the shape differs."""
    return cast("T", _reader(cast("Any", type))(value))


@lru_cache(maxsize=256)
def _reader(type: Any) -> Callable[[Any], Any]:
    if is_dataclass(type):
        return lambda value: _dataclass(type, value)
    if isinstance(type, typing.ForwardRef):  # Json, inside itself
        return lambda value: value
    make = _GENERIC.get(typing.get_origin(type))
    return make(typing.get_args(type)) if make else lambda value: _a(type, value)


def _tuple(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    read = _reader(arguments[0])
    return lambda value: tuple(map(read, _a(list, value)))


def _mapping(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    read = _reader(arguments[1])
    return lambda value: {key: read(item) for key, item in _a(dict, value).items()}


def _union(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    """`X | None`, or Json, which is taken as it is."""
    rest = [argument for argument in arguments if argument is not types.NoneType]
    if len(rest) > 1:
        return lambda value: value
    return lambda value: None if value is None else _reader(rest[0])(value)


def _dataclass(type: Any, value: Any) -> Any:
    hints = _hints(type)
    unknown = _a(dict, value).keys() - hints.keys()
    if unknown:
        raise MalformedRecord(f"{type.__name__} has no field {min(unknown)}")
    try:
        return type(**{name: _reader(hints[name])(item) for name, item in value.items()})
    except TypeError as error:
        raise MalformedRecord(str(error)) from error


@lru_cache(maxsize=256)
def _hints(type: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(type)
    return {field.name: hints[field.name] for field in fields(type)}


def _one_of(choices: tuple[Any, ...], value: Any) -> Any:
    if value not in choices:
        raise MalformedRecord(f"{value!r} is none of {', '.join(map(repr, choices))}")
    return value


def _a(type: Any, value: Any) -> Any:
    number = type is float and isinstance(value, int) and not isinstance(value, bool)
    if type is Any or number or (isinstance(value, type) and (type is bool or not isinstance(value, bool))):
        return value
    raise MalformedRecord(f"{value!r} is not a {type.__name__}")


_GENERIC: Mapping[Any, Callable[[tuple[Any, ...]], Callable[[Any], Any]]] = {
    tuple: _tuple,
    list: lambda _arguments: lambda value: _a(list, value),
    dict: _mapping,
    Mapping: _mapping,
    Literal: lambda arguments: lambda value: _one_of(arguments, value),
    types.UnionType: _union,
    typing.Union: _union,
}
