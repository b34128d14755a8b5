"""What strategies say of themselves, held against what they did: needs, priors, names."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from fuser.handles.interface import Prior
from fuser.strategies import registry, resolve
from tests.strategies_support import GATING, OPAQUE, fixture, made, names_of_group

OURS = tuple(name for name, one in registry().items() if one.source.startswith("fusion"))
SERVED = (*GATING, OPAQUE[0], "resource_floats_c", "elide-wraps")

ALSO = {"per-component-bridges": ("destructor_suppression=off",), "mini-shim": ("detector=off",)}
"""Options under which a strategy needs more."""


def test_every_candidate_of_the_issue_is_registered() -> None:
    paths = {resolve(name).claim.path: name for name in OURS}
    assert paths == {
        "K": "canonical",
        "A0": "shared-tables",
        "A1": "per-component-array",
        "B": "per-resource-tables",
        "A": "per-component-bridges",
        "I": "opaque-rep",
        "G": "shim-module",
        "J": "sub-instance",
        "D": "mini-shim",
        "E": "elide",
        "F": "layout-inference",
        "H": "wit-component",
        "T": "tagging",
    }


@pytest.mark.parametrize("name", OURS)
def test_needs_are_declared_exactly_as_they_are_used(name: str) -> None:
    spellings = (name, *(f"{name}:{options}" for options in ALSO.get(name, ())))
    outcomes = [made(spelling, one) for spelling in spellings for one in SERVED]
    if all(one.status == "not-viable" for one in outcomes) and name == "wit-component":
        pytest.skip(outcomes[0].reason)
    used = frozenset[object]().union(*(one.needs for one in outcomes))
    assert used == resolve(name).claim.needs


# -- priors ---------------------------------------------------------------------------

DIFFERENT = {
    ("per-resource-tables", "resource_floats"): "The re-exporter drops two borrows of the leaf's float",
    ("per-component-bridges", "resource-import-and-export"): "hands two own handles of the re-exporter to the leaf",
}
LENT = ("xcrate", "resources", "two-wit-packages", "c-autodrop-borrows")
BY_NAME = ("shared-tables", "per-resource-tables", "per-component-bridges")
DIFFERENT |= {(name, one): "lend a borrow to a component that does not define it" for name in BY_NAME for one in LENT}
"""Where we measure something else than the record: words of the docstring that explain it."""


def fixtures_of(prior: Prior) -> tuple[str, ...]:
    """Return the fixtures of a prior; of the standard ones those that have resources."""
    group, _, name = prior.group.partition("/")
    if name:
        return (name,)
    return tuple(one for one in names_of_group(group) if group != "standard" or _has_resources(one))


def _has_resources(name: str) -> bool:
    document = yaml.safe_load((fixture(name).folder / "fixture.yaml").read_text())
    return bool(document["shape"]["resources"])


PRIORS = [
    pytest.param(name, prior, one, id=f"{name}-{one}")
    for name in OURS
    for prior in resolve(name).claim.priors
    for one in fixtures_of(prior)
]
EXPECTED = {"passes": True, "fails": False, "not applicable": False}


def test_outcomes_of_priors_are_words_that_can_be_held_against_a_run() -> None:
    assert {prior.outcome for name in OURS for prior in resolve(name).claim.priors} <= set(EXPECTED)


@pytest.mark.parametrize(("name", "prior", "one"), PRIORS)
def test_a_prior_is_met_or_the_difference_explained(name: str, prior: Prior, one: str) -> None:
    outcome = made(name, one)
    if name == "wit-component" and outcome.status == "not-viable":
        pytest.skip(outcome.reason)
    if prior.outcome == "not applicable":
        assert outcome.status == "not-applicable"
    elif (outcome.runs == EXPECTED[prior.outcome]) == ((name, one) in DIFFERENT):
        known = DIFFERENT.get((name, one), "")
        pytest.fail(f"measured runs={outcome.runs}, record {prior.outcome}; {known or 'no difference is known'}")


@pytest.mark.parametrize(("name", "one"), DIFFERENT)
def test_known_differences_are_explained_where_the_strategy_is(name: str, one: str) -> None:
    text = " ".join((sys.modules[type(resolve(name)).__module__].__doc__ or "").split())
    explained = text.partition("Where the measurement differs from the record:")[2]
    assert f"`{one}`" in explained
    assert " ".join(DIFFERENT[name, one].split()) in explained


# -- how they are written ----------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in OURS if name != "canonical"])
def test_docstrings_say_mechanism_invariants_limits_and_source(name: str) -> None:
    text = sys.modules[type(resolve(name)).__module__].__doc__ or ""
    assert re.findall(r"(?m)^(Mechanism|Invariants|Not handled|Source)\b", text) == [
        "Mechanism",
        "Invariants",
        "Not handled",
        "Source",
    ]


def test_nothing_declares_what_it_cannot_do_by_a_constant() -> None:
    """`NotViable` is raised with the name of a probe that ran, by code that looks."""
    for path in sorted((Path(__file__).parent.parent / "prototypes").glob("*.py")):
        for call in re.findall(r"raise NotViable\(([^\n]*)", path.read_text()):
            assert '", ' in call or call.count(",") == 1, f"{path.name}: {call}"
