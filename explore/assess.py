"""From what was measured of a path to its scores, its locus and its standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from explore.evidence import Measured, changes, in_order
from explore.family import Candidate, Claim, Family
from explore.question import DesignPath, Question
from explore.ranking import Locus, Rated, Standing
from explore.scores import Score, Viability, all_scores, total, viability
from explore.verdict import Validation


@dataclass(frozen=True)
class Assessment:
    """Everything known of one path; what its ADR is written from."""

    letter: str
    strategy: str
    title: str
    candidate: Candidate
    prior: Rated
    prior_outcome: str
    prior_source: str
    prior_locus: str
    claim: Claim | None
    measured: Measured
    scores: tuple[Score, ...]
    total: float | None
    viability: Viability
    locus: Locus
    upstream: tuple[str, ...]
    """What it needs that other projects must do or specifications must say."""
    validation: Validation

    @property
    def standing(self) -> Standing:
        """What it is ranked by."""
        return Standing(self.letter, self.strategy, self.measured, self.locus)

    @property
    def score(self) -> Mapping[str, Score]:
        """Its scores by name."""
        return {score.name: score for score in self.scores}


def locus(family: Family, path: DesignPath, claim: Claim | None, measured: Measured) -> Locus:
    """Read the locus of the fix off what was changed in what was built."""
    claimed = claim.locus if claim else path.prior.locus
    built = [row for row in measured.judged() if row.built]
    if not built:
        return Locus(None, claimed, "nothing was built, so no change shows where the fix belongs")
    found = changes(built)
    parts = ", ".join(change.part for change in found) or "nothing beyond the solution itself"
    return Locus(family.locus(found), claimed, f"in {len(built)} built cells it needed: {parts}")


def rescored(assessment: Assessment, question: Question) -> Assessment:
    """Compute scores and viability again from what is measured."""
    scores = all_scores(assessment.measured)
    rated = viability(assessment.measured, question.gates)
    return replace(assessment, scores=scores, total=total(scores), viability=rated)


def assess(
    question: Question,
    path: DesignPath,
    candidate: Candidate,
    claim: Claim | None,
    prior: Rated,
    measured: Measured,
    where: Locus,
    validation: Validation,
) -> Assessment:
    """Put together what is known of a path.

    Variants that only the validator observed count as evidence too.
    """
    seen = {row.label for row in measured.rows}
    more = tuple(row for row in validation.rows if row.label not in seen)
    upstream = tuple(
        f"{change.part}: {change.why}" for change in changes(measured.judged()) if change.reach in ("upstream", "spec")
    )
    bare = Assessment(
        letter=path.letter,
        strategy=path.strategy,
        title=path.title,
        candidate=candidate,
        prior=prior,
        prior_outcome=path.prior.outcome,
        prior_source=path.prior.source,
        prior_locus=path.prior.locus,
        claim=claim,
        measured=replace(measured, rows=in_order((*measured.rows, *more), measured.gating)),
        scores=(),
        total=None,
        viability=Viability(None, "nothing was measured"),
        locus=validation.locus or where,
        upstream=upstream,
        validation=validation,
    )
    return rescored(bare, question)
