"""The power of the oracle: a part of the seeded faults, each on a fixture that must see it."""

from __future__ import annotations

import pytest

from tests.mutants import FAULTS
from tests.mutants.judging import JUDGING, fixtures, passes_record, reference, verdict

QUICK = {
    "destructor-skipped": ("chain-4", "leak"),
    "destructor-before-removal": ("destructor-makes-a-handle", "wrong-value"),
    "first-freed-used-first": ("handle-numbers", "wrong-value"),
    "freed-slot-stays-valid": ("double-drop", "missing-trap"),
    "dropping-zero-accepted": ("zero-handle", "missing-trap"),
    "index-bound-unchecked": ("handle-far-beyond", "wrong-trap"),
    "type-unchecked": ("wrong-type-same-name", "missing-trap"),
    "borrow-not-counted": ("borrow-kept", "missing-trap"),
    "lend-not-counted-for-reentry": ("dropped-from-below", "missing-trap"),
    "lend-in-a-list-never-ends": ("lend-ends", "unexpected-trap"),
    "table-in-guest-memory": ("realloc-leaves", "wrong-effect"),
    "page-for-each-block": ("leaves-again", "wrong-effect"),
    "host-borrow-kept": ("host-lends", "unexpected-trap"),
    "exception-passes": ("exception-stays", "missing-trap"),
    "context-not-put-back": ("context-slots", "wrong-value"),
    "length-wraps": ("list-wraps", "missing-trap"),
    "post-return-forgotten": ("post-return-counted", "wrong-value"),
    "own-lift-entered": ("calls-itself", "missing-trap"),
    "leaving-unchecked": ("realloc-leaves", "missing-trap"),
    "segments-shared": ("passive-segments", "unexpected-trap"),
    "starts-reversed": ("starts-in-order", "wrong-value"),
}
"""For each fault of this part the fixture, and the verdict that it must give."""


@pytest.mark.parametrize("name", QUICK)
def test_a_fault_is_seen(name: str) -> None:
    fixture, expected = QUICK[name]
    found = verdict(FAULTS[name], fixture)
    assert found.verdict == expected in JUDGING
    assert found.fuses  # so the mutant is a valid module
    assert not found.faithful


@pytest.mark.parametrize("fixture", sorted({fixture for fixture, _ in QUICK.values()}))
def test_nothing_is_seen_where_nothing_is_planted(fixture: str) -> None:
    assert verdict(None, fixture).verdict == "agree"


def test_the_record_misses_what_we_see() -> None:
    assert passes_record(FAULTS["destructor-skipped"])
    assert not passes_record(FAULTS["rep-for-own"])


def test_a_fault_is_gone_when_it_is_dug_up() -> None:
    for fault in FAULTS.values():
        before = [getattr(one.target, one.attribute) for one in fault.patches]
        with fault.planted():
            planted = [getattr(one.target, one.attribute) for one in fault.patches]
        assert all(one is not other for one, other in zip(before, planted, strict=True))
        assert before == [getattr(one.target, one.attribute) for one in fault.patches]


def test_the_catalogue_names_fixtures_that_exist() -> None:
    assert len(FAULTS) >= 25
    named = {name for fault in FAULTS.values() for name in fault.fixtures}
    assert named <= set(fixtures())
    assert all(fault.what and fault.fixtures for fault in FAULTS.values())


def test_references_are_those_of_the_unfused_composition() -> None:
    assert reference("lend-ends").outcomes[0].values == (3303,)
