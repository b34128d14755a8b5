"""Each way to differ from the reference has its verdict, its grades and its words."""

# ruff: noqa: E501 -- a case on one line reads as a table

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore.family import Artifact, Observation, Outcome
from explore.oracle.judge import judge

BUILT = Artifact("built")
MADE, DESTROYED = "object made a#r 1", "object destroyed a#r 1"
REFERENCE = Observation(
    outcomes=(Outcome("run", values=(1,)), Outcome("stop", trap="unknown-handle", text="unknown handle index 3")),
    trace=("host log(1)", MADE, "host log(2)", DESTROYED),
    sees=("host", "object"),
    counts={"destructors": 1, "live": 0},
)
PLAIN = replace(REFERENCE, trace=("host log(1)", "host log(2)"), sees=("host",), counts={})
"""What an uninstrumented form shows."""


def ends(*outcomes: Outcome) -> Observation:
    return replace(REFERENCE, outcomes=outcomes)


def shows(*events: str) -> Observation:
    return replace(REFERENCE, trace=events)


RUN, STOP = REFERENCE.outcomes
SIZED = replace(
    REFERENCE, trace=(*REFERENCE.trace, "memory 0 has 17 pages after run"), sees=(*REFERENCE.sees, "memory")
)
"""A reference that shows the size of a memory too."""

CASES = {
    "same": (REFERENCE, "agree", (True, True, True), ""),
    "other value": (ends(Outcome("run", values=(2,)), STOP), "wrong-value", (True, False, False), "call 1, run: returned 2"),
    "true for one": (ends(Outcome("run", values=(True,)), STOP), "wrong-value", (True, False, False), "returned true"),
    "trap for value": (ends(Outcome("run", trap="unreachable"), STOP), "unexpected-trap", (True, False, False), "call 1, run"),
    "value for trap": (ends(RUN, Outcome("stop", values=())), "missing-trap", (True, False, False), "unknown handle index 3"),
    "other trap": (ends(RUN, Outcome("stop", trap="unreachable")), "wrong-trap", (True, False, False), "call 2, stop"),
    "call not made": (ends(RUN), "unobserved", (True, False, False), "call 2, stop, was not made"),
    "one too many": (ends(RUN, STOP, Outcome("more", values=())), "wrong-value", (True, False, False), "call 3, more"),
    "never destroyed": (shows("host log(1)", MADE, "host log(2)"), "leak", (True, True, False), "object event 2 is missing"),
    "destroyed twice": (
        shows("host log(1)", MADE, "host log(2)", DESTROYED, "object destroyed a#r again"),
        "double-drop",
        (True, True, False),
        "object event 3",
    ),
    "made once more": (
        shows("host log(1)", MADE, "host log(2)", DESTROYED, "object made a#r 2"),
        "wrong-effect",
        (True, True, False),
        "one too many",
    ),
    "host call missing": (shows("host log(1)", MADE, DESTROYED), "wrong-effect", (True, True, False), "host event 2 is missing"),
    "host call differs": (shows("host log(1)", MADE, "host log(3)", DESTROYED), "wrong-effect", (True, True, False), "host log(3)"),
    "left live": (replace(REFERENCE, counts={"destructors": 1, "live": 2}), "leak", (True, True, False), "2 objects left live"),
    "fewer live": (replace(REFERENCE, counts={"destructors": 1, "live": -1}), "wrong-effect", (True, True, False), "left live"),
    "more destructors": (replace(REFERENCE, counts={"destructors": 2, "live": 0}), "wrong-effect", (True, True, False), "2 destructors"),
    "larger memory": (
        replace(SIZED, trace=(*REFERENCE.trace, "memory 0 has 18 pages after run")),
        "wrong-effect",
        (True, True, False),
        "size of a guest's memory: memory 0 has 18 pages after run, in the reference memory 0 has 17",
    ),
    "memory that grows": (
        replace(SIZED, trace=(*SIZED.trace, "memory 0 has 18 pages after stop")),
        "wrong-effect",
        (True, True, False),
        "memory 0 has 18 pages after stop, in the reference nothing more",
    ),
    "no effects shown": (PLAIN, "unobserved", (True, True, False), "no form shows object events"),
    "timeout": (Observation(failure="timeout", text="late"), "timeout", (True, False, False), "late"),
    "invalid": (Observation(failure="invalid", text="bad"), "invalid", (False, False, False), "bad"),
    "crash": (Observation(failure="crash"), "crash", (True, False, False), "crash"),
    "memory": (Observation(failure="out-of-memory"), "crash", (True, False, False), "out-of-memory"),
    "engine": (Observation(failure="engine-defect", text="BUG"), "engine-defect", (True, False, False), "BUG"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_way_to_differ(name: str) -> None:
    seen, verdict, grades, words = CASES[name]
    found = judge(SIZED if "memory" in seen.sees else REFERENCE, BUILT, {"tapped": seen})
    assert found.verdict == verdict
    assert (found.fuses, found.runs, found.faithful) == grades
    assert words in found.divergence
    assert bool(found.divergence) == (verdict != "agree")


def test_forms_complete_each_other() -> None:
    assert judge(REFERENCE, BUILT, {"component": PLAIN, "tapped": REFERENCE}).faithful
    bare = replace(PLAIN, trace=(), sees=())
    assert judge(REFERENCE, BUILT, {"component": PLAIN, "core": bare, "tapped": REFERENCE}).faithful


def test_a_form_may_end_at_its_first_trap() -> None:
    reference = ends(STOP, Outcome("again", trap="cannot-enter"))
    forms = {"component": reference, "core": replace(PLAIN, outcomes=(STOP,), trace=(), sees=())}
    assert judge(reference, BUILT, forms).faithful


def test_values_come_before_effects_whatever_form_shows_them() -> None:
    wrong = replace(PLAIN, outcomes=(Outcome("run", values=(9,)), STOP))
    found = judge(REFERENCE, BUILT, {"tapped": shows(MADE), "component": wrong})
    assert found.verdict == "wrong-value"
    assert found.divergence.startswith("component form: ")


def test_an_engine_defect_does_not_hide_a_divergence() -> None:
    forms = {"component": Observation(failure="engine-defect"), "tapped": shows("host log(1)", MADE, "host log(2)")}
    assert judge(REFERENCE, BUILT, forms).verdict == "leak"
    forms["tapped"] = REFERENCE
    assert judge(REFERENCE, BUILT, forms).verdict == "engine-defect"


@pytest.mark.parametrize("status", ["refused", "not-applicable", "not-viable", "invalid", "defect"])
def test_what_is_not_built_has_its_own_verdict(status: str) -> None:
    found = judge(REFERENCE, Artifact(status, "because"), {})  # type: ignore[arg-type]
    assert (found.verdict, found.divergence) == (status, "because")
    assert (found.fuses, found.runs, found.faithful) == (False, False, False)


events = st.sampled_from(
    ["host a()", "host b()", "object made r 1", "object destroyed r 1", "object destroyed r again"]
)
observed = st.builds(
    Observation,
    outcomes=st.lists(
        st.builds(Outcome, st.just("f"), values=st.tuples(st.integers(0, 1)))
        | st.builds(Outcome, st.just("f"), trap=st.sampled_from(["unreachable", "timeout"])),
        max_size=2,
    ).map(tuple),
    trace=st.lists(events, max_size=4).map(tuple),
    sees=st.just(("host", "object")),
    counts=st.fixed_dictionaries({"live": st.integers(0, 1)}),
)


@given(observed, observed)
def test_faithful_is_equal_and_nothing_else(reference: Observation, seen: Observation) -> None:
    def of(observation: Observation, kind: str) -> list[str]:
        return [event for event in observation.trace if event.startswith(kind)]

    equal = (
        reference.outcomes == seen.outcomes
        and reference.counts == seen.counts
        and all(of(reference, kind) == of(seen, kind) for kind in ("host", "object"))
    )
    # A run that ended at a trap has not shown what follows; the judge takes the rest from other forms.
    cut = len(seen.outcomes) < len(reference.outcomes) and bool(seen.outcomes) and seen.outcomes[-1].trap is not None
    found = judge(reference, BUILT, {"tapped": seen})
    assert found.faithful == equal or cut
    assert (found.verdict == "agree") == found.faithful
