"""What a person does to an ADR: accept, reject, supersede."""

from __future__ import annotations

from dataclasses import dataclass

from explore import schema
from explore.documents import Markdown, with_field
from explore.errors import UsageError
from explore.files import locked, write_all
from explore.project import Entry, Project
from explore.tables import clean

ALLOWED = {"accepted": ("draft", "rejected"), "rejected": ("draft", "accepted"), "superseded": ("accepted", "draft")}
"""From which status each may follow."""


@dataclass(frozen=True)
class Decision:
    """A status change and its reason."""

    id: str
    status: str
    reason: str
    by: str | None = None
    """The successor of a superseded ADR."""


def open_siblings(project: Project, id: str) -> list[str]:
    """Return the drafts of the same question: what accepting one leaves to be rejected."""
    entry = _adr(project, id)
    answers = project.answers(str(entry.markdown.fields["parent"]))
    return [other.id for other in answers if other.id != id and other.markdown.fields["status"] == "draft"]


def decide(project: Project, decisions: list[Decision]) -> list[str]:
    """Apply decisions, all or none; return the ids that changed. Raises UsageError where a rule forbids one."""
    with locked(project.root):
        changed: dict[str, Markdown] = {}
        for decision in decisions:
            changed[decision.id] = _apply(project, decision)
        files = {project.document_path(id): markdown.text.encode() for id, markdown in changed.items()}
        return [path.stem for path in write_all(files)]


def _adr(project: Project, id: str) -> Entry:
    entry = project.read(id)
    if entry.type != "design-adr":
        raise UsageError(f"{id} is a question, not an ADR")
    return entry


def _apply(project: Project, decision: Decision) -> Markdown:
    entry = _adr(project, decision.id)
    status = str(entry.markdown.fields["status"])
    if status not in ALLOWED[decision.status]:
        raise UsageError(f"{decision.id} is {status}; it can't become {decision.status}")
    if decision.status == "accepted":
        _only_accepted(project, entry)
    reason = clean(decision.reason)
    if not reason:
        raise UsageError("a reason is needed: --reason TEXT")
    markdown = with_field(entry.markdown, ("status",), decision.status)
    markdown = with_field(markdown, ("status-reason",), reason)
    if decision.status == "superseded":
        markdown = with_field(markdown, ("links", "superseded-by"), _successor(project, entry, decision.by))
    schema.check(markdown.front, schema.front_matter(project.root))
    return markdown


def _only_accepted(project: Project, entry: Entry) -> None:
    for other in project.answers(str(entry.markdown.fields["parent"])):
        if other.id != entry.id and other.markdown.fields["status"] == "accepted":
            raise UsageError(
                f"{other.id} is accepted already; supersede it first: explore supersede {other.id} --by {entry.id}"
            )


def _successor(project: Project, entry: Entry, by: str | None) -> str:
    if by is None:
        raise UsageError("a superseded ADR names its successor: --by ADR-M")
    successor = _adr(project, by)
    if successor.id == entry.id:
        raise UsageError(f"{by} can't succeed itself")
    if successor.markdown.fields["status"] in ("rejected", "superseded"):
        raise UsageError(f"{by} is {successor.markdown.fields['status']}; it can't be a successor")
    return by
