"""Tables as text within 80 columns, and as Markdown."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence

WIDTH = 80
GAP = "  "
LEAST = 6
"""Columns that a column keeps at the worst."""
CONTROL = dict.fromkeys((*range(32), *range(127, 160), *range(0xD800, 0xE000)))
"""Characters that could steer a terminal or are none; text from engines, files and arguments may hold them."""


def clean(text: str) -> str:
    """Return text as one line without control characters."""
    return " ".join(text.split()).translate(CONTROL)


def width() -> int:
    """Columns to fill: 80, or fewer on a narrower terminal."""
    return max(40, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))


def text_table(headers: Sequence[str], rows: Sequence[Sequence[str]], limit: int = WIDTH) -> str:
    """Lay out a table; the widest columns wrap, between words while they can, so that no line is over the limit.

    Where even the headers would break, each row is laid out as lines of its own.
    """
    lines = [tuple(map(clean, row)) for row in (headers, *rows)]
    columns = list(zip(*lines, strict=True))
    widths = [max(1, *map(len, column)) for column in columns]  # an empty column still takes its place
    words = [max(max(map(len, _words(text)), default=0) for text in column) for column in columns]
    for least in (words, [min(LEAST, width) for width in widths]):
        _shrink(widths, least, limit - len(GAP) * (len(widths) - 1))
    if any(len(word) > size for header, size in zip(lines[0], widths, strict=True) for word in _words(header)):
        return _stacked(lines[0], lines[1:], limit)
    return "\n".join(line for row in lines for line in _wrapped(row, widths)) + "\n"


def _stacked(headers: Sequence[str], rows: Sequence[Sequence[str]], limit: int) -> str:
    """Lay out each row as its first cell and, beneath it, a line for each other one that is not empty."""
    found = []
    for first, *others in rows:
        found += textwrap.wrap(first or "-", limit)
        for header, text in zip(headers[1:], others, strict=True):
            line = f"{header}: {text}" if header else text
            found += textwrap.wrap(line, limit, initial_indent=GAP, subsequent_indent=GAP * 2) if text else []
    return "\n".join(found) + "\n"


def text_tables(headers: Sequence[str], rows: Sequence[Sequence[str]], limit: int = WIDTH) -> str:
    """Lay out a table of many narrow columns as several beneath each other, each with the first column."""
    widths = [max(map(len, column)) + len(GAP) for column in zip(headers, *rows, strict=True)]
    parts: list[list[int]] = []
    for index in range(1, len(headers)):
        if not parts or widths[0] + sum(widths[other] for other in (*parts[-1], index)) > limit + len(GAP):
            parts.append([])
        parts[-1].append(index)
    chosen = [[0, *part] for part in parts] or [[0]]
    tables = (
        text_table([headers[index] for index in part], [[row[index] for index in part] for row in rows], limit)
        for part in chosen
    )
    return "\n".join(tables)


def _words(text: str) -> list[str]:
    """Return what a line may break between; as textwrap has it, not before a digit: ADR-15 is one word."""
    return re.findall(r"\S+?-+(?=[^\W\d])|\S+", text)


def _shrink(widths: list[int], least: Sequence[int], room: int) -> None:
    """Narrow the widest column that can be narrowed until the table fits."""
    while sum(widths) > room:
        wide = [index for index, width in enumerate(widths) if width > least[index]]
        if not wide:
            return
        widths[max(wide, key=lambda index: (widths[index], index))] -= 1


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Return the lines of one row, each cell wrapped in its column."""
    cells = [textwrap.wrap(text, size) or [""] for text, size in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    padded = [cell + [""] * (height - len(cell)) for cell in cells]
    return [
        GAP.join(part.ljust(size) for part, size in zip(line, widths, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]


def paragraph(text: str, limit: int = WIDTH, indent: str = "") -> str:
    """Wrap a paragraph."""
    return textwrap.fill(
        clean(text),
        limit,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def markdown_cell(text: str) -> str:
    """Return text that stays in its cell of a Markdown table."""
    return clean(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [headers, ["---"] * len(headers), *(list(map(markdown_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
