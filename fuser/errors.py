"""Every error that the fuser raises on purpose.

A user meets them as one line, `error: …` or `unsupported: …`, with the offset
in the *outer* file. Anything else that escapes is a defect of ours.
"""

from __future__ import annotations

from typing import Self


class FuserError(Exception):
    """Base of the errors about an input; `offset` is absolute in the outer file."""

    prefix = "error"

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def of_input(self, number: int | None) -> Self:
        """Say which of several inputs it is about, counted from 0; None where there is one."""
        if number is not None:
            self.message = f"input {number + 1}: {self.message}"
        return self

    def __str__(self) -> str:
        """Return the message with its offset, as a user reads it."""
        where = "" if self.offset is None else f" (at offset 0x{self.offset:x})"
        return f"{self.message}{where}"


class Malformed(FuserError):
    """The bytes are not what the binary format allows there."""


class Unsupported(FuserError):
    """A feature on the closed list of refusals."""

    prefix = "unsupported"


class UnresolvedImport(FuserError):
    """An import that nothing provides."""


class TypeMismatch(FuserError):
    """Two sides of a link whose types differ."""


class LimitExceeded(FuserError):
    """A limit of the engine or of the format, e.g. 100 memories in a module."""

    prefix = "unsupported"


class InvalidOutput(FuserError):
    """What the fuser or a strategy wrote does not validate: a defect, never the input's."""


class UsageError(Exception):
    """What the user asked for does not exist or cannot be read; the message names what would do."""


class StrategyError(Exception):
    """Base of what a strategy may answer instead of a plan."""


class NotApplicable(StrategyError):
    """The strategy does not apply to this input; the message says precisely why."""


class NotViable(StrategyError):
    """The strategy cannot be built today; `probe` names the check that found it out."""

    def __init__(self, reason: str, probe: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.probe = probe
