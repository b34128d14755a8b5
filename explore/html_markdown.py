"""The Markdown that ADRs are written in, as HTML: enough for what `explore` writes, and no raw HTML let through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table that scrolls by itself; headers are text, cells are HTML."""
    head = "".join(f"<th>{escape(name)}</th>" for name in headers)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    name = f' class="{kind}"' if kind else ""
    return f'<div class="wide"><table{name}><tr>{head}</tr>{body}</table></div>'


def markdown(text: str) -> str:
    """Return headings, paragraphs, lists, quotes, tables and code as HTML; anything else is text."""
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
        return table(_cells(lines[0]), rows[1:]) if rows else ""
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
