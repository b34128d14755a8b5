"""What a result rests on: revision, hashes of every input, versions, seeds."""

from __future__ import annotations

import contextlib
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import explore
from explore.errors import ExploreError
from explore.family import ENTRY_POINTS, Candidate, Family, Fixture
from explore.files import legible, tree_digest
from explore.oracle.jobs import machine
from explore.project import Project
from explore.question import Question
from explore.tables import clean

if TYPE_CHECKING:
    from git import GitCommandError, Repo

SCORING = ("evidence.py", "question.py", "ranking.py", "scores.py", "verdict.py")


class NoRevision(ExploreError):
    """There is no committed revision to check out; the message says what is missing."""


@dataclass(frozen=True)
class Revision:
    """The commit of the working tree, and which files differ from it."""

    commit: str | None
    dirty: tuple[str, ...] = ()
    """Changed or untracked files, without those that a run writes."""
    missing: str = ""
    """Why there is no commit."""


@dataclass(frozen=True)
class Provenance:
    """What the evidence of a path rests on."""

    run: str
    revision: Revision
    digests: Mapping[str, str]
    """By input: question, schema, oracle, scoring, and the family's own trees."""
    fixtures: Mapping[str, str]
    """Digest of each fixture that was used, by name."""
    engine: str
    versions: Mapping[str, str]
    seeds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    def same_inputs(self, other: Provenance) -> bool:
        """Whether results of the other are results of this: the same inputs under the same engine."""
        shared = self.fixtures.keys() & other.fixtures.keys()
        same = all(self.fixtures[name] == other.fixtures[name] for name in shared)
        return same and (self.digests, self.engine, self.seeds) == (other.digests, other.engine, other.seeds)


def digests(project: Project, question: Question, family: Family) -> dict[str, str]:
    """Hash every input but fixtures and candidates, by name."""
    package = Path(explore.__file__).parent
    trees: dict[str, tuple[Path, ...]] = {
        "oracle": (package / "oracle", package / "family.py"),
        "scoring": tuple(package / name for name in SCORING),
        "schema": (project.root / "schema.yaml",),
        **family.inputs(project.root),
    }
    return {"question": question.digest, **{name: tree_digest(trees[name]) for name in sorted(trees)}}


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of inputs that are not the same on both sides."""
    return tuple(sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)))


def versions(family: str) -> dict[str, str]:
    """Return the versions of Python and of the packages that the family's package asks for."""
    found = {"python": platform.python_version()}
    for point in entry_points(group=ENTRY_POINTS, name=family):
        if point.dist is not None:
            found |= _requirements(point.dist)
    return dict(sorted(found.items()))


def _requirements(package: Distribution) -> dict[str, str]:
    found = {package.name: package.version}
    for requirement in package.requires or ():
        if "extra ==" in requirement:
            continue
        name = requirement.split(";")[0].strip()
        name = name[: next((index for index, letter in enumerate(name) if letter in " <>=!~[("), len(name))]
        with contextlib.suppress(PackageNotFoundError):  # a requirement of another platform
            found[name] = distribution(name).version
    return found


def used(fixtures: tuple[Fixture, ...]) -> dict[str, str]:
    """Return the digest of each fixture by name, variants left out: they follow from fixture and seed."""
    return {fixture.name: fixture.digest for fixture in fixtures if fixture.seed is None}


def current(
    project: Project,
    question: Question,
    family: Family,
    fixtures: tuple[Fixture, ...],
    groups: tuple[str, ...],
    run: str,
) -> Provenance:
    """Describe what a run that starts now rests on."""
    return Provenance(
        run=run,
        revision=revision(project, question),
        digests=digests(project, question, family),
        fixtures=used(fixtures),
        engine=machine()["engine"],
        versions=versions(question.family),
        seeds={"prototype": question.prototype_seeds, "validate": question.validation_seeds},
        groups=groups,
    )


def code(candidate: Candidate) -> str:
    """Return the name under which a candidate's code is compared between trees."""
    return f"prototype {candidate.strategy}"


# -- git --------------------------------------------------------------------------


@contextlib.contextmanager
def _repository(project: Project) -> Iterator[Repo]:
    """Open the repository around the project; raises NoRevision, saying what is missing."""
    try:
        import git
    except ImportError:
        raise NoRevision(without_git()) from None
    try:
        with git.Repo(project.root, search_parent_directories=True) as repository:
            repository.git.rev_parse()  # which git itself may refuse, e.g. of another owner
            if repository.bare or repository.working_tree_dir is None:
                raise NoRevision("the git repository has no working tree")
            if not repository.head.is_valid():
                raise NoRevision("the git repository has no commit")
            yield repository
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        raise NoRevision("this folder is not in a git repository") from None
    except git.GitCommandError as error:
        raise NoRevision(f"git failed: {said(error)}") from error


def without_git() -> str:
    """Say why there is no git to be had: its library imports only where `git version` works."""
    return "git is installed, but `git version` fails" if shutil.which("git") else "git is not installed"


def said(error: GitCommandError) -> str:
    """Return what git said as it failed, in one line."""
    return clean(str(error.stderr)).removeprefix("stderr: '").removesuffix("'") or f"status {error.status}"


def revision(project: Project, question: Question) -> Revision:
    """Return the revision of the working tree; where there is none, why."""
    try:
        with _repository(project) as repository:
            status = repository.git(no_optional_locks=True).status(  # which would lock out a commit meanwhile
                "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", str(project.root)
            )
            top = Path(str(repository.working_tree_dir))
            files = (top / item[3:] for item in status.split("\0") if item)
            dirty = sorted(
                legible(project.shown(file)) for file in files if not _written_by_runs(project, question, file)
            )
            return Revision(repository.head.commit.hexsha, tuple(dirty))
    except NoRevision as error:
        return Revision(None, missing=str(error))


def _written_by_runs(project: Project, question: Question, file: Path) -> bool:
    return file.is_relative_to(project.decisions) and file != project.decisions / f"{question.id}.md"


def exists(project: Project, commit: str) -> bool:
    """Whether the repository has a commit; True where there is no repository to ask."""
    try:
        with _repository(project) as repository:
            repository.git.cat_file("-e", f"{commit}^{{commit}}")
    except NoRevision as error:
        return error.__cause__ is None  # git was not asked
    return True


@contextlib.contextmanager
def checkout(project: Project, commit: str) -> Iterator[Path]:
    """Check a commit out into a worktree; yield the project's folder in it; remove it whatever happens.

    The lock of the project must be held: the worktree's place is fixed, so that what a
    killed run left is found and removed.
    """
    place = project.work / "checkout"
    with _repository(project) as repository:
        _remove(repository, place)
        try:
            repository.git.execute(
                ["git", "-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "--detach", str(place), commit]
            )
            yield place / project.root.resolve().relative_to(Path(str(repository.working_tree_dir)).resolve())
        finally:
            _remove(repository, place)


def _remove(repository: Repo, place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
    repository.git.worktree("prune")
