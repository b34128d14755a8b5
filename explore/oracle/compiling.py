"""The reference engine's compilers, and what they made, kept in a store.

Code to be judged is compiled by Winch, the baseline compiler, and by Cranelift without its
optimiser what that does not take. Times are of optimised code.
"""

from __future__ import annotations

import hashlib
import platform
from contextlib import suppress
from functools import cache
from typing import Any

import wasmtime
from wasmtime import component as wc
from wasmtime._bindings import wasmtime_config_strategy_set

from explore.family import Json
from explore.files import digest
from explore.oracle.compiled import compiled_store
from explore.oracle.jobs import machine

_KIND = "compiled"
_WINCH = 2
"""The baseline compiler's number in `wasmtime_strategy_enum`; the bindings' property has no name for it."""
_WITH_WINCH = ("x86_64", "AMD64")
"""Machines for which the engine's project supports Winch as it does Cranelift (its tier 1)."""


def engine(*, optimised: bool = False, baseline: bool = False) -> wasmtime.Engine:
    """Return one of the process's engines: for verdicts, its epoch moved by deadlines, or for timing."""
    return _engine(optimised, baseline)


@cache
def _engine(optimised: bool, baseline: bool) -> wasmtime.Engine:  # noqa: FBT001 -- the cache tells names from places
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed" if optimised else "none"
    config.epoch_interruption = not optimised  # its checks would be timed too
    config.parallel_compilation = False  # two workers share two cores already
    if baseline:
        wasmtime_config_strategy_set(config.ptr(), _WINCH)
    return wasmtime.Engine(config)


def load_component(data: bytes, *, optimised: bool = False) -> wc.Component:
    """Compile a component, or take it compiled from the store; raises wasmtime.WasmtimeError."""
    loaded: wc.Component = _load(wc.Component, data, optimised=optimised)
    return loaded


def load_module(data: bytes, *, optimised: bool = False) -> wasmtime.Module:
    """Compile a core module, or take it compiled from the store; raises wasmtime.WasmtimeError."""
    loaded: wasmtime.Module = _load(wasmtime.Module, data, optimised=optimised)
    return loaded


def load_to_run(kind: Any, data: bytes) -> tuple[wasmtime.Engine, Any]:
    """Return code compiled as for verdicts, and its engine: a store must be of the same.

    Winch compiles four times as fast. It does not take every proposal that Cranelift does.
    """
    if platform.machine() in _WITH_WINCH:
        with suppress(wasmtime.WasmtimeError):
            return engine(baseline=True), _load(kind, data, baseline=True)
    return engine(), _load(kind, data)


def _load(kind: Any, data: bytes, *, optimised: bool = False, baseline: bool = False) -> Any:
    store, own = compiled_store(), engine(optimised=optimised, baseline=baseline)
    if store is None:
        return kind(own, data)
    wasm = hashlib.sha256(data).hexdigest()
    how: dict[str, Json] = {"optimised": optimised, "baseline": baseline, **machine()}
    key = digest({"kind": kind.__name__, "wasm": wasm, **how})
    kept = store.get(_KIND, key)
    if kept is not None:
        try:
            return kind.deserialize(own, kept)
        except wasmtime.WasmtimeError:
            store.remove(_KIND, key)
    compiled = kind(own, data)
    with suppress(OSError):  # what cannot be kept is compiled again
        store.put(_KIND, key, bytes(compiled.serialize()))
    return compiled


def invalid_because(data: bytes) -> str | None:
    """Return why a component or module does not validate, or None where it does."""
    kind = wc.Component if data[4:8] == b"\x0d\x00\x01\x00" else wasmtime.Module
    try:
        _load(kind, data)
    except wasmtime.WasmtimeError as error:
        return " ".join(str(error).split())[:300]
    return None
