"""Resource rules, one small component each: unfused, fused, and as a bare core module.

A file's head says what it shows and what is to come out:
`;; call: NAME(JSON, …) => JSON` (nothing for no result) or `;; call: NAME(…) traps CLASS`;
`;; form: component` where the core form has host imports or handles in its exports;
`;; host: NAME = JSON` is what an imported function answers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from explore.oracle.engine import Call
from fuser.handles.canonical import Canonical
from tests.support import run_both

FOLDER = Path(__file__).parent / "resources"
CALL = re.compile(r"^;; call: (\S+?)\((.*)\) (?:=> ?(.*)|traps (\S+))$")
HOST = re.compile(r"^;; host: (\S+) = (.*)$")


@dataclass
class Case:
    text: str
    calls: list[Call] = field(default_factory=list)
    outcomes: list[tuple[str, Any]] = field(default_factory=list)
    host: dict[str, Any] = field(default_factory=dict)

    @property
    def core(self) -> bool:
        return ";; form: component" not in self.text


def read(path: Path) -> Case:
    case = Case(path.read_text())
    for line in case.text.splitlines():
        if match := CALL.match(line):
            name, arguments, value, trap = match.groups()
            case.calls.append(Call(name, tuple(json.loads(f"[{arguments}]"))))
            case.outcomes.append((name, trap or ((json.loads(value),) if value else ())))
        elif match := HOST.match(line):
            case.host[match[1]] = json.loads(match[2])
    assert case.calls, f"{path} expects nothing"
    return case


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.wat")), ids=lambda path: path.stem)
def test_resource_rule(path: Path) -> None:
    case = read(path)
    strategies = (Canonical(), Canonical(elide_lends=False))
    seen = run_both(case.text, case.calls, core=case.core, host=case.host, strategies=strategies)
    assert list(seen.outcomes) == case.outcomes


def test_there_are_cases() -> None:
    assert len(list(FOLDER.glob("*.wat"))) >= 30
