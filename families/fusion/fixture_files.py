"""Fixtures of this family on disk: `fixtures/NAME/fixture.yaml` beside the composed component."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import wasmtime

from explore import schema, strict_yaml
from explore.errors import InputError
from explore.family import ABSENT, BrokenFixture, Fixture, Json, Observation, Outcome
from explore.files import inside
from explore.oracle.engine import Call, Limits
from explore.oracle.values import same
from fuser.traps import Trap

FOLDER = "fixtures"
FILE = "fixture.yaml"
ADOPTED = "adopted-fixture"
"""Type of a file that states no expectations: those of the reference's own run hold."""

_COMPONENT_MAGIC = b"\0asm\x0d\0\x01\0"


@dataclass(frozen=True)
class Expected:
    """How one call must end; neither field is set where nothing is stated."""

    results: tuple[Json, ...] | None = None
    trap: str | None = None


@dataclass(frozen=True)
class FixtureFile:
    """A fixture as its file states it."""

    folder: Path
    component: Path
    committed: bool
    fixture: Fixture
    calls: tuple[Call, ...]
    expected: tuple[Expected, ...]
    destructors: int | None
    live: int | None
    limits: Limits
    host: Mapping[str, Json]
    data: bytes | None = None
    """The component, where it is not the file's own but a variant of it."""

    def read(self) -> bytes:
        """Return the composed component in binary form; raises BrokenFixture."""
        if self.data is not None:
            return self.data
        try:
            data = self.component.read_bytes()
        except OSError as error:
            raise BrokenFixture(f"{self.component.name} of {self.folder.name}: {error.strerror}") from error
        if self.component.suffix == ".wat":
            data = _assemble(self.component, data)
        if not data.startswith(_COMPONENT_MAGIC):
            raise BrokenFixture(f"{self.component.name} of {self.folder.name} is not a component")
        return data

    def check(self, seen: Observation) -> None:
        """Hold what the reference showed against what was worked out; raises BrokenFixture."""
        if seen.failure is not None:
            raise BrokenFixture(f"the reference ended in {seen.failure}: {seen.text}")
        if len(seen.outcomes) != len(self.expected):
            why = f": {seen.text}" if seen.text else ""
            raise BrokenFixture(f"{len(seen.outcomes)} calls ended, {len(self.expected)} are stated{why}")
        for outcome, expected in zip(seen.outcomes, self.expected, strict=True):
            _check_outcome(outcome, expected)
        for name, stated in (("destructors", self.destructors), ("live", self.live)):
            if stated is not None and seen.counts.get(name, stated) != stated:
                raise BrokenFixture(f"{name}: the reference has {seen.counts[name]}, {stated} is stated")


def _check_outcome(outcome: Outcome, expected: Expected) -> None:
    if expected.trap is not None and outcome.trap != expected.trap:
        got = f"trapped ({outcome.text})" if outcome.trap else f"returned {list(outcome.values or ())}"
        raise BrokenFixture(f"{outcome.call} should trap ({expected.trap}) in the reference, and {got}")
    if expected.results is None:
        return
    if outcome.values is None:
        raise BrokenFixture(f"{outcome.call} trapped in the reference: {outcome.text}")
    if not same(list(expected.results), list(outcome.values)):
        stated = list(expected.results)
        raise BrokenFixture(f"{outcome.call} gave {list(outcome.values)} in the reference, {stated} is stated")


def list_fixtures(root: Path) -> tuple[FixtureFile, ...]:
    """Load every fixture below the root, by name; raises BrokenFixture for the first that is faulty."""
    folder = root / FOLDER
    if not folder.is_dir():
        raise BrokenFixture(f"there is no folder {FOLDER}")
    places = sorted(place for place in folder.iterdir() if place.is_dir() and not place.name.startswith("."))
    return tuple(load(root, place.name) for place in places if _is_fixture(place))


def _is_fixture(place: Path) -> bool:
    """Whether a folder holds a fixture; one that holds other files but no fixture.yaml is a fault."""
    if (place / FILE).is_file():
        return strict_yaml_type(place / FILE) != "command-fixture"
    if any(place.iterdir()) and place.name != "__pycache__":
        raise BrokenFixture(f"{place.name} has no {FILE}")
    return False


def strict_yaml_type(path: Path) -> Json:
    """Return the `type` that a file states of itself."""
    try:
        value = strict_yaml.load(path, f"{path.parent.name}/{path.name}").value
    except InputError as error:
        raise BrokenFixture(str(error)) from error
    return value.get("type") if isinstance(value, dict) else None


def load(root: Path, name: str) -> FixtureFile:
    """Load one fixture; raises BrokenFixture where its file or its component is not as it must be."""
    folder = root / FOLDER / name
    try:
        document = strict_yaml.load(inside(root, folder / FILE), f"{FOLDER}/{name}/{FILE}")
        fields = cast("dict[str, Any]", document.value)
        if not isinstance(fields, dict) or fields.get("type") != ADOPTED:
            schema.check(document, _schema(root))
        inside(root, folder / fields["component"])
    except InputError as error:
        raise BrokenFixture(str(error)) from error
    if fields["name"] != name:
        raise BrokenFixture(f"{FOLDER}/{name}/{FILE} is named {fields['name']}")
    return _fixture_file(folder, fields)


@lru_cache
def _schema(root: Path) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", strict_yaml.load(root / FOLDER / "schema.yaml").value)


def _fixture_file(folder: Path, fields: Mapping[str, Any]) -> FixtureFile:
    component = folder / fields["component"]
    committed = fields.get("committed", True)
    if committed and not component.is_file():
        raise BrokenFixture(f"{fields['name']}: there is no {component.name}")
    absent = () if component.is_file() else (ABSENT,)
    fixture = Fixture(
        name=fields["name"],
        group=fields["group"],
        title=fields["title"],
        shows=" ".join(fields["shows"].split()),
        tags=(*fields.get("tags", ()), *absent),
        digest="" if absent else _digest(folder / FILE, component),
        size=None if absent else component.stat().st_size,
    )
    return FixtureFile(
        folder=folder,
        component=component,
        committed=committed,
        fixture=fixture,
        calls=tuple(Call(call["call"], tuple(call.get("arguments", ()))) for call in fields["calls"]),
        expected=tuple(_expected(fields["name"], call) for call in fields["calls"]),
        destructors=fields.get("destructors"),
        live=fields.get("live"),
        limits=Limits(fields["limits"]["seconds"], fields["limits"]["memory-mib"]),
        host=fields.get("host", {}),
    )


def _expected(name: str, call: Mapping[str, Any]) -> Expected:
    trap = call.get("trap")
    if trap is not None and trap not in {known.value for known in Trap}:
        raise BrokenFixture(f"{name}: {trap} is no class of trap")
    results: Sequence[Json] | None = call.get("results")
    return Expected(None if results is None else tuple(results), trap)


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def _assemble(path: Path, text: bytes) -> bytes:
    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        raise BrokenFixture(f"{path.name} of {path.parent.name}: {error}") from error
