"""The prototype and oracle stages: which fixtures a run uses, its cells, its counts and timings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from explore.errors import EnvironmentFault, InputError, UsageError
from explore.evidence import Measured, row
from explore.family import ABSENT, BrokenFixture, Candidate, Cell, Claim, Claiming, Family, Fixture
from explore.oracle.cells import judge_cells
from explore.oracle.jobs import Job, UnknownFamily, inputs_digest, load_family
from explore.oracle.schedule import OnEvent, Threads, run_jobs
from explore.oracle.store import Store, UnsafeStore
from explore.project import Project
from explore.question import DesignPath, Question
from explore.tables import clean

HASH_SEEDS = (1, 2, 3, 4)
"""With the process that builds what is run, five processes must give the same bytes."""
COST_SECONDS = 300.0
"""Deadline of one candidate's timings."""


@dataclass(frozen=True)
class Bench:
    """How cells are run: by how many workers, with which cache, and who is told."""

    workers: int = 2
    store: Store | None = None
    fresh: bool = False
    on_event: OnEvent | None = None
    hash_seeds: Sequence[int] = HASH_SEEDS
    compiled: Path | None = None
    """Folder for compiled code where it is not the store's: it follows from the bytes alone, so others may share it."""

    @property
    def executor(self) -> Threads:
        """What runs the jobs."""
        return Threads(self.workers, self.compiled or (self.store.folder if self.store else None))


def open_store(project: Project, name: str) -> Store:
    """Open a private cache below the project's work folder."""
    try:
        return Store(project.work / name)
    except UnsafeStore as error:
        raise EnvironmentFault(str(error)) from None
    except OSError as error:
        raise EnvironmentFault(f"{project.work / name} can't be written: {error.strerror}") from None


def family_of(question: Question) -> Family:
    """Load the family of a question."""
    return family_named(question.family)


def family_named(name: str) -> Family:
    """Load a family; raises UsageError where nobody offers it, EnvironmentFault where its package is broken."""
    try:
        return load_family(name)
    except UnknownFamily as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise EnvironmentFault(f"family {name} can't be loaded: {type(error).__name__}: {clean(str(error))}") from error


def candidate_of(family: Family, project: Project, path: DesignPath) -> Candidate:
    """Resolve a path's strategy."""
    try:
        return family.candidate(project.root, path.letter, path.strategy)
    except (ValueError, LookupError) as error:
        raise UsageError(f"path {path.letter}: {error.args[0] if error.args else error}") from None


def claim_of(family: Family, project: Project, candidate: Candidate) -> Claim | None:
    """Return what a candidate says of itself, where its family asks for that."""
    return family.claim(project.root, candidate) if isinstance(family, Claiming) else None


def all_fixtures(family: Family, project: Project) -> tuple[Fixture, ...]:
    """List every fixture of the project."""
    try:
        return family.fixtures(project.root)
    except BrokenFixture as error:
        raise InputError(str(error)) from None


def choose(question: Question, fixtures: Sequence[Fixture], groups: Sequence[str] | None) -> tuple[Fixture, ...]:
    """Return the fixtures of a run, gating ones first: those groups, or all of them.

    Raises InputError where a gating fixture is missing.
    """
    fixtures = [fixture for fixture in fixtures if ABSENT not in fixture.tags]
    by_name = {fixture.name: fixture for fixture in fixtures}
    missing = [name for name in question.gating_fixtures if name not in by_name]
    if missing:
        raise InputError(f"{question.id} asks for fixtures that don't exist: {', '.join(missing)}")
    gating = [by_name[name] for name in question.gating_fixtures]
    others = [fixture for fixture in fixtures if fixture not in gating and (groups is None or fixture.group in groups)]
    return (*gating, *sorted(others, key=lambda fixture: (fixture.group, fixture.name)))


def variants(
    family: Family, project: Project, question: Question, fixtures: Sequence[Fixture], seeds: Sequence[int]
) -> tuple[Fixture, ...]:
    """Return the variants of the gating fixtures for some seeds, where the family makes any."""
    gating = [fixture for fixture in fixtures if fixture.name in question.gating_fixtures]
    made = (family.variant(project.root, fixture, seed) for fixture in gating for seed in seeds)
    return tuple(variant for variant in made if variant is not None)


def cells(
    family: Family, project: Project, candidates: Sequence[Candidate], fixtures: Sequence[Fixture], bench: Bench
) -> tuple[Cell, ...]:
    """Judge every candidate on every fixture; a broken fixture is an InputError."""
    try:
        return judged(family, project, candidates, fixtures, bench)
    except BrokenFixture as error:
        raise InputError(f"broken fixture: {error}") from None


def judged(
    family: Family, project: Project, candidates: Sequence[Candidate], fixtures: Sequence[Fixture], bench: Bench
) -> tuple[Cell, ...]:
    """Judge every candidate on every fixture; raises BrokenFixture."""
    with bench.executor as executor:
        return judge_cells(
            family,
            project.root,
            candidates,
            fixtures,
            workers=bench.workers,
            on_event=bench.on_event,
            store=bench.store,
            fresh=bench.fresh,
            hash_seeds=bench.hash_seeds,
            executor=executor,
        )


def measured(question: Question, letter: str, found: Sequence[Cell]) -> Measured:
    """Return a path's cells as evidence."""
    return Measured(tuple(row(cell) for cell in found if cell.path == letter), question.gating_fixtures)


def costs(
    family: Family, project: Project, candidates: Sequence[Candidate], bench: Bench
) -> Mapping[str, Mapping[str, float]]:
    """Time the calls of each candidate, one at a time so that none disturbs another; by letter.

    A candidate that can't be timed has no entry: its cost is missing, not zero.
    """
    root, inputs = str(project.root.resolve()), inputs_digest(family, project.root)
    jobs = [Job(family.name, "cost", root, inputs, candidate, seconds=COST_SECONDS) for candidate in candidates]
    results = run_jobs(jobs, 1, bench.on_event, bench.store, fresh=bench.fresh)
    return {
        candidate.path: cast("Mapping[str, float]", result.value)
        for candidate, result in zip(candidates, results, strict=True)
        if result.status == "done" and result.value
    }
