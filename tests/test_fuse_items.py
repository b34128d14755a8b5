"""Small components by hand: what goes in and what is to come out, unfused, fused and as a bare core module.

`core`: features of core modules across modules; `instances`: linking; `control`: starts,
traps, re-entrance, post-returns; `boundary`: the host on the other side.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import read
from tests.support import run_both

TESTS = Path(__file__).parent
FOLDERS = ("core", "instances", "control", "boundary")
SCRIPTS = (TESTS / "test_wrap_run.py").read_text()
"""Here are the components for which the host does something of its own."""
FILES = [path for folder in FOLDERS for path in sorted((TESTS / folder).glob("*.wat"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_component(path: Path) -> None:
    case = read(path)
    seen = run_both(case.text, case.calls, core=case.core, host=case.host)
    assert list(seen.outcomes) == case.outcomes
    if case.trace:
        assert list(seen.trace) == case.trace


def test_every_item_of_the_reference_has_a_component() -> None:
    """The sixty rules by number: a file's name begins with its number, or `ITEMS.txt` names it."""
    listed = [line.split() for line in (TESTS / "ITEMS.txt").read_text().splitlines() if line and line[0] != "#"]
    assert [int(number) for number, *_ in listed] == list(range(1, 61))
    for number, *names in listed:
        assert names, f"item {number} has no component"
        for name in names:
            if name.startswith("fixtures/"):
                assert (TESTS.parent / name / "fixture.yaml").is_file(), name
                continue
            text = (TESTS / f"{name}.wat").read_text()
            assert "\n;; call: " in text or f'"{Path(name).stem}"' in SCRIPTS, f"{name} expects nothing"
