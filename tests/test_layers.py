"""Imports go one way: strategies and pipeline may use the fuser, the fuser neither; no layer knows an outer one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "fuser": ("explore", "prototypes", "families", "tests"),
    "explore": ("prototypes", "families", "tests"),
    "prototypes": ("explore", "families", "tests"),
    "families": ("prototypes", "tests"),
    "fuser/wasm": ("fuser.component", "fuser.link", "fuser.merge", "fuser.abi", "fuser.handles", "fuser.wrap"),
    "fuser/component": ("fuser.link", "fuser.merge", "fuser.abi", "fuser.handles", "fuser.wrap", "fuser.fuse"),
    "fuser/link": ("fuser.merge", "fuser.handles", "fuser.wrap", "fuser.fuse"),
    "fuser/merge": ("fuser.link", "fuser.abi", "fuser.handles", "fuser.wrap", "fuser.fuse"),
    "fuser/handles": ("fuser.link", "fuser.merge", "fuser.wrap", "fuser.fuse"),
    "fuser/abi": ("fuser.link", "fuser.merge", "fuser.wrap", "fuser.fuse"),
    "fuser/wrap": ("fuser.link", "fuser.merge", "fuser.fuse"),
}


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports, wherever in it, with the names taken from packages."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_go_one_way(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported(path)
        if any(name == one or name.startswith(f"{one}.") for one in FORBIDDEN[folder])
    ]
    assert not wrong
