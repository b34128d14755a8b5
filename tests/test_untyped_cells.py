"""Worlds that run: the reference, telling cells of the experiment, variants, the adapter alone."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
import wasmtime

from explore.family import BrokenFixture, Fixture, Judgement
from explore.oracle.engine import Call, Limits, engine, load_module, observe_component
from families.untyped_handles import adapter, claims, fixture_files, running, timing, untyped, untyped_host, world
from families.untyped_handles.family import UntypedHandles
from families.untyped_handles.fixture_files import FixtureFile, load_all
from families.untyped_handles.host import POLICIES
from families.untyped_handles.interface import KINDS
from families.untyped_handles.pair import Pair

ROOT = Path(__file__).parent.parent
FAMILY = UntypedHandles()
FILES = {file.fixture.name: file for file in load_all(ROOT)}
RECORDED = [name for name, file in FILES.items() if file.fixture.group == fixture_files.GUARD]


def judged(pair: Pair, fixture: Fixture) -> Judgement:
    candidate = FAMILY.candidate(ROOT, "A", pair.spelling)
    artifact = FAMILY.build(ROOT, candidate, fixture)
    seen = FAMILY.observe(ROOT, artifact, fixture) if artifact.built else {}
    return FAMILY.judge(FAMILY.reference(ROOT, fixture), artifact, seen)


@lru_cache
def verdict(pair: Pair, name: str) -> str:
    return judged(pair, FILES[name].fixture).verdict


# -- fixtures and reference ----------------------------------------------------------


def test_every_topic_of_the_list_has_a_fixture() -> None:
    topics = {tag for file in FILES.values() for tag in file.fixture.tags if tag.startswith("topic-")}
    assert topics == {f"topic-{number}" for number in range(23)}
    assert len(RECORDED) == 22


def test_every_policy_is_used() -> None:
    assert {file.policy for file in FILES.values()} == POLICIES.keys()


ONE_PROGRAM = [name for name, file in FILES.items() if len(file.bodies) == 1 and file.policy == "alias-guard"]


@pytest.mark.parametrize("name", ONE_PROGRAM)
def test_the_store_without_types_is_the_untyped_host(name: str) -> None:
    file = FILES[name]
    data = untyped.component(file.kinds, file.bodies[0])
    seen = observe_component(data, [Call("run")], Limits(seconds=30))
    assert seen.outcomes[0].values == untyped_host.observe(file).outcomes[0].values


def test_a_log_that_is_not_what_is_known_breaks_the_fixture() -> None:
    file = replace(FILES["mixed-select"], expected=([0, 2, 0, 0, 0, 0],))
    with pytest.raises(BrokenFixture, match="mixed-select: the untyped module logs"):
        file.check(untyped_host.observe(FILES["mixed-select"]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: T\nshows: s\ntopic: 23\nrecorded: true\nbody: b\nexpected: []\n", "23 is greater"),
        ("title: T\nshows: s\ntopic: 2\nrecorded: true\nbody: b\n", "expected"),
        ("title: T\nshows: s\ntopic: 2\nrecorded: true\npolicies: [kind]\nbody: b\nexpected: []\n", "'kind'"),
        ("title: [", "fixtures/bad.yaml"),
    ],
)
def test_a_faulty_fixture_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    folder = tmp_path / fixture_files.FOLDER
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text(text)
    with pytest.raises(BrokenFixture, match=words):
        FAMILY.fixtures(tmp_path)
    with pytest.raises(BrokenFixture, match="no folder"):
        FAMILY.fixtures(tmp_path / "elsewhere")


# -- cells ---------------------------------------------------------------------------

NAIVE, PROPOSED, STATUS = Pair(), Pair("tag", "subscribe"), Pair("tag-status", "subscribe")
LANDED, DEADLINE = Pair("tag", "step"), Pair("renumber", "step-deadline")
SIDE, RENUMBER, EAGER = Pair("side-table", "subscribe"), Pair("renumber", "subscribe"), Pair("eager", "subscribe")
VARIANT, PER_TYPE, ALIASED = Pair("renumber", "variant"), Pair("renumber", "per-type"), Pair("identity", "alias-all")

TELLING = [
    (NAIVE, "only-pollables", "agree"),
    (NAIVE, "mixed-select", "unexpected-trap"),
    (PROPOSED, "mixed-select", "agree"),
    (PROPOSED, "typed-call-after-select", "agree"),
    (PROPOSED, "typed-call-after-select.alias-no-guard", "unexpected-trap"),
    (PROPOSED, "unassigned-tag", "unexpected-trap"),
    (STATUS, "unassigned-tag", "agree"),
    (STATUS, "forged-tag", "unexpected-trap"),
    (STATUS, "nine-types", "refused"),
    (PROPOSED, "boundary", "unexpected-trap"),
    (STATUS, "boundary", "wrong-value"),
    (SIDE, "boundary", "agree"),
    (SIDE, "use-after-close", "agree"),
    (SIDE, "stale-same-type", "wrong-value"),
    (RENUMBER, "stale-same-type", "agree"),
    (RENUMBER, "boundary", "agree"),
    (RENUMBER, "consume-then-close", "agree"),
    (Pair("ranges", "subscribe"), "many-handles", "wrong-value"),
    (EAGER, "typed-call-after-select.alias-no-guard", "agree"),
    (EAGER, "left-open", "leak"),
    (EAGER, "select-twice.one-shot", "unexpected-trap"),
    (LANDED, "ready-at-entry", "wrong-value"),
    (LANDED, "timeout-over-stages", "wrong-value"),
    (DEADLINE, "ready-at-entry", "agree"),
    (DEADLINE, "timeout-over-stages", "agree"),
    (PER_TYPE, "mixed-select", "agree"),
    (PER_TYPE, "blocking-mixed", "wrong-effect"),
    (ALIASED, "wrong-type-call", "agree"),
    (ALIASED, "use-after-close", "unexpected-trap"),
    (VARIANT, "two-programs", "agree"),
    (STATUS, "two-programs", "unexpected-trap"),
    (VARIANT, "same-entry-twice.take-out", "unexpected-trap"),
    (ALIASED, "typed-client", "wrong-value"),
    (ALIASED, "typed-client-mistake", "wrong-value"),
    (VARIANT, "typed-client", "agree"),
    (VARIANT, "typed-client-mistake", "agree"),
    (PER_TYPE, "typed-client", "agree"),
    (LANDED, "typed-client", "agree"),
    (Pair("probe", "subscribe"), "mixed-select", "not-viable"),
    (Pair("identity", "any-resource"), "mixed-select", "not-viable"),
]


@pytest.mark.parametrize(("pair", "name", "wanted"), TELLING, ids=lambda value: str(getattr(value, "spelling", value)))
def test_a_telling_cell(pair: Pair, name: str, wanted: str) -> None:
    assert verdict(pair, name) == wanted


def test_the_record_of_the_best_pair_holds() -> None:
    assert claims.claim(VARIANT).priors[0]["outcome"] == "22 of 22 agree with the module"
    assert {verdict(VARIANT, name) for name in RECORDED} == {"agree"}


@pytest.mark.parametrize("seed", [1, 2, 101])
def test_variants_have_other_numbers_and_the_same_verdict(seed: int) -> None:
    plain = FILES["typed-call-after-select"].fixture
    made = FAMILY.variant(ROOT, plain, seed)
    assert made is not None
    assert made.digest != plain.digest
    assert fixture_files.load(ROOT, made).bodies != FILES[plain.name].bodies
    assert judged(VARIANT, made).faithful
    assert FAMILY.variant(ROOT, FILES["boundary"].fixture, seed) is None


def test_select_is_timed_beside_the_untyped_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "REPEATS", 2)
    cost = timing.cost(PROPOSED)
    assert {name.partition("-")[0] for name in cost} == {"mixed", "pollables"}
    assert cost["mixed-against-reference"] == cost["mixed-nanoseconds"] / cost["mixed-untyped-nanoseconds"]
    assert "mixed-nanoseconds" not in timing.cost(NAIVE), "a case that traps has no time"
    assert timing.cost(Pair("probe", "subscribe")) == {}


# -- programs of a user's own ------------------------------------------------------------


def tried(folder: Path, body: str, pair: Pair = VARIANT) -> Judgement:
    (folder / "My\udcffBody.txt").write_text(body)
    fixture = FAMILY.adopt(folder / "My\udcffBody.txt", None, folder)
    assert fixture.name == "my-body"
    artifact = FAMILY.build(folder, FAMILY.candidate(folder, "A", pair.spelling), fixture)
    return FAMILY.judge(FAMILY.reference(folder, fixture), artifact, FAMILY.observe(folder, artifact, fixture))


def test_a_body_of_ones_own(tmp_path: Path) -> None:
    body = "(local.set $a (call $entry #1 #2))\n(call $put #0 @a)\n(call $select #1 #0)\n(call $close @a)"
    assert tried(tmp_path, body).faithful
    assert tried(tmp_path, body, NAIVE).verdict == "unexpected-trap"


def test_a_trap_of_the_module_is_expected_of_the_component(tmp_path: Path) -> None:
    assert tried(tmp_path, "unreachable").faithful
    assert tried(tmp_path, "(drop (call $io_select #0x7fffff00 #4 #0 #16))").faithful
    late = "(local.set $a (call $entry #1 #2))\n(call $close @a)\n(call $use_entry @a)\nunreachable"
    assert tried(tmp_path, late, STATUS).verdict == "wrong-trap"


def test_a_body_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixture_files, "_ADOPTED_SECONDS", 0.2)
    with pytest.raises(BrokenFixture, match="does not end"):
        tried(tmp_path, "(loop $again (br $again))")


@pytest.mark.parametrize(
    ("body", "words"),
    [("(call $nothing)", r"failed to find name `\$nothing`"), ("(call $close)", "not a body of the legacy module")],
)
def test_a_body_that_is_none(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tried(tmp_path, body)
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="no text"):
        FAMILY.adopt(tmp_path / "binary", None, tmp_path)
    with pytest.raises(ValueError, match="there is no walk"):
        FAMILY.adopt(tmp_path / "binary", "walk", tmp_path)


# -- the adapter alone ------------------------------------------------------------------


def numbers_given(pair: Pair, rounds: int, kept: int) -> list[int]:
    """Open and close entries of one component number, some of them kept open; the numbers given out."""
    store = wasmtime.Store(engine(optimised=False))
    store.set_epoch_deadline(1 << 40)
    fakes = running._Fakes(store, 7)
    module = load_module(world.binary(adapter.text(pair, KINDS)))
    exports = wasmtime.Instance(store, module, [fakes.supply(item) for item in module.imports]).exports(store)
    found = []
    for index in range(rounds):
        assert exports["open_entry"](store, 0, 0, 0, 0) == adapter.OK
        number = int.from_bytes(fakes.legacy.read(store, 0, 4), "little")
        found.append(number)
        if index >= kept:
            assert exports["close"](store, number) == adapter.OK
            assert exports["close"](store, number) == adapter.BAD_HANDLE
    return found


def test_renumber_never_gives_a_number_twice() -> None:
    found = numbers_given(Pair("renumber", "variant"), 2500, 3)
    assert len(set(found)) == len(found)
    assert max(found) < 1 << 31, "negative numbers stand for no handle"
    assert {number & 0xFFFFF for number in found} == {1, 2, 3, 4, 5}, "2048 generations use a slot up"


def test_ranges_give_numbers_again() -> None:
    assert len(set(numbers_given(Pair("ranges", "variant"), 100, 3))) == 4


def test_expanding_short_forms() -> None:
    assert fixture_files.expand("(f @a #-1 #0x10)") == "(f (local.get $a) (i32.const -1) (i32.const 0x10))"


def test_a_fixture_is_found_under_its_policy() -> None:
    file: FixtureFile = fixture_files.load(ROOT, FILES["mixed-select.child"].fixture)
    assert (file.policy, file.fixture.group) == ("child", "child")
    with pytest.raises(BrokenFixture, match="no fixture"):
        fixture_files.load(ROOT, replace(file.fixture, name="mixed-select.kind"))
