"""`explore report`: a question's comparison and ADRs as one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, cast

from explore.assess import Assessment
from explore.evidence import Row
from explore.html_markdown import markdown, table
from explore.matrix import Entry as Cell
from explore.matrix import matrix
from explore.plots import Node, bars, scatter, tree
from explore.project import Entry, Project
from explore.ranking import Ranked
from explore.records import QuestionEvidence, read_question_evidence
from explore.scores import WEIGHTS, Score
from explore.synthesize import what_would_change
from explore.verdict import CAVEATS, CONFIRMED
from explore.views import Comparison, committed, in_short, number, sorted_by, two_digits

GRADES = (("faithful", "●", "good"), ("runs", "◐", "some"), ("fuses", "○", "none"))
"""Best grade that a cell reached, its sign, its colour; nothing reached is a dash."""


def html(project: Project, id: str) -> str:
    """Return the report; raises InputError where the question has no evidence yet."""
    comparison = committed(project, id)
    order = sorted_by(comparison, "rank")
    entries = [project.read(adr) for adr in comparison.adrs.values()]
    title = escape(f"{id}: {comparison.title}")
    sections = [
        f"<h1>{title}</h1>",
        _recommendation(read_question_evidence(project, id)),
        _section("Ranking", _ranking(comparison)),
        _section("Faithful cells by fixture group", _matrix(order) + _every_fixture(order)),
        _section("Viability against call cost", scatter(order)),
        _section("Call costs", bars(order)),
        _section("Scores", _scores(order)),
        _section("The question and its ADRs", tree(f"{id}: {comparison.title}", list(map(_node, entries)))),
        _section("The ADRs", "".join(map(_adr, entries))),
    ]
    style = files("explore").joinpath("report.css").read_text(encoding="utf-8")
    view = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{view}<title>{title}</title><style>\n{style}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{"".join(sections)}</body></html>\n'


def _section(title: str, inner: str) -> str:
    return f"\n<section><h2>{escape(title)}</h2>{inner}</section>"


def _recommendation(evidence: QuestionEvidence | None) -> str:
    if evidence is None:
        return '<div class="card"><p>These paths come from different runs: there is no recommendation.</p></div>'
    synthesis, provenance = evidence.synthesis, evidence.provenance
    adr = escape(evidence.adrs.get(synthesis.recommended or "", ""))
    chosen = escape(synthesis.recommended or "")
    head = f'Recommended: <a href="#{adr}">{adr}</a>, path {chosen}' if adr else "Recommended: none"
    commit = provenance.revision.commit
    made = f"revision {commit[:12]}" if commit else "no revision"
    made += f" with {len(provenance.revision.dirty)} changed files" if provenance.revision.dirty else ""
    told = f"Measured on {made} with {provenance.engine}; {len(provenance.fixtures)} fixtures."
    return (
        f'<div class="card"><p><strong>{head}</strong></p><p>{escape(synthesis.sentence)}</p>'
        f"<p>{escape(what_would_change(synthesis))}</p><p><small>{escape(told)}</small></p></div>"
    )


def _ranking(comparison: Comparison) -> str:
    by_letter = {item.letter: item for item in comparison.assessments}
    lines = (_ranked(line, by_letter[line.letter], comparison.adrs[line.letter]) for line in comparison.ranking)
    return f'<ol class="ranking">{"".join(lines)}</ol>'


def _ranked(line: Ranked, item: Assessment, adr: str) -> str:
    verdict = item.validation.verdict
    kind = {CONFIRMED: " good", CAVEATS: " some"}.get(verdict, "")
    place = f"{line.place}{'=' if line.tied_with else ''}"
    facts = (
        f"viability {number(line.viability)} (prior {number(item.prior.value)})",
        f"locus {escape(line.locus or 'unknown')}",
        f"weighted mean {number(line.total)}",
        f'<a href="#{adr}">{adr}</a>',
        *([escape(line.remark)] if line.remark else ()),
    )
    badge = f'<span class="badge{kind}">{escape(in_short(verdict))}</span>'
    return (
        f'<li id="path-{escape(line.letter)}"><span class="place">{place}</span>'
        f"<p><b>{escape(line.letter)}</b> {escape(line.strategy)} {badge}</p><p>{escape(item.title)}</p>"
        f'<p>{escape(line.reason)}</p><p class="faint">{" · ".join(facts)}</p></li>'
    )


# -- tables ---------------------------------------------------------------------------


def _matrix(order: Sequence[Assessment]) -> str:
    lines = matrix(order)
    groups = [entry.group for entry in lines[0].entries]
    rows = [(f"<b>{escape(line.letter)}</b> {escape(line.strategy)}", *map(_cell, line.entries)) for line in lines]
    return table(("path", *groups), rows, "matrix")


def _cell(entry: Cell) -> str:
    """Return a cell; its reason opens on demand."""
    if not entry.cells:
        return '<span class="faint">-</span>'
    if not entry.first:
        return f'<span class="good">{escape(entry.shown)}</span>'
    kind = "some" if entry.faithful else "none"
    return f'<details class="{kind}"><summary>{escape(entry.shown)}</summary><p>{escape(entry.first)}</p></details>'


def _every_fixture(order: Sequence[Assessment]) -> str:
    """Return fixture × path, each with the best grade it reached and the divergence on demand."""
    labels = list(dict.fromkeys((row.group, row.label) for item in order for row in item.measured.rows))
    found = {(item.letter, row.label): row for item in order for row in item.measured.rows}
    rows = [
        (escape(label), escape(group), *(_grade(found.get((item.letter, label))) for item in order))
        for group, label in labels
    ]
    signs = ", ".join(f"{sign} {name}" for name, sign, _ in GRADES)
    grid = table(("fixture", "group", *(item.letter for item in order)), rows, "matrix")
    told = f'<p class="note">{signs}, – not built. NAME@SEED is a generated variant.</p>'
    return f"<details><summary>Every fixture</summary>{told}{grid}</details>"


def _grade(row: Row | None) -> str:
    if row is None:
        return ""
    if not row.judged:
        return f'<span class="faint">{escape(row.verdict)}</span>'
    sign, kind = next(((sign, kind) for name, sign, kind in GRADES if getattr(row, name)), ("–", "none"))
    if row.faithful:
        return f'<span class="{kind}">{sign}</span>'
    why = f"{row.verdict}: {row.divergence}" if row.divergence else row.verdict
    return f'<details class="{kind}"><summary>{sign}</summary><p>{escape(why)}</p></details>'


def _scores(order: Sequence[Assessment]) -> str:
    rows = [
        (escape(name), str(weight), *(_score(item.score[name]) for item in order)) for name, weight in WEIGHTS.items()
    ]
    rows.append(("<b>weighted mean</b>", "", *(f"<b>{two_digits(item.total)}</b>" for item in order)))
    return table(("score", "weight", *(item.letter for item in order)), rows, "matrix")


def _score(score: Score) -> str:
    return f"<details><summary>{score.shown}</summary><p>{escape(score.detail)}</p></details>"


# -- ADRs -----------------------------------------------------------------------------


def _node(entry: Entry) -> Node:
    fields = cast("dict[str, Any]", entry.markdown.fields)
    text = f"{fields['path']} {fields['strategy']}"
    return Node(entry.id, text, fields["status"], fields["verdict"], fields["links"]["superseded-by"])


def _adr(entry: Entry) -> str:
    """Return a folded ADR; its id stands inside, because a link to what is folded away opens it."""
    fields = entry.markdown.fields
    head = escape(f"{entry.id} ({fields['status']}): {fields['title']}")
    inner = f'<div id="{entry.id}">{markdown(entry.markdown.body)}</div>'
    return f"<details><summary>{head}</summary>{inner}</details>"
