"""Each option has a fixture on which its values give different observations."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

from explore.oracle.engine import Call
from fuser.errors import StrategyError
from fuser.fuse import FuseOptions, fuse
from fuser.strategies import registry, resolve
from tests.strategies_support import GATING, ROOT, TEXTS, fused, made, run
from tests.support import run_component, wat

THREE = "three-parties"
CALLS = ("through", "direct", "peek")


@cache
def three_parties(strategy: str) -> tuple[object, ...]:
    """Run each call of the three-party composition on an instance of its own."""
    source = wat((TEXTS / f"{THREE}.wat").read_text())
    try:
        output = fuse(source, FuseOptions(strategy=resolve(strategy)))
    except StrategyError as error:
        return (str(error),)
    return tuple(run_component(output.data, [Call(call)], dict(output.sites)).outcomes[0][1] for call in CALLS)


def observed(strategy: str, name: str) -> object:
    if name == THREE:
        return three_parties(strategy)
    one = made(strategy, name)
    return one.status, one.runs, one.text or one.reason


def test_the_composition_itself() -> None:
    assert three_parties("canonical") == ((52,), (7,), (9,))


DIFFERENT = {
    ("shared-tables", "identity"): (("identity=name", "identity=interface"), "resource_floats"),
    ("per-resource-tables", "alias_fallback"): (("alias_fallback=on", "alias_fallback=off"), "resource_with_lists"),
    ("per-resource-tables", "definer"): (("definer=name", "definer=interface"), "resource_floats"),
    ("per-resource-tables", "definer "): (
        ("alias_fallback=off,definer=interface", "alias_fallback=off,definer=identity"),
        THREE,
    ),
    ("per-resource-tables", "destructor"): (("destructor=on", "destructor=off"), "resource_floats"),
    ("per-component-bridges", "discriminator"): (("discriminator=on", "discriminator=off"), THREE),
    ("per-component-bridges", "destructor_suppression"): (
        ("destructor_suppression=on", "destructor_suppression=off"),
        "resource_with_lists",
    ),
    ("per-component-bridges", "caller_gate"): (("caller_gate=on", "caller_gate=off"), THREE),
    ("per-component-bridges", "own_parameters"): (("own_parameters=off", "own_parameters=on"), GATING[2]),
    ("per-component-bridges", "capacity"): (("capacity=0", "capacity=2"), "resource_floats"),
    ("mini-shim", "detector"): (("detector=on", "detector=off"), "resource_floats"),
}
ELSEWHERE = {("canonical", "elide_lends"), ("per-component-bridges", "sorted")}
"""Options whose values differ in something else than outcomes: tests of their own below."""


@pytest.mark.parametrize("option", DIFFERENT, ids=" ".join)
def test_the_values_of_an_option_differ(option: tuple[str, str]) -> None:
    values, name = DIFFERENT[option]
    seen = [observed(f"{option[0]}:{value}", name) for value in values]
    assert seen[0] != seen[1]


def test_every_option_of_ours_has_its_fixture() -> None:
    ours = {
        (name, option) for name, one in registry().items() if one.source.startswith("fusion") for option in one.options
    }
    assert ours == {(name, option.strip()) for name, option in DIFFERENT} | ELSEWHERE


def test_the_record_steps_of_bridges() -> None:
    assert three_parties("per-component-bridges")[0] != (52,)  # a free function gets a handle for a rep
    assert three_parties("per-component-bridges:discriminator=off")[0] == (52,)
    assert not made("per-component-bridges", GATING[2]).runs
    assert made("per-component-bridges:own_parameters=on", GATING[2]).runs
    assert (
        "table-full" in made("per-component-bridges:capacity=2", "resource_floats").text
        or not made("per-component-bridges:capacity=2", "resource_floats").runs
    )
    assert made("per-component-bridges:capacity=256", "resource_floats").runs


def test_uncounted_lends_change_the_code_and_no_outcome() -> None:
    """An optimisation: outcomes must be the same, so what differs is the code."""
    for name in GATING:
        counted, elided = fused("canonical:elide_lends=off", name), fused("canonical:elide_lends=on", name)
        assert run(name, counted.data) == run(name, elided.data) == ""
    assert len(counted.core) > len(elided.core)


BUILD = """
import hashlib, sys
from tests.strategies_support import fused
for strategy in sys.argv[1:]:
    print(hashlib.sha256(fused(strategy, 'resource_with_lists').data).hexdigest())
"""


def digests(seed: int, *strategies: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BUILD, *strategies]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_without_the_sort_the_output_depends_on_the_hash_seed() -> None:
    strategies = ("per-component-bridges:sorted=off", "per-component-bridges:sorted=on")
    unsorted, ordered = zip(*(digests(seed, *strategies) for seed in (1, 2)), strict=True)
    assert len(set(unsorted)) == 2
    assert len(set(ordered)) == 1
