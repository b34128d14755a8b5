"""What list, show, compare, diff and run print: first as data, then as text or Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from explore import schema
from explore.assess import Assessment
from explore.errors import InputError, UsageError
from explore.evidence import Row
from explore.files import dumps
from explore.matrix import Entry as Cell
from explore.matrix import matrix
from explore.oracle.records import to_json
from explore.project import Entry, Project
from explore.question import Question, load
from explore.ranking import Ranked, rank
from explore.records import Evidence, Record, decode, named, read_evidence, read_question_evidence
from explore.scores import WEIGHTS
from explore.strict_yaml import read_text
from explore.synthesize import Synthesis, what_would_change
from explore.tables import clean, markdown_table, paragraph, text_table, text_tables, width

Tabulate = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


LONGEST_NAME = 26
"""Longest letter and strategy that the matrix shows; beyond it the letter must do."""


def checked(value: dict[str, Any], kind: str) -> str:
    """Return a table as JSON, checked against its published schema."""
    schema.check_published(value, kind)
    return dumps(value).decode()


def tabulate(form: str) -> Tabulate:
    """Return the way tables are laid out in a format."""
    return markdown_table if form == "md" else lambda headers, rows: text_table(headers, rows, width())


def tabulate_wide(form: str) -> Tabulate:
    """Return the way tables of many narrow columns are laid out in a format."""
    return markdown_table if form == "md" else lambda headers, rows: text_tables(headers, rows, width())


def number(value: float | None) -> str:
    """Return a number as tables show it; a dash where it is missing."""
    return "-" if value is None else f"{value:g}"


def two_digits(value: float | None) -> str:
    """Return a score as tables show it."""
    return "-" if value is None else f"{value:.2f}"


# -- list and show ---------------------------------------------------------------


def listing(project: Project) -> dict[str, Any]:
    """Return every document, by number."""
    return {"schema": named("list"), "documents": [_listed(project, entry) for entry in project.entries()]}


def _listed(project: Project, entry: Entry) -> dict[str, Any]:
    fields = cast("dict[str, Any]", entry.markdown.fields)
    common = {"id": entry.id, "type": entry.type, "status": fields["status"], "title": fields["title"]}
    if entry.type == "design-question":
        evidence = read_question_evidence(project, entry.id)
        return {**common, "paths": len(fields["paths"]), "recommended": evidence and evidence.synthesis.recommended}
    return {
        **common,
        "question": fields["parent"],
        "path": fields["path"],
        "strategy": fields["strategy"],
        "verdict": fields["verdict"],
        "viability": fields["viability"]["measured"],
        "locus": fields["fields"]["locus-of-fix"],
    }


def show_listing(value: Mapping[str, Any], form: str) -> str:
    """Lay out the list: each question, and a line for each of its ADRs."""
    documents = value["documents"]
    parts = []
    for question in (item for item in documents if item["type"] == "design-question"):
        advice = f"; recommended: path {question['recommended']}" if question["recommended"] else ""
        head = f"{question['id']}: {question['title']} ({question['status']}{advice})"
        adrs = [_line(item) for item in documents if item.get("question") == question["id"]]
        headers = ("ADR", "path", "status", "viability", "locus", "verdict")
        told = tabulate(form)(headers, adrs) if adrs else f"no ADR yet: explore run {question['id']}\n"
        parts.append(f"{clean(head) if form == 'md' else paragraph(head, width())}\n\n{told}")
    return "\n".join(parts) or "no question yet: explore new question TITLE\n"


def _line(item: Mapping[str, Any]) -> tuple[str, ...]:
    rating, locus = number(item["viability"]), item["locus"] or "-"
    return (item["id"], f"{item['path']} {item['strategy']}", item["status"], rating, locus, in_short(item["verdict"]))


def in_short(verdict: str) -> str:
    """Return a verdict without its reason, for a column."""
    return verdict.partition(":")[0]


def shown(project: Project, id: str) -> dict[str, Any]:
    """Return one document."""
    entry = project.read(id)
    return {"schema": named("show"), "id": id, "fields": entry.markdown.fields, "body": entry.markdown.body}


# -- compare ---------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """A question's paths, ranked, from whichever evidence."""

    question: str
    title: str
    assessments: tuple[Assessment, ...]
    ranking: tuple[Ranked, ...]
    adrs: Mapping[str, str]


def committed(project: Project, id: str) -> Comparison:
    """Compare from committed evidence; no run is needed."""
    question = load(project, id)
    found = _evidence(project, question)
    if not found:
        raise InputError(f"{id} has no evidence yet: explore run {id}")
    assessments = [item.assessment for item in found]
    ranking = rank(question, [item.standing for item in assessments])
    return Comparison(
        id, question.title, tuple(assessments), ranking, {item.assessment.letter: item.adr for item in found}
    )


def _evidence(project: Project, question: Question) -> list[Evidence]:
    found = (read_evidence(project, entry.id) for entry in project.answers(question.id))
    by_letter = {item.assessment.letter: item for item in found if item is not None}
    return [by_letter[path.letter] for path in question.paths if path.letter in by_letter]


def of_record(record: Record, title: str) -> Comparison:
    """Compare what one run measured."""
    adrs = {item.letter: item.adr for item in record.written}
    return Comparison(record.question, title, record.assessments, record.ranking, adrs)


def sorted_by(comparison: Comparison, key: str) -> list[Assessment]:
    """Return the paths by rank, letter, or a score; raises UsageError for another key."""
    places = {line.letter: index for index, line in enumerate(comparison.ranking)}
    if key == "rank":
        return sorted(comparison.assessments, key=lambda item: places[item.letter])
    if key == "letter":
        return sorted(comparison.assessments, key=lambda item: item.letter)
    if key not in WEIGHTS:
        raise UsageError(f"can't sort by {key!r}; known: rank, letter, {', '.join(WEIGHTS)}")
    return sorted(comparison.assessments, key=lambda item: (-(item.score[key].value or 0), places[item.letter]))


def comparison_data(comparison: Comparison, order: Sequence[Assessment]) -> dict[str, Any]:
    """Return a comparison as data."""
    ranked = {line.letter: line for line in comparison.ranking}
    lines = {line.letter: line for line in matrix(order)}
    return {
        "schema": named("compare"),
        "question": comparison.question,
        "title": comparison.title,
        "paths": [
            {
                "letter": item.letter,
                "strategy": item.strategy,
                "adr": comparison.adrs.get(item.letter),
                "verdict": item.validation.verdict,
                "prior": item.prior.value,
                "viability": item.viability.value,
                "rule": item.viability.rule,
                "locus": item.locus.value,
                "total": item.total,
                "place": ranked[item.letter].place,
                "reason": ranked[item.letter].reason,
                "tied": list(ranked[item.letter].tied_with),
                "groups": [to_json(entry) for entry in lines[item.letter].entries],
                "first": lines[item.letter].first,
                "scores": {score.name: to_json(score) for score in item.scores},
                "cost": dict(item.measured.cost),
            }
            for item in order
        ],
    }


def show_comparison(value: Mapping[str, Any], form: str) -> str:
    """Lay out matrix, divergences, ranking and scores."""
    head = f"{value['question']}: {value['title']}"
    parts = [f"# {head}" if form == "md" else paragraph(head, width()), "", show_matrix(value, form)]
    parts += [show_ranking(value, form), _show_scores(value, form)]
    return "\n".join(parts)


def show_matrix(value: Mapping[str, Any], form: str) -> str:
    """Lay out strategy × fixture group, with each path's first divergence beneath."""
    groups = [entry["group"] for entry in value["paths"][0]["groups"]] if value["paths"] else []
    names = [f"{path['letter']} {path['strategy']}" for path in value["paths"]]
    if max(map(len, names), default=0) > LONGEST_NAME:
        names = [path["letter"] for path in value["paths"]]
    cells = [[Cell(**entry).shown for entry in path["groups"]] for path in value["paths"]]
    rows = [(name, *line) for name, line in zip(names, cells, strict=True)]
    text = "Faithful cells by fixture group (more run, with the right values):\n\n" + tabulate_wide(form)(
        ("path", *groups), rows
    )
    failures = [f"{path['letter']}: {path['first']}" for path in value["paths"] if path["first"]]
    if not failures:
        return text + "\n"
    lines = [f"* {line}" if form == "md" else paragraph(line, width(), "  ") for line in failures]
    return f"{text}\nFirst divergence:\n\n" + "\n".join(lines) + "\n"


def show_ranking(value: Mapping[str, Any], form: str) -> str:
    """Lay out the ranking, one reason a line."""
    ordered = sorted(value["paths"], key=lambda path: (path["place"], path["letter"]))
    rows = [
        (
            f"{path['place']}{'=' if path['tied'] else ''}",
            f"{path['letter']} {path['strategy']}",
            number(path["viability"]),
            path["locus"] or "-",
            path["adr"] or "-",
            in_short(path["verdict"]),
        )
        for path in ordered
    ]
    table = tabulate(form)(("", "path", "viability", "locus", "ADR", "verdict"), rows)
    why = [f"{path['letter']}: {path['reason']}" for path in ordered]
    lines = [f"* {line}" if form == "md" else paragraph(line, width(), "  ") for line in why]
    return f"Ranking (prior and rules: explore show ADR-N):\n\n{table}\n" + "\n".join(lines) + "\n"


def _show_scores(value: Mapping[str, Any], form: str) -> str:
    paths = value["paths"]
    rows = [(name, str(WEIGHTS[name]), *(_score(path["scores"].get(name)) for path in paths)) for name in WEIGHTS]
    rows.append(("weighted mean", "", *(two_digits(path["total"]) for path in paths)))
    headers = ("score", "weight", *(path["letter"] for path in paths))
    return "Scores (formulas: docs/scores.md):\n\n" + tabulate_wide(form)(headers, rows)


def _score(score: Mapping[str, Any] | None) -> str:
    return two_digits(score["value"] if score else None)


# -- a run's end -------------------------------------------------------------------


def run_data(record: Record, title: str) -> dict[str, Any]:
    """Return the end of a run as data."""
    comparison = of_record(record, title)
    return {
        "schema": named("run"),
        "run": record.run,
        "comparison": comparison_data(comparison, sorted_by(comparison, "letter")),
        "written": [to_json(item) for item in record.written],
        "synthesis": to_json(record.synthesis),
        "adr": comparison.adrs.get(record.synthesis.recommended or ""),
        "validation_error": record.validation_error,
        "seconds": dict(record.seconds),
    }


def show_run(value: Mapping[str, Any], synthesis: Synthesis, form: str) -> str:
    """Lay out the end of a run."""
    comparison = value["comparison"]
    chosen = value["synthesis"]["recommended"]
    head = f"{comparison['question']}: {comparison['title']}"
    wrap = (lambda text: text) if form == "md" else (lambda text: paragraph(text, width()))
    parts = [
        wrap(head),
        "",
        show_matrix(comparison, form),
        show_ranking(comparison, form),
        "ADRs:\n",
        _show_written(value, form),
    ]
    if value["validation_error"]:
        parts.append(wrap(f"Not validated: {value['validation_error']}") + "\n")
    parts.append(wrap(f"Recommended: {value['adr']}, path {chosen}" if chosen else "Recommended: none"))
    parts += [wrap(synthesis.sentence), wrap(what_would_change(synthesis))]
    parts.append(wrap(f"Run {value['run']}, {sum(value['seconds'].values()):.1f} s."))
    return "\n".join(parts) + "\n"


def _show_written(value: Mapping[str, Any], form: str) -> str:
    rows = [
        (
            f"adr/{item['adr']}.md",
            item["letter"],
            item["status"],
            item["change"] + (f"; {item['note']}" if item["note"] else ""),
        )
        for item in value["written"]
    ]
    return tabulate(form)(("file", "path", "status", "change"), rows)


# -- diff ------------------------------------------------------------------------


def read_record(project: Project, name: str) -> Record:
    """Read a run by its id, the start of it, `latest` or `previous`; raises UsageError where there is no such run."""
    folder = project.work / "runs"
    known = sorted(path.stem for path in folder.glob("*.json")) if folder.is_dir() else []
    by_word = {"latest": known[-1:], "previous": known[-2:-1], **{run: [run] for run in known}}
    found = by_word.get(name, [run for run in known if name and run.startswith(name)])
    if len(found) != 1:
        if name in by_word and not found:
            raise UsageError(f"there is no {name} run here yet: {'one run, ' + known[0] if known else 'no run at all'}")
        what = "unknown run" if not found else "more than one run is called"
        raise UsageError(f"{what} {name!r}; known: {', '.join(known[-5:]) or 'none'}")
    path = folder / f"{found[0]}.json"
    return decode(Record, read_text(path, project.shown(path)), project.shown(path))


def difference(old: Record, new: Record) -> dict[str, Any]:
    """Return only what changed between two runs, flips between faithful and not first.

    Raises UsageError where the runs are of two questions.
    """
    if old.question != new.question:
        raise UsageError(f"run {old.run} is of {old.question}, run {new.run} of {new.question}: nothing to compare")
    before, after = _rows(old), _rows(new)
    changes = [_changed(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())]
    found = [change for change in changes if change is not None]
    found.sort(key=lambda change: (not change["flip"], change["path"], change["fixture"]))
    return {
        "schema": named("diff"),
        "old": old.run,
        "new": new.run,
        "inputs": [
            name for name, digest in new.provenance.digests.items() if old.provenance.digests.get(name) != digest
        ],
        "paths": _path_changes(old, new),
        "cells": found,
    }


def _rows(record: Record) -> dict[tuple[str, str], Row]:
    return {(item.letter, row.label): row for item in record.assessments for row in item.measured.rows}


def _changed(key: tuple[str, str], old: Row | None, new: Row | None) -> dict[str, Any] | None:
    before, after = (None if row is None else row.verdict for row in (old, new))
    same = old is not None and new is not None and (old.verdict, old.divergence) == (new.verdict, new.divergence)
    if same:
        return None
    flip = old is not None and new is not None and old.faithful != new.faithful
    why = new.divergence if new else ""
    return {"path": key[0], "fixture": key[1], "old": before, "new": after, "flip": flip, "divergence": why}


def _path_changes(old: Record, new: Record) -> list[dict[str, Any]]:
    before = {item.letter: item for item in old.assessments}
    after = {item.letter: item for item in new.assessments}
    found: list[dict[str, Any]] = []
    for letter in sorted(before.keys() | after.keys()):
        pair = [_summary(side.get(letter)) for side in (before, after)]
        if pair[0] != pair[1]:
            found.append({"path": letter, "old": pair[0], "new": pair[1]})
    return found


def _summary(item: Assessment | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return {
        "verdict": item.validation.verdict,
        "viability": item.viability.value,
        "locus": item.locus.value,
        "total": item.total,
    }


def show_difference(value: Mapping[str, Any], form: str) -> str:
    """Lay out what changed."""
    if not value["cells"] and not value["paths"]:
        return f"No difference between {value['old']} and {value['new']}.\n"
    parts = []
    if value["inputs"]:
        parts.append(f"Changed inputs: {', '.join(value['inputs'])}\n")
    if value["paths"]:
        rows = [(item["path"], _words(item["old"]), _words(item["new"])) for item in value["paths"]]
        parts.append(tabulate(form)(("path", "before", "after"), rows))
    if value["cells"]:
        cells = [
            (
                "flip" if item["flip"] else "",
                item["path"],
                item["fixture"],
                item["old"] or "-",
                item["new"] or "-",
                item["divergence"],
            )
            for item in value["cells"]
        ]
        parts.append(tabulate(form)(("", "path", "fixture", "before", "after", "first divergence"), cells))
    return "\n".join(parts)


def _words(summary: Mapping[str, Any] | None) -> str:
    if summary is None:
        return "-"
    rating, mean = number(summary["viability"]), number(summary["total"])
    return f"{summary['verdict']}, viability {rating}, {summary['locus'] or '-'}, {mean}"
