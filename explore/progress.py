"""What a run shows while it works: paths × stages on a terminal, plain lines elsewhere. On stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, TextIO

from explore.oracle.schedule import Event
from explore.tables import clean, width

STAGES = ("rank", "prototype", "oracle", "validate", "synthesize", "emit")
GAP = 2
NAME = 12
"""Columns that a path's name keeps at the worst."""
REDRAW = 0.1
"""Seconds between two drawings on a terminal."""
COLUMN = {"build-and-observe": "prototype", "determinism": "oracle", "cost": "oracle"}
"""Which stage a job of a path belongs to; references belong to none."""


@dataclass
class Display:
    """Progress of one run; use as a context manager."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    strategies: Mapping[str, str] = field(default_factory=dict)
    """By letter."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By finished stage."""

    def __post_init__(self) -> None:
        self._live = self.stream.isatty()
        self._stage = ""
        self._began = self._drawn = time.monotonic()
        self._counts: dict[tuple[str, str], int] = {}
        self._now = ""
        self._done = self._total = self._lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._finish(interrupted=kind is not None)

    def stage(self, name: str) -> None:
        """Begin a stage; the one before it is done."""
        self._finish(interrupted=False)
        self._stage, self._began, self._done, self._total, self._now = name, time.monotonic(), 0, 0, ""
        self._draw(force=True)

    def event(self, event: Event) -> None:
        """Take an event of the scheduler."""
        job, column = event.job, COLUMN.get(event.job.action)
        self._done, self._total = event.done, event.total
        what = job.candidate.strategy if job.candidate else "reference"
        self._now = f"{what} on {job.fixture.name}" if job.fixture else what
        if column and job.candidate and event.result is not None:
            key = (job.candidate.path, column)
            self._counts[key] = self._counts.get(key, 0) + 1
        self._draw()

    def count(self, done: int, total: int) -> None:
        """Take a count of the validator."""
        self._done, self._total, self._now = done, total, "clean checkout"
        self._draw()

    def _finish(self, *, interrupted: bool) -> None:
        """Close the stage that is under way."""
        if not self._stage:
            return
        spent = time.monotonic() - self._began
        self._erase()
        if interrupted:
            return
        self.seconds[self._stage] = self.seconds.get(self._stage, 0) + round(spent, 3)
        if not self._live:
            amount = f", {self._done} jobs" if self._total else ""
            self.stream.write(f"{self._stage}: {spent:.1f} s{amount}\n")
            self.stream.flush()
        self._stage = ""

    def _draw(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not self._live or (not force and now - self._drawn < REDRAW):
            return
        self._drawn = now
        self._erase()
        lines = [self._head(), *(self._row(letter) for letter in self.strategies), self._foot(now)]
        limit = width()
        self.stream.write("".join(f"{line[:limit]}\n" for line in lines))
        self.stream.flush()
        self._lines = len(lines)

    def _erase(self) -> None:
        if self._live and self._lines:
            self.stream.write(f"\x1b[{self._lines}F\x1b[J")
            self._lines = 0

    def _head(self) -> str:
        return self._line("", {stage: stage for stage in STAGES})

    def _row(self, letter: str) -> str:
        cells = {stage: self._cell(letter, stage) for stage in STAGES}
        return self._line(f"{letter} {self.strategies[letter]}", cells)

    def _line(self, name: str, cells: Mapping[str, str]) -> str:
        """Lay out a name and a cell for each stage that there is room for, the one under way among them."""
        stages = list(STAGES)
        while (taken := sum(len(stage) + GAP for stage in stages)) > width() - NAME:
            stages.pop(0 if stages[0] != self._stage else -1)
        room = width() - taken
        return f"{name[:room]:{room}}" + "".join(f"{cells[stage]:>{len(stage) + GAP}}" for stage in stages)

    def _cell(self, letter: str, stage: str) -> str:
        count = self._counts.get((letter, stage))
        if count is not None:
            return str(count)
        if stage in self.seconds:
            return "done"
        return "…" if stage == self._stage else ""

    def _foot(self, now: float) -> str:
        spent = now - self._began
        left = f", {spent / self._done * (self._total - self._done):.0f} s left" if self._done else ""
        amount = f" {self._done}/{self._total}{left}" if self._total else ""
        return clean(f"{self._stage}{amount}  {self._now}")
