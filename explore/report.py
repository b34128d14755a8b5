"""`explore report`: a question's comparison and ADRs as one HTML file that needs no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from typing import Any, cast

from explore.assess import Assessment
from explore.matrix import Entry as Cell
from explore.matrix import matrix
from explore.plots import bars, graph, scatter
from explore.project import Entry, Project
from explore.records import read_question_evidence
from explore.scores import WEIGHTS, Score
from explore.synthesize import what_would_change
from explore.views import Comparison, committed, number, sorted_by

STYLE = """
:root { color-scheme: light dark; --text: #1e293b; --back: #fff; --line: #cbd5e1; --soft: #f1f5f9; --link: #1d4ed8;
  --bad: #b91c1c; --bar: #bfdbfe; }
@media (prefers-color-scheme: dark) { :root { --text: #e2e8f0; --back: #0f172a; --line: #475569; --soft: #1e293b;
  --link: #93c5fd; --bad: #fca5a5; --bar: #1e40af; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--back); overflow-wrap: break-word; }
a { color: var(--link); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
th, summary { background: var(--soft); }
td details summary { background: none; cursor: pointer; white-space: nowrap; }
.less summary { color: var(--bad); }
section > details { border: 1px solid var(--line); margin: .5rem 0; padding: 0 .75rem; }
section > details > summary { margin: 0 -.75rem; padding: .5rem .75rem; cursor: pointer; }
blockquote { border-left: 4px solid var(--line); margin: 0; padding-left: 1rem; }
pre { background: var(--soft); padding: .5rem; overflow-x: auto; }
svg { width: 100%; max-width: 46rem; height: auto; }
svg text { font-size: 12px; fill: var(--text); }
svg a text { fill: var(--link); }
.grid { stroke: var(--line); } .reference { stroke: var(--text); stroke-width: 2; }
.bare { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 2 2; } .bar { fill: var(--bar); }
.pareto { stroke: var(--text); stroke-width: 3; }
"""


def html(project: Project, id: str) -> str:
    """Return the report; raises InputError where the question has no evidence yet."""
    comparison = committed(project, id)
    order = sorted_by(comparison, "rank")
    entries = [project.read(adr) for adr in comparison.adrs.values()]
    title = escape(f"{id}: {comparison.title}")
    sections = [
        f"<h1>{title}</h1>",
        _recommendation(project, comparison),
        _section("Faithful cells by fixture group", _matrix(order)),
        _section("Ranking", _ranking(comparison)),
        _section("Scores", _scores(order)),
        _section("Viability against call cost", scatter(order)),
        _section("Call costs over the unfused reference", bars(order)),
        _section("Questions and ADRs", _graph(id, entries)),
        _section("The ADRs", "".join(map(_adr, entries))),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = f"<body>{''.join(sections)}</body>"
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n{body}</html>\n'


def _section(title: str, inner: str) -> str:
    return f"\n<section><h2>{escape(title)}</h2>{inner}</section>"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; headers are text, cells are HTML."""
    head = "".join(f"<th>{escape(name)}</th>" for name in headers)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _recommendation(project: Project, comparison: Comparison) -> str:
    evidence = read_question_evidence(project, comparison.question)
    if evidence is None:
        return ""
    synthesis = evidence.synthesis
    chosen = synthesis.recommended or ""
    adr = evidence.adrs.get(chosen)
    head = f'Recommended: <a href="#{adr}">{adr}</a>, path {escape(chosen)}.' if adr else "Recommended: none."
    return f"<p><strong>{head}</strong> {escape(synthesis.sentence)}</p><p>{escape(what_would_change(synthesis))}</p>"


def _matrix(order: Sequence[Assessment]) -> str:
    lines = matrix(order)
    groups = [entry.group for entry in lines[0].entries]
    rows = [(escape(f"{line.letter} {line.strategy}"), *map(_cell, line.entries)) for line in lines]
    return _table(("path", *groups), rows)


def _cell(entry: Cell) -> str:
    """Return a cell; its reason opens on demand."""
    if not entry.first:
        return escape(entry.shown)
    return f'<details class="less"><summary>{escape(entry.shown)}</summary>{escape(entry.first)}</details>'


def _ranking(comparison: Comparison) -> str:
    verdicts = {item.letter: item.validation.verdict for item in comparison.assessments}
    rows = [
        (
            str(line.place) + ("=" if line.tied_with else ""),
            escape(f"{line.letter} {line.strategy}"),
            number(line.viability),
            escape(line.locus or "-"),
            f'<a href="#{comparison.adrs[line.letter]}">{comparison.adrs[line.letter]}</a>',
            escape(verdicts[line.letter]),
            escape(line.reason),
        )
        for line in comparison.ranking
    ]
    return _table(("", "path", "viability", "locus", "ADR", "verdict", "reason"), rows)


def _scores(order: Sequence[Assessment]) -> str:
    rows = [
        (escape(name), str(weight), *(_score(item.score[name]) for item in order)) for name, weight in WEIGHTS.items()
    ]
    return _table(("score", "weight", *(item.letter for item in order)), rows)


def _score(score: Score) -> str:
    return f'<span title="{escape(score.detail)}">{score.shown}</span>'


def _graph(id: str, entries: Sequence[Entry]) -> str:
    nodes = []
    for entry in entries:
        fields = cast("dict[str, Any]", entry.markdown.fields)
        text = f"{fields['path']} {fields['strategy']}"
        nodes.append((entry.id, text, fields["status"], fields["links"]["superseded-by"]))
    return graph(id, nodes)


def _adr(entry: Entry) -> str:
    fields = entry.markdown.fields
    head = escape(f"{entry.id} ({fields['status']}): {fields['title']}")
    return f'<details id="{entry.id}"><summary>{head}</summary>{markdown(entry.markdown.body)}</details>'


# -- the Markdown that ADRs are written in ----------------------------------------------


def markdown(text: str) -> str:
    """Return headings, paragraphs, lists, quotes, tables and code of an ADR as HTML; anything else is text."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    blocks = re.split(r"\n{2,}", text.strip())
    return "".join(map(_block, _with_code_whole(blocks)))


def _with_code_whole(blocks: Sequence[str]) -> list[str]:
    """Join the blocks of a fenced piece of code again."""
    found: list[str] = []
    for block in blocks:
        if found and found[-1].startswith("```") and found[-1].count("```") == 1:
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def _block(block: str) -> str:
    lines = block.strip().split("\n")
    if block.startswith("```"):
        return f"<pre>{escape(chr(10).join(lines[1:]).removesuffix('```'))}</pre>"
    if heading := re.match(r"(#{1,4}) (.*)", lines[0]):
        level = min(6, len(heading[1]) + 2)
        rest = _block("\n".join(lines[1:])) if lines[1:] else ""
        return f"<h{level}>{_inline(heading[2])}</h{level}>{rest}"
    kinds = {"> ": "quote", "* ": "item", "| ": "row"}
    parts = [(kind, list(group)) for kind, group in groupby(lines, key=lambda line: kinds.get(line[:2], "text"))]
    return "".join(_part(kind, group) for kind, group in parts)


def _part(kind: str, lines: Sequence[str]) -> str:
    if kind == "quote":
        return f"<blockquote>{_inline(' '.join(line[2:] for line in lines))}</blockquote>"
    if kind == "item":
        return f"<ul>{''.join(f'<li>{_inline(line[2:])}</li>' for line in lines)}</ul>"
    if kind == "row":
        rows = [[_inline(cell) for cell in _cells(line)] for line in lines if not re.fullmatch(r"[|\- ]+", line)]
        return _table(_cells(lines[0]), rows[1:]) if rows else ""
    return f"<p>{_inline(' '.join(lines))}</p>"


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return [re.sub(r"\\([|\\])", r"\1", cell.strip()) for cell in cells]


def _inline(text: str) -> str:
    """Return code, strong, emphasis and links within the page; everything else escaped."""
    safe = escape(text.replace("&lt;", "<"))
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    safe = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe)
    safe = re.sub(r"(?<!\w)\*([^*\s][^*]*)\*(?!\w)", r"<em>\1</em>", safe)
    return re.sub(r"\[(ADR-[0-9]+)\]\(ADR-[0-9]+\.md\)", r'<a href="#\1">\1</a>', safe)
