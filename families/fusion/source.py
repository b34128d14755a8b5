"""A strategy's own source: which files it is, their digest, and what they cost to keep."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import sys
import tokenize
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fuser.handles.interface import Crossing, Handles, Strategy

_TABLES = "fuser.handles"
_INTERFACE = "fuser.handles.interface"
HOOKS = frozenset(
    name
    for kind in (Crossing, Handles, Strategy)
    for name, member in vars(kind).items()
    if callable(member) and not name.startswith("_")
)
_BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.While,
    ast.Try,
    ast.match_case,
    ast.BoolOp,
    ast.comprehension,
    ast.Assert,
)
_NAME_TESTS = frozenset(
    (
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "partition",
        "rpartition",
        "match",
        "fullmatch",
        "search",
    )
)
_CALLED = frozenset(("label", "labels", "name", "names", "interface", "section"))
_LAYOUT = frozenset(
    (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
)


def files(strategy: type) -> tuple[Path, ...]:
    """Return the strategy's module and those it stands on, without the interface.

    These are what it imports from its own package and from the faithful tables', directly or
    not: a strategy that is a few lines over the tables is as dear to keep as both.
    """
    module = strategy.__module__
    packages = (module.rpartition(".")[0], _TABLES)
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if name in found or path is None or name == _INTERFACE:
            continue
        found[name] = path
        waiting += [
            other
            for other in _imports(path)
            if any(other == package or other.startswith(f"{package}.") for package in packages)
        ]
    return tuple(found[name] for name in sorted(found))


def digest(strategy: type) -> str:
    """Hash the strategy's files."""
    whole = hashlib.sha256()
    for path in files(strategy):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def counts(strategy: type) -> Mapping[str, float]:
    """Count lines of code, branches, hooks written and special cases (tests of a name or label)."""
    found = [_counted(path) for path in files(strategy)]
    return {
        "lines": sum(each.lines for each in found),
        "branches": sum(each.branches for each in found),
        "hooks": len({name for each in found for name in each.hooks}),
        "special-cases": sum(each.special_cases for each in found),
    }


class _Counted(NamedTuple):
    """The counts of one file."""

    lines: int
    branches: int
    hooks: frozenset[str]
    special_cases: int


@lru_cache
def _counted(path: Path) -> _Counted:
    text = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    return _Counted(
        lines=_lines(text),
        branches=sum(isinstance(node, _BRANCHES) for node in nodes),
        hooks=HOOKS & {node.name for node in nodes if isinstance(node, ast.FunctionDef)},
        special_cases=sum(map(_tests_a_name, nodes)),
    )


def _path(name: str) -> Path | None:
    """Return a module's file; a package stands for its `__init__`."""
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None)
    if origin is None:
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec else None
    return Path(origin) if origin else None


@lru_cache
def _imports(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return tuple(found)


def _lines(text: str) -> int:
    """Count lines that hold code: no blank ones, comments or docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {line for token in tokens if token.type not in _LAYOUT for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - _docstring_lines(ast.parse(text)))


def _docstring_lines(tree: ast.Module) -> set[int]:
    """Return the lines of expressions that are mere strings: docstrings, also those of fields."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _tests_a_name(node: ast.AST) -> bool:
    """Whether a node decides something by what a thing is called, rather than by what it is."""
    if isinstance(node, ast.Compare):
        return any(map(_is_called, (node.left, *node.comparators)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _NAME_TESTS:
        return _is_called(node.func.value) or any(map(_is_called, node.args))
    return isinstance(node, ast.Match) and _is_called(node.subject)


def _is_called(node: ast.expr) -> bool:
    """Whether an expression is a name or label of the program, as itself or as a part."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr in _CALLED)
        or (isinstance(part, ast.Name) and part.id in _CALLED)
        for part in ast.walk(node)
    )
