"""Scores, caps, ranking, sensitivity and the validator's rules, each on the smallest evidence that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore.evidence import Measured, Row
from explore.family import Change, Claim
from explore.question import PRIOR_RULES, DesignPath, Gate, Prior, Question
from explore.ranking import Locus, Standing, deciding, prior, rank, sensitivity
from explore.scores import FORMULAS, WEIGHTS, all_scores, total, viability
from explore.verdict import CAVEATS, CONFIRMED, NOT_CONFIRMED, Case, decide, not_validated

PRIOR = Prior(5, "sketch", "here", "unknown", "nobody")
GATES = (Gate("gating", 1, "must"),)
FULL = {"lines": 50.0}
COST = {"call-against-reference": 0.01}


def row(
    fixture: str = "g", group: str = "gating", seed: int | None = None, verdict: str = "agree", **more: object
) -> Row:
    good = verdict == "agree"
    runs = good or verdict in ("leak", "wrong-effect")
    base = Row(fixture, group, seed, verdict, True, runs, good, "" if good else "call 1", "built")  # noqa: FBT003
    filled = replace(base, outputs={"code": f"{fixture}{seed}"}, counts={"reference": {"live": 0}, "code": {"live": 0}})
    return replace(filled, **{"properties": {"self-contained": True}, **more})  # type: ignore[arg-type]


def question(*gates: Gate, letters: str = "AB") -> Question:
    paths = tuple(DesignPath(letter, letter.lower(), "t", PRIOR) for letter in letters)
    return Question(
        "ADR-0", "t", "open", "c", "toy", gates or GATES, ("g",), (), ("suite",), paths, ("here", "upstream")
    )


def measured(*rows: Row, **more: object) -> Measured:
    return Measured(rows, ("g",), **{"maintenance": FULL, "cost": COST, **more})  # type: ignore[arg-type]


GOOD = (row(), row("s", "suite"), row(seed=1))


def case(
    *second: Row, first: tuple[Row, ...] = (), letter: str = "A", locus: Locus | None = None, **more: object
) -> Case:
    where = locus or Locus("here", "here", "it needed nothing")
    path = DesignPath(letter, letter.lower(), "t", PRIOR)
    values = {"differs": (), **more}
    return Case(path, measured(*(first or second)), measured(*second), where, **values)  # type: ignore[arg-type]


def rules(found: Case, *siblings: Case) -> tuple[str, set[str], set[str]]:
    result = decide(question(), found, [found, *siblings])
    return result.verdict, {item.rule for item in result.rejections}, {item.rule for item in result.caveats}


# -- scores --------------------------------------------------------------------------


def test_every_formula_has_a_weight_and_gives_its_own_name() -> None:
    assert [score.name for score in all_scores(measured(*GOOD))] == [formula.name for formula in FORMULAS]
    assert set(WEIGHTS) == {formula.name for formula in FORMULAS}
    assert all(formula.weight > 0 and formula.words for formula in FORMULAS)


@pytest.mark.parametrize(
    ("name", "rows", "value", "rests_on"),
    [
        ("gating", (row(), row("s", "suite", verdict="leak")), 1.0, 1),
        ("gating", (row(verdict="leak"),), 0.0, 1),
        ("generalization", (row(seed=1), row(seed=2, verdict="crash")), 0.5, 2),
        ("coverage", (row(), row("s", "suite"), row("t", "suite", verdict="leak")), 0.75, 3),
        ("effects", (row(), row("s", "suite", counts={"reference": {"live": 0}, "code": {"live": 2}})), 0.5, 2),
        ("traps", (row(traps=(True, False, True, True)),), 0.75, 4),
        ("determinism", (row(), row("s", "suite", verdict="not-deterministic")), 0.5, 2),
        ("self-contained", (row(), row("s", "suite", properties={"self-contained": False})), 0.5, 2),
    ],
)
def test_scores_are_shares_of_what_was_observed(name: str, rows: tuple[Row, ...], value: float, rests_on: int) -> None:
    score = next(score for score in all_scores(measured(*rows)) if score.name == name)
    assert (score.value, score.rests_on) == (value, rests_on)


@pytest.mark.parametrize(("lines", "special", "value"), [(100, 0, 1.0), (200, 0, 0.5), (50, 15, 0.5), (10, 0, 1.0)])
def test_maintenance(lines: float, special: float, value: float) -> None:
    counts = {"lines": lines, "special-cases": special}
    assert next(s for s in all_scores(measured(maintenance=counts)) if s.name == "maintenance").value == value


@pytest.mark.parametrize(
    ("ratios", "value"), [((1.0,), 0.5), ((0.01,), 1.0), ((100.0,), 0.0), ((0.1, 10.0), 0.5), ((1e-9,), 1.0)]
)
def test_cost_is_on_a_log_scale(ratios: tuple[float, ...], value: float) -> None:
    cost = {f"case{index}-against-reference": ratio for index, ratio in enumerate(ratios)}
    assert next(s for s in all_scores(measured(cost=cost)) if s.name == "cost").value == value


def test_missing_evidence_is_a_missing_score() -> None:
    scores = {score.name: score for score in all_scores(Measured((), ("g",)))}
    assert {score.value for score in scores.values()} == {None}
    assert total(scores.values()) is None
    assert viability(Measured((), ("g",)), GATES).value is None
    unobserved = measured(row(verdict="unobserved"), row("s", "suite"))
    assert {s.name: s.value for s in all_scores(unobserved)}["gating"] is None


def test_an_engine_defect_never_counts_against_a_path() -> None:
    seen = measured(*GOOD, row("x", "suite", verdict="engine-defect"))
    assert all_scores(seen) == all_scores(measured(*GOOD))


def test_viability_and_its_caps() -> None:
    assert viability(measured(*GOOD), GATES).value == 5
    failing = viability(measured(row(verdict="leak"), row("s", "suite"), row(seed=1)), GATES)
    assert (failing.value, "1 of 1 gating fixtures fail" in failing.rule) == (2, True)
    general = Gate("generalization", 1, "for all")
    narrow = viability(measured(row(), row("s", "suite"), row(seed=1, verdict="leak")), (*GATES, general))
    assert (narrow.value, "generalization 0" in narrow.rule) == (3, True)
    missing = viability(measured(row(), row("s", "suite")), (*GATES, general))
    assert (missing.value, "no evidence of generalization" in missing.rule) == (3, True)
    unbuilt = viability(measured(replace(row(verdict="refused"), status="refused")), GATES)
    assert (unbuilt.value, unbuilt.rule.startswith("built for none of 1")) == (1, True)


verdicts = st.sampled_from(
    ["agree", "leak", "wrong-value", "refused", "engine-defect", "unobserved", "not-deterministic"]
)
rows_of = st.lists(
    st.builds(
        lambda f, s, v: row(f, "gating" if f == "g" else "suite", s, v),
        st.sampled_from("gst"),
        st.none() | st.integers(1, 3),
        verdicts,
    ),
    max_size=12,
)


@given(rows_of)
def test_scores_stay_within_their_bounds(rows: list[Row]) -> None:
    seen = measured(*rows)
    for score in all_scores(seen):
        assert score.value is None or 0 <= score.value <= 1
        assert score.value is None or score.rests_on > 0
    rated = viability(seen, GATES)
    assert rated.value in (None, 1, 2, 3, 4, 5)
    if any(not item.faithful for item in seen.gates()):
        assert rated.value is None or rated.value <= 2


@given(rows_of)
def test_one_more_faithful_cell_never_lowers_the_mean(rows: list[Row]) -> None:
    before = total(all_scores(measured(*rows, row("z", "suite"))))
    after = total(all_scores(measured(*rows, row("z", "suite"), row("y", "suite"))))
    assert before is not None
    assert after is not None
    assert after >= before - 0.002


# -- priors and ranking --------------------------------------------------------------


@pytest.mark.parametrize(
    ("reaches", "value"),
    [
        ((), 5),
        (("own", "own"), 5),
        (("infrastructure",), 4),
        (("infrastructure", "infrastructure"), 3),
        (("upstream", "infrastructure"), 2),
        (("spec", "upstream"), 1),
    ],
)
def test_priors_follow_the_rubric(reaches: tuple[str, ...], value: int) -> None:
    needs = tuple(Change(f"part{index}", "", reach) for index, reach in enumerate(reaches))  # type: ignore[arg-type]
    assert prior(DesignPath("A", "a", "t", PRIOR), Claim("here", requires=needs)).value == value


def test_of_two_priors_the_lower_holds() -> None:
    low = replace(PRIOR, viability=2, rule="upstream-to-build")
    assert prior(DesignPath("A", "a", "t", low), Claim("here")).value == 2
    assert [value for value, _ in PRIOR_RULES.values()] == [5, 4, 3, 2, 1]


def standing(letter: str, *rows: Row, locus: str = "here") -> Standing:
    return Standing(letter, letter.lower(), measured(*rows), Locus(locus, locus, ""))


BAD = (row(verdict="leak"), row("s", "suite"), row(seed=1))


def test_rank_by_viability_then_locus_and_ties_share_a_place() -> None:
    helped = (row(changes=(Change("tool", "", "upstream"),)), *GOOD[1:])
    found = rank(
        question(),
        [standing("D", *BAD), standing("C", *helped, locus="upstream"), standing("B", *GOOD), standing("A", *GOOD)],
    )
    assert [(line.letter, line.place, line.tied_with) for line in found] == [
        ("A", 1, ("B",)),
        ("B", 1, ("A",)),
        ("C", 3, ()),
        ("D", 4, ()),
    ]
    assert found[2].remark == "invest upstream"
    assert found[3].reason.startswith("0/1 gating, 1/1 variants, 1/2 fixtures; g: leak")


def test_deciding_sentence_names_the_first_key_that_differs() -> None:
    standings = [
        standing("A", *GOOD),
        standing("B", *GOOD),
        standing("C", *GOOD, locus="upstream"),
        standing("D", *BAD),
    ]
    first, tied, upstream, bad = rank(question(), standings)
    scores = {item.letter: all_scores(item.measured) for item in standings}
    assert "tie" in deciding(first, tied, scores)
    assert "belongs in here, not upstream" in deciding(first, upstream, scores)
    assert "5 against 2" in deciding(first, bad, scores)


def test_sensitivity_ranks_again_without_each_weight_and_group() -> None:
    found = sensitivity(question(), [standing("A", *GOOD), standing("B", *BAD)])
    names = [item.left_out for item in found]
    assert names == [*(f"weight {name}" for name in WEIGHTS), "group gating", "group suite"]
    assert not any(item.first_changed for item in found if item.left_out.startswith("weight"))
    weak = [standing("A", row(), row("s", "suite", verdict="leak"), row(seed=1)), standing("B", *BAD)]
    assert next(item for item in sensitivity(question(), weak) if item.left_out == "group gating").first_changed


# -- the validator's rules ------------------------------------------------------------


def test_confirmed_only_with_nothing_against_it() -> None:
    assert rules(case(*GOOD)) == (CONFIRMED, set(), set())
    result = decide(question(), case(*GOOD), [])
    assert "No rejection rule applied" in result.reason
    assert "\n" not in result.reason


CHANGED = Change("compiler", "needs a new flag", "upstream")
REJECTIONS = [
    ("fails-the-gate", (row(verdict="crash"), *GOOD[1:])),
    ("evidence-missing", GOOD[1:2]),
    ("regresses-the-suite", (row(), row("s", "suite", verdict="crash"), row(seed=1))),
    ("hard-coded-to-the-gating-shape", (*GOOD[:2], row(seed=1, verdict="crash"))),
    ("skips-semantics", (*GOOD, row("t", "other", verdict="leak"))),
    ("not-deterministic", (*GOOD, row("t", "other", verdict="not-deterministic"))),
    ("relies-on-upstream", (row(changes=(CHANGED,)), *GOOD[1:])),
]


@pytest.mark.parametrize(("rule", "rows"), REJECTIONS, ids=[rule for rule, _ in REJECTIONS])
def test_each_rejection_rule(rule: str, rows: tuple[Row, ...]) -> None:
    verdict, rejections, _ = rules(case(*rows))
    assert verdict == NOT_CONFIRMED
    assert rule in rejections


def test_a_commitment_upstream_lifts_the_rejection() -> None:
    found = case(row(changes=(CHANGED,)), *GOOD[1:])
    promised = replace(found, path=replace(found.path, upstream_commitment="their issue 7"))
    assert rules(promised)[1] == set()


def test_dear_and_narrow() -> None:
    rows = (*GOOD[:2], row(seed=1, verdict="crash"))
    found = case(*rows)
    dear = replace(found, second=measured(*rows, maintenance={"lines": 400.0}))
    assert "dear-to-keep-and-narrow" in rules(dear)[1]
    assert "dear-to-keep-and-narrow" not in rules(found)[1]


def test_twins_are_rejected_but_for_the_first() -> None:
    twin = case(*GOOD, letter="B")
    assert "same-as-a-sibling" in rules(twin, case(*GOOD))[1]
    assert rules(case(*GOOD), twin)[1] == set()
    other = replace(twin, second=measured(*(replace(item, outputs={"code": "other"}) for item in GOOD)))
    assert "same-as-a-sibling" not in rules(other, case(*GOOD))[1]


def test_what_the_validator_sees_otherwise_is_not_reproduced() -> None:
    assert "not-reproduced" in rules(case(*GOOD, first=(row(verdict="leak"), *GOOD[1:])))[1]
    bytes_differ = tuple(replace(item, outputs={"code": "other"}) for item in GOOD)
    assert "not-reproduced" in rules(case(*GOOD, first=bytes_differ))[1]
    assert rules(case(*GOOD, first=bytes_differ, differs=("fuser",)))[:2] == (CAVEATS, set())


@pytest.mark.parametrize(
    ("caveat", "found"),
    [
        ("dirty-tree", case(*GOOD, differs=("fuser",))),
        ("fails-elsewhere", case(*GOOD, row("t", "other", verdict="crash"))),
        ("not-self-contained", case(row(properties={"self-contained": False}), *GOOD[1:])),
        ("no-variants", case(*GOOD[:2])),
        ("locus-overridden", case(*GOOD, locus=Locus("upstream", "here", "it needed a compiler"))),
    ],
)
def test_each_caveat(caveat: str, found: Case) -> None:
    assert rules(found) == (CAVEATS, set(), {caveat})


def test_not_viable_says_what_is_missing() -> None:
    missing = replace(row(verdict="not-viable"), status="not-viable", divergence="NOT VIABLE TODAY: there is no tool")
    assert decide(question(), case(missing), []).verdict == "NOT VIABLE TODAY: there is no tool"


def test_no_validation_is_never_a_pass() -> None:
    found = not_validated("this folder is not\nin a git repository", None)
    assert found.verdict == NOT_CONFIRMED
    assert not found.holds
    assert "not in a git repository" in found.reason
