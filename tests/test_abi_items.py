"""Values across a boundary, one small component for each rule: unfused, fused, and as a bare core module.

A file's head says what it shows and what is to come out of each call, on an instance of
its own: `;; call: NAME(JSON, …) => JSON` (nothing for no result), or `… traps CLASS`.
`;; form: component` where the core form has host imports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine
from explore.oracle.trap_text import read_failure
from fuser.fuse import FuseOptions, fuse
from fuser.traps import Trap
from tests.support import wat

FOLDER = Path(__file__).parent / "abi"
CALL = re.compile(r"^;; call: (\S+?)\((.*)\) (?:=> ?(.*)|traps (\S+))$", re.MULTILINE)
FILES = sorted(FOLDER.glob("*.wat"))


def expectations(text: str) -> list[tuple[str, list[Any], Any]]:
    return [
        (name, json.loads(f"[{arguments}]"), trap or (json.loads(value) if value else None))
        for name, arguments, value, trap in CALL.findall(text)
    ]


@cache
def component(data: bytes) -> wc.Component:
    return wc.Component(engine(optimised=False), data)


@cache
def module(data: bytes) -> wasmtime.Module:
    return wasmtime.Module(engine(optimised=False), data)


def call_component(data: bytes, name: str, arguments: list[Any]) -> Any:
    store = wasmtime.Store(engine(optimised=False))
    store.set_epoch_deadline(1_000_000)
    function = wc.Linker(store.engine).instantiate(store, component(data)).get_func(store, name)
    assert function is not None
    value = function(store, *arguments)
    function.post_return(store)
    return value


def call_core(data: bytes, name: str, arguments: list[Any]) -> Any:
    store = wasmtime.Store(engine(optimised=False))
    store.set_epoch_deadline(1_000_000)
    function = wasmtime.Instance(store, module(data), []).exports(store)[name]
    value = function(store, *arguments)
    if isinstance(value, int):  # a core number is read as signed
        value %= 1 << (32 if function.type(store).results[0] == wasmtime.ValType.i32() else 64)
    return value


def outcome(run: Any, data: bytes, call: tuple[str, list[Any]], sites: Mapping[int, Trap]) -> Any:
    try:
        return run(data, *call)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        return read_failure(str(error), sites).trap.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule(path: Path) -> None:
    text = path.read_text()
    data = wat(text)
    fused, bare = fuse(data), fuse(data, FuseOptions(emit="module"))
    expected = expectations(text)
    assert expected, "a file must expect something"
    for name, arguments, value in expected:
        call = name, arguments
        seen = {
            "unfused": outcome(call_component, data, call, {}),
            "fused": outcome(call_component, fused.data, call, dict(fused.sites)),
        }
        if ";; form: component" not in text:
            seen["core"] = outcome(call_core, bare.data, call, dict(bare.sites))
        assert seen == dict.fromkeys(seen, value), call


def test_there_are_cases() -> None:
    items = {int(path.stem.split("-")[0]) for path in FILES}
    assert items >= {*range(13, 40), 42} - {27, 29, 38, 41}
