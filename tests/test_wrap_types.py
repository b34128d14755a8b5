"""Types at the root: every component inside the fixtures, fused alone, keeps its world."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.text import binary
from fuser.component.tree import NestedComponent
from fuser.fuse import FuseOptions, fuse

ROOT = Path(__file__).parent.parent
ENGINE = wasmtime.Engine()
TEXTS = sorted((ROOT / "tests" / "wrap").glob("*.wat"))
FIXTURES = ["records", "resource_aggregates", "resource_alias", "flags", "variants", "strings-alias"]


@cache
def components() -> dict[str, bytes]:
    return dict([*texts(), *parts()])


def texts() -> Iterator[tuple[str, bytes]]:
    for path in TEXTS:
        yield path.stem, binary(path.read_bytes())


def parts() -> Iterator[tuple[str, bytes]]:
    """Components that fixtures are composed of: they import and export interfaces of all sorts."""
    for name in FIXTURES:
        tree = parse((ROOT / "fixtures" / name / f"{name}.wasm").read_bytes())
        nested = (one for one in tree if isinstance(one, NestedComponent))
        for number, one in enumerate(nested):
            yield f"{name}-{number}", encode(one.component)


@cache
def fused(name: str) -> bytes:
    return fuse(components()[name], FuseOptions()).data


def described(items: dict[str, Any]) -> dict[str, Any]:
    return {name: describe(item.ty) for name, item in items.items()}


def describe(type: Any) -> Any:
    """Say what a type is, down to its parts; resources of two components compare by kind only."""
    match type:
        case wc.ComponentInstanceType():
            return described(type.exports(ENGINE))
        case wc.FuncType():
            return [(name, describe(part)) for name, part in type.params], describe(type.result)
        case wc.RecordType():
            return "record", [(name, describe(part)) for name, part in type.fields]
        case wc.VariantType():
            return "variant", [(name, describe(part)) for name, part in type.cases]
        case wc.TupleType():
            return "tuple", [describe(part) for part in type.elements]
        case wc.ListType():
            return "list", describe(type.element)
        case wc.OptionType():
            return "option", describe(type.payload)
        case wc.ResultType():
            return "result", describe(type.ok), describe(type.err)
        case wc.EnumType() | wc.FlagsType():
            return list(type.names)
        case _:
            return type.__class__.__name__


def world(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    type = wc.Component(ENGINE, data).type
    return described(type.imports(ENGINE)), described(type.exports(ENGINE))


@pytest.mark.parametrize("name", list(components()))
def test_imports_and_exports_stay(name: str) -> None:
    imports, exports = world(components()[name])
    assert exports
    assert world(fused(name)) == (imports, exports)


@pytest.mark.skipif(shutil.which("wasm-tools") is None, reason="needs wasm-tools; the test above needs nothing")
@pytest.mark.parametrize("name", [name for name in components() if name not in ("types", "nested")])
def test_wit_stays(name: str, tmp_path: Path) -> None:
    texts = []
    for which, data in (("before", components()[name]), ("after", fused(name))):
        (tmp_path / which).write_bytes(data)
        command = ["wasm-tools", "component", "wit", str(tmp_path / which)]
        texts.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert texts[0] == texts[1]
