"""The emit stage: ids, ADR files and evidence; everything is checked before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explore import schema
from explore.assess import Assessment
from explore.documents import split
from explore.files import inside, write_all
from explore.project import Entry, Project, number
from explore.provenance import Provenance
from explore.question import Question
from explore.ranking import Ranked
from explore.records import (
    Evidence,
    QuestionEvidence,
    Written,
    encode,
    evidence_path,
    named,
    stable_key,
    usable_evidence,
)
from explore.render import body, fields, front_matter, notes_of, recommendation
from explore.synthesize import Synthesis

DRAFT = "draft"


@dataclass
class Plan:
    """The files that are to be written, and what is said of them."""

    files: dict[Path, bytes] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    kept: list[Evidence] = field(default_factory=list)
    """What the recommendation rests on, by path: what stands after the run, or of a decided ADR what would be new."""


def ids(project: Project, question: Question, letters: Sequence[str]) -> tuple[dict[str, str], dict[str, Entry]]:
    """Return the id of each path's ADR and the entries that exist; new ones get the next unused ids."""
    existing: dict[str, Entry] = {}
    for entry in project.answers(question.id):
        letter = str(entry.markdown.fields["path"])
        if letter not in existing or entry.markdown.fields["status"] == DRAFT:
            existing[letter] = entry
    following = max(map(number, project.ids()), default=-1) + 1
    given = {letter: entry.id for letter, entry in existing.items()}
    for letter in letters:
        if letter not in given:
            given[letter] = f"ADR-{following}"
            following += 1
    return given, existing


def emit(
    project: Project,
    question: Question,
    provenance: Mapping[str, Provenance],
    assessments: Sequence[Assessment],
    ranking: Sequence[Ranked],
    synthesis: Synthesis,
    *,
    fresh: bool,
) -> list[Written]:
    """Write one ADR for each path, its evidence, and the recommendation: all of them or none."""
    given, existing = ids(project, question, [assessment.letter for assessment in assessments])
    ranked = {line.letter: line for line in ranking}
    plan = Plan()
    for assessment in assessments:
        letter = assessment.letter
        new = Evidence(
            named("evidence"), given[letter], question.id, provenance[letter], ranked[letter], len(ranking), assessment
        )
        _add(
            project,
            question,
            plan,
            new,
            existing.get(letter),
            sorted(given.values(), key=number),
            synthesis,
            fresh=fresh,
        )
    _add_recommendation(project, question, plan, given, ranking, synthesis)
    write_all(plan.files)
    return plan.written


def _add(
    project: Project,
    question: Question,
    plan: Plan,
    new: Evidence,
    entry: Entry | None,
    all_ids: Sequence[str],
    synthesis: Synthesis,
    *,
    fresh: bool,
) -> None:
    """Plan one path's files; a decided ADR and its evidence are left as they are."""
    letter, verdict = new.assessment.letter, new.assessment.validation.verdict
    if entry is not None and entry.markdown.fields["status"] != DRAFT:
        status, before = str(entry.markdown.fields["status"]), entry.markdown.fields["verdict"]
        note = f"its verdict is {before}; measured now: {verdict}" if before != verdict else ""
        plan.written.append(Written(new.adr, letter, status, "kept", note))
        plan.kept.append(new)
        return
    old = None if fresh or entry is None else usable_evidence(project, new.adr)
    evidence = old if old is not None and stable_key(old) == stable_key(new) else new
    data = evidence_path(project, new.adr).read_bytes() if evidence is old else encode(evidence)
    siblings = [id for id in all_ids if id != new.adr]
    text = _document(project, question, evidence, siblings, data, entry, synthesis.recommended)
    path = project.document_path(new.adr)
    plan.files[path] = text.encode()
    plan.files[evidence_path(project, new.adr)] = data
    same = entry is not None and entry.markdown.text == text
    plan.written.append(Written(new.adr, letter, DRAFT, "unchanged" if same else "updated" if entry else "new"))
    plan.kept.append(evidence)


def _document(
    project: Project,
    question: Question,
    evidence: Evidence,
    siblings: Sequence[str],
    data: bytes,
    entry: Entry | None,
    recommended: str | None,
) -> str:
    """Return the text of a draft; raises InputError where it would not be what the schema asks for."""
    claim = evidence.assessment.claim
    references = list(dict.fromkeys([*question.references, *(claim.references if claim else ())]))
    front = fields(evidence, siblings, hashlib.sha256(data).hexdigest(), references)
    notes = notes_of(entry.markdown.body) if entry else ""
    text = front_matter(front) + "\n" + body(question, evidence, recommended, notes)
    shown = project.shown(project.document_path(evidence.adr))
    written = split(text, shown)
    schema.check(written.front, schema.front_matter(project.root))
    assert written.fields == front, "front matter does not read back as it was written"
    return text


def _add_recommendation(
    project: Project,
    question: Question,
    plan: Plan,
    given: Mapping[str, str],
    ranking: Sequence[Ranked],
    synthesis: Synthesis,
) -> None:
    """Plan the question's evidence and its text; its provenance is that of the first path."""
    letters = {line.letter for line in ranking}
    adrs = {letter: given[letter] for letter in sorted(letters)}
    first = plan.kept[0].provenance
    evidence = QuestionEvidence(named("synthesis"), question.id, first, adrs, tuple(ranking), synthesis)
    plan.files[evidence_path(project, question.id)] = encode(evidence)
    text = recommendation(question, evidence, plan.kept)
    path = inside(project.root, project.decisions / f"{question.id}.recommendation.md")
    plan.files[path] = text.encode()
