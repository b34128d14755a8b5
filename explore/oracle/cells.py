"""From candidates and fixtures to judged cells: which jobs to run, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from explore.family import (
    Artifact,
    BrokenFixture,
    Candidate,
    Cell,
    Family,
    Fixture,
    Json,
    Judgement,
    Observation,
)
from explore.oracle.jobs import Action, Job, Result, inputs_digest
from explore.oracle.records import from_json, to_json
from explore.oracle.schedule import Executor, OnEvent, kept, run_jobs
from explore.oracle.store import Store

HASH_SEEDS = (1, 2, 3, 4)
"""PYTHONHASHSEED of the processes that must give the same bytes as the one that is observed, whose seed is 0."""


def key(fixture: Fixture) -> str:
    """Return a fixture's name, with the seed of a variant."""
    return fixture.name if fixture.seed is None else f"{fixture.name}@{fixture.seed}"


def references(
    family: Family,
    root: Path,
    fixtures: Sequence[Fixture],
    *,
    workers: int = 2,
    on_event: OnEvent | None = None,
    store: Store | None = None,
    fresh: bool = False,
) -> Mapping[str, Result]:
    """Run every fixture's reference; a broken one is a result with that status."""
    jobs = _Jobs(family, root)
    asked = [jobs.job("reference", None, fixture) for fixture in fixtures]
    results = run_jobs(asked, workers, on_event, store, fresh=fresh)
    return {key(fixture): result for fixture, result in zip(fixtures, results, strict=True)}


def known_references(
    family: Family, root: Path, fixtures: Sequence[Fixture], store: Store
) -> Mapping[str, Result | None]:
    """Return what is kept of the references of these very fixtures and of this code; None where nothing is."""
    jobs = _Jobs(family, root)
    results = kept([jobs.job("reference", None, fixture) for fixture in fixtures], store)
    return {key(fixture): result for fixture, result in zip(fixtures, results, strict=True)}


def judge_cells(
    family: Family,
    root: Path,
    candidates: Sequence[Candidate],
    fixtures: Sequence[Fixture],
    *,
    workers: int = 2,
    on_event: OnEvent | None = None,
    store: Store | None = None,
    fresh: bool = False,
    hash_seeds: Sequence[int] = HASH_SEEDS,
    executor: Executor | None = None,
) -> tuple[Cell, ...]:
    """Judge every candidate on every fixture; return the cells candidate by candidate.

    The jobs go fixture by fixture: what a worker made of an input serves all candidates.
    Raises BrokenFixture, naming all of them, where a reference misses what is known of its
    fixture or cannot be had: no cell means anything without it. So references go first: what
    hangs would hang once for each candidate, too.
    """
    jobs = _Jobs(family, root)

    def answers(asked: Sequence[Job]) -> tuple[Result, ...]:
        return run_jobs(asked, workers, on_event, store, fresh=fresh, executor=executor)

    known = _observations(fixtures, answers([jobs.job("reference", None, fixture) for fixture in fixtures]))
    pairs = [(candidate, fixture) for fixture in fixtures for candidate in candidates]
    asked = [jobs.job("build-and-observe", *pair) for pair in pairs]
    asked += [jobs.job("determinism", *pair, seed) for seed in hash_seeds for pair in pairs]
    ran = answers(asked)
    cells = [
        _cell(family, known[key(fixture)], ran[index], ran[index + len(pairs) :: len(pairs)])
        for index, (_, fixture) in enumerate(pairs)
    ]
    return tuple(cell for first in range(len(candidates)) for cell in cells[first :: len(candidates)])


class _Jobs:
    """Makes jobs that share a family, a root and the digest of the code."""

    def __init__(self, family: Family, root: Path) -> None:
        self.name, self.root = family.name, str(root.resolve())
        self.inputs = inputs_digest(family, root)

    def job(self, action: Action, candidate: Candidate | None, fixture: Fixture | None, hash_seed: int = 0) -> Job:
        return Job(self.name, action, self.root, self.inputs, candidate, fixture, hash_seed)


def _observations(fixtures: Sequence[Fixture], results: Sequence[Result]) -> dict[str, Observation]:
    pairs = list(zip(fixtures, results, strict=True))
    broken = [f"{key(fixture)}: {result.text}" for fixture, result in pairs if result.status != "done"]
    if broken:
        raise BrokenFixture("; ".join(broken))
    return {key(fixture): from_json(Observation, result.value) for fixture, result in pairs}


def _cell(family: Family, reference: Observation, result: Result, repeats: Sequence[Result]) -> Cell:
    candidate, fixture = result.job.candidate, result.job.fixture
    assert candidate is not None
    assert fixture is not None
    value: Mapping[str, Any] = result.value if isinstance(result.value, dict) else {}
    described = value.get("artifact", {})
    observations = value.get("observations", {})
    if result.status == "done":
        forms = {form: from_json(Observation, seen) for form, seen in observations.items()}
        judgement = family.judge(reference, _artifact(described), forms)
    else:
        judgement = _not_done(result, built=described.get("status") == "built")
    if described:
        judgement = _deterministic(judgement, described["digests"], repeats)
    return Cell(
        candidate.strategy,
        candidate.path,
        fixture.name,
        fixture.group,
        fixture.seed,
        judgement,
        described,
        {"reference": _mapping(reference), **observations},
    )


def _mapping(observation: Observation) -> Mapping[str, Json]:
    value = to_json(observation)
    assert isinstance(value, dict)
    return value


def _artifact(described: Mapping[str, Any]) -> Artifact:
    """Return the artifact of a record, which has no bytes."""
    return from_json(Artifact, {name: item for name, item in described.items() if name != "digests"})


def _not_done(result: Result, *, built: bool) -> Judgement:
    text = f"{result.status}: {result.text}"
    if result.status in ("timeout", "crash"):
        return Judgement(result.status, built, runs=False, faithful=False, divergence=text)
    if result.status == "out-of-memory":
        return Judgement("crash", built, runs=False, faithful=False, divergence=text)
    return Judgement("defect", built, runs=False, faithful=False, divergence=text)


def _deterministic(judgement: Judgement, digests: object, repeats: Sequence[Result]) -> Judgement:
    """Hold the other processes' bytes against the first one's; what diverged already keeps its verdict."""
    for repeat in repeats:
        if repeat.status == "done" and repeat.value == digests:
            continue
        what = "gives other bytes" if repeat.status == "done" else f"ends in {repeat.status}: {repeat.text}"
        words = f"building with hash seed {repeat.job.hash_seed} {what}"
        if not judgement.faithful:
            return judgement
        return replace(judgement, verdict="not-deterministic", faithful=False, divergence=words)
    return judgement


__all__ = ["HASH_SEEDS", "judge_cells", "key", "known_references", "references"]
