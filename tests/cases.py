"""Small components in the text format with what is expected of them in their heads.

`;; call: NAME(JSON, …) => JSON` (nothing for no result) or `;; call: NAME(…) traps CLASS`;
`(instantiate)` stands for instantiation where that traps;
`;; form: component` where the core form has host imports or values other than scalars;
`;; host: NAME = JSON` is what an imported function answers; `;; trace: EVENT` is one call
that the host sees, in order (any, where none is given).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from explore.oracle.engine import INSTANTIATE, Call

CALL = re.compile(r"^;; call: (\S+?)\((.*)\) (?:=> ?(.*)|traps (\S+))$")
HOST = re.compile(r"^;; host: (\S+) = (.*)$")
TRACE = ";; trace: "


@dataclass
class Case:
    """A component, the calls to make and what each is to give."""

    text: str
    calls: list[Call] = field(default_factory=list)
    outcomes: list[tuple[str, Any]] = field(default_factory=list)
    host: dict[str, Any] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    @property
    def core(self) -> bool:
        """Whether the core form can be run by itself."""
        return ";; form: component" not in self.text


def read(path: Path) -> Case:
    """Read a component with its expectations."""
    case = Case(path.read_text())
    for line in case.text.splitlines():
        if match := CALL.match(line):
            name, arguments, value, trap = match.groups()
            if name != INSTANTIATE:
                case.calls.append(Call(name, tuple(json.loads(f"[{arguments}]"))))
            case.outcomes.append((name, trap or ((json.loads(value),) if value else ())))
        elif match := HOST.match(line):
            case.host[match[1]] = json.loads(match[2])
        elif line.startswith(TRACE):
            case.trace.append(f"host {line[len(TRACE) :]}")
    assert case.outcomes, f"{path} expects nothing"
    return case
