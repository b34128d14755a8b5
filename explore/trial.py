"""`explore try`: every path on an input of the user's own, without a fixture file."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explore import measure
from explore.errors import EnvironmentFault, InputError, UsageError
from explore.evidence import row
from explore.family import Adopting, BrokenFixture, Cell
from explore.files import legible
from explore.oracle.cells import key
from explore.project import Project
from explore.question import load
from explore.records import named
from explore.tables import clean, markdown_table, paragraph, text_table, width


def trial_data(project: Project, id: str, source: Path, call: str | None, jobs: int) -> dict[str, Any]:
    """Judge every path of a question on one input; nothing is kept but the cache."""
    question = load(project, id)
    family = measure.family_of(question)
    if not isinstance(family, Adopting):
        raise UsageError(f"questions of the family {question.family} can't be tried on an input of one's own")
    candidates = [measure.candidate_of(family, project, path) for path in question.paths]
    with tempfile.TemporaryDirectory(prefix="explore-try-") as folder:
        scratch = Project(Path(folder))
        try:
            fixture = family.adopt(_file(source, scratch.root), call, scratch.root)
        except (ValueError, BrokenFixture) as error:
            raise InputError(clean(str(error)), source) from None
        bench = measure.Bench(jobs, measure.open_store(project, "cache"), hash_seeds=(1,))
        try:
            cells = measure.judged(family, scratch, candidates, [fixture], bench)
        except BrokenFixture as error:  # which names the fixture, and the user has none
            raise InputError(clean(str(error)).removeprefix(f"{key(fixture)}: "), source) from None
    return {
        "schema": named("try"),
        "input": legible(source),
        "call": call,
        "question": question.id,
        "reference": _reference(cells[0]),
        "paths": [_path(cell) for cell in cells],
    }


def _file(source: Path, scratch: Path) -> Path:
    """Return the file to try; standard input, `-`, becomes one."""
    if str(source) == "-":
        copy = scratch / "input"
        copy.write_bytes(sys.stdin.buffer.read())
        return copy
    if not source.exists():
        raise EnvironmentFault(f"{source}: no such file")
    if source.is_dir():
        raise EnvironmentFault(f"{source}: a folder, not a file")
    return source


def _reference(cell: Cell) -> dict[str, Any]:
    """Return what the reference showed."""
    seen: Mapping[str, Any] = cell.observations.get("reference", {})
    parts = []
    for outcome in seen.get("outcomes") or ():
        ended = f"traps ({outcome['trap']})" if outcome.get("trap") else f"returns {outcome.get('values') or 'nothing'}"
        parts.append(f"{outcome['call']} {ended}")
    return {"outcome": "; ".join(parts), "counts": dict(seen.get("counts") or {})}


def _path(cell: Cell) -> dict[str, Any]:
    seen = row(cell)
    return {
        "letter": cell.path,
        "strategy": cell.candidate,
        "verdict": seen.verdict,
        "fuses": seen.fuses,
        "runs": seen.runs,
        "faithful": seen.faithful,
        "divergence": seen.divergence,
    }


def show_trial(value: Mapping[str, Any], form: str) -> str:
    """Lay out the trial: a line for each path, and the first divergences."""
    grades = ("fuses", "runs", "faithful")
    rows = [
        (f"{path['letter']} {path['strategy']}", *("yes" if path[grade] else "no" for grade in grades), path["verdict"])
        for path in value["paths"]
    ]
    headers = ("path", *grades, "verdict")
    counts = ", ".join(f"{name} {number}" for name, number in value["reference"]["counts"].items())
    head = f"{value['input']}: the reference: {value['reference']['outcome'] or 'no call'}" + (
        f"; {counts}" if counts else ""
    )
    table = markdown_table(headers, rows) if form == "md" else text_table(headers, rows, width())
    lines = [f"{path['letter']}: {path['divergence']}" for path in value["paths"] if path["divergence"]]
    shown = [f"* {clean(line)}" if form == "md" else paragraph(line, width(), "  ") for line in lines]
    tail = "\nFirst divergence:\n\n" + "\n".join(shown) + "\n" if shown else ""
    return f"{clean(head) if form == 'md' else paragraph(head, width())}\n\n{table}{tail}"
