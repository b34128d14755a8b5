"""YAML as a record format: one document, strings stay strings, and every fault has a line.

The JSON subset of the YAML 1.2 core schema is resolved (null, true, false, numbers); dates,
`on`/`off`, octal and sexagesimal numbers stay the strings that they look like. Duplicate keys,
keys that are not strings, aliases, tags and a second document are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from explore.errors import InputError
from explore.family import Json

DEEPEST = 64
"""Nesting beyond this is refused: no record needs it, and readers recurse."""

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
WORDS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
LONGEST_NUMBER = 300

Place = tuple[str | int, ...]
"""Keys and indices from the root to a value."""


@dataclass(frozen=True)
class Document:
    """A parsed document and the line on which each of its values (for a field, its key) stands."""

    value: Json
    lines: dict[Place, int]
    path: Path | str

    def line(self, place: Place) -> int | None:
        """Return the line of the value at a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def fault(self, message: str, place: Place = ()) -> InputError:
        """Return the error that says so, with file and line."""
        return InputError(message, self.path, self.line(place))


@dataclass
class _Container:
    """A mapping or sequence that is being filled."""

    value: dict[str, Json] | list[Json]
    place: Place
    key: str | None = None

    def next_place(self) -> Place:
        """Return the place of the value that comes next."""
        return (*self.place, len(self.value) if isinstance(self.value, list) else self.key or "")

    def add(self, value: Json) -> None:
        """Put a value in."""
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[self.key or ""] = value
            self.key = None


@dataclass
class _Reader:
    """Builds the value from the parser's events, without recursion."""

    path: Path | str
    first_line: int
    lines: dict[Place, int] = field(default_factory=dict)
    stack: list[_Container] = field(default_factory=list)
    root: Json = None
    documents: int = 0

    def fault(self, message: str, event: Any) -> InputError:
        return InputError(message, self.path, self.line(event))

    def line(self, event: Any) -> int:
        """Return the line of the file on which an event begins."""
        line: int = event.start_mark.line
        return line + self.first_line

    def take(self, event: Any) -> None:
        """Take one event of the parser."""
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.fault("a second document; one is allowed", event)
        elif isinstance(event, yaml.AliasEvent):
            raise self.fault("aliases are not allowed", event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            self.node(event)

    def node(self, event: Any) -> None:
        """Take the start of a value or key."""
        plain_tag = event.tag is None or (event.tag == "!" and isinstance(event, yaml.ScalarEvent))
        if not plain_tag or event.anchor is not None:
            raise self.fault("tags and anchors are not allowed", event)
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.key(top, event)
            return
        place = top.next_place() if top else ()
        self.lines.setdefault(place, self.line(event))
        value = self.value(event)
        if top is None:
            self.root = value
        else:
            top.add(value)
        if isinstance(value, (dict, list)):
            if len(self.stack) >= DEEPEST:
                raise self.fault(f"nested deeper than {DEEPEST} levels", event)
            self.stack.append(_Container(value, place))

    def key(self, top: _Container, event: Any) -> None:
        """Take the key of a field."""
        if not isinstance(event, yaml.ScalarEvent) or (not event.style and not isinstance(self.value(event), str)):
            raise self.fault("a key that is not a string", event)
        if event.value in top.value:
            raise self.fault(f"duplicate key {event.value!r}", event)
        top.key = event.value
        self.lines[(*top.place, event.value)] = self.line(event)

    def value(self, event: Any) -> Json:
        """Return the value that an event stands for; a container comes back empty."""
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        text: str = event.value
        return text if event.style else self.plain(text, event)

    def plain(self, text: str, event: Any) -> Json:
        """Resolve an unquoted scalar."""
        if text in WORDS:
            return WORDS[text]
        if not FLOAT.fullmatch(text):
            return text
        if len(text) > LONGEST_NUMBER:
            raise self.fault("a number that is too long", event)
        if INTEGER.fullmatch(text):
            return int(text)
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise self.fault("a number that is too large", event)
        return number


def _events(text: str) -> Iterator[Any]:
    """Return the parser's events; libyaml's parser where it is built in."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    yield from yaml.parse(text, Loader=loader)


def parse(text: str, path: Path | str, first_line: int = 1) -> Document:
    """Parse one document.

    `first_line` is the line of the file on which the text begins.
    Raises InputError, with file and line, for anything that is not allowed.
    """
    reader = _Reader(path, first_line)
    try:
        for event in _events(text):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        raise InputError(problem, path, None if mark is None else mark.line + first_line) from None
    except yaml.YAMLError as error:  # e.g. a control character, which has no mark
        raise InputError(f"not YAML: {str(error).splitlines()[0]}", path, first_line) from None
    return Document(reader.root, reader.lines, path)


def read_text(path: Path, shown: Path | str) -> str:
    """Read a UTF-8 file; anything that can't be read is an InputError naming it as `shown`."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", shown) from None
    except FileNotFoundError:
        raise InputError("no such file", shown) from None
    except IsADirectoryError:
        raise InputError("a folder where a file is expected", shown) from None


def load(path: Path, shown: Path | str | None = None) -> Document:
    """Read and parse a file."""
    return parse(read_text(path, shown or path), shown or path)
