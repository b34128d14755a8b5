"""The validator's rules: what rejects a path, what is a caveat, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from explore.evidence import Measured, Row, changes, first_failure
from explore.question import DesignPath, Question
from explore.ranking import Locus
from explore.scores import Score, all_scores

CONFIRMED = "confirmed"
CAVEATS = "confirmed-with-caveats"
NOT_CONFIRMED = "not-confirmed"
NOT_VIABLE = "NOT VIABLE TODAY: "
NOT_VALIDATED = "not-validated"
"""Name of the rule where the validator could not run."""

LOW = 0.5
"""Maintenance and generalization both below this: dear to keep and narrow."""
SKIPPING = ("leak", "double-drop", "wrong-effect")
SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """A rule that a path broke, or a caveat, with the evidence."""

    rule: str
    why: str


@dataclass(frozen=True)
class Validation:
    """What the validator made of a path."""

    verdict: str
    reason: str
    """One paragraph, quoted verbatim in the ADR."""
    rejections: tuple[Finding, ...] = ()
    caveats: tuple[Finding, ...] = ()
    rows: tuple[Row, ...] = ()
    """What the validator observed itself."""
    locus: Locus | None = None

    @property
    def holds(self) -> bool:
        """Whether the path is confirmed, with or without caveats."""
        return self.verdict in (CONFIRMED, CAVEATS)


@dataclass(frozen=True)
class Case:
    """Everything that the verdict on one path is computed from."""

    path: DesignPath
    first: Measured
    """What the run observed."""
    second: Measured
    """What the validator observed."""
    locus: Locus
    differs: tuple[str, ...]
    """Names of inputs that differ between the working tree and the clean checkout."""


def decide(question: Question, case: Case, siblings: Sequence[Case]) -> Validation:
    """Apply every rule to a path."""
    rejections = tuple(_rejections(question, case, siblings))
    caveats = tuple(_caveats(question, case))
    locus = _override(case.locus)
    missing = next((row for row in case.second.gates() if row.status == "not-viable"), None)
    if missing is not None:
        verdict = NOT_VIABLE + one_line(missing.divergence.removeprefix(NOT_VIABLE) or "no reason was given")
    elif rejections:
        verdict = NOT_CONFIRMED
    else:
        verdict = CAVEATS if caveats else CONFIRMED
    reason = paragraph(verdict, case.second, rejections, caveats)
    return Validation(verdict, reason, rejections, caveats, case.second.rows, locus)


def not_validated(why: str, locus: Locus | None) -> Validation:
    """Return the verdict of a path that no validator looked at: missing evidence is never a pass."""
    finding = Finding(NOT_VALIDATED, one_line(why))
    return Validation(
        NOT_CONFIRMED, f"Not confirmed: there was no validation ({finding.why}).", (finding,), locus=locus
    )


def one_line(text: str) -> str:
    """Return text as one line."""
    return " ".join(text.split())


def _rejections(question: Question, case: Case, siblings: Sequence[Case]) -> Iterable[Finding]:
    scores = {score.name: score for score in all_scores(case.second)}
    yield from _gates(question, case.second, scores)
    suite = [row for row in case.second.plain() if row.group in question.suite_groups and not row.faithful]
    if suite:
        yield Finding("regresses-the-suite", _several(suite, f"in {', '.join(question.suite_groups)}"))
    gates = (*case.first.gates(), *case.second.gates())
    if gates and all(row.faithful for row in gates):
        narrow = [row for row in (*case.first.variants(), *case.second.variants()) if not row.faithful]
        if narrow:
            yield Finding("hard-coded-to-the-gating-shape", _several(narrow, "of the gating fixtures' variants"))
    yield from _twins(case, siblings)
    if _low(scores, "maintenance") and _low(scores, "generalization"):
        shown = f"maintenance {scores['maintenance'].shown} and generalization {scores['generalization'].shown}"
        yield Finding("dear-to-keep-and-narrow", f"{shown}, both below {LOW}")
    upstream = [change for change in changes(case.second.rows) if change.reach in ("upstream", "spec")]
    if upstream and case.path.upstream_commitment is None:
        why = f"needs {', '.join(change.part for change in upstream)}, which nobody upstream has committed to"
        yield Finding("relies-on-upstream", why)
    skipping = [row for row in case.second.judged() if row.runs and row.verdict in SKIPPING]
    if skipping:
        yield Finding("skips-semantics", _several(skipping, "returned the right values"))
    yield from _reproduction(case)


def _gates(question: Question, measured: Measured, scores: Mapping[str, Score]) -> Iterable[Finding]:
    for gate in question.gates:
        score = scores.get(gate.score)
        if score is None or score.value is None:
            yield Finding("evidence-missing", f"{gate.score}: {score.detail if score else 'there is no such score'}")
        elif score.value < gate.at_least:
            rows = measured.variants() if gate.score == "generalization" else (*measured.gates(), *measured.judged())
            where = first_failure(rows)
            why = f"{gate.score} {score.value:g}, at least {gate.at_least:g} is asked ({score.detail})"
            yield Finding("fails-the-gate", f"{why}; first: {where}" if where else why)


def _low(scores: Mapping[str, Score], name: str) -> bool:
    value = scores[name].value
    return value is not None and value < LOW


def _twins(case: Case, siblings: Sequence[Case]) -> Iterable[Finding]:
    """Name the siblings before it that built the same cells, and the same bytes in each."""
    ours = _outputs(case)
    for sibling in siblings:
        if ours and sibling.path.letter < case.path.letter and _outputs(sibling) == ours:
            why = f"the same bytes as {sibling.path.letter} ({sibling.path.strategy}) in all {len(ours)} cells"
            yield Finding("same-as-a-sibling", why)


def _outputs(case: Case) -> dict[str, Mapping[str, str]]:
    return {row.label: row.outputs for row in case.second.judged() if row.outputs}


def _reproduction(case: Case) -> Iterable[Finding]:
    before = {row.label: row for row in case.first.judged()}
    pairs = [(before[row.label], row) for row in case.second.judged() if row.label in before]
    other = [f"{new.label} ({old.verdict}, then {new.verdict})" for old, new in pairs if old.verdict != new.verdict]
    if not case.differs:  # other code may well write other bytes
        other += [f"{new.label} (other bytes)" for old, new in pairs if old.outputs != new.outputs]
    if other:
        yield Finding("not-reproduced", f"{len(other)} of {len(pairs)} cells differ from the run: {_list(other)}")
    unstable = [row for row in case.second.judged() if row.verdict == "not-deterministic"]
    if unstable:
        yield Finding("not-deterministic", _several(unstable, "gave other bytes in another process"))


def _caveats(question: Question, case: Case) -> Iterable[Finding]:
    if case.differs:
        yield Finding("dirty-tree", f"the working tree differs from the revision in: {', '.join(case.differs)}")
    inner = {*question.suite_groups}
    others = [
        row
        for row in case.second.plain()
        if not row.faithful and row.group not in inner and row.fixture not in question.gating_fixtures
    ]
    if others:
        yield Finding("fails-elsewhere", _several(others, "outside the gate"))
    residual = [row.label for row in case.second.judged() if row.properties.get("self-contained") is False]
    if residual:
        yield Finding("not-self-contained", f"{len(residual)} cells lean on the outside: {_list(residual)}")
    if not case.second.variants() and not any(gate.score == "generalization" for gate in question.gates):
        yield Finding(
            "no-variants", "no variant of a gating fixture was observed, so nothing shows that it generalizes"
        )
    if case.locus.value and case.locus.value != case.locus.claimed:
        yield Finding("locus-overridden", f"claims {case.locus.claimed}; {case.locus.reason}")


def _override(locus: Locus) -> Locus:
    """Keep the measured locus, and say so where the claim is another."""
    if locus.value in (None, locus.claimed):
        return locus
    return Locus(locus.value, locus.claimed, f"{locus.reason}; the claim was {locus.claimed}")


def _several(rows: Sequence[Row], what: str) -> str:
    return f"{len(rows)} {what}: " + _list([f"{row.label} ({row.verdict})" for row in rows])


def _list(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def paragraph(verdict: str, measured: Measured, rejections: Iterable[Finding], caveats: Iterable[Finding]) -> str:
    """Write the reason: what was repeated, what came of it, and every rule that spoke."""
    gates, variants, plain = measured.gates(), measured.variants(), measured.plain()
    seeds = sorted({row.seed for row in variants if row.seed is not None})
    parts = [
        f"A fresh process on a clean checkout judged {len(measured.judged())} cells: "
        f"{sum(row.faithful for row in gates)} of {len(gates)} gating fixtures, "
        f"{sum(row.faithful for row in variants)} of {len(variants)} variants"
        + (f" of seeds {', '.join(map(str, seeds))}" if seeds else "")
        + f" and {sum(row.faithful for row in plain)} of {len(plain)} fixtures in all were faithful."
    ]
    parts += [f"Rejected by {finding.rule}: {finding.why}." for finding in rejections]
    parts += [f"Caveat, {finding.rule}: {finding.why}." for finding in caveats]
    if verdict == CONFIRMED:
        parts.append("No rejection rule applied.")
    return one_line(" ".join(parts))
