"""Judging a planted fault: by our oracle on fixtures, and by the one of the public record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explore.family import ABSENT, Artifact, Judgement, Observation
from explore.oracle.engine import observe_component
from explore.oracle.host import Host
from families.fusion import building
from families.fusion.family import Fusion
from families.fusion.fixture_files import FixtureFile, list_fixtures
from fuser.handles.canonical import Canonical
from tests.mutants import FAULTS, Fault

ROOT = Path(__file__).parents[2]
FAMILY = Fusion()
RECORD = ("gating", "two-component")
"""Groups whose fixtures the public record ran."""
JUDGING = frozenset(
    {"wrong-value", "missing-trap", "unexpected-trap", "wrong-trap", "wrong-effect", "leak", "double-drop", "timeout"}
)
"""Verdicts that kill a fault: those about what the fused program does."""


@dataclass(frozen=True)
class Kill:
    """What saw a fault."""

    fixture: str
    judgement: Judgement


class InvalidMutant(Exception):
    """A fault that does not give a valid module, so that it says nothing about the oracle."""


@cache
def fixtures() -> dict[str, FixtureFile]:
    """Return the fixtures that faults are judged on, by name."""
    files = [file for file in list_fixtures(ROOT) if file.fixture.group != "real-world"]
    return {file.fixture.name: file for file in files if ABSENT not in file.fixture.tags}


@cache
def reference(name: str) -> Observation:
    """Run a fixture's composition unfused."""
    return FAMILY.reference(ROOT, fixtures()[name].fixture)


def verdict(fault: Fault | None, name: str) -> Judgement:
    """Judge the faithful strategy with a fault on one fixture; raises InvalidMutant."""
    expected = reference(name)  # before anything is planted
    fixture = fixtures()[name].fixture
    if fault is None:
        artifact = _built(name)
        return FAMILY.judge(expected, artifact, FAMILY.observe(ROOT, artifact, fixture))
    with fault.planted():
        artifact = _built(name)
        return FAMILY.judge(expected, artifact, FAMILY.observe(ROOT, artifact, fixture))


def kill(fault: Fault, names: Iterable[str]) -> Kill | None:
    """Return the first fixture that sees a fault."""
    for name in names:
        found = verdict(fault, name)
        if found.verdict in JUDGING:
            return Kill(name, found)
        if found.verdict != "agree":
            raise InvalidMutant(f"{fault.name} on {name}: {found.verdict}: {found.divergence}")
    return None


def order(fault: Fault) -> Iterator[str]:
    """Yield the fixtures that are expected to see a fault, then the others."""
    yield from (name for name in fault.fixtures if name in fixtures())
    yield from (name for name in fixtures() if name not in fault.fixtures)


def passes_record(fault: Fault) -> bool:
    """Whether every `run()` of the record's fixtures returns the right values: all that the record asked for."""
    names = [name for name, file in fixtures().items() if file.fixture.group in RECORD]
    return all(_returns(fault, name) for name in names)


def _returns(fault: Fault, name: str) -> bool:
    file, expected = fixtures()[name], reference(name)
    with fault.planted():
        artifact = _built(name)
    seen = observe_component(artifact.forms["component"], file.calls, file.limits, Host(file.host), None)
    return [outcome.values for outcome in seen.outcomes] == [outcome.values for outcome in expected.outcomes]


def _built(name: str) -> Artifact:
    artifact = building.build(fixtures()[name].read(), Canonical())
    if not artifact.built:
        raise InvalidMutant(f"{name}: {artifact.status}: {artifact.reason}")
    return artifact


@dataclass(frozen=True)
class Line:
    """What became of one fault."""

    name: str
    killed: Kill | None
    passed_record: bool
    invalid: str = ""


def judge(name: str) -> Line:
    """Judge one fault."""
    fault = FAULTS[name]
    try:
        return Line(name, kill(fault, order(fault)), passes_record(fault))
    except InvalidMutant as error:
        return Line(name, None, passed_record=False, invalid=str(error))
