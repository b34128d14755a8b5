"""Every error that the pipeline raises on purpose, and the exit code that it means.

A user meets each as one line, `error: …`. Anything else that escapes is a defect of ours (exit 4).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

DONE = 0
GATE_NOT_MET = 1
DEFECT = 4
INTERRUPTED = 130
TERMINATED = 143


class ExploreError(Exception):
    """Base of the errors about what the user gave or what the machine offers."""

    code: ClassVar[int] = DEFECT


class UsageError(ExploreError):
    """An unknown question, path, strategy, option or id."""

    code = 2


class InputError(ExploreError):
    """A file whose content is not what it must be; says the file and the line."""

    code = 3

    def __init__(self, message: str, path: Path | str | None = None, line: int | None = None) -> None:
        self.message = " ".join(message.split())
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(f"{where}{self.message}")


class EnvironmentFault(ExploreError):
    """A lock that is held, a folder that can't be written, a tool that is missing."""

    code = 5
