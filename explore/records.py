"""The JSON files: one for each run, and the committed evidence of ADRs and of a question."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, TypeVar, cast

from explore import schema
from explore.assess import Assessment
from explore.errors import InputError, UsageError
from explore.family import Cell, Json
from explore.files import digest, dumps, inside
from explore.oracle.records import MalformedRecord, from_json, to_json
from explore.project import ID, Project
from explore.provenance import Provenance, Revision
from explore.ranking import Ranked
from explore.strict_yaml import read_text
from explore.synthesize import Synthesis

T = TypeVar("T", bound="Evidence | QuestionEvidence | Record")


@dataclass(frozen=True)
class Evidence:
    """What one ADR rests on; `adr/evidence/ADR-N.json`."""

    kind: ClassVar[str] = "evidence"
    schema: str
    adr: str
    question: str
    provenance: Provenance
    ranked: Ranked
    of: int
    """How many paths were ranked."""
    assessment: Assessment


@dataclass(frozen=True)
class QuestionEvidence:
    """What a recommendation rests on; `adr/evidence/ADR-0.json`."""

    kind: ClassVar[str] = "synthesis"
    schema: str
    question: str
    provenance: Provenance
    adrs: Mapping[str, str]
    """Id of the ADR of each path, by letter."""
    ranking: tuple[Ranked, ...]
    synthesis: Synthesis


@dataclass(frozen=True)
class Written:
    """What a run did about one ADR."""

    adr: str
    letter: str
    status: str
    change: str
    """`new`, `updated`, `unchanged`, or `kept` where a person has decided."""
    note: str = ""


@dataclass(frozen=True)
class Record:
    """One run; `.explore/runs/ID.json`."""

    kind: ClassVar[str] = "record"
    schema: str
    run: str
    question: str
    given: Mapping[str, Json]
    """Options as the user gave them."""
    resolved: Mapping[str, Json]
    """Options as they were used."""
    provenance: Provenance
    assessments: tuple[Assessment, ...]
    ranking: tuple[Ranked, ...]
    synthesis: Synthesis
    written: tuple[Written, ...]
    validation_error: str
    """Why nothing was validated; empty where it was."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage."""
    cells: tuple[Cell, ...] = ()


def named(kind: str) -> str:
    """Return the name of a record's schema, as records state it."""
    return f"explore/{kind}/1"


def encode(record: Evidence | QuestionEvidence | Record) -> bytes:
    """Return a record as JSON, checked against its published schema."""
    value = to_json(record)
    schema.check_published(value, record.kind)
    return dumps(value)


def decode(type: type[T], text: str, shown: Path | str) -> T:
    """Read a record; raises InputError where it is not one."""
    reader = cast("Callable[[object, str, Path | str], T]", _decoded)
    return reader(type, text, shown)


@lru_cache(maxsize=64)
def _decoded(type: type[T], text: str, shown: Path | str) -> T:
    """Read the same text once only: a record is a value."""
    try:
        value: Json = json.loads(text)
        for message, place in schema.errors(value, schema.published(type.kind)):
            raise InputError(f"{'.'.join(map(str, place)) or 'the record'}: {message}", shown)
        return from_json(type, value)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", shown, error.lineno) from None
    except (MalformedRecord, RecursionError) as error:
        raise InputError(f"not a record of this version: {error}", shown) from None


def evidence_path(project: Project, id: str) -> Path:
    """Return where the evidence of a document lies."""
    if not ID.fullmatch(id):
        raise UsageError(f"{id!r} is not an id; ids look like ADR-3")
    return inside(project.root, project.evidence / f"{id}.json")


def read_evidence(project: Project, id: str) -> Evidence | None:
    """Read the evidence of an ADR; None where there is none."""
    path = evidence_path(project, id)
    return decode(Evidence, read_text(path, project.shown(path)), project.shown(path)) if path.is_file() else None


def usable_evidence(project: Project, id: str) -> Evidence | None:
    """Read the evidence of an ADR for a run; what is damaged or of another version is as good as none."""
    try:
        return read_evidence(project, id)
    except InputError:
        return None


def read_question_evidence(project: Project, id: str) -> QuestionEvidence | None:
    """Read the evidence of a question's recommendation; None where there is none."""
    path = evidence_path(project, id)
    return (
        decode(QuestionEvidence, read_text(path, project.shown(path)), project.shown(path)) if path.is_file() else None
    )


def stable_key(evidence: Evidence) -> str:
    """Return a hash of what the verdict rests on: no timings, no run, no revision, no package versions."""
    provenance = replace(evidence.provenance, run="", revision=Revision(None), versions={})
    assessment = evidence.assessment
    measured = replace(assessment.measured, rows=tuple(replace(row, measures={}) for row in assessment.measured.rows))
    validation = replace(
        assessment.validation, rows=tuple(replace(row, measures={}) for row in assessment.validation.rows)
    )
    bare = replace(assessment, measured=measured, validation=validation)
    return digest(to_json(replace(evidence, provenance=provenance, assessment=bare)))
