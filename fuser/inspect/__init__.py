"""The linked program for people: as text, as JSON data and as a Mermaid diagram."""

from __future__ import annotations

import json

from fuser.component.text import read
from fuser.inspect.data import to_json
from fuser.inspect.mermaid import to_mermaid
from fuser.inspect.text import to_text
from fuser.link import link


def inspect(data: bytes, format: str = "text") -> str:
    """Link a component, binary or text, and show it as `text`, `json` or `mermaid`."""
    program = link(read(data))
    match format:
        case "json":
            return json.dumps(to_json(program), indent=2, ensure_ascii=False) + "\n"
        case "mermaid":
            return to_mermaid(program)
        case _:
            return to_text(program)
