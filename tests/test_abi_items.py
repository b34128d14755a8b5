"""Values across a boundary, one small component for each rule: unfused, fused, and as a bare core module.

A file's head says what it shows and what is to come out of each call, on an instance of
its own: `;; call: NAME(JSON, …) => JSON` (nothing for no result), or `… traps CLASS`.
`;; form: component` where the core form has host imports.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from explore.oracle.engine import INSTANTIATE, Call, observe_component, observe_module
from explore.oracle.host import Host
from fuser.fuse import FuseOptions, fuse
from tests.support import LIMITS, wat

FOLDER = Path(__file__).parent / "abi"
CALL = re.compile(r"^;; call: (\S+?)\((.*)\) (?:=> ?(.*)|traps (\S+))$", re.MULTILINE)
FILES = sorted(FOLDER.glob("*.wat"))


def expectations(text: str) -> list[tuple[Call, Any]]:
    return [
        (Call(name, tuple(json.loads(f"[{arguments}]"))), trap or (tuple([json.loads(value)]) if value else ()))
        for name, arguments, value, trap in CALL.findall(text)
    ]


def outcome(observed: Any, call: Call) -> Any:
    assert observed.failure is None, observed.text
    last = observed.outcomes[-1]
    assert last.call in {call.name, INSTANTIATE}
    return last.trap if last.values is None else last.values


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule(path: Path) -> None:
    text = path.read_text()
    data = wat(text)
    fused = fuse(data)
    bare = None if ";; form: component" in text else fuse(data, FuseOptions(emit="module"))
    expected = expectations(text)
    assert expected, "a file must expect something"
    for call, value in expected:
        seen = {"unfused": outcome(observe_component(data, [call], LIMITS, Host()), call)}
        sites = dict(fused.sites)
        seen["fused"] = outcome(observe_component(fused.data, [call], LIMITS, Host(), sites), call)
        if bare is not None:
            seen["core"] = outcome(observe_module(bare.data, data, [call], LIMITS, dict(bare.sites)), call)
        assert seen == dict.fromkeys(seen, value), call


def test_there_are_cases() -> None:
    items = {int(path.stem.split("-")[0]) for path in FILES}
    assert set(range(13, 39)) - {27, 29} <= items | {26, 27, 29}
