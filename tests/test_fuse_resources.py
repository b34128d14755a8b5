"""Resource rules, one small component each: unfused, fused, and as a bare core module.

A file's head says what it shows and what is to come out:
`;; call: NAME(JSON, …) => JSON` (nothing for no result) or `;; call: NAME(…) traps CLASS`;
`;; form: component` where the core form has host imports or handles in its exports;
`;; host: NAME = JSON` is what an imported function answers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fuser.handles import crossing
from fuser.handles.canonical import Canonical
from tests.cases import read
from tests.support import run_both

FOLDER = Path(__file__).parent / "resources"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.wat")), ids=lambda path: path.stem)
def test_resource_rule(path: Path) -> None:
    case = read(path)
    strategies = (Canonical(), Canonical(elide_lends=False))
    seen = run_both(case.text, case.calls, core=case.core, host=case.host, strategies=strategies)
    assert list(seen.outcomes) == case.outcomes


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.wat")), ids=lambda path: path.stem)
def test_resource_rule_where_locals_would_be_too_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "MOST_IN_LOCALS", 0)
    test_resource_rule(path)


def test_there_are_cases() -> None:
    assert len(list(FOLDER.glob("*.wat"))) >= 30
