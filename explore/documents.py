"""Markdown files with YAML front matter: read them, and change one field without touching the rest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from explore.errors import InputError
from explore.family import Json
from explore.strict_yaml import Document, Place, parse, read_text

FENCE = "---"
PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
RESERVED = {"null", "true", "false"}


@dataclass(frozen=True)
class Markdown:
    """A file of front matter and body."""

    front: Document
    body: str
    text: str
    fence: int
    """Index of the line that closes the front matter."""

    @property
    def fields(self) -> dict[str, Json]:
        """The front matter; `split` has checked that it is a mapping."""
        assert isinstance(self.front.value, dict)
        return self.front.value


def split(text: str, shown: Path | str) -> Markdown:
    """Split front matter from body; raises InputError where there is none."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise InputError(f"no front matter: the first line must be {FENCE}", shown, 1)
    ends = (index for index, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE)
    end = next(ends, None)
    if end is None:
        raise InputError(f"the front matter has no closing {FENCE}", shown, len(lines))
    front = parse("\n".join(lines[1:end]) + "\n", shown, first_line=2)
    if not isinstance(front.value, dict):
        raise InputError("the front matter is not a mapping", shown, 2)
    return Markdown(front, "\n".join(lines[end + 1 :]).lstrip("\n"), text, end)


def read(path: Path, shown: Path | str | None = None) -> Markdown:
    """Read a file of front matter and body."""
    return split(read_text(path, shown or path), shown or path)


def scalar(value: Json) -> str:
    """Write a scalar so that the strict loader reads the same value back."""
    if isinstance(value, str) and PLAIN_WORD.fullmatch(value) and value not in RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False)


def with_field(markdown: Markdown, place: Place, value: Json) -> Markdown:
    """Return the file with one scalar field set, comments and key order kept.

    The field stands on a line of its own, or is added as the first one of its parent.
    Raises InputError where the file's style does not allow a change of one line.
    """
    lines = markdown.text.split("\n")
    key = str(place[-1])
    number = markdown.front.lines.get(place)
    if number is not None:
        match = re.fullmatch(
            rf"(\s*{re.escape(key)}:)(?:\s+(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\"'#]*?))?(\s+#.*)?\s*", lines[number - 1]
        )
        if match:
            lines[number - 1] = f"{match[1]} {scalar(value)}{match[2] or ''}"
    elif len(place) == 1:
        lines.insert(1, f"{key}: {scalar(value)}")
    else:
        lines.insert(markdown.front.line(place[:-1]) or 1, f"{'  ' * (len(place) - 1)}{key}: {scalar(value)}")
    changed = split("\n".join(lines), markdown.front.path)
    if changed.fields != _expected(markdown.fields, place, value):
        raise markdown.front.fault(f"`{key}` can't be changed in one line; edit the file by hand", place)
    return changed


def _expected(value: Json, place: Place, new: Json) -> Json:
    """Return a copy of a value with the field at a place set."""
    if not place:
        return new
    head, *rest = place
    if isinstance(value, list):
        return [_expected(item, tuple(rest), new) if index == head else item for index, item in enumerate(value)]
    old = value if isinstance(value, dict) else {}
    return {**old, str(head): _expected(old.get(str(head)), tuple(rest), new)}
