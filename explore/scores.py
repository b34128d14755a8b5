"""Every score, its formula, its weight, and how viability follows: the one place for them.

A score is a number from 0 to 1 computed from observations, with how many it rests on, or it is
missing: nothing here puts a constant where a measurement belongs. The measured viability is
read off the weighted mean of the scores, and then capped by rules that are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from explore.evidence import Measured, Row, first_failure
from explore.question import Gate

LINES_OF_A_SKETCH = 100
"""The public rubric's size of a sketch, in lines."""
LINES_PER_SPECIAL_CASE = 10
"""A case by name or by shape costs as much to keep as ten ordinary lines."""
DECADES = 4
"""Call cost: from 100 times dearer than the reference (0) to 100 times cheaper (1)."""
AGAINST_REFERENCE = "-against-reference"
DIGITS = 3
TIE_DIGITS = 2
"""Totals that agree to this many digits tie."""


@dataclass(frozen=True)
class Score:
    """A measured value from 0 to 1; None where evidence is missing."""

    name: str
    value: float | None
    rests_on: int
    """How many observations it was computed from."""
    detail: str

    @property
    def shown(self) -> str:
        """The value as tables show it."""
        return "-" if self.value is None else f"{self.value:.2f}"


@dataclass(frozen=True)
class Formula:
    """How one score is computed, and what it counts for."""

    name: str
    weight: int
    words: str
    compute: Callable[[Measured], Score]


def _share(name: str, of: Iterable[Row], passed: Callable[[Row], bool], what: str) -> Score:
    rows = tuple(of)
    if not rows:
        return Score(name, None, 0, f"no {what} was observed")
    good = sum(map(passed, rows))
    return Score(name, round(good / len(rows), DIGITS), len(rows), f"{good} of {len(rows)} {what}")


def _gating(measured: Measured) -> Score:
    rows = measured.gates()
    missing = sorted(set(measured.gating) - {row.fixture for row in rows})
    if missing:
        return Score("gating", None, len(rows), f"not observed: {', '.join(missing)}")
    return _share("gating", rows, lambda row: row.faithful, "gating fixtures faithful")


def _generalization(measured: Measured) -> Score:
    return _share(
        "generalization", measured.variants(), lambda row: row.faithful, "variants of gating fixtures faithful"
    )


def _coverage(measured: Measured) -> Score:
    rows = measured.plain()
    groups = sorted({row.group for row in rows})
    if not groups:
        return Score("coverage", None, 0, "no fixture was observed")
    parts = {group: [row.faithful for row in rows if row.group == group] for group in groups}
    mean = sum(sum(part) / len(part) for part in parts.values()) / len(parts)
    words = ", ".join(f"{group} {sum(part)}/{len(part)}" for group, part in parts.items())
    return Score("coverage", round(mean, DIGITS), len(rows), words)


def _effects(measured: Measured) -> Score:
    rows = (row for row in measured.judged() if row.built and row.effects_agree is not None)
    return _share("effects", rows, lambda row: row.effects_agree is True, "built cells with the reference's totals")


def _traps(measured: Measured) -> Score:
    met = [trap for row in measured.judged() if row.built for trap in row.traps]
    if not met:
        return Score("traps", None, 0, "no fixture that traps was observed")
    return Score(
        "traps", round(sum(met) / len(met), DIGITS), len(met), f"{sum(met)} of {len(met)} traps of the same class"
    )


def _determinism(measured: Measured) -> Score:
    rows = (row for row in measured.judged() if row.built)
    return _share(
        "determinism", rows, lambda row: row.verdict != "not-deterministic", "built cells the same in every process"
    )


def _self_contained(measured: Measured) -> Score:
    rows = (row for row in measured.judged() if row.built and "self-contained" in row.properties)
    return _share(
        "self-contained", rows, lambda row: row.properties["self-contained"] is True, "built cells self-contained"
    )


def _maintenance(measured: Measured) -> Score:
    counts = measured.maintenance
    if "lines" not in counts:
        return Score("maintenance", None, 0, "the candidate's code was not counted")
    load = counts["lines"] + LINES_PER_SPECIAL_CASE * counts.get("special-cases", 0)
    value = 1.0 if load <= LINES_OF_A_SKETCH else LINES_OF_A_SKETCH / load
    words = ", ".join(f"{name} {number:g}" for name, number in sorted(counts.items()))
    return Score("maintenance", round(value, DIGITS), int(counts["lines"]), words)


def cost_ratios(cost: Mapping[str, float]) -> dict[str, float]:
    """Return call time over the reference's, by case."""
    return {
        name.removesuffix(AGAINST_REFERENCE): ratio
        for name, ratio in sorted(cost.items())
        if name.endswith(AGAINST_REFERENCE) and ratio > 0
    }


def _cost(measured: Measured) -> Score:
    ratios = cost_ratios(measured.cost)
    if not ratios:
        return Score("cost", None, 0, "no call was timed")
    mean = sum(map(math.log10, ratios.values())) / len(ratios)
    value = min(1.0, max(0.0, 0.5 - mean / DECADES))
    words = ", ".join(f"{case} {ratio:.2g} of the reference" for case, ratio in ratios.items())
    return Score("cost", round(value, DIGITS), len(ratios), words)


FORMULAS = (
    Formula("gating", 5, "gating fixtures faithful / gating fixtures", _gating),
    Formula("generalization", 3, "variants of gating fixtures faithful / variants observed", _generalization),
    Formula("coverage", 3, "mean over fixture groups of (fixtures faithful / fixtures)", _coverage),
    Formula(
        "effects",
        2,
        "built cells whose totals (destructors, live handles, …) are the reference's / built cells",
        _effects,
    ),
    Formula(
        "traps", 2, "traps of the reference met with the same class / traps of the reference, in built cells", _traps
    ),
    Formula("determinism", 1, "built cells of the same bytes in every process / built cells", _determinism),
    Formula(
        "self-contained",
        1,
        "built cells that are self-contained / built cells that say whether they are",
        _self_contained,
    ),
    Formula("maintenance", 1, "min(1, 100 / (lines + 10 × special cases))", _maintenance),
    Formula("cost", 1, "½ - ¼ × mean over cases of log10(call time / the reference's), within 0 and 1", _cost),
)
WEIGHTS: Mapping[str, int] = {formula.name: formula.weight for formula in FORMULAS}

THRESHOLDS = ((0.9, 5), (0.75, 4), (0.5, 3), (0.0, 2))
"""Weighted mean at least → measured viability, before caps."""
CAP_FAILS_GATING = 2
CAP_MISSES_A_GATE = 3
CAP_EVIDENCE_MISSING = 3
NEVER_BUILT = 1


def all_scores(measured: Measured) -> tuple[Score, ...]:
    """Compute every score."""
    return tuple(formula.compute(measured) for formula in FORMULAS)


def total(scores: Iterable[Score], weights: Mapping[str, int] = WEIGHTS) -> float | None:
    """Return the weighted mean of the scores that have evidence; None where none has."""
    known = [(score.value, weights.get(score.name, 0)) for score in scores if score.value is not None]
    weight = sum(part for _, part in known)
    return round(sum(value * part for value, part in known) / weight, DIGITS) if weight else None


@dataclass(frozen=True)
class Viability:
    """A rating from 1 to 5 and the rule that gave it; None where nothing was measured."""

    value: int | None
    rule: str


def viability(measured: Measured, gates: Iterable[Gate], weights: Mapping[str, int] = WEIGHTS) -> Viability:
    """Return the measured viability; `gates` are the question's."""
    scores = {score.name: score for score in all_scores(measured)}
    mean = total(scores.values(), weights)
    if mean is None or not measured.judged():
        return Viability(None, "nothing was measured")
    if not any(row.built for row in measured.judged()):
        return Viability(
            NEVER_BUILT, f"built for none of {len(measured.judged())} cells: {first_failure(measured.judged())}"
        )
    value = next(rating for least, rating in THRESHOLDS if mean >= least)
    rule = f"weighted mean {mean:.2f} of {len(measured.judged())} cells"
    for cap, why in _caps(scores, measured, gates):
        if value > cap:
            value, rule = cap, f"{rule}; not above {cap}: {why}"
    return Viability(value, rule)


def _caps(scores: Mapping[str, Score], measured: Measured, gates: Iterable[Gate]) -> list[tuple[int, str]]:
    """Return the caps that hold, lowest last."""
    caps: list[tuple[int, str]] = []
    for gate in gates:
        value = scores[gate.score].value if gate.score in scores else None
        if value is None:
            caps.append((CAP_EVIDENCE_MISSING, f"no evidence of {gate.score}"))
        elif value < gate.at_least:
            caps.append((CAP_MISSES_A_GATE, f"{gate.score} {value:g}, {gate.at_least:g} is asked"))
    failed = [row for row in measured.gates() if not row.faithful]
    if failed:
        caps.append((CAP_FAILS_GATING, f"{len(failed)} of {len(measured.gates())} gating fixtures fail"))
    return caps
