"""What the gating fixtures state, recomputed from models of their worlds; and what hand-written fixtures say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from explore.family import Modelled, Observation
from explore.listing import _recomputed
from explore.oracle.jobs import Job, Result
from explore.oracle.records import to_json
from families.fusion.family import Fusion
from families.fusion.fixture_files import FixtureFile, list_fixtures, load
from families.fusion.models import recompute

ROOT = Path(__file__).parents[1]
GATING = ("resource_floats", "resource_with_lists", "resource-import-and-export", "resource-import-and-export-toplevel")
BY_HAND = [file for file in list_fixtures(ROOT) if "by-hand" in file.fixture.tags]


@cache
def seen(name: str) -> Observation:
    return Fusion().reference(ROOT, load(ROOT, name).fixture)


@pytest.mark.parametrize("name", GATING)
def test_a_gating_fixture_states_what_its_model_computes(name: str) -> None:
    assert Fusion().recompute(ROOT, load(ROOT, name).fixture, seen(name)) == ()


@pytest.mark.parametrize(("field", "value"), [("destructors", 9), ("live", 1), ("destructors", None)])
def test_a_wrong_count_differs_from_the_model(field: str, value: int | None) -> None:
    file = load(ROOT, "resource_floats")
    right = {"destructors": 8, "live": 0}[field]
    changed = replace(file, destructors=value) if field == "destructors" else replace(file, live=value)
    assert recompute(changed, seen("resource_floats")) == (f"{field} is {value}, by the model {right}",)


def test_a_wrong_number_in_the_runner_differs_from_the_model() -> None:
    file = load(ROOT, "resource-import-and-export")
    data = file.read()
    world = b"both-ways/runner".ljust(32, b"\0")
    place = data.index(b"variant-constant" + world) + 16 + len(world) + 3 * 4  # left, other, right, then left_foo
    wrong = data[:place] + (7).to_bytes(4, "little") + data[place + 4 :]
    found = recompute(replace(file, data=wrong), seen("resource-import-and-export"))
    assert found == ("runner.left_foo is 7, by the model 48",)


def test_another_order_of_destruction_differs_from_the_model() -> None:
    events = seen("resource_with_lists").trace
    first, second = (place for place, event in enumerate(events) if " destroyed " in event)
    swapped = [*events[:first], events[second], events[first], *events[second + 1 :]]
    found = recompute(load(ROOT, "resource_with_lists"), replace(seen("resource_with_lists"), trace=tuple(swapped)))
    made = "made 0.1 made 1.1"
    assert found == (
        f"order of objects is '{made} destroyed 0.1 destroyed 1.1', by the model '{made} destroyed 1.1 destroyed 0.1'",
    )


def test_other_fixtures_have_no_model() -> None:
    assert recompute(load(ROOT, "lend-ends"), Observation()) is None


class _Differing:
    """A family that only recomputes."""

    def __init__(self, answer: tuple[str, ...] | None) -> None:
        self.answer = answer

    def recompute(self, root: Path, fixture: object, seen: Observation) -> tuple[str, ...] | None:
        del root, fixture, seen
        return self.answer


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (None, "done", ""),
        ((), "done", "recomputed"),
        (("a is 1", "b is 2"), "broken-fixture", "a is 1; b is 2"),
    ],
)
def test_a_check_says_what_the_model_says(answer: tuple[str, ...] | None, status: str, text: str) -> None:
    family = _Differing(answer)
    assert isinstance(family, Modelled)
    result = Result(Job("toy", "reference", "", ""), "done", to_json(Observation()))
    fixture = load(ROOT, "lend-ends").fixture
    checked = _recomputed(family, ROOT, fixture, result)  # type: ignore[arg-type]  # it is asked for nothing else
    assert (checked.status, checked.text) == (status, text)


@pytest.mark.parametrize("file", BY_HAND, ids=lambda file: file.fixture.name)
def test_a_fixture_written_by_hand_works_its_counts_out(file: FixtureFile) -> None:
    assert file.fixture.group == "discriminating"
    assert None not in (file.destructors, file.live)
    assert all(one.results is not None or one.trap is not None for one in file.expected)


def test_no_component_is_out_of_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "fixtures" / "rebuild.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
