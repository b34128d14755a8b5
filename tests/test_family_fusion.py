"""The family of fusion questions on the committed fixtures: references, candidates, variants, what breaks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import wasmtime

from explore.family import BrokenFixture, Candidate, Change, Fixture, Judgement, Observation
from explore.oracle import compiling
from explore.oracle.engine import Call, Limits, observe_component
from explore.oracle.host import Host
from families.fusion import source
from families.fusion.call_cases import CASES
from families.fusion.effects import Effects
from families.fusion.family import Fusion
from families.fusion.fixture_files import load
from families.fusion.snippets import TAP
from families.fusion.tap import tap
from families.fusion.variants import vary
from fuser.component.parse import parse
from fuser.component.tree import (
    AliasExport,
    Component,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    Export,
    ExternName,
    Import,
    NestedComponent,
)
from fuser.errors import Unsupported
from fuser.handles.canonical import Canonical
from fuser.wasm.module import parse_module

ROOT = Path(__file__).parents[1]
FAMILY = Fusion()
GATING = ("resource_floats", "resource_with_lists", "resource-import-and-export")
DESTRUCTORS = {"resource_floats": 8, "resource_with_lists": 2, "resource-import-and-export": 7}


@cache
def fixture(name: str) -> Fixture:
    return load(ROOT, name).fixture


@cache
def candidate(strategy: str) -> Candidate:
    return FAMILY.candidate(ROOT, "X", strategy)


@cache
def reference(of: Fixture) -> Observation:
    return FAMILY.reference(ROOT, of)


def judged(strategy: str, of: Fixture) -> Judgement:
    artifact = FAMILY.build(ROOT, candidate(strategy), of)
    forms = FAMILY.observe(ROOT, artifact, of) if artifact.built else {}
    return FAMILY.judge(reference(of), artifact, forms)


def totals(seen: Observation) -> dict[str, int]:
    """Return the totals of objects, without the size of memories."""
    assert seen.counts["memory-pages"] > 0
    return {name: count for name, count in seen.counts.items() if name != "memory-pages"}


# -- reference ------------------------------------------------------------------------


@pytest.mark.parametrize("name", GATING)
def test_the_reference_shows_every_object_made_and_destroyed(name: str) -> None:
    seen = reference(fixture(name))
    assert totals(seen) == {"destructors": DESTRUCTORS[name], "live": 0}
    events = [event for event in seen.trace if event.startswith("object ")]
    assert len(events) == 2 * DESTRUCTORS[name]
    assert sum(" made " in event for event in events) == DESTRUCTORS[name]
    assert not any(event.endswith((" again", " unknown")) for event in events)


@pytest.mark.parametrize("name", ["resource_floats", "flavorful", "wrong-type-same-name", "utf16-invalid"])
@pytest.mark.parametrize("strategy", ["canonical", "shared-tables"])
def test_both_compilers_show_the_same(strategy: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = FAMILY.build(ROOT, candidate(strategy), fixture(name))

    def shown() -> list[Observation]:
        seen = (FAMILY.reference(ROOT, fixture(name)), *FAMILY.observe(ROOT, artifact, fixture(name)).values())
        return [replace(each, measures={}) for each in seen]

    by_winch = shown()
    monkeypatch.setattr(compiling, "_WITH_WINCH", ())
    assert shown() == by_winch


def test_a_leak_is_counted() -> None:
    seen = reference(fixture("resource_floats_opaque_nodtor"))
    assert seen.counts["live"] == 1


@pytest.mark.parametrize("name", GATING)
def test_the_faithful_strategy_agrees_in_every_form(name: str) -> None:
    artifact = FAMILY.build(ROOT, candidate("canonical"), fixture(name))
    forms = FAMILY.observe(ROOT, artifact, fixture(name))
    assert list(forms) == ["component", "core", "tapped"]
    assert FAMILY.judge(reference(fixture(name)), artifact, forms) == Judgement("agree", True, True, True)  # noqa: FBT003
    assert artifact.properties == {"residual-imports": 0, "core-modules": 1, "self-contained": True}
    assert FAMILY.locus(artifact.changes) == "meld"


def test_a_twin_of_a_program_without_some_instances_tells_of_objects_alone() -> None:
    forwarding = FAMILY.variant(ROOT, fixture("resource-import-and-export"), 1)
    assert forwarding is not None
    artifact = FAMILY.build(ROOT, candidate("elide"), forwarding)
    forms = FAMILY.observe(ROOT, artifact, forwarding)
    assert {"object", "memory"} <= set(reference(forwarding).sees)
    assert "object" in forms["tapped"].sees
    assert "memory" not in forms["tapped"].sees
    assert FAMILY.judge(reference(forwarding), artifact, forms).verdict == "agree"


def test_delegating_to_the_host_is_seen() -> None:
    artifact = FAMILY.build(ROOT, candidate("shared-tables"), fixture("resource_floats"))
    assert artifact.properties["residual-imports"] == 3
    assert artifact.properties["self-contained"] is False
    assert "core" not in artifact.forms


def test_what_passes_by_skipping_destructors_is_a_leak() -> None:
    found = judged("per-component-bridges", fixture("resource_with_lists"))
    assert (found.verdict, found.runs, found.faithful) == ("leak", True, False)
    assert "object destroyed" in found.divergence


def test_a_trap_is_named_with_its_place() -> None:
    found = judged("shared-tables", fixture("resource_floats"))
    assert (found.verdict, found.fuses, found.runs) == ("unexpected-trap", True, False)
    assert "unknown handle index" in found.divergence


def test_not_applicable_says_why() -> None:
    found = judged("opaque-rep", fixture("resource_floats"))
    assert found.verdict == "not-applicable"
    assert "opaque-rep" in found.divergence


# -- the tap ----------------------------------------------------------------------------


def told(data: bytes, calls: tuple[Call, ...]) -> tuple[Observation, Effects]:
    tapped = tap(data)
    effects = Effects(tapped.resources)
    return observe_component(tapped.data, calls, Limits(), Host({}, {TAP: effects.tell})), effects


TWICE = """(component
  (core module $d (func (export "dtor") (param i32)))
  (component $c
    (core module $d (func (export "dtor") (param i32)))
    (core instance $d (instantiate $d))
    (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
    (type $plain (resource (rep i32)))
    (core func $new (canon resource.new $r)) (core func $drop (canon resource.drop $r))
    (core func $rep (canon resource.rep $r))
    (core func $newp (canon resource.new $plain)) (core func $dropp (canon resource.drop $plain))
    (core module $m
      (import "x" "new" (func $new (param i32) (result i32))) (import "x" "drop" (func $drop (param i32)))
      (import "x" "rep" (func $rep (param i32) (result i32)))
      (import "x" "newp" (func $newp (param i32) (result i32))) (import "x" "dropp" (func $dropp (param i32)))
      (func (export "run") (result i32) (local i32 i32)
        (local.set 0 (call $new (i32.const 5))) (local.set 1 (call $new (i32.const 5)))
        (call $drop (local.get 0)) (call $dropp (call $newp (i32.const 9))) (drop (call $newp (i32.const 9)))
        (call $rep (local.get 1))))
    (core instance $i (instantiate $m (with "x" (instance (export "new" (func $new)) (export "drop" (func $drop))
      (export "rep" (func $rep)) (export "newp" (func $newp)) (export "dropp" (func $dropp))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (component $outer
    (alias outer 1 $c (component $again))
    (instance $x (instantiate $again))
    (export "run" (func $x "run")))
  (instance $a (instantiate $outer))
  (instance $b (instantiate $c))
  (export "first" (func $a "run"))
  (export "second" (func $b "run")))"""


def test_the_tap_reaches_every_instance_and_leaves_results_alone() -> None:
    data = bytes(wasmtime.wat2wasm(TWICE))
    seen, effects = told(data, (Call("first"), Call("second")))
    assert [outcome.values for outcome in seen.outcomes] == [(5,), (5,)]
    assert effects.counts == {"destructors": 4, "live": 4}
    assert effects.trace.events[:6] == [
        "object made resource 0 1",
        "object made resource 0 2",
        "object destroyed resource 0 1",
        "object made resource 1 1",
        "object destroyed resource 1 1",
        "object made resource 1 2",
    ]


def test_a_component_without_resources_and_memories_is_left_as_it_is() -> None:
    data = load(ROOT, "calls-itself").read()
    assert not tap(data).tells
    assert tap(data).data == data


@pytest.mark.parametrize(
    ("tail", "what"),
    [
        ('(export "c" (component $c))', "exporting"),
        ('(component $o (import "c" (component))) (instance (instantiate $o (with "c" (component $c))))', "passing on"),
    ],
)
def test_a_component_with_resources_that_is_passed_on_is_refused(tail: str, what: str) -> None:
    text = f"(component (component $c (type $r (resource (rep i32))) (core func (canon resource.new $r))) {tail})"
    with pytest.raises(Unsupported, match=what):
        tap(bytes(wasmtime.wat2wasm(text)))


def test_destroying_again_and_what_was_never_made_are_told_apart() -> None:
    effects = Effects(("r",))
    for event in ((0, 8), (1, 8), (1, 8), (1, 16)):
        effects.tell(*event)
    assert [event.split()[-1] for event in effects.trace.events[1:]] == ["1", "again", "unknown"]
    assert effects.counts == {"destructors": 3, "live": 0}


def test_a_long_trace_is_kept_by_its_hash() -> None:
    def trace(last: int) -> tuple[str, ...]:
        effects = Effects(("r",))
        for rep in [*range(5000), last]:
            effects.tell(0, rep)
            effects.tell(1, rep)
        return effects.trace.finish()

    assert len(trace(1)) < 2100
    assert trace(1)[-1].startswith("object … and ")
    assert trace(1) == trace(2)  # numbers, not addresses

    def lossy() -> tuple[str, ...]:
        effects = Effects(("r",))
        for rep in range(5001):
            effects.tell(0, rep)
            if rep != 4000:
                effects.tell(1, rep)
        return effects.trace.finish()

    assert lossy() != trace(5000)


# -- variants -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", GATING)
def test_a_variant_does_what_its_fixture_does(name: str) -> None:
    variant = FAMILY.variant(ROOT, fixture(name), 2)
    assert variant is not None
    seen = reference(variant)
    assert totals(seen) == totals(reference(fixture(name)))
    assert [outcome.values for outcome in seen.outcomes] == [()]
    assert judged("canonical", variant).verdict == "agree"


def linked(component: Component) -> Iterator[str]:
    """Iterate over the names by which instances are linked, but those of tools' own making."""
    for definition in component:
        match definition:
            case Import(name=ExternName(name)) | Export(name=ExternName(name)) | AliasExport(name=name):
                yield from [] if name.startswith("import-") else [name]
            case CoreInstantiate(arguments=pairs) | CoreBundle(items=pairs):
                yield from (name for name, _ in pairs)
            case NestedComponent(inner):
                yield from linked(inner)
            case CoreModule(data):
                module = parse_module(data)
                yield from (text for one in module.imports for text in (one.module, one.name))
                yield from (one.name for one in module.exports)


def test_a_variant_has_other_names_and_more_components() -> None:
    data = load(ROOT, "resource_floats").read()
    found = [vary(data, seed) for seed in range(6)]
    assert {variant.links for variant in found} == {1, 2, 3}
    assert len({variant.data for variant in found}) == 6
    for variant in found:
        assert not any("demo:floats" in name or "float" in name.split(".")[0] for name in linked(parse(variant.data)))
        assert set(variant.names.interfaces) == {"demo:floats/test", "demo:floats/imports", "demo:floats/exports"}
    assert vary(data, 3).data == found[3].data


def test_opting_in_survives_renaming() -> None:
    variant = FAMILY.variant(ROOT, fixture("resource_floats_opaque"), 1)
    assert variant is not None
    assert judged("opaque-rep", variant).verdict == "agree"


# -- candidates ---------------------------------------------------------------------------


def test_candidates_are_spelt_and_hashed() -> None:
    plain = candidate("canonical")
    assert (plain.strategy, plain.path) == ("canonical", "X")
    by_interface = candidate("shared-tables:identity=interface")
    assert by_interface.strategy == "shared-tables:identity=interface"
    assert candidate("shared-tables").digest == by_interface.digest != plain.digest
    for wrong in ("nothing", "canonical:speed=9", "shared-tables:identity=colour"):
        with pytest.raises(ValueError, match=r"unknown|option"):
            FAMILY.candidate(ROOT, "X", wrong)


def test_a_claim_is_read_off_the_strategy() -> None:
    claim = FAMILY.claim(ROOT, candidate("shared-tables"))
    assert claim.locus == "meld"
    assert claim.summary.startswith("Mechanism: ")
    assert any("two definitions of one name" in limit for limit in claim.limits)
    assert {"group": "two-component", "outcome": "passes"}.items() <= claim.priors[1].items()
    assert FAMILY.claim(ROOT, candidate("opaque-rep")).requires[-1].reach in ("own", "upstream")


def test_a_claim_is_the_same_without_docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under `python -OO`: an ADR shall say what its strategy does all the same."""
    claim = FAMILY.claim(ROOT, candidate("canonical"))
    monkeypatch.setattr("fuser.handles.canonical.__doc__", None)
    assert FAMILY.claim(ROOT, candidate("canonical")) == claim


def test_maintenance_is_counted_from_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugged.py").write_text(
        '"""A docstring.\n\nof three lines."""\n\n# a comment\nclass Plugged:\n    """Another."""\n\n'
        "    name = 'plugged'\n\n    def lift(self, hand):\n        if hand.label == 'special':\n            return 1\n"
        "        return 2 if hand.kind == 'own' else 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import plugged  # type: ignore[import-not-found]

    assert source.counts(plugged.Plugged) == {"lines": 6, "branches": 2, "hooks": 1, "special-cases": 1}
    assert source.counts(Canonical)["hooks"] >= 7
    before = source.digest(plugged.Plugged)
    (tmp_path / "plugged.py").write_text("class Plugged: pass\n")
    assert source.digest(plugged.Plugged) != before


def test_loci_follow_from_what_was_needed() -> None:
    def locus(*parts: str) -> str:
        return FAMILY.locus(tuple(Change(part, "") for part in parts))

    assert locus() == locus("private memory", "region in a guest's memory") == "meld"
    assert locus("private memory", "guest that opts in") == "wit-bindgen"
    assert locus("external tool") == "wasm-tools"
    assert locus("new spec text") == "spec"
    assert locus("instance left un-fused") == locus("external tool", "guest that opts in") == "hybrid"


def test_costs_are_ratios_to_the_composition() -> None:
    cost = FAMILY.cost(ROOT, candidate("canonical"))
    kinds = ("nanoseconds", "against-reference", "against-bare")
    assert set(cost) == {f"{case.name}-{kind}{more}" for case in CASES for kind in kinds for more in ("", "-spread")}
    assert 0 < cost["borrow-through-two-against-reference"] < 1
    assert FAMILY.cost(ROOT, candidate("opaque-rep")) == {}


# -- what is broken says so ------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one good fixture."""
    folder = tmp_path / "fixtures"
    folder.mkdir()
    shutil.copy(ROOT / "fixtures" / "schema.yaml", folder)
    shutil.copytree(ROOT / "fixtures" / "resource_with_lists", folder / "resource_with_lists", ignore=_sources)
    return tmp_path


def _sources(folder: str, names: list[str]) -> list[str]:
    del folder
    return [name for name in names if name in ("guests", "wit")]


def edit(project: Path, old: str, new: str) -> None:
    path = project / "fixtures" / "resource_with_lists" / "fixture.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def check(project: Path) -> None:
    for each in FAMILY.fixtures(project):
        FAMILY.reference(project, each)


def test_a_good_project_is_good(project: Path) -> None:
    check(project)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("destructors: 2", "destructors: 3", "destructors: the reference has 2, 3 is stated"),
        ("live: 0", "live: 1", "live: the reference has 0"),
        ("results: []", "results: [1]", "is stated"),
        ("results: []", "trap: unknown-handle", "should trap"),
        ("results: []", "trap: colour", "no class of trap"),
        ("call: run", "call: walk", "no exported function walk"),
        ("arguments: []", "arguments: [1]", "takes 0 arguments"),
        ("group: gating", "group: other", "group"),
        ("name: resource_with_lists", "name: other", "is named other"),
        ("component: resource_with_lists.wasm", "component: other.wasm", "there is no other.wasm"),
    ],
)
def test_a_fixture_that_misses_its_values_is_broken(project: Path, old: str, new: str, message: str) -> None:
    edit(project, old, new)
    with pytest.raises(BrokenFixture, match=message):
        check(project)


def test_a_file_that_is_no_mapping_is_an_error(project: Path) -> None:
    (project / "fixtures" / "resource_with_lists" / "fixture.yaml").write_text("- a\n")
    with pytest.raises(BrokenFixture, match="is not of type 'object'"):
        FAMILY.fixtures(project)


def test_a_missing_or_other_file_is_an_error(project: Path) -> None:
    component = project / "fixtures" / "resource_with_lists" / "resource_with_lists.wasm"
    component.write_bytes(b"\0asm\x01\0\0\0")
    with pytest.raises(BrokenFixture, match="not a component"):
        check(project)
    component.unlink()
    with pytest.raises(BrokenFixture, match="there is no"):
        FAMILY.fixtures(project)
    (component.parent / "fixture.yaml").unlink()
    component.write_bytes(b"")
    with pytest.raises(BrokenFixture, match=r"has no fixture\.yaml"):
        FAMILY.fixtures(project)


def test_a_component_made_on_demand_may_be_absent_and_says_so(project: Path) -> None:
    edit(project, "component: resource_with_lists.wasm", "component: other.wasm\ncommitted: false")
    (absent,) = FAMILY.fixtures(project)
    assert "absent" in absent.tags
    with pytest.raises(BrokenFixture, match=r"other\.wasm"):
        FAMILY.reference(project, absent)


def test_a_fixture_is_hashed_over_all_it_consists_of(project: Path) -> None:
    (before,) = FAMILY.fixtures(project)
    edit(project, "destructors: 2", "destructors: 2 # two")
    (after,) = FAMILY.fixtures(project)
    assert before.digest != after.digest
    assert replace(before, digest=after.digest) == after


# -- a user's own input ------------------------------------------------------------------------

OWN = """(component (core module $m (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))) (func (export "go") (result i32) (i32.const 4)))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func (export "go") (result u32) (canon lift (core func $i "go"))))"""


@pytest.mark.parametrize(("call", "values"), [(None, [4]), ("go", [4]), ("add(2, 3)", [5])])
def test_a_users_component_is_a_fixture_without_expectations(
    tmp_path: Path, call: str | None, values: list[int]
) -> None:
    (tmp_path / "My\udcffOwn.wat").write_text(OWN)
    adopted = FAMILY.adopt(tmp_path / "My\udcffOwn.wat", call, tmp_path / "scratch")
    assert FAMILY.fixtures(tmp_path / "scratch") == (adopted,)
    seen = FAMILY.reference(tmp_path / "scratch", adopted)
    assert json.dumps([outcome.values for outcome in seen.outcomes]) == json.dumps([values])


@pytest.mark.parametrize(
    ("text", "call", "message"),
    [
        ("(component)", None, "say what to call"),
        ("(module)", "run", "not a component"),
        ("(component", "run", "expected"),
        (OWN, "add(1", "not a call"),
        (OWN, "add(x)", "not JSON"),
        (OWN, r'add("\ud800")', "not JSON"),
        (OWN, f"add({'[' * 9999}{']' * 9999})", "not JSON"),
        (OWN, "sub(1)", "no exported function sub; there are: .*add"),
    ],
)
def test_an_input_that_is_not_usable_is_one_line(tmp_path: Path, text: str, call: str | None, message: str) -> None:
    (tmp_path / "own.wat").write_text(text)
    with pytest.raises(ValueError, match=message) as raised:
        FAMILY.adopt(tmp_path / "own.wat", call, tmp_path / "scratch")
    assert "\n" not in str(raised.value)
