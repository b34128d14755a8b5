"""E: true pass-throughs are taken out, near misses are refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fuser.component.parse import parse
from fuser.errors import NotViable
from fuser.link import link
from fuser.strategies import resolve
from prototypes import forwarding
from prototypes.elide import prove, re_exporters
from prototypes.forwarding import Unproven
from tests.cases import read
from tests.strategies_support import GATING, TEXTS, data, fixture, fused, made, reason
from tests.support import fuse_text, run_both, wat

TRUE = ("elide-wraps", "elide-forwards", "elide-boxes")
ELIDED = ("elide-wraps", "elide-forwards")


@pytest.mark.parametrize("name", ELIDED)
def test_a_pass_through_is_gone_and_its_callers_see_no_difference(name: str) -> None:
    output = fused("elide", name)
    assert output.notes == ("took out middle",)
    assert [one.label for one in output.program.instances if one.parent is not None][:3] == ["leaf", "runner"]
    assert len(output.core) < len(fused("canonical", name).core)
    assert made("elide", name).runs


def test_at_least_one_of_three_true_pass_throughs_is_elided_and_none_is_broken() -> None:
    outcomes = [made("elide", name) for name in TRUE]
    assert sum(one.status == "built" for one in outcomes) >= 1
    assert all(one.runs for one in outcomes if one.status == "built")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("elide-adds-one", "middle: `$root#get`: it computes (`i32.add`)"),
        ("elide-swaps-two", "middle: `$root#less` hands on its parameters in another order"),
        ("elide-counts-calls", "middle: `$root#get`: it keeps state (`global.get`)"),
        ("elide-boxes", "middle: the destructor of `$root#cell`: it uses memory (`i32.load`)"),
    ],
)
def test_what_cannot_be_proven_is_refused_with_the_reason(name: str, why: str) -> None:
    assert why in reason("elide", name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("elide-back-to-caller", "middle: it hands a call back to who made it"),
        ("elide-definer-holds", "middle: the definer of the inner type holds the outer one"),
    ],
)
def test_a_pass_through_is_kept_where_a_parent_would_meet_itself(name: str, why: str) -> None:
    case = read(TEXTS / f"{name}.wat")
    assert run_both(case.text, case.calls).outcomes == tuple(case.outcomes)
    with pytest.raises(NotViable, match=why):
        fuse_text(case.text, strategy=resolve("elide"))


def test_a_type_that_the_root_exports_stays_a_type_of_its_own() -> None:
    types = '(alias export $middle "cell" (type $cell)) (export "cell" (type $cell))'
    text = data_text("elide-wraps").replace('(export "run" (func $runner "run"))', types)
    with pytest.raises(NotViable, match="middle: one of its types crosses the root"):
        fuse_text(text, strategy=resolve("elide"))


@pytest.mark.parametrize("name", GATING)
def test_the_gating_intermediates_are_no_pass_throughs(name: str) -> None:
    assert made("elide", name).status == "not-viable"


GET = "(call $get (local.get 0))"
MAKE = "(call $new (call $make (local.get 0)))"


@dataclass(frozen=True)
class Change:
    """One change of the proven pass-through, and what must be said of it."""

    before: str
    after: str
    why: str


@pytest.mark.parametrize(
    "change",
    [
        Change(GET, "(call $get (local.get 0)) (drop) (local.get 0)", "does more than call"),
        Change(GET, "(call $get (i32.const 1))", "hands on other values"),
        Change(GET, "(call $get (local.get 0)) (return)", ""),
        Change(GET, "(local $x i32) (local.set $x (local.get 0)) (nop) (call $get (local.get $x))", ""),
        Change(GET, "(local $x i32) (call $get (local.get $x))", "hands on other values"),
        Change(MAKE, "(call $new (local.get 0)) (call $make (local.get 0)) (return)", "does not begin with a call"),
        Change(MAKE, "(call $make (local.get 0))", "does something else after the call"),
        Change("(call $drop (local.get 0))", "", "does not just drop one handle"),
        Change('(type $cell (resource (rep i32) (dtor (core func $state "dtor"))))\n    (export $Cell "cell"'
               " (type $cell))\n    (core func $new", '(type $cell (resource (rep i32)))\n    (export $Cell "cell"'
               " (type $cell))\n    (core func $new", "has no destructor"),
        Change(GET, "(block (result i32) (call $get (local.get 0)))", "does more than call (`block`)"),
        Change(GET, "(call $get (local.get 0))) (start $s) (func $s", "it has a start function"),
        Change(GET, '(call $get (local.get 0))) (memory 1) (data (i32.const 0) "x") (func', "it has segments"),
    ],
)  # fmt: skip
def test_each_condition_of_the_proof_counts(change: Change) -> None:
    text = data_text("elide-wraps")
    start = text.index("(component $Middle")
    end = text.index("(component $Runner")
    middle = text[start:end]
    assert change.before in middle
    program = link(parse(wat(text[:start] + middle.replace(change.before, change.after) + text[end:])))
    (instance,) = re_exporters(program)[:1]
    if not change.why:
        assert prove(program, instance).lifts
        return
    with pytest.raises(Unproven) as caught:
        prove(program, instance)
    assert change.why in str(caught.value)


def data_text(name: str) -> str:
    return fixture(name).component.read_text()


def test_a_proof_that_would_take_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "MAXIMUM_STEPS", 3)
    assert "does too much to follow" in _refusal("elide-wraps")


def test_calls_are_not_followed_for_ever() -> None:
    again = "(call $again (local.get 0))) (func $again (param i32) (result i32) (call $again (local.get 0))"
    text = data_text("elide-wraps").replace("(call $get (local.get 0))", again)
    program = link(parse(wat(text)))
    with pytest.raises(Unproven, match="calls too deep to follow"):
        prove(program, re_exporters(program)[0])


def _refusal(name: str) -> str:
    program = link(parse(data(name)))
    with pytest.raises(Unproven) as caught:
        prove(program, re_exporters(program)[0])
    return str(caught.value)
