"""Variants' constants: where they lie, what follows from them, and that a run really depends on each."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore.family import BrokenFixture, Outcome
from explore.oracle.engine import observe_component
from explore.oracle.host import Host
from families.fusion.constants import MARK, Constants, choose, constants, put
from families.fusion.fixture_files import FixtureFile, load
from families.fusion.variants import Variant, vary
from families.fusion.worlds import BOTH_WAYS, BOTH_WAYS_TOPLEVEL, FLOATS, LISTS, Value, World
from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.tree import Component, CoreModule, NestedComponent, Section
from fuser.fuse import FuseOptions, fuse
from fuser.strategies import resolve

ROOT = Path(__file__).parents[1]
WORLDS = {
    "resource_floats": FLOATS,
    "resource_with_lists": LISTS,
    "resource-import-and-export": BOTH_WAYS,
    "resource-import-and-export-toplevel": BOTH_WAYS_TOPLEVEL,
}
UNUSED = {
    "resource-import-and-export": ["leaf-toplevel.passed"],
    "resource-import-and-export-toplevel": [
        "leaf-thing.bar",
        "leaf-thing.baz",
        "intermediate.bar",
        "intermediate.baz",
    ],
}
"""Constants of what is composed and never called."""
every = pytest.mark.parametrize("name", WORLDS)


@cache
def file(name: str) -> FixtureFile:
    return load(ROOT, name)


@cache
def component(name: str) -> Component:
    return parse(file(name).read())


def held(of: Component) -> Constants:
    found = constants(of)
    assert found is not None
    return found


def run(name: str, data: bytes, variant: Variant | None = None) -> Outcome:
    calls = file(name).calls
    if variant is not None:
        calls = tuple(replace(call, name=variant.names.of(call.name)) for call in calls)
    seen = observe_component(data, calls, file(name).limits, Host({}, {}))
    assert seen.failure is None
    return seen.outcomes[0]


def canonical(data: bytes) -> bytes:
    return fuse(data, FuseOptions(strategy=resolve("canonical"))).data


# -- the worlds, as committed -----------------------------------------------------------------


@every
def test_the_committed_constants_give_what_the_runner_is_to_find(name: str) -> None:
    found = held(component(name))
    assert found.world is WORLDS[name]
    worked = found.world.work(found.values)
    assert worked.found.items() <= found.values.items()
    assert worked.destructors == file(name).destructors


@every
def test_the_working_in_the_fixture_file_states_what_the_runner_is_to_find(name: str) -> None:
    words = set(re.findall(r"\d+", (file(name).folder / "fixture.yaml").read_text("utf-8")))
    found = WORLDS[name].work(held(component(name)).values).found
    numbers = {f"{value:g}" for value in found.values() if not isinstance(value, bytes)}
    assert numbers <= words


def test_the_worlds_give_the_numbers_worked_out_by_hand() -> None:
    floats = FLOATS.work(held(component("resource_floats")).values)
    assert list(floats.found.values()) == [46, 59, 114, 32, 59]
    lists = LISTS.work(held(component("resource_with_lists")).values)
    assert lists.found["runner.baz"] == b"three middle-in leaf-baz middle-out"
    things = BOTH_WAYS.work(held(component("resource-import-and-export")).values)
    assert list(things.found.values()) == [48, 43, 18, 74]
    passed = BOTH_WAYS_TOPLEVEL.work(held(component("resource-import-and-export-toplevel")).values)
    assert list(passed.found.values()) == [48, 13, 26, 39]


# -- variants ---------------------------------------------------------------------------------


@every
def test_variants_find_their_own_numbers_unfused_and_fused(name: str) -> None:
    for seed in range(4):
        variant = vary(file(name).read(), seed)
        assert run(name, variant.data, variant).values == ()
        assert run(name, canonical(variant.data), variant).values == ()


@every
def test_every_constant_of_a_variant_is_another_one(name: str) -> None:
    before = held(component(name)).values
    variant = vary(file(name).read(), 7)
    assert before.keys() == variant.values.keys()
    assert all(before[key] != value for key, value in variant.values.items())
    assert held(parse(variant.data)).values == variant.values
    assert vary(file(name).read(), 7).values == variant.values
    assert vary(file(name).read(), 8).values != variant.values


def test_a_component_without_marked_constants_keeps_what_it_has() -> None:
    data = load(ROOT, "resource_floats_opaque").read()
    assert constants(parse(data)) is None
    assert vary(data, 1).values == {}


@every
def test_a_run_depends_on_every_constant(name: str) -> None:
    """A change of one side alone traps, so none is folded into code and the runner really compares."""
    for constant, value in held(component(name)).values.items():
        changed = run(name, encode(put(component(name), {constant: other(value)})))
        expected = None if constant in UNUSED.get(name, ()) else "unreachable"
        assert changed.trap == expected, constant


@every
def test_a_fused_variant_traps_where_one_side_is_changed(name: str) -> None:
    variant = vary(file(name).read(), 1)
    constant = next(key for key in variant.values if key.startswith(("intermediate", "middle")))
    patched = encode(put(parse(variant.data), {constant: other(variant.values[constant])}))
    for data in (patched, canonical(patched)):
        assert run(name, data, variant).trap == "unreachable"


def other(value: Value) -> Value:
    return value[:-1] + bytes([value[-1] ^ 1]) if isinstance(value, bytes) else value + 1


# -- putting ----------------------------------------------------------------------------------


@every
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_what_is_put_is_read_again_and_nothing_else_changes(name: str, seed: int) -> None:
    world = WORLDS[name]
    before, values = held(component(name)), choose(world, seed)
    assert values == {**values, **world.work(values).found}
    changed = put(component(name), values)
    assert held(changed).values == values
    assert encode(put(changed, before.values)) == file(name).read()
    assert len(encode(changed)) == len(file(name).read())


@pytest.mark.parametrize("world", WORLDS.values(), ids=lambda world: world.name)
@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_chosen_constants_fit_where_they_are_put(world: World, seed: int) -> None:
    for name, value in choose(world, seed).items():
        form = world.kinds()[name].value
        assert struct.unpack(form, struct.pack(form, value)) == (value,)


# -- faults -----------------------------------------------------------------------------------


def edited(of: Component, old: bytes, new: bytes) -> Component:
    """Replace bytes in every core module, of which at least one must hold them."""
    changed = _edited(of, old, new)
    assert changed != of
    return changed


def _edited(of: Component, old: bytes, new: bytes) -> Component:
    def one(definition: object) -> object:
        if isinstance(definition, CoreModule):
            return replace(definition, data=definition.data.replace(old, new))
        if isinstance(definition, NestedComponent):
            return replace(definition, component=_edited(definition.component, old, new))
        return definition

    sections = tuple(Section(part.id, tuple(map(one, part.definitions))) for part in of.sections)  # type: ignore[arg-type]
    return replace(of, sections=sections)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"floats/leaf\0", b"floats/loaf\0", "constants of floats/loaf, which no world has"),
        (b"floats/leaf\0", b"flowts/leaf\0", "constants of flowts/leaf, which no world has"),
        (b"floats/leaf\0", b"lists/leaf\0\0", "not those of world"),
        (MARK + b"floats/leaf\0", b"variant-constans" + b"floats/leaf\0", "not those of world floats"),
        (MARK + b"floats/runner", MARK + b"floats/leaf\0\0", "not those of world floats"),
    ],
)
def test_constants_marked_wrongly_are_refused(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(BrokenFixture, match=words):
        vary(encode(edited(component("resource_floats"), old, new)), 0)


def test_constants_that_are_not_those_of_the_world_are_refused() -> None:
    data = encode(put(component("resource_floats"), {"leaf.used_new": 2.0}))
    with pytest.raises(BrokenFixture, match="do not give what its runner is to find"):
        vary(data, 0)


@pytest.mark.parametrize(
    ("contents", "words"),
    [(MARK, "without a name"), (MARK + b"floats/leaf".ljust(32, b"\0") + bytes(39), "cut short")],
)
def test_constants_cut_short_are_refused(contents: bytes, words: str) -> None:
    data = bytes([1, 1, len(contents)]) + contents  # one passive segment
    module = b"\0asm\x01\0\0\0" + bytes([11, len(data)]) + data
    with pytest.raises(BrokenFixture, match=words):
        constants(Component((Section(1, (CoreModule(data=module),)),)))
