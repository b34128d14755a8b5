"""Faults in the folder of questions and ADRs, each with file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, cast

from explore import measure, schema
from explore.documents import Markdown, read
from explore.errors import ExploreError, InputError
from explore.family import Family, Fixture
from explore.files import inside
from explore.project import DOCUMENT, ID, Entry, Project, number
from explore.provenance import Provenance, differences, digests, exists
from explore.question import Question, from_entry
from explore.records import Evidence, QuestionEvidence, evidence_path, read_evidence, read_question_evidence
from explore.render import body, notes_of, recommendation
from explore.strict_yaml import Place, read_text


@dataclass(frozen=True)
class Fault:
    """One fault."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        """Return it as users read it."""
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True)
class Context:
    """A question with its family, as linting its ADRs needs them."""

    question: Question
    family: Family
    fixtures: Sequence[Fixture]
    digests: dict[str, str]


def lint(project: Project) -> list[Fault]:
    """Return every fault, by file and line."""
    faults: list[Fault] = []
    entries = list(_readable(project, faults))
    contexts = _contexts(project, entries, faults)
    faults += _across(set(project.ids()), entries)
    for entry in entries:
        if entry.type == "design-adr":
            faults += _adr(project, entry, contexts.get(str(entry.markdown.fields["parent"])))
    faults += _strays(project, entries)
    return sorted(faults, key=lambda fault: (fault.file, fault.line or 0, fault.message))


def _fault(error: ExploreError, project: Project) -> Fault:
    if isinstance(error, InputError):
        return Fault(str(error.path or project.root.name), error.line, error.message)
    return Fault("adr", None, str(error))


def _at(entry: Entry, message: str, place: Place = ()) -> Fault:
    return Fault(str(entry.markdown.front.path), entry.markdown.front.line(place), message)


def _readable(project: Project, faults: list[Fault]) -> Iterator[Entry]:
    """Yield what can be read, and note every schema fault."""
    if not project.decisions.is_dir():
        raise InputError("no folder adr", project.root)
    for path in sorted(project.decisions.iterdir()):
        if not DOCUMENT.fullmatch(path.name):
            continue
        shown = str(project.shown(path))
        if not ID.fullmatch(path.stem) or path.suffix != ".md":
            faults.append(Fault(shown, None, "not a name of a document: ADR-N.md, without leading zeros"))
            continue
        try:
            markdown = read(inside(project.root, path), shown)
        except InputError as error:
            faults.append(_fault(error, project))
            continue
        found = _schema_faults(project, markdown, shown)
        faults += found
        if not found:
            yield Entry(path.stem, path, markdown)


def _schema_faults(project: Project, markdown: Markdown, shown: str) -> list[Fault]:
    found = schema.errors(markdown.front.value, schema.front_matter(project.root))
    return [
        Fault(shown, markdown.front.line(place), f"{'.'.join(map(str, place))}: {message}" if place else message)
        for message, place in found
    ]


def _contexts(project: Project, entries: Sequence[Entry], faults: list[Fault]) -> dict[str, Context]:
    """Load each question's family; what can't be loaded is a fault of the question."""
    found: dict[str, Context] = {}
    for entry in entries:
        if entry.type != "design-question":
            continue
        try:
            question = from_entry(entry)
            family = measure.family_of(question)
            fixtures = measure.all_fixtures(family, project)
            measure.choose(question, fixtures, None)
            found[entry.id] = Context(question, family, fixtures, digests(project, question, family))
        except ExploreError as error:
            faults.append(
                _fault(error, project) if isinstance(error, InputError) and error.path else _at(entry, str(error))
            )
            continue
        faults += _question(project, entry, found[entry.id])
    return found


def _question(project: Project, entry: Entry, context: Context) -> Iterator[Fault]:
    for index, path in enumerate(context.question.paths):
        try:
            measure.candidate_of(context.family, project, path)
        except ExploreError as error:
            yield _at(entry, str(error), ("paths", index, "strategy"))
    try:
        evidence = read_question_evidence(project, entry.id)
    except InputError as error:
        yield _fault(error, project)
        return
    if evidence is not None:
        known = project.ids()
        for letter, id in evidence.adrs.items():
            if id not in known:
                yield _at(entry, f"the evidence names {id} for path {letter}, which does not exist")
        yield from _recommended(project, context, evidence)


def _recommended(project: Project, context: Context, evidence: QuestionEvidence) -> Iterator[Fault]:
    """Hold the recommendation's text against its evidence, and that against its inputs, while no ADR is decided."""
    question = context.question
    try:
        decided = [entry for entry in project.answers(question.id) if entry.markdown.fields["status"] != "draft"]
        found = {letter: read_evidence(project, id) for letter, id in evidence.adrs.items()}
    except InputError:
        return  # reported where it lies
    measured = [one for path in question.paths if (one := found.get(path.letter)) is not None]
    if decided or len(measured) < len(found):
        return
    if stale := _changed(context, evidence.provenance):
        shown = str(project.shown(evidence_path(project, question.id)))
        yield Fault(shown, None, f"the evidence is stale: {', '.join(stale)} changed; explore run {question.id}")
        return
    path = inside(project.root, project.decisions / f"{question.id}.recommendation.md")
    try:
        told = read_text(path, project.shown(path))
    except InputError as error:
        yield _fault(error, project)
        return
    if told != recommendation(question, evidence, measured):
        yield Fault(str(project.shown(path)), None, f"not what its evidence gives; explore run {question.id}")


def _across(known: AbstractSet[str], entries: Sequence[Entry]) -> Iterator[Fault]:
    """Check what spans documents: ids, links, statuses; `known` are the ids that files stand for, readable or not."""
    by_id = {entry.id: entry for entry in entries}
    accepted: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: number(entry.id)):
        fields = cast("dict[str, Any]", entry.markdown.fields)
        if fields["id"] != entry.id:
            yield _at(entry, f"the id is {fields['id']}, the file {entry.path.name}", ("id",))
        if entry.type != "design-adr":
            continue
        yield from _links(known, entry, fields, by_id)
        if fields["status"] == "accepted":
            if fields["parent"] in accepted:
                first = accepted[fields["parent"]]
                yield _at(entry, f"accepted, as {first} is: one of a question can be", ("status",))
            accepted.setdefault(fields["parent"], entry.id)


def _links(known: AbstractSet[str], entry: Entry, fields: dict[str, Any], by_id: dict[str, Entry]) -> Iterator[Fault]:
    parent = by_id.get(fields["parent"])
    if parent is None and fields["parent"] not in known:
        yield _at(entry, f"parent {fields['parent']} does not exist", ("parent",))
    elif parent is not None and parent.type != "design-question":
        yield _at(entry, f"parent {fields['parent']} is not a question", ("parent",))
    if fields["links"]["parent"] != fields["parent"]:
        yield _at(entry, "links.parent is not the parent", ("links", "parent"))
    for index, other in enumerate(fields["links"]["alternative-to"]):
        yield from _sibling(known, entry, by_id, other, ("links", "alternative-to", index))
    yield from _succession(known, entry, fields, by_id)


def _sibling(
    known: AbstractSet[str], entry: Entry, by_id: dict[str, Entry], other: str, place: Place
) -> Iterator[Fault]:
    """Check one link; it goes both ways, except that a decided ADR is not written again for newer siblings."""
    if other == entry.id or other not in known:
        yield _at(entry, f"alternative {other} {'is itself' if other == entry.id else 'does not exist'}", place)
        return
    sibling = by_id.get(other)
    if sibling is None:
        return
    fields = cast("dict[str, Any]", sibling.markdown.fields)
    if sibling.type != "design-adr" or fields["parent"] != entry.markdown.fields["parent"]:
        yield _at(entry, f"alternative {other} is not an ADR of the same question", place)
    elif entry.id not in fields["links"]["alternative-to"] and (
        fields["status"] == "draft" or number(other) > number(entry.id)
    ):
        yield _at(entry, f"alternative {other} does not link back; explore run {fields['parent']}", place)


def _succession(
    known: AbstractSet[str], entry: Entry, fields: dict[str, Any], by_id: dict[str, Entry]
) -> Iterator[Fault]:
    successor = fields["links"]["superseded-by"]
    place: Place = ("links", "superseded-by")
    if fields["status"] == "superseded" and successor is None:
        yield _at(entry, "superseded, but names no successor", place)
    if fields["status"] != "superseded" and successor is not None:
        yield _at(entry, f"names a successor, but is {fields['status']}", place)
    if successor is not None and successor not in known:
        yield _at(entry, f"successor {successor} does not exist", place)
    elif successor in by_id and by_id[successor].type != "design-adr":
        yield _at(entry, f"successor {successor} is not an ADR", place)


def _adr(project: Project, entry: Entry, context: Context | None) -> Iterator[Fault]:
    """Check an ADR against its evidence, and the evidence against what it cites."""
    fields = cast("dict[str, Any]", entry.markdown.fields)
    place: Place = ("links", "evidence")
    name, _, cited = fields["links"]["evidence"].partition("@sha256:")
    if name != f"evidence/{entry.id}.json":
        yield _at(entry, f"cites {name}, not its own evidence", place)
        return
    try:
        evidence = read_evidence(project, entry.id)
    except InputError as error:
        yield _fault(error, project)
        return
    if evidence is None:
        yield _at(entry, f"the cited record {name} does not exist", place)
        return
    if hashlib.sha256(evidence_path(project, entry.id).read_bytes()).hexdigest() != cited:
        yield _at(entry, "the cited record is not the one with this hash", place)
    yield from _consistent(entry, fields, evidence)
    if context is not None:
        yield from _stale(project, entry, context, evidence)


def _consistent(entry: Entry, fields: dict[str, Any], evidence: Evidence) -> Iterator[Fault]:
    assessment = evidence.assessment
    pairs: list[tuple[str, object, object]] = [
        ("verdict", fields["verdict"], assessment.validation.verdict),
        ("path", fields["path"], assessment.letter),
        ("strategy", fields["strategy"], assessment.strategy),
        ("parent", fields["parent"], evidence.question),
        ("viability", fields["viability"]["measured"], assessment.viability.value),
    ]
    for name, said, found in pairs:
        if said != found:
            yield _at(entry, f"{name} is {said}, the evidence has {found}", (name,))


def _stale(project: Project, entry: Entry, context: Context, evidence: Evidence) -> Iterator[Fault]:
    """Say what changed since the evidence was gathered; a decided ADR rests on the evidence of its day."""
    place: Place = ("links", "evidence")
    assessment, provenance = evidence.assessment, evidence.provenance
    for name in sorted(provenance.fixtures.keys() - {fixture.name for fixture in context.fixtures}):
        yield _at(entry, f"the evidence cites fixture {name}, which does not exist", place)
    if provenance.revision.commit and not exists(project, provenance.revision.commit):
        yield _at(entry, f"the evidence cites revision {provenance.revision.commit[:12]}, which does not exist", place)
    if entry.markdown.fields["status"] != "draft":
        return
    letters = {path.letter: path for path in context.question.paths}
    path = letters.get(assessment.letter)
    if path is None or path.strategy != assessment.strategy:
        yield _at(entry, f"{context.question.id} has no path {assessment.letter} {assessment.strategy}", ("path",))
        return
    stale = _changed(context, provenance)
    try:
        if measure.candidate_of(context.family, project, path).digest != assessment.candidate.digest:
            stale.append(f"prototype {path.strategy}")
    except ExploreError as error:
        yield _at(entry, str(error), ("strategy",))
    if stale:
        yield _at(entry, f"the evidence is stale: {', '.join(stale)} changed; explore run {context.question.id}", place)
    else:
        yield from _edited(entry, context.question, evidence)


def _changed(context: Context, provenance: Provenance) -> list[str]:
    """Return the inputs that are not those of the evidence; a fixture may have no digest, or be gone."""
    known = {fixture.name: fixture.digest for fixture in context.fixtures}
    fixtures = sorted(provenance.fixtures.items())
    changed = [f"fixture {name}" for name, digest in fixtures if known.get(name, "") not in ("", digest)]
    return [*differences(dict(provenance.digests), context.digests), *changed]


def _edited(entry: Entry, question: Question, evidence: Evidence) -> Iterator[Fault]:
    """Hold a draft's text against what its evidence gives; notes are a person's, and a later run recommends anew."""
    told = entry.markdown.body
    notes = notes_of(told)
    advised = {None, *(path.letter for path in question.paths)}
    if not any(body(question, evidence, letter, notes).strip() == told.strip() for letter in advised):
        yield _at(entry, f"the text is not what its evidence gives; write in its notes, or explore run {question.id}")


def _strays(project: Project, entries: Sequence[Entry]) -> Iterator[Fault]:
    """Report evidence that belongs to no document."""
    known = {entry.id for entry in entries} | set(project.ids())
    for path in sorted(project.evidence.glob("*")) if project.evidence.is_dir() else ():
        if path.stem not in known or path.suffix != ".json":
            yield Fault(str(project.shown(path)), None, "evidence of no document")
