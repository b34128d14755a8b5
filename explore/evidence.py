"""What was measured of one path, in the form that scores, verdicts and ADRs are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from explore.family import Cell, Change, Json
from explore.oracle.records import from_json, to_json


@dataclass(frozen=True)
class Row:
    """One cell of the matrix, as committed evidence keeps it: everything but the full traces."""

    fixture: str
    group: str
    seed: int | None
    """Of a variant; None for the fixture as it is."""
    verdict: str
    fuses: bool
    runs: bool
    faithful: bool
    divergence: str
    """Where it first diverged, or why it was not built; empty where it agrees."""
    status: str
    """Of the artifact: `built`, `refused`, …"""
    changes: tuple[Change, ...] = ()
    properties: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Digest of each form that was written."""
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Totals by form, and of the `reference`."""
    traps: tuple[bool, ...] = ()
    """For each trap of the reference, and each form: whether it trapped there with the same class."""
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name of the fixture, with the seed of a variant."""
        return self.fixture if self.seed is None else f"{self.fixture}@{self.seed}"

    @property
    def judged(self) -> bool:
        """Whether it says anything of the candidate; an engine's defect or a missing observation does not."""
        return self.verdict not in ("engine-defect", "unobserved")

    @property
    def built(self) -> bool:
        """Whether there was something to run."""
        return self.status == "built"

    @property
    def effects_agree(self) -> bool | None:
        """Whether every total that a form and the reference both have is equal; None where there is none."""
        reference = self.counts.get("reference", {})
        forms = [counts for form, counts in self.counts.items() if form != "reference"]
        shared = [(counts[name], reference[name]) for counts in forms for name in counts if name in reference]
        return all(ours == theirs for ours, theirs in shared) if shared else None


def _counts(observations: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    found = {form: dict(seen.get("counts") or {}) for form, seen in sorted(observations.items())}
    return {form: counts for form, counts in found.items() if counts}


def _traps(observations: Mapping[str, Any]) -> tuple[bool, ...]:
    reference = (observations.get("reference") or {}).get("outcomes") or []
    expected = [(index, outcome["trap"]) for index, outcome in enumerate(reference) if outcome.get("trap")]
    forms = [seen.get("outcomes") or [] for form, seen in sorted(observations.items()) if form != "reference"]
    return tuple(
        index < len(outcomes) and outcomes[index].get("trap") == trap for outcomes in forms for index, trap in expected
    )


def row(cell: Cell) -> Row:
    """Return what evidence keeps of a cell."""
    artifact = cast("dict[str, Any]", cell.artifact)
    judged = cell.judgement
    return Row(
        fixture=cell.fixture,
        group=cell.group,
        seed=cell.seed,
        verdict=judged.verdict,
        fuses=judged.fuses,
        runs=judged.runs,
        faithful=judged.faithful,
        divergence=" ".join((judged.divergence or (artifact.get("reason") or "")).split())
        if not judged.faithful
        else "",
        status=artifact.get("status", "defect"),
        changes=tuple(from_json(Change, change) for change in artifact.get("changes") or ()),
        properties=artifact.get("properties") or {},
        outputs={name: str(value) for name, value in sorted((artifact.get("digests") or {}).items())},
        counts=_counts(cell.observations),
        traps=_traps(cell.observations),
        measures=artifact.get("measures") or {},
    )


def stable(rows: Iterable[Row]) -> Json:
    """Return what verdicts rest on: the rows without their timings and sizes."""
    return to_json([replace(row, measures={}) for row in rows])


def changes(rows: Iterable[Row]) -> tuple[Change, ...]:
    """Return every part that was changed or needed, once each, with the first reason."""
    found: dict[str, Change] = {}
    for row in rows:
        for change in row.changes:
            found.setdefault(change.part, change)
    return tuple(found[part] for part in sorted(found))


@dataclass(frozen=True)
class Measured:
    """Everything that the scores of a path are computed from."""

    rows: tuple[Row, ...] = ()
    gating: tuple[str, ...] = ()
    """Names of the gating fixtures."""
    maintenance: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)

    def judged(self) -> tuple[Row, ...]:
        """Return the rows that say something of the candidate."""
        return tuple(row for row in self.rows if row.judged)

    def plain(self) -> tuple[Row, ...]:
        """Return the judged rows of fixtures as they are."""
        return tuple(row for row in self.judged() if row.seed is None)

    def gates(self) -> tuple[Row, ...]:
        """Return the judged rows of the gating fixtures as they are."""
        return tuple(row for row in self.plain() if row.fixture in self.gating)

    def variants(self) -> tuple[Row, ...]:
        """Return the judged rows of the gating fixtures' variants."""
        return tuple(row for row in self.judged() if row.seed is not None and row.fixture in self.gating)

    def without_group(self, group: str) -> Measured:
        """Return the same with a fixture group left out."""
        return replace(self, rows=tuple(row for row in self.rows if row.group != group))


def in_order(rows: Iterable[Row], gating: Sequence[str]) -> tuple[Row, ...]:
    """Return rows as they are always listed: gating fixtures, the others by group, then variants."""

    def key(row: Row) -> tuple[bool, int, str, str, int]:
        place = gating.index(row.fixture) if row.fixture in gating else len(gating)
        return row.seed is not None, place, row.group, row.fixture, row.seed or 0

    return tuple(sorted(rows, key=key))


def first_failure(rows: Iterable[Row]) -> str:
    """Say where a path first diverged, gating order first; empty where it did not."""
    row = _first_failed(rows)
    if row is None:
        return ""
    return f"{row.label}: {row.verdict}" + (f" ({row.divergence})" if row.divergence else "")


def first_failure_in_short(rows: Iterable[Row]) -> str:
    """Say the same without the details, for a line that stands beside them."""
    row = _first_failed(rows)
    return "" if row is None else f"{row.label}: {row.verdict}"


def _first_failed(rows: Iterable[Row]) -> Row | None:
    return next((row for row in rows if row.judged and not row.faithful), None)
