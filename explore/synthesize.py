"""One recommendation, what decides it, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from explore.assess import Assessment
from explore.question import Question
from explore.ranking import Ranked, Variation, deciding, sensitivity


@dataclass(frozen=True)
class Synthesis:
    """The recommendation as data."""

    recommended: str | None
    """Letter of the path; None where no path is confirmed."""
    sentence: str
    """What decides it."""
    runner_up: str | None
    ties: tuple[tuple[str, ...], ...]
    """Groups of paths that nothing measured tells apart."""
    upstream: tuple[str, ...]
    """Paths worth taking upstream: viability 4 or 5 with the fix elsewhere."""
    sensitivity: tuple[Variation, ...]


def synthesize(question: Question, assessments: Sequence[Assessment], ranking: Sequence[Ranked]) -> Synthesis:
    """Recommend the best confirmed path and say what decides."""
    by_letter = {assessment.letter: assessment for assessment in assessments}
    confirmed = [line for line in ranking if by_letter[line.letter].validation.holds]
    first = confirmed[0] if confirmed else None
    others = [line for line in ranking if first is None or line.letter != first.letter]
    ties = {tuple(sorted((line.letter, *line.tied_with))) for line in ranking if line.tied_with}
    return Synthesis(
        recommended=first.letter if first else None,
        sentence=_sentence(first, others, by_letter),
        runner_up=others[0].letter if first and others else None,
        ties=tuple(sorted(ties)),
        upstream=tuple(line.letter for line in ranking if line.remark == "invest upstream"),
        sensitivity=sensitivity(question, [assessment.standing for assessment in assessments]),
    )


def _sentence(first: Ranked | None, others: Sequence[Ranked], by_letter: dict[str, Assessment]) -> str:
    if first is None:
        best = others[0] if others else None
        why = (
            f"; the best ranked is {best.letter} ({best.strategy}): {by_letter[best.letter].validation.reason}"
            if best
            else ""
        )
        return f"No path is confirmed{why}"
    if not others:
        return f"{first.letter} ({first.strategy}) is the only path: {first.reason}."
    if others[0].place < first.place:
        reason = by_letter[others[0].letter].validation.reason
        who = f"{first.letter} ({first.strategy})"
        return f"{who} is the best ranked that is confirmed; {others[0].letter} is not: {reason}"
    return deciding(first, others[0], {letter: item.scores for letter, item in by_letter.items()})


def what_would_change(synthesis: Synthesis) -> str:
    """Say in one sentence what the ranking hangs on."""
    first = [variation.left_out for variation in synthesis.sensitivity if variation.first_changed]
    order = [
        variation.left_out for variation in synthesis.sensitivity if variation.changed and not variation.first_changed
    ]
    tried = len(synthesis.sensitivity)
    if not first and not order:
        return f"None of {tried} rankings with one weight or one fixture group left out changes the order."
    parts = [f"leaving out {', '.join(first)} changes the first place"] if first else ["the first place never changes"]
    if order:
        parts.append(f"leaving out {', '.join(order)} changes the order below it")
    return f"Of {tried} rankings with one weight or one fixture group left out: {'; '.join(parts)}."
