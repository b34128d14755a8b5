"""The fresh process: repeats the oracle on a clean checkout and applies the rejection rules.

`python -m explore.validator`, in the checkout's folder, which is first on PYTHONPATH. Reads a
Request from standard input; writes progress and then the Answer as lines of JSON. Its real
standard output is kept for them alone; whatever else prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from explore import measure
from explore.assess import locus
from explore.errors import ExploreError
from explore.evidence import Measured, in_order
from explore.family import Candidate, Family, Fixture
from explore.oracle.records import from_json, to_json
from explore.oracle.schedule import Event, OnEvent
from explore.oracle.store import Store
from explore.project import Project
from explore.provenance import code, differences, digests, used
from explore.question import Question, load
from explore.verdict import Case, Validation, decide, not_validated

HASH_SEEDS = (11,)
"""Other than the run's: the bytes must be the run's under this as well."""


@dataclass(frozen=True)
class Asked:
    """One path that is to be validated."""

    letter: str
    code: str
    """Digest of the candidate's code, as the run saw it."""
    measured: Measured
    validated: Measured = field(default_factory=Measured)
    """Rows that a validator observed before, on the same inputs, of fixtures outside this run."""


@dataclass(frozen=True)
class Request:
    """What the run asks of the validator."""

    question: str
    original: str
    """Folder of the working tree, from which nothing may be loaded."""
    paths: tuple[Asked, ...]
    fixtures: Mapping[str, str]
    """Name and digest of each fixture of the run."""
    digests: Mapping[str, str]
    store: str
    """Folder for the validator's own results."""
    compiled: str
    """Folder of the run's compiled code: what the engine makes of the same bytes is no evidence."""
    workers: int = 2
    fresh: bool = False


@dataclass(frozen=True)
class Answer:
    """What the validator found."""

    validations: Mapping[str, Validation] = field(default_factory=dict)
    """By letter."""
    digests: Mapping[str, str] = field(default_factory=dict)
    loaded: tuple[str, ...] = ()
    """Packages that were loaded from the checkout."""
    error: str = ""
    """Why nothing was validated."""


class NotClean(Exception):
    """A module that did not come from the checkout."""


def assert_loaded_from(checkout: Path, original: Path) -> tuple[str, ...]:
    """Return the packages loaded from the checkout; raises NotClean where one came from the working tree.

    Installed packages (an environment may lie inside the working tree) are not the project's.
    """
    environments = [Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()]
    clean: set[str] = set()
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None:
            continue
        path = Path(file).resolve()
        if path.is_relative_to(checkout):
            clean.add(name.partition(".")[0])
        elif path.is_relative_to(original) and not any(path.is_relative_to(place) for place in environments):
            raise NotClean(
                f"{name} was loaded from the working tree ({path.relative_to(original)}), not from the checkout"
            )
        elif (checkout / name.partition(".")[0] / "__init__.py").is_file():
            raise NotClean(f"{name} was loaded from {path}, not from the checkout")
    return tuple(sorted(clean))


def validate(request: Request, project: Project, on_event: OnEvent) -> Answer:
    """Judge every path again and decide."""
    if not project.document_path(request.question).is_file():
        return Answer(error=f"{request.question} is not committed: commit it, and run again")
    question = load(project, request.question)
    family = measure.family_of(question)
    known = {path.letter for path in question.paths}
    asked = [path for path in request.paths if path.letter in known]
    candidates = {path.letter: measure.candidate_of(family, project, question.path(path.letter)) for path in asked}
    fixtures = _fixtures(request, family, project, question)
    ours = digests(project, question, family)
    common = (*differences(request.digests, ours), *_other_fixtures(request.fixtures, used(fixtures)))
    bench = measure.Bench(
        request.workers, Store(Path(request.store)), request.fresh, on_event, HASH_SEEDS, Path(request.compiled)
    )
    cells = measure.cells(family, project, list(candidates.values()), fixtures, bench)
    second = {path.letter: measure.measured(question, path.letter, cells) for path in asked}
    cases = [
        _case(family, project, question, path, candidates[path.letter], second[path.letter], common) for path in asked
    ]
    found = {case.path.letter: decide(question, case, cases) for case in cases}
    for path in request.paths:
        if path.letter not in known:
            missing = f"path {path.letter} is not in the committed {question.id}: commit it, and run again"
            found[path.letter] = not_validated(missing, None)
    return Answer(found, ours, assert_loaded_from(project.root.resolve(), Path(request.original).resolve()))


def _other_fixtures(theirs: Mapping[str, str], ours: Mapping[str, str]) -> tuple[str, ...]:
    """Name the fixtures of the run that the checkout lacks or has otherwise."""
    differing = (name for name in sorted(theirs) if ours.get(name) != theirs[name])
    return tuple(f"fixture {name}" if name in ours else f"fixture {name} (not committed)" for name in differing)


def _fixtures(request: Request, family: Family, project: Project, question: Question) -> tuple[Fixture, ...]:
    """Return the run's fixtures that the checkout has, and variants of seeds that the run did not use."""
    listed = measure.choose(question, measure.all_fixtures(family, project), None)
    chosen = tuple(fixture for fixture in listed if fixture.name in request.fixtures)
    return (*chosen, *measure.variants(family, project, question, chosen, question.validation_seeds))


def _case(
    family: Family,
    project: Project,
    question: Question,
    asked: Asked,
    candidate: Candidate,
    second: Measured,
    differs: tuple[str, ...],
) -> Case:
    path = question.path(asked.letter)
    claim = measure.claim_of(family, project, candidate)
    own = () if candidate.digest == asked.code else (code(candidate),)
    first = asked.measured
    observed = Measured(
        in_order((*second.rows, *asked.validated.rows), second.gating), second.gating, first.maintenance, first.cost
    )
    return Case(path, first, observed, locus(family, path, claim, observed), (*differs, *own))


def main() -> None:
    """Answer one request."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(message: object) -> None:
        answers.write(json.dumps(to_json(message), allow_nan=False) + "\n")
        answers.flush()

    def progress(event: Event) -> None:
        if event.kind != "started":
            tell({"done": event.done, "total": event.total})

    request = from_json(Request, json.load(sys.stdin))
    try:
        project = Project(Path.cwd())
        assert_loaded_from(project.root.resolve(), Path(request.original).resolve())
        answer = validate(request, project, progress)
    except (ExploreError, NotClean) as error:
        answer = Answer(error=str(error))
    tell({"answer": answer})


if __name__ == "__main__":
    main()
