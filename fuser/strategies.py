"""The registry of strategies: entry points, and options as the user writes them.

A strategy is a frozen dataclass whose fields are its options, registered under the
entry-point group `fuser.strategies`, ours and other people's alike. One that cannot be
imported is listed as broken, and is an error only where it is asked for by name.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from fuser.errors import UsageError
from fuser.handles.interface import ENTRY_POINTS, Strategy

Value = bool | int | str
"""What an option can be."""

DEFAULT = "canonical"
WORDS = {"on": True, "true": True, "off": False, "false": False}


@dataclass(frozen=True)
class Registered:
    """One name in the registry; it is imported when something of it is asked for."""

    point: EntryPoint

    @property
    def name(self) -> str:
        """The name that a user writes."""
        return self.point.name

    @property
    def source(self) -> str:
        """The distribution that registers it, with its version."""
        return f"{self.point.dist.name} {self.point.dist.version}" if self.point.dist else "an unknown distribution"

    @property
    def kind(self) -> type[Strategy] | None:
        """The strategy's class; None where it cannot be used."""
        return self._loaded[0]

    @property
    def fault(self) -> str:
        """Why it cannot be used, if so."""
        return self._loaded[1]

    @cached_property
    def _loaded(self) -> tuple[type[Strategy] | None, str]:
        """Import it; whatever its module raises makes it a broken one."""
        try:
            kind = self.point.load()
        except Exception as error:  # noqa: BLE001  other people's code may raise anything; it is reported
            return None, f"{type(error).__name__}: {error}"
        fault = _fault(self.name, kind)
        return None if fault else kind, fault

    @property
    def summary(self) -> str:
        """The first line of what the strategy says of itself."""
        return (self.kind.__doc__ or "").strip().partition("\n")[0] if self.kind else ""

    @property
    def options(self) -> Mapping[str, Value]:
        """The options with their defaults."""
        return options_of(self.kind()) if self.kind else {}


@cache
def registry() -> Mapping[str, Registered]:
    """Return every registered strategy, sorted by name; raises UsageError where two claim one name."""
    found: dict[str, Registered] = {}
    for one in map(Registered, sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)):
        other = found.setdefault(one.name, one)
        if other is not one and other.source != one.source:
            both = " and ".join(sorted((other.source, one.source)))
            raise UsageError(f"two distributions register a strategy named {one.name}: {both}")
    return found


def resolve(text: str) -> Strategy:
    """Return the strategy that a text like `name` or `name:option=value,…` names.

    Raises UsageError where the name, an option or a value is not a valid one.
    """
    name, colon, options = text.partition(":")
    known = registry()
    if name not in known:
        raise UsageError(f"unknown strategy {name!r}; there are: {', '.join(known)}")
    registered = known[name]
    if registered.kind is None:
        raise UsageError(f"strategy {name} of {registered.source} cannot be loaded: {registered.fault}")
    return registered.kind(**_parse_options(registered, options.split(",") if colon else []))


def options_of(strategy: Strategy) -> Mapping[str, Value]:
    """Return the options of a strategy in the order of its fields."""
    assert dataclasses.is_dataclass(strategy)
    return {field.name: getattr(strategy, field.name) for field in dataclasses.fields(strategy)}


def spell(strategy: Strategy) -> str:
    """Return the canonical spelling: the name, then the options that differ from their defaults."""
    default = options_of(type(strategy)())
    given = options_of(strategy).items()
    changed = [f"{name}={spell_value(value)}" for name, value in given if value != default[name]]
    return f"{strategy.name}:{','.join(changed)}" if changed else strategy.name


def spell_value(value: Value) -> str:
    """Return the canonical spelling of a value."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _fault(name: str, kind: Any) -> str:
    """Say what keeps a class from being a strategy of this name; nothing if nothing does."""
    missing = [member for member in ("name", "claim", "arrange", "plan") if not hasattr(kind, member)]
    if missing:
        return f"{kind!r} has no {', '.join(missing)}"
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return f"{kind!r} is not a dataclass"
    own = str(vars(kind).get("name"))
    if own != name:
        return f"it is registered as {name} but calls itself {own}"
    return ""


def _parse_options(registered: Registered, pairs: list[str]) -> dict[str, Value]:
    """Parse `option=value` pairs against the fields of the strategy."""
    assert registered.kind is not None
    hints = typing.get_type_hints(registered.kind)
    options: dict[str, Value] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if name not in registered.options:
            valid = ", ".join(registered.options) or "none"
            raise UsageError(f"strategy {registered.name} has no option {name!r}; there are: {valid}")
        if name in options:
            raise UsageError(f"option {name} is given twice")
        if not equals:
            raise UsageError(f"option {name} needs a value: {name}={_choices(hints[name])}")
        options[name] = _parse_value(name, value, hints[name])
    return options


def _parse_value(name: str, text: str, hint: Any) -> Value:
    """Read the value of an option by its field's type."""
    if hint is bool and text in WORDS:
        return WORDS[text]
    if hint is int and text.removeprefix("-").isdecimal():
        return int(text)
    if hint is str or (typing.get_origin(hint) is Literal and text in typing.get_args(hint)):
        return text
    raise UsageError(f"option {name} cannot be {text!r}; it is {_choices(hint)}")


def _choices(hint: Any) -> str:
    """Say what a field's type admits."""
    if typing.get_origin(hint) is Literal:
        return "|".join(map(str, typing.get_args(hint)))
    return {bool: "on|off", int: "NUMBER", str: "TEXT"}.get(hint, str(hint))
