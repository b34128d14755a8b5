"""What the strategies' tests share: fixtures by name, and what a strategy makes of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from explore.family import BrokenFixture
from explore.oracle.engine import observe_component
from explore.oracle.host import Host
from families.fusion.fixture_files import FixtureFile, list_fixtures, load
from fuser.errors import NotApplicable, NotViable
from fuser.fuse import Fused, FuseOptions, fuse_program, linked_program
from fuser.handles.interface import Need
from fuser.merge.devirtualise import devirtualise
from fuser.program import Program
from fuser.strategies import resolve
from fuser.traps import Trap

ROOT = Path(__file__).parent.parent
TEXTS = Path(__file__).parent / "strategies"

GATING = ("resource_floats", "resource_with_lists", "resource-import-and-export")
OPAQUE = ("resource_floats_opaque", "resource_floats_opaque_nodtor")


@dataclass(frozen=True)
class Made:
    """One strategy on one fixture, in its plain component form."""

    status: str
    """`built`, `not-applicable` or `not-viable`."""
    reason: str
    runs: bool
    """Whether every call ended as the fixture states."""
    text: str
    """How the first call ended that did not."""
    needs: frozenset[Need] = frozenset()


@cache
def fixture(name: str) -> FixtureFile:
    return load(ROOT, name)


@cache
def names_of_group(group: str) -> tuple[str, ...]:
    return tuple(file.fixture.name for file in list_fixtures(ROOT) if file.fixture.group == group)


@cache
def data(name: str) -> bytes:
    return fixture(name).read()


@cache
def linked(name: str) -> Program:
    return devirtualise(linked_program([data(name)]))


def fused(strategy: str, name: str) -> Fused:
    return fuse_program(linked(name), FuseOptions(strategy=resolve(strategy), validate=False))


def run(name: str, wasm: bytes, sites: Mapping[int, Trap] | None = None) -> str:
    """Run a fixture's calls; return nothing, or how they differ from what is stated."""
    file = fixture(name)
    seen = observe_component(wasm, file.calls, file.limits, Host(file.host), sites or {})
    try:
        file.check(seen)
    except BrokenFixture as error:
        return str(error)
    return ""


@cache
def made(strategy: str, name: str) -> Made:
    try:
        output = fused(strategy, name)
    except NotApplicable as error:
        return Made("not-applicable", str(error), runs=False, text="")
    except NotViable as error:
        return Made("not-viable", error.reason, runs=False, text="")
    text = run(name, output.data, dict(output.sites))
    return Made("built", "", not text, text, frozenset(output.needs.reasons))


def reason(strategy: str, name: str) -> str:
    """Return why a strategy builds nothing; a test fails where it does."""
    one = made(strategy, name)
    if one.status == "built":
        pytest.fail(f"{strategy} builds {name}")
    return one.reason
