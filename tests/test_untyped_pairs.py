"""Pairs of the two axes: reading, pruning, what they change and where that puts the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from families.untyped_handles import adapter, checks, legacy, patches, world
from families.untyped_handles.family import UntypedHandles
from families.untyped_handles.interface import KINDS, MORE_KINDS
from families.untyped_handles.pair import ACCEPT, LEARN, NAIVE, IllegalPair, Pair, pairs, parse, pruned

ROOT = Path(__file__).parent.parent
FAMILY = UntypedHandles()
EXPERIMENT = (
    ("identity", "none"),
    ("probe", "subscribe"),
    ("tag", "subscribe"),
    ("tag-status", "subscribe"),
    ("side-table", "subscribe"),
    ("renumber", "subscribe"),
    ("eager", "subscribe"),
    ("tag-status", "variant"),
    ("renumber", "variant"),
    ("identity", "alias-all"),
)


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: pair.spelling)
def test_spelling_reads_back(pair: Pair) -> None:
    assert parse(pair.spelling) == pair
    assert FAMILY.candidate(ROOT, "A", pair.spelling).options == {"learn": pair.learn, "accept": pair.accept}


def test_the_pairs_of_the_experiment_and_both_steps_make_sense() -> None:
    wanted = {*EXPERIMENT, ("tag", "step"), ("renumber", "step-deadline")}
    assert wanted <= {(pair.learn, pair.accept) for pair in pairs()}


def test_every_other_pair_is_pruned_with_a_reason() -> None:
    product = {Pair(learn, accept) for learn in LEARN for accept in ACCEPT}
    for pair in product - set(pairs()):
        with pytest.raises(IllegalPair, match=pruned(pair)):
            parse(pair.spelling)


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("shim", "unknown strategy shim"),
        ("adapter:colour=red", "no option colour"),
        ("adapter:learn=guess", "learn is one of identity, tag"),
        ("adapter:learn=tag", "nothing on the typed side"),
        ("adapter:learn=eager,accept=step", "when a handle is opened"),
        ("adapter:learn=tag,accept=alias-all", "one type only"),
        ("adapter:learn=tag,accept=any-resource", "checked downcast"),
        ("adapter:accept=variant", "identity does not know"),
    ],
)
def test_refusals_say_why(strategy: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FAMILY.candidate(ROOT, "A", strategy)


def test_digests_tell_pairs_apart() -> None:
    digests = [FAMILY.candidate(ROOT, "A", pair.spelling).digest for pair in pairs()]
    assert len(set(digests)) == len(digests)


def test_the_naive_adapter_changes_nothing() -> None:
    assert patches.patches(NAIVE) == ()
    assert FAMILY.locus(()) == patches.ADAPTER


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: pair.spelling)
def test_locus_follows_from_what_differs(pair: Pair) -> None:
    changes = patches.changes(pair)
    assert patches.locus(changes) == patches.claimed(pair)
    if pair.accept in ("subscribe", "step", "variant", "alias-all", "per-type"):
        assert {change.part for change in changes} == {"adapter", "wit", "host"}


def test_a_learner_alone_is_a_change_of_the_adapter_alone() -> None:
    ours, theirs = (patches._parts(Pair(learn, "variant"), KINDS) for learn in ("tag", "renumber"))
    assert [part for part in ours if ours[part] != theirs[part]] == ["adapter"]


def test_a_new_type_costs_lines() -> None:
    naive, tagged = (patches.maintenance(pair) for pair in (NAIVE, Pair("tag", "subscribe")))
    assert naive["special-cases"] == 0 < tagged["special-cases"]
    assert tagged["new-type-lines"] == sum(tagged[f"new-type-{part}-lines"] for part in ("adapter", "wit", "host"))


def test_changed_lines_are_counted_once() -> None:
    assert patches.changed("a\nb\nc\n", "a\nx\nc\nd\n") == 2
    assert patches.changed("a\n;; says why\n\n  b\n", "a\nb\n") == 0


def test_three_bits_are_eight_types() -> None:
    assert adapter.text(Pair("tag", "variant"), (*KINDS, *MORE_KINDS[:4]))
    with pytest.raises(adapter.Unbuildable, match="9 types"):
        adapter.text(Pair("tag", "variant"), (*KINDS, *MORE_KINDS[:5]))


@pytest.mark.parametrize("pair", [Pair("tag", "subscribe"), Pair("renumber", "variant")], ids=lambda pair: pair.learn)
def test_the_legacy_binary_is_the_same_for_every_pair(pair: Pair) -> None:
    body = "(call $close (call $entry (i32.const 1) (i32.const 2)))"
    module = world.binary(legacy.text(body, KINDS).replace("$legacy", "$legacy0", 1))
    assert module[8:] in world.component(pair, KINDS, "alias-guard", [body])


def test_what_does_not_exist_is_not_written() -> None:
    with pytest.raises(adapter.Unbuildable, match="checked downcast"):
        adapter.text(Pair("identity", "any-resource"), KINDS)


def test_what_is_missing_is_found_by_running() -> None:
    probe, downcast = checks.missing(Pair("probe", "subscribe")), checks.missing(Pair("identity", "any-resource"))
    assert probe is not None
    assert "used with the wrong type" in probe
    assert "cannot enter component instance" in probe
    assert downcast is not None
    assert downcast.startswith(checks.NOT_VIABLE)
    assert checks.missing(Pair("renumber", "variant")) is None


def test_the_check_of_subtyping_would_pass_with_one_type() -> None:
    alike = checks._SUBTYPE.replace("(borrow $entry)", "(borrow $pollable)")
    assert checks.invalid_because(world.binary(alike)) is None
    assert checks.invalid_because(world.binary(checks._SUBTYPE)) is not None
