"""Strategies by name: options in both directions, and what is wrong with a registration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest

from fuser import strategies
from fuser.errors import UsageError
from fuser.handles.canonical import Canonical
from fuser.handles.interface import ENTRY_POINTS
from fuser.strategies import options_of, registry, resolve, spell


@dataclass(frozen=True)
class Many(Canonical):
    """Has an option of each kind."""

    name: ClassVar[str] = "many"
    checked: bool = True
    capacity: int = 0
    mode: Literal["fast", "small"] = "fast"
    label: str = ""


@dataclass(frozen=True)
class Distribution:
    name: str
    version: str = "1"


@dataclass(frozen=True)
class Point:
    name: str
    dist: Distribution
    result: object

    def load(self) -> object:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Point]]:
    found = [
        Point("canonical", Distribution("ours"), Canonical),
        Point("many", Distribution("theirs"), Many),
        Point("torn", Distribution("theirs"), ImportError("no module named gears")),
        Point("misnamed", Distribution("theirs"), Many),
        Point("empty", Distribution("theirs"), object),
    ]
    monkeypatch.setattr(strategies, "entry_points", lambda *, group: found if group == ENTRY_POINTS else [])
    registry.cache_clear()
    yield found
    registry.cache_clear()


def test_the_default_is_registered() -> None:
    registry.cache_clear()
    assert resolve(strategies.DEFAULT) == Canonical()


def test_only_what_is_asked_for_is_imported(points: list[Point]) -> None:
    points.append(Point("greedy", Distribution("theirs"), KeyboardInterrupt()))
    assert resolve("many") == Many()
    with pytest.raises(KeyboardInterrupt):
        resolve("greedy")


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("many", Many()),
        ("many:checked=off", Many(checked=False)),
        ("many:elide_lends=off,checked=off,capacity=-3", Many(elide_lends=False, checked=False, capacity=-3)),
        ("many:mode=small,label=a b", Many(mode="small", label="a b")),
    ],
)
def test_options_are_read_and_spelled(text: str, strategy: Many) -> None:
    assert resolve(text) == strategy
    assert spell(strategy) == text
    assert resolve(spell(strategy)) == strategy


@pytest.mark.usefixtures("points")
def test_true_and_false_are_accepted_and_respelled() -> None:
    assert resolve("many:checked=true") == Many()
    assert spell(resolve("many:checked=false")) == "many:checked=off"
    assert list(options_of(Many())) == ["elide_lends", "checked", "capacity", "mode", "label"]


@pytest.mark.usefixtures("points")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cubist", "unknown strategy 'cubist'; there are: canonical, empty, many, misnamed, torn"),
        ("many:depth=3", "strategy many has no option 'depth'; there are: elide_lends, checked, capacity, "),
        ("many:", "strategy many has no option ''"),
        ("many:checked", "option checked needs a value: checked=on|off"),
        ("many:checked=1", "option checked cannot be '1'; it is on|off"),
        ("many:capacity=few", "option capacity cannot be 'few'; it is NUMBER"),
        ("many:mode=slow", "option mode cannot be 'slow'; it is fast|small"),
        ("many:mode=fast,mode=fast", "option mode is given twice"),
        ("torn", "strategy torn of theirs 1 cannot be loaded: ImportError: no module named gears"),
        ("misnamed", "it is registered as misnamed but calls itself many"),
        ("empty", "has no name, claim, arrange, plan"),
    ],
)
def test_what_cannot_be_resolved_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        resolve(text)
    assert message in str(raised.value)


@pytest.mark.usefixtures("points")
def test_a_broken_one_is_listed_and_harms_no_other() -> None:
    assert registry()["torn"].fault == "ImportError: no module named gears"
    assert registry()["many"].summary == "Has an option of each kind."
    assert resolve("many") == Many()


def test_two_distributions_cannot_share_a_name(points: list[Point]) -> None:
    points.append(Point("many", Distribution("others"), Many))
    with pytest.raises(UsageError, match="named many: others 1 and theirs 1"):
        registry()
