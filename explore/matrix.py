"""The strategy × fixture-group matrix, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explore.assess import Assessment
from explore.evidence import Measured, Row, first_failure

VARIANTS = "variants"
"""Column of the gating fixtures' variants, which stand in no group of their own."""


@dataclass(frozen=True)
class Entry:
    """One path on one group: how many cells reached each grade."""

    group: str
    fuses: int
    runs: int
    faithful: int
    cells: int
    first: str
    """First divergence in the group; empty where all are faithful."""

    @property
    def shown(self) -> str:
        """Faithful of all, and how many returned the right values if that is more."""
        more = f" ({self.runs} run)" if self.runs > self.faithful else ""
        return f"{self.faithful}/{self.cells}{more}"


@dataclass(frozen=True)
class Line:
    """One path's row of the matrix."""

    letter: str
    strategy: str
    entries: tuple[Entry, ...]
    first: str
    """First divergence, gating fixtures first."""


def column(row: Row, gating: Sequence[str]) -> str:
    """Return the column that a cell is counted in."""
    if row.seed is not None:
        return VARIANTS
    return "gating" if row.fixture in gating else row.group


def _entry(group: str, rows: Sequence[Row]) -> Entry:
    return Entry(
        group=group,
        fuses=sum(row.fuses for row in rows),
        runs=sum(row.runs for row in rows),
        faithful=sum(row.faithful for row in rows),
        cells=len(rows),
        first=first_failure(rows),
    )


def columns(all_measured: Iterable[Measured]) -> tuple[str, ...]:
    """Return the columns: gating, variants, then the groups by name."""
    found = {column(row, measured.gating) for measured in all_measured for row in measured.rows}
    first = [name for name in ("gating", VARIANTS) if name in found]
    return (*first, *sorted(found - set(first)))


def matrix(assessments: Sequence[Assessment]) -> tuple[Line, ...]:
    """Return the matrix, a line for each path in the order given."""
    groups = columns(assessment.measured for assessment in assessments)
    return tuple(_line(assessment, groups) for assessment in assessments)


def _line(assessment: Assessment, groups: Sequence[str]) -> Line:
    measured = assessment.measured
    judged = measured.judged()
    by_group = {group: [row for row in judged if column(row, measured.gating) == group] for group in groups}
    return Line(
        letter=assessment.letter,
        strategy=assessment.strategy,
        entries=tuple(_entry(group, rows) for group, rows in by_group.items()),
        first=first_failure((*measured.gates(), *measured.variants(), *measured.plain())),
    )
