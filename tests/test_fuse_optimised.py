"""Trap classes where the engine optimises: it merges traps of one function; their places must still tell them."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine
from explore.oracle.trap_text import read_failure
from fuser.fuse import fuse
from tests.cases import Case, read
from tests.support import wat

TESTS = Path(__file__).parent
CASES = {
    f"{path.parent.name}-{path.stem}": case
    for pattern in ("resources/*.wat", "control/*.wat", "abi/[123][0-9]-[a-qt-z]*.wat")
    for path in sorted(TESTS.glob(pattern))
    if (case := read(path)).core and any(isinstance(outcome, str) for _, outcome in case.outcomes)
}


@pytest.mark.parametrize("name", CASES)
def test_trap_classes_survive_optimisation(name: str) -> None:
    case: Case = CASES[name]
    fused = fuse(wat(case.text))
    component = wc.Component(engine(optimised=True), fused.data)
    for call, (_, expected) in zip(case.calls, case.outcomes, strict=True):
        if isinstance(expected, str) and expected != "cannot-enter":  # each on an instance of its own
            assert trap_of(component, call.name, call.arguments, dict(fused.sites)) == expected


def trap_of(component: wc.Component, name: str, arguments: tuple[object, ...], sites: dict[int, object]) -> str:
    store = wasmtime.Store(engine(optimised=True))
    function = wc.Linker(store.engine).instantiate(store, component).get_func(store, name)
    assert function is not None
    try:
        function(store, *arguments)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        return read_failure(str(error), sites).trap.value  # type: ignore[arg-type]
    return "none"
