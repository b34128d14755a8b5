"""Priors by the public rubric, the order of the paths with its reasons, ties and sensitivity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from explore.evidence import Measured, changes, first_failure_in_short
from explore.family import Change, Claim
from explore.question import PRIOR_RULES, DesignPath, Question
from explore.scores import TIE_DIGITS, WEIGHTS, Score, Viability, all_scores, total, viability

INVEST_UPSTREAM = 4
"""At this viability and above, a path whose fix lies elsewhere is worth taking there."""


@dataclass(frozen=True)
class Rated:
    """A prior viability and the rule that gave it."""

    value: int
    rule: str


def _rule_of(requires: Iterable[Change]) -> tuple[str, str] | None:
    """Return the rubric's rule for declared needs, with what it follows from; None where none binds."""
    by_reach: dict[str, list[str]] = {}
    for change in requires:
        by_reach.setdefault(change.reach, []).append(change.part)
    for reach, rule in (("spec", "spec-change"), ("upstream", "upstream-to-build")):
        if reach in by_reach:
            return rule, ", ".join(by_reach[reach])
    new = by_reach.get("infrastructure", [])
    if not new:
        return None
    return ("one-abstraction" if len(new) == 1 else "research"), ", ".join(new)


def prior(path: DesignPath, claim: Claim | None) -> Rated:
    """Return the prior: what the question says, or what the declared needs mean; of two, the lower."""
    value, words = PRIOR_RULES[path.prior.rule]
    asked = Rated(value, f"{path.prior.rule}: {words}")
    found = _rule_of(claim.requires) if claim else None
    if found is None or PRIOR_RULES[found[0]][0] >= value:
        return asked
    lower, words = PRIOR_RULES[found[0]]
    return Rated(lower, f"{found[0]}: {words} (it declares: {found[1]}); the question has {value}")


@dataclass(frozen=True)
class Locus:
    """Where the fix belongs; `value` is read off what was changed, None where nothing was built."""

    value: str | None
    claimed: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """What a path is ranked by."""

    letter: str
    strategy: str
    measured: Measured
    locus: Locus


@dataclass(frozen=True)
class Ranked:
    """One line of the ranking."""

    place: int
    letter: str
    strategy: str
    viability: int | None
    locus: str | None
    total: float | None
    reason: str
    tied_with: tuple[str, ...] = ()
    remark: str = ""


Key = tuple[int, int, float]


def _key(question: Question, standing: Standing, weights: Mapping[str, int]) -> Key:
    """Viability down, then the fix at home before the fix upstream, then the weighted mean."""
    rated = viability(standing.measured, question.gates, weights)
    mean = total(all_scores(standing.measured), weights)
    locus = standing.locus.value or standing.locus.claimed
    vocabulary = question.vocabulary
    place = vocabulary.index(locus) if locus in vocabulary else len(vocabulary)
    return -(rated.value or 0), place, -round(mean or 0, TIE_DIGITS)


def rank(question: Question, standings: Sequence[Standing], weights: Mapping[str, int] = WEIGHTS) -> tuple[Ranked, ...]:
    """Return the paths in order, each with one reason; equal ones share a place and say so."""
    keys = {standing.letter: _key(question, standing, weights) for standing in standings}
    ordered = sorted(standings, key=lambda standing: (keys[standing.letter], standing.letter))
    places = sorted(keys.values())
    return tuple(
        _line(question, standing, keys, places.index(keys[standing.letter]) + 1, weights) for standing in ordered
    )


def _line(
    question: Question, standing: Standing, keys: Mapping[str, Key], place: int, weights: Mapping[str, int]
) -> Ranked:
    rated = viability(standing.measured, question.gates, weights)
    tied = tuple(
        sorted(letter for letter, key in keys.items() if key == keys[standing.letter] and letter != standing.letter)
    )
    upstream = any(change.reach in ("upstream", "spec") for change in changes(standing.measured.judged()))
    return Ranked(
        place=place,
        letter=standing.letter,
        strategy=standing.strategy,
        viability=rated.value,
        locus=standing.locus.value,
        total=total(all_scores(standing.measured), weights),
        reason=reason(standing.measured, rated),
        tied_with=tied,
        remark="invest upstream" if upstream and (rated.value or 0) >= INVEST_UPSTREAM else "",
    )


def reason(measured: Measured, rated: Viability) -> str:
    """Say in one line why a path stands where it does."""
    if rated.value is None:
        return rated.rule
    gates, variants, plain = measured.gates(), measured.variants(), measured.plain()
    counts = [
        f"{sum(row.faithful for row in rows)}/{len(rows)} {what}"
        for rows, what in ((gates, "gating"), (variants, "variants"), (plain, "fixtures"))
        if rows
    ]
    failure = first_failure_in_short((*gates, *variants, *plain))
    return ", ".join(counts) + (f"; {failure}" if failure else "")


@dataclass(frozen=True)
class Variation:
    """The order with one weight or one fixture group left out."""

    left_out: str
    order: tuple[str, ...]
    changed: bool
    """Whether the order differs from the full one."""
    first_changed: bool


def sensitivity(question: Question, standings: Sequence[Standing]) -> tuple[Variation, ...]:
    """Rank again with each weight, and then each fixture group, left out."""
    base = tuple(line.letter for line in rank(question, standings))
    found: list[tuple[str, tuple[Ranked, ...]]] = []
    for name in WEIGHTS:
        weights = {other: weight for other, weight in WEIGHTS.items() if other != name}
        found.append((f"weight {name}", rank(question, standings, weights)))
    for group in sorted({row.group for standing in standings for row in standing.measured.rows}):
        fewer = [_without(standing, group) for standing in standings]
        found.append((f"group {group}", rank(question, fewer)))
    orders = [(name, tuple(line.letter for line in lines)) for name, lines in found]
    return tuple(Variation(name, order, order != base, order[:1] != base[:1]) for name, order in orders)


def _without(standing: Standing, group: str) -> Standing:
    return Standing(standing.letter, standing.strategy, standing.measured.without_group(group), standing.locus)


def deciding(first: Ranked, second: Ranked, scores: Mapping[str, tuple[Score, ...]]) -> str:
    """Say in one sentence what puts the first path before the second."""
    who = f"{first.letter} ({first.strategy})"
    other = f"{second.letter} ({second.strategy})"
    if second.letter in first.tied_with:
        return f"{who} and {other} tie: viability {first.viability}, locus {first.locus}, weighted mean {first.total}."
    if first.viability != second.viability:
        return (
            f"{who} over {other}: measured viability {first.viability} against {second.viability}, "
            f"since {second.letter} reaches {second.reason}."
        )
    if first.locus != second.locus:
        loci = f"its fix belongs in {first.locus}, not {second.locus}"
        return f"{who} over {other}: both of viability {first.viability}, and {loci}."
    ours = {score.name: score for score in scores[first.letter]}
    gaps = [
        ((ours[score.name].value or 0) - (score.value or 0), score.name)
        for score in scores[second.letter]
        if score.name in ours
    ]
    gap, name = max(gaps)
    return (
        f"{who} over {other}: both of viability {first.viability} in {first.locus}; "
        f"weighted mean {first.total} against {second.total}, most of it {name} (+{gap:.2f})."
    )
