"""A project on disk: the folder that holds `schema.yaml` and `adr/`, and the documents in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from explore import schema
from explore.documents import Markdown, read
from explore.errors import InputError, UsageError
from explore.files import inside, shown

ID = re.compile(r"ADR-(0|[1-9][0-9]{0,5})")
DOCUMENT = re.compile(r"ADR-[^.]*\.md", re.IGNORECASE)
"""Names that claim to be a document; `ADR-0.recommendation.md` does not."""


def number(id: str) -> int:
    """Return the number of an id."""
    return int(id.partition("-")[2])


@dataclass(frozen=True)
class Entry:
    """One document of the project."""

    id: str
    path: Path
    markdown: Markdown

    @property
    def type(self) -> str:
        """`design-question` or `design-adr`."""
        return str(self.markdown.fields.get("type"))


@dataclass(frozen=True)
class Project:
    """Where everything is."""

    root: Path

    @property
    def decisions(self) -> Path:
        """The folder of questions and ADRs."""
        return self.root / "adr"

    @property
    def evidence(self) -> Path:
        """The folder of committed evidence."""
        return self.decisions / "evidence"

    @property
    def work(self) -> Path:
        """The folder of runs and caches; not committed, may be deleted."""
        return self.root / ".explore"

    def shown(self, path: Path) -> Path:
        """Return a path as messages show it."""
        return shown(self.root, path)

    def document_path(self, id: str) -> Path:
        """Return where the document of an id lies; raises UsageError for what is no id."""
        if not ID.fullmatch(id):
            raise UsageError(f"{id!r} is not an id; ids look like ADR-3")
        return inside(self.root, self.decisions / f"{id}.md")

    def read(self, id: str) -> Entry:
        """Read one document and check it; raises UsageError where there is none, InputError for its faults."""
        path = self.document_path(id)
        if not path.is_file():
            raise UsageError(f"unknown id {id}; known: {', '.join(self.ids()) or 'none'}")
        entry = Entry(id, path, read(path, self.shown(path)))
        schema.check(entry.markdown.front, schema.front_matter(self.root))
        if entry.markdown.fields["id"] != id:
            raise entry.markdown.front.fault(f"the file is {path.name}, the id {entry.markdown.fields['id']}", ("id",))
        return entry

    def ids(self) -> list[str]:
        """Return the ids that files stand for, by number."""
        if not self.decisions.is_dir():
            raise InputError("no folder adr", self.root)
        named = (path for path in self.decisions.iterdir() if path.suffix == ".md" and ID.fullmatch(path.stem))
        return sorted((path.stem for path in named if not path.is_dir()), key=number)

    def entries(self) -> Iterator[Entry]:
        """Read and check every document, by number."""
        yield from (self.read(id) for id in self.ids())

    def answers(self, question: str) -> list[Entry]:
        """Return the ADRs of a question."""
        found = (entry for entry in self.entries() if entry.type == "design-adr")
        return [entry for entry in found if entry.markdown.fields["parent"] == question]


def find(start: Path) -> Project:
    """Return the project around a folder; raises UsageError where there is none."""
    for folder in (start, *start.parents):
        if (folder / "schema.yaml").is_file() and (folder / "adr").is_dir():
            return Project(folder)
    raise UsageError(
        f"no project here: neither {start} nor a folder above it has schema.yaml and adr/; explore init DIR makes one"
    )
