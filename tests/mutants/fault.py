"""What a seeded fault is: one function of the fuser that does something else while it is planted.

Faults are planted from outside, so the fuser has no hooks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from fuser.code import Code
from fuser.traps import Trap

Emitter = Callable[..., Any]
"""Stands in for a function; takes the original as its first argument, then that one's own."""


@dataclass(frozen=True)
class Patch:
    """One attribute of a class or module, and what it is instead."""

    target: object
    attribute: str
    value: object


@dataclass(frozen=True)
class Fault:
    """One seeded fault; `fixtures` are those expected to see it, tried first."""

    name: str
    what: str
    fixtures: tuple[str, ...]
    patches: tuple[Patch, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have the fault in this process."""
        with ExitStack() as stack:
            for one in self.patches:
                stack.enter_context(patch.object(one.target, one.attribute, one.value))
            yield


FAULTS: dict[str, Fault] = {}
"""The catalogue, by name."""


def add(name: str, what: str, fixtures: str, *patches: Patch) -> None:
    """Add a fault to the catalogue; `fixtures` are names with spaces between."""
    assert name not in FAULTS, name
    FAULTS[name] = Fault(name, what, tuple(fixtures.split()), patches)


def fault(target: object, attribute: str, fixtures: str) -> Callable[[Emitter], Emitter]:
    """Add a fault named after the decorated function, whose docstring says what it does."""

    def register(emitter: Emitter) -> Emitter:
        name = emitter.__name__.replace("_", "-")
        add(name, (emitter.__doc__ or "").strip().rstrip("."), fixtures, instead(target, attribute, emitter))
        return emitter

    return register


def instead(target: object, attribute: str, emitter: Emitter) -> Patch:
    """Return the patch by which an emitter stands in for a function."""
    original = getattr(target, attribute)

    def stand_in(*arguments: Any, **named: Any) -> Any:
        return emitter(original, *arguments, **named)

    return Patch(target, attribute, stand_in)


def nothing(target: object, attribute: str) -> Patch:
    """Return the patch by which a function does nothing."""
    return instead(target, attribute, lambda *_arguments, **_named: None)


def unchecked(trap: Trap) -> Patch:
    """Return the patch by which a condition is computed and never traps."""

    def trap_if(original: Emitter, code: Code, reason: Trap) -> None:
        if reason is trap:
            code.op("drop")
        else:
            original(code, reason)

    return instead(Code, "trap_if", trap_if)
