"""The files that people read: an ADR's front matter and body, and the recommendation.

Pure functions of evidence, so that the same evidence gives the same bytes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from explore.documents import scalar
from explore.evidence import Row, changes
from explore.family import Json
from explore.matrix import column, matrix
from explore.question import Question
from explore.records import Evidence, QuestionEvidence
from explore.scores import WEIGHTS, Score, cost_ratios
from explore.synthesize import what_would_change
from explore.tables import markdown_cell, markdown_table

NOTES_BEGIN = "<!-- notes: written by hand, kept by every run -->"
NOTES_END = "<!-- /notes -->"
GENERATED = "<!-- Written by `explore run`; a draft is written anew by every run, but for its notes. -->"
GOOD = 0.95
"""A score of at least this is a good consequence, any other a bad one."""
SHORT = 12
"""Hex digits of a hash in running text."""


def front_matter(fields: Mapping[str, Json]) -> str:
    """Write front matter that the strict loader reads back as the same value."""
    return "---\n" + "".join(_lines(fields, "")) + "---\n"


def _lines(value: Json | Mapping[str, Json], indent: str) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            nested = isinstance(item, (list, Mapping)) and item
            yield f"{indent}{key}:\n" if nested else f"{indent}{key}: {_leaf(item)}\n"
            if nested:
                yield from _lines(item, indent + "  ")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Mapping) and item:
                first, *rest = _lines(item, indent + "  ")
                yield f"{indent}- {first[len(indent) + 2 :]}"
                yield from rest
            else:
                yield f"{indent}- {_leaf(item)}\n"


def _leaf(value: Json) -> str:
    if value == []:
        return "[]"
    if value == {}:
        return "{}"
    return scalar(value)


def _text(paragraph: str) -> str:
    """Return a paragraph of Markdown text, wrapped, with nothing in it that starts markup."""
    clean = " ".join(paragraph.split()).replace("<", "&lt;")
    return textwrap.fill(clean, 100, break_on_hyphens=False, break_long_words=False) + "\n"


def _quote(paragraph: str) -> str:
    return textwrap.indent(_text(paragraph), "> ")


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"* {' '.join(line.split()).replace('<', '&lt;')}\n" for line in lines)


# -- an ADR ----------------------------------------------------------------------


def fields(
    evidence: Evidence, siblings: Sequence[str], evidence_digest: str, references: Sequence[str]
) -> dict[str, Json]:
    """Return the front matter of a draft."""
    assessment = evidence.assessment
    return {
        "id": evidence.adr,
        "parent": evidence.question,
        "type": "design-adr",
        "title": assessment.title,
        "status": "draft",
        "path": assessment.letter,
        "strategy": assessment.strategy,
        "verdict": assessment.validation.verdict,
        "viability": {
            "prior": assessment.prior.value,
            "measured": assessment.viability.value,
            "rules": {"prior": assessment.prior.rule, "measured": assessment.viability.rule},
        },
        "fields": {
            "locus-of-fix": assessment.locus.value,
            "generalization": _score(assessment.score["generalization"]),
            "maintenance-cost": _score(assessment.score["maintenance"]),
            "fixture-coverage": _score(assessment.score["coverage"]),
            "upstream-dependency": list(assessment.upstream),
        },
        "links": {
            "parent": evidence.question,
            "alternative-to": list(siblings),
            "prototype": f"{assessment.strategy}@{assessment.candidate.digest[:SHORT]}",
            "oracle": f"oracle@{evidence.provenance.digests['oracle'][:SHORT]}",
            "evidence": f"evidence/{evidence.adr}.json@sha256:{evidence_digest}",
            "references": list(references),
            "superseded-by": None,
        },
    }


def _score(score: Score) -> dict[str, Json]:
    return {"value": score.value, "rests-on": score.rests_on}


def body(question: Question, evidence: Evidence, recommended: str | None, notes: str) -> str:
    """Write the body of a draft, in MADR's order."""
    assessment = evidence.assessment
    sections = [
        f"{GENERATED}\n\n# {evidence.adr}: {markdown_cell(assessment.title)}\n",
        "## Context and problem statement\n\n" + _context(question, evidence),
        "## The path\n\n" + _path(evidence),
        "## Decision (draft)\n\n" + _decision(evidence, recommended),
        "## The validator's reason\n\n" + _quote(assessment.validation.reason),
        "## Consequences\n\n" + _consequences(evidence),
        "## What it does not handle\n\n" + _limits(evidence),
        "## Scores\n\n" + _scores(assessment.scores),
        _costs(assessment.measured.cost),
        "## Fixtures\n\n" + _fixtures(evidence),
        "## How to reproduce\n\n" + _reproduce(evidence),
        f"## Notes\n\n{NOTES_BEGIN}\n{notes}{NOTES_END}\n",
    ]
    return "\n".join(section for section in sections if section)


def notes_of(body: str) -> str:
    """Return what a person wrote between the marks; empty where there is nothing."""
    match = re.search(rf"{re.escape(NOTES_BEGIN)}\n(.*?){re.escape(NOTES_END)}", body, re.DOTALL)
    return match[1] if match else ""


def _context(question: Question, evidence: Evidence) -> str:
    first = question.context.strip().split("\n\n")[0]
    link = f"The question is [{question.id}]({question.id}.md), *{markdown_cell(question.title)}*."
    gates = "; ".join(f"{gate.score} at least {gate.at_least:g} ({gate.why})" for gate in question.gates)
    return "\n".join(
        [
            _text(first),
            f"{link} This is one of the {evidence.of} paths that were measured.\n",
            _text(f"A path passes if it reaches: {gates}."),
        ]
    )


def _path(evidence: Evidence) -> str:
    assessment = evidence.assessment
    claim = assessment.claim
    parts = [f"Path **{assessment.letter}**, strategy `{assessment.strategy}`: {markdown_cell(assessment.title)}.\n"]
    if claim and claim.summary:
        parts.append(_text(claim.summary))
    needed = changes(assessment.measured.judged())
    if needed:
        rows = [(change.part, change.reach, change.why) for change in needed]
        parts.append(
            "What it needed, as recorded while it was built:\n\n" + markdown_table(("part", "reach", "why"), rows)
        )
    parts.append(
        _text(
            f"Prior: viability {assessment.prior.value} ({assessment.prior.rule}), locus {assessment.prior_locus}, "
            f"outcome: {assessment.prior_outcome}. Source: {assessment.prior_source}."
        )
    )
    if claim and claim.priors:
        parts.append(_priors(evidence))
    return "\n".join(parts)


def _priors(evidence: Evidence) -> str:
    """Hold the record's outcomes beside what was measured, at the record's own grade (`runs`)."""
    claim, measured = evidence.assessment.claim, evidence.assessment.measured
    assert claim is not None
    rows = []
    for prior in claim.priors:
        group, _, fixture = prior["group"].partition("/")
        found = [
            row
            for row in measured.plain()
            if (row.fixture == fixture if fixture else column(row, measured.gating) == group or row.group == group)
        ]
        seen = f"{sum(row.runs for row in found)} of {len(found)} run" if found else "not measured"
        said = prior["outcome"] + (f": {prior['signature']}" if prior.get("signature") else "")
        rows.append((prior["group"], said, prior.get("source", ""), seen))
    return "The public record beside the measurement, both at the grade `runs`:\n\n" + markdown_table(
        ("fixtures", "record", "source", "measured"), rows
    )


def _decision(evidence: Evidence, recommended: str | None) -> str:
    ranked, assessment = evidence.ranked, evidence.assessment
    tie = f", tied with {', '.join(ranked.tied_with)}" if ranked.tied_with else ""
    mine = recommended == assessment.letter
    advice = "The run recommends this path" if mine else "The run does not recommend this path"
    other = "" if mine else f"; it recommends {recommended}" if recommended else "; it recommends none"
    remark = f" Remark: {ranked.remark}." if ranked.remark else ""
    return "\n".join(
        [
            _text(
                f"{advice}{other}. It is number {ranked.place} of {evidence.of}{tie}, with the verdict "
                f"**{assessment.validation.verdict}**: {ranked.reason}.{remark}"
            ),
            _text(
                f"Measured viability {_number(assessment.viability.value)}: {assessment.viability.rule}. "
                f"Locus of the fix: {assessment.locus.value or 'unknown'} ({assessment.locus.reason})."
            ),
            _text(
                "A person accepts, rejects or supersedes it: `explore accept`, `explore reject`, `explore supersede`."
            ),
        ]
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _consequences(evidence: Evidence) -> str:
    scores = evidence.assessment.scores
    good = [_consequence(score) for score in scores if score.value is not None and score.value >= GOOD]
    bad = [_consequence(score) for score in scores if score.value is not None and score.value < GOOD]
    bad += [f"{finding.rule}: {finding.why}" for finding in evidence.assessment.validation.rejections]
    bad += [f"caveat, {finding.rule}: {finding.why}" for finding in evidence.assessment.validation.caveats]
    missing = [f"{score.name}: {score.detail}" for score in scores if score.value is None]
    parts = [("Good", good), ("Bad", bad), ("Not measured", missing)]
    return "\n".join(f"{title}:\n\n{_bullets(lines)}" for title, lines in parts if lines)


def _consequence(score: Score) -> str:
    return f"{score.name} {score.shown}: {score.detail}"


def _limits(evidence: Evidence) -> str:
    claim = evidence.assessment.claim
    said = _bullets(claim.limits) if claim and claim.limits else ""
    failed = [row for row in evidence.assessment.measured.judged() if not row.faithful]
    seen = _bullets(f"{row.label}: {row.verdict}" + (f", {row.divergence}" if row.divergence else "") for row in failed)
    groups = ", ".join(sorted({row.group for row in evidence.assessment.measured.rows}))
    parts = [
        f"It says of itself:\n\n{said}" if said else "",
        f"Seen in this evidence:\n\n{seen}" if seen else "Nothing failed in this evidence.\n",
        f"Nothing is said here of fixtures outside these groups: {groups}.\n",
    ]
    return "\n".join(part for part in parts if part)


def _scores(scores: Sequence[Score]) -> str:
    rows = [(score.name, score.shown, str(WEIGHTS[score.name]), str(score.rests_on), score.detail) for score in scores]
    return markdown_table(("score", "value", "weight", "rests on", "what was counted"), rows)


def _costs(cost: Mapping[str, float]) -> str:
    """Return the timings as ratios, with their spread where it was measured; empty where nothing was timed."""
    ratios = cost_ratios(cost)
    if not ratios:
        return ""
    rows = [
        (case, f"{ratio:.3g}", *(_timing(cost, f"{case}-{what}") for what in ("against-bare", "nanoseconds")))
        for case, ratio in ratios.items()
    ]
    headers = ("case", "of the reference's time", "of the bare limit", "nanoseconds")
    told = f"Timed by itself on one machine, over {len(rows)} cases; recorded, and renewed only by `--fresh`."
    return f"## Call costs\n\n{markdown_table(headers, rows)}\n{told}\n"


def _timing(cost: Mapping[str, float], name: str) -> str:
    if name not in cost:
        return "-"
    spread = cost.get(f"{name}-spread")
    return f"{cost[name]:.3g}" + (f" ± {spread:.0%}" if spread is not None else "")


def _fixtures(evidence: Evidence) -> str:
    rows = [_fixture(row) for row in evidence.assessment.measured.rows]
    seeds = evidence.provenance.seeds
    told = "; ".join(f"{stage} {', '.join(map(str, numbers))}" for stage, numbers in seeds.items())
    return (
        markdown_table(
            ("fixture", "group", "fuses", "runs", "faithful", "verdict", "totals (reference)", "first divergence"), rows
        )
        + f"\n`NAME@SEED` is a generated variant of a gating fixture (seeds: {told}).\n"
    )


def _fixture(row: Row) -> tuple[str, ...]:
    grades = tuple("yes" if grade else "no" for grade in (row.fuses, row.runs, row.faithful))
    return (row.label, row.group, *grades, row.verdict, _totals(row), row.divergence)


def _totals(row: Row) -> str:
    """Return each total with the reference's behind it, from the first form that has it."""
    reference = row.counts.get("reference", {})
    parts = []
    for name, expected in sorted(reference.items()):
        seen = [counts[name] for form, counts in sorted(row.counts.items()) if form != "reference" and name in counts]
        parts.append(f"{name} {'/'.join(map(str, dict.fromkeys(seen))) or '-'} ({expected})")
    return ", ".join(parts)


def _reproduce(evidence: Evidence) -> str:
    provenance = evidence.provenance
    commit = provenance.revision.commit
    where = f"git checkout {commit}\n" if commit else ""
    digests = [*provenance.digests.items(), ("prototype", evidence.assessment.candidate.digest)]
    dirty = len(provenance.revision.dirty)
    state = f"revision {commit[:SHORT]}" if commit else f"no revision ({provenance.revision.missing})"
    changed = f" with {dirty} changed file{'s' if dirty != 1 else ''}" if dirty else ""
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    return "\n".join(
        [
            f"```\n{where}explore run {evidence.question} --path {evidence.assessment.letter}\n```\n",
            _text(
                f"Evidence: evidence/{evidence.adr}.json, measured on {state}{changed} "
                f"with {provenance.engine} ({versions})."
            ),
            markdown_table(("input", "SHA-256"), [(name, f"`{digest[:SHORT]}`") for name, digest in digests]),
        ]
    )


# -- the recommendation ------------------------------------------------------------


def recommendation(question: Question, evidence: QuestionEvidence, paths: Sequence[Evidence]) -> str:
    """Write `adr/ADR-0.recommendation.md`."""
    synthesis = evidence.synthesis
    chosen = synthesis.recommended
    head = f"Recommended: **{chosen}**, {evidence.adrs.get(chosen, 'no ADR')}." if chosen else "Recommended: none."
    ties = "; ".join(" and ".join(tie) for tie in synthesis.ties)
    ranking = [
        (
            str(line.place),
            line.letter,
            line.strategy,
            evidence.adrs.get(line.letter, ""),
            _number(line.viability),
            line.locus or "",
            line.reason,
        )
        for line in evidence.ranking
    ]
    lines = matrix([item.assessment for item in paths])
    groups = [entry.group for entry in lines[0].entries] if lines else []
    table = [(line.letter, line.strategy, *(entry.shown for entry in line.entries)) for line in lines]
    sections = [
        f"{GENERATED}\n\n# {question.id}: recommendation\n",
        f"{head}\n\n" + _text(synthesis.sentence),
        _text(f"Runner-up: {synthesis.runner_up}.") if synthesis.runner_up else "",
        f"Ties: {ties}.\n" if ties else "No two paths tie.\n",
        f"Invest upstream: {', '.join(synthesis.upstream)}.\n" if synthesis.upstream else "",
        "## Ranking\n\n" + markdown_table(("", "path", "strategy", "ADR", "viability", "locus", "reason"), ranking),
        "## Faithful cells by fixture group\n\n" + markdown_table(("path", "strategy", *groups), table),
        "## What would change the ranking\n\n" + _text(what_would_change(synthesis)),
        markdown_table(
            ("left out", "order"), [(item.left_out, " ".join(item.order)) for item in synthesis.sensitivity]
        ),
    ]
    return "\n".join(section for section in sections if section)
