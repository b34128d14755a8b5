"""Running a component or a bare core module in the reference engine.

Everything that a guest can do ends as an Observation: values, traps by class, a deadline
that passed, a limit that was hit, or a defect of the engine itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import wasmtime
from wasmtime import component as wc

from explore.family import Json, Observation, Outcome
from explore.oracle.compiled import keep_compiled_in
from explore.oracle.compiling import engine, invalid_because, load_component, load_module, load_to_run
from explore.oracle.host import Host
from explore.oracle.trap_text import Failure, read_failure
from explore.oracle.values import (
    BadValue,
    NoHandle,
    from_core,
    from_value,
    is_scalar,
    tagged,
    to_core,
    to_value,
)
from fuser.traps import Trap

INSTANTIATE = "(instantiate)"
"""Stands for the call where instantiation itself traps."""
DROP = "(drop)"
"""A call of the host's own: drop the handle given."""
READ = "(read)"
"""Stands for the reading of gauges, where that itself traps."""


@dataclass(frozen=True)
class Call:
    """One call of an export: `FUNCTION` or `INSTANCE#FUNCTION`."""

    name: str
    arguments: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one run may use: seconds for all its calls, MiB in each linear memory."""

    seconds: float = 10
    memory_mib: int = 256


@dataclass(frozen=True)
class Gauges:
    """Exported functions, of nothing to one number, that are read when the component is there and after each call."""

    names: tuple[str, ...] = ()
    tell: Callable[[str, Sequence[int]], None] = lambda _call, _numbers: None
    """Told the numbers by the call after which they were read."""


class BadCall(Exception):
    """A call of an export that is not there, or with values of another type."""


class _TimedOut(Exception):
    """The deadline passed."""


# -- runs -------------------------------------------------------------------------


@dataclass
class _Run:
    """One store with its deadline, and what was seen so far."""

    engine: wasmtime.Engine
    limits: Limits
    sites: Mapping[int, Trap] | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    failure: str | None = None
    text: str = ""

    def __post_init__(self) -> None:
        self.store = wasmtime.Store(self.engine)
        self.store.set_epoch_deadline(1)
        self.store.set_limits(memory_size=self.limits.memory_mib << 20)

    def attempt(self, name: str, act: Callable[[], tuple[Json, ...]], *, record: bool = True) -> bool:
        """Do one call and record how it ended; False where nothing more can be seen."""
        try:
            values = act()
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            return self._failed(name, read_failure(str(error), self.sites))
        if record:
            self.outcomes.append(Outcome(name, values=values))
        return True

    def _failed(self, name: str, failure: Failure) -> bool:
        if failure.engine_defect:
            self.failure = "engine-defect"
        elif failure.trap is Trap.TIMEOUT:
            self.failure = "timeout"
        if self.failure is not None:
            self.text = f"{name}: {failure.cause}"
            return False
        self.outcomes.append(Outcome(name, trap=failure.trap.value, text=failure.words))
        return name != INSTANTIATE

    @contextmanager
    def deadline(self) -> Iterator[None]:
        """Move the epoch when the time is over, which interrupts the guest."""
        timer = threading.Timer(self.limits.seconds, self.engine.increment_epoch)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def observation(self, seconds: float, trace: tuple[str, ...], sees: tuple[str, ...]) -> Observation:
        """Return what was seen."""
        return Observation(
            outcomes=tuple(self.outcomes),
            trace=trace,
            sees=sees,
            measures={"call-seconds": seconds},
            failure=self.failure,
            text=self.text,
        )


def observe_component(
    data: bytes,
    calls: Sequence[Call],
    limits: Limits,
    host: Host | None = None,
    sites: Mapping[int, Trap] | None = None,
    gauges: Gauges = Gauges(),
) -> Observation:
    """Instantiate a component with `host` behind its imports, and call its exports in order.

    `sites` maps offsets in `data` to the class of the trap there. Gauges are read until
    something traps. Raises BadCall for a call that the component's type does not allow,
    UnsupportedImport for an import that no function can stand for.
    """
    try:
        own, component = load_to_run(wc.Component, data)
    except wasmtime.WasmtimeError as error:
        return Observation(failure="invalid", text=" ".join(str(error).split())[:300])
    host = host or Host()
    run = _Run(own, limits, sites)
    linker = wc.Linker(own)
    host.define(linker, component, run.store)
    instances: list[wc.Instance] = []

    def instantiate() -> tuple[Json, ...]:
        instances.append(linker.instantiate(run.store, component))
        return ()

    start = time.perf_counter()
    with tagged(), run.deadline():
        going = run.attempt(INSTANTIATE, instantiate, record=False)
        going = going and _read(run, instances[0], INSTANTIATE, gauges)
        if going:
            _call_all(run, instances[0], calls, host, gauges)
    observed = run.observation(time.perf_counter() - start, host.trace.finish(), ("host",))
    run.store.close()  # its memories would stay: it holds the host's functions, and they hold it
    return observed


def _call_all(run: _Run, instance: wc.Instance, calls: Sequence[Call], host: Host, gauges: Gauges) -> None:
    """Do the calls, up to one that needs a handle which none before has given: those ended otherwise than stated."""
    for call in calls:
        try:
            going = run.attempt(call.name, _bound(run.store, instance, call, host))
        except NoHandle as error:
            run.text = f"{call.name}: {error}"
            return
        if not going or not _read(run, instance, call.name, gauges):
            return


def _read(run: _Run, instance: wc.Instance, call: str, gauges: Gauges) -> bool:
    """Read the gauges after a call, unless it trapped; False where reading one fails."""
    if run.outcomes and run.outcomes[-1].trap:
        return True

    def read() -> tuple[Json, ...]:
        gauges.tell(call, [int(_find(run.store, instance, name)(run.store)) for name in gauges.names])
        return ()

    return run.attempt(READ, read, record=False) and (not run.outcomes or run.outcomes[-1].call != READ)


def _bound(store: wasmtime.Store, instance: wc.Instance, call: Call, host: Host) -> Callable[[], tuple[Json, ...]]:
    """Return the call, ready to be done."""
    if call.name == DROP:
        handle = _argument(call, host)

        def drop() -> tuple[Json, ...]:
            handle.drop(store)
            return ()

        return drop
    function = _find(store, instance, call.name)
    type = function.type(store)
    parameters, result = type.params, type.result
    if len(parameters) != len(call.arguments):
        raise BadCall(f"{call.name} takes {len(parameters)} arguments, {len(call.arguments)} are given")

    def act() -> tuple[Json, ...]:
        try:
            values = [to_value(type, value, host) for (_, type), value in zip(parameters, call.arguments, strict=True)]
        except NoHandle:
            raise
        except BadValue as error:
            raise BadCall(f"{call.name}: {error}") from error
        got = function(store, *values)
        return () if result is None else (from_value(result, got, host),)

    return act


def _argument(call: Call, host: Host) -> Any:
    if len(call.arguments) != 1:
        raise BadCall(f"{DROP} takes one handle")
    try:
        return host.handle(call.arguments[0])
    except NoHandle:
        raise
    except BadValue as error:
        raise BadCall(f"{DROP}: {error}") from error


def _find(store: wasmtime.Store, instance: wc.Instance, name: str) -> wc.Func:
    outer, hash, inner = name.rpartition("#")
    place = instance.get_export_index(store, outer) if hash else None
    index = instance.get_export_index(store, inner, place)
    function = instance.get_func(store, index) if index is not None else None
    if function is None or (hash and place is None):
        raise BadCall(f"there is no exported function {name}")
    return function


def observe_module(
    data: bytes,
    component: bytes,
    calls: Sequence[Call],
    limits: Limits,
    sites: Mapping[int, Trap] | None = None,
) -> Observation | None:
    """Instantiate a core module without imports and call its exports.

    `component` says what the exports' types are as component functions; None where one of
    them passes more than scalars, which mean nothing without canonical options. A trap
    ends the run: a bare module is not poisoned by one as a component is, so what it would
    do next means nothing. Raises BadCall.
    """
    try:
        own, module = load_to_run(wasmtime.Module, data)
        signatures = _signatures(component, calls)
    except wasmtime.WasmtimeError as error:
        return Observation(failure="invalid", text=" ".join(str(error).split())[:300])
    if signatures is None:
        return None
    run = _Run(own, limits, sites)
    instances: list[wasmtime.Instance] = []

    def instantiate() -> tuple[Json, ...]:
        instances.append(wasmtime.Instance(run.store, module, []))
        return ()

    start = time.perf_counter()
    with run.deadline():
        going = run.attempt(INSTANTIATE, instantiate, record=False)
        for call, signature in zip(calls, signatures, strict=True) if going else ():
            function = instances[0].exports(run.store).get(call.name)
            if not isinstance(function, wasmtime.Func):
                raise BadCall(f"the core module has no exported function {call.name}")
            act = _bound_core(run.store, function, call, signature)
            if not run.attempt(call.name, act) or run.outcomes[-1].trap:
                break
    return run.observation(time.perf_counter() - start, (), ())


_Signature = tuple[list[wc.ValType], wc.ValType | None]


def _signatures(component: bytes, calls: Sequence[Call]) -> list[_Signature] | None:
    """Return the component-level types of the functions called, if all are of scalars."""
    own, loaded = load_to_run(wc.Component, component)
    exports = loaded.type.exports(own)
    signatures: list[_Signature] = []
    for call in calls:
        outer, hash, inner = call.name.rpartition("#")
        place = exports.get(outer) if hash else None
        item = place.ty.exports(own).get(inner) if place is not None else exports.get(inner)
        if item is None or not isinstance(item.ty, wc.FuncType):
            return None
        parameters, result = [type for _, type in item.ty.params], item.ty.result
        if not all(map(is_scalar, [*parameters, *([result] if result else [])])):
            return None
        signatures.append((parameters, result))
    return signatures


def _bound_core(
    store: wasmtime.Store, function: wasmtime.Func, call: Call, signature: _Signature
) -> Callable[[], tuple[Json, ...]]:
    parameters, result = signature
    if len(parameters) != len(call.arguments):
        raise BadCall(f"{call.name} takes {len(parameters)} arguments, {len(call.arguments)} are given")
    values = [to_core(type, value) for type, value in zip(parameters, call.arguments, strict=True)]

    def act() -> tuple[Json, ...]:
        got = function(store, *values)
        return () if result is None else (from_core(result, got),)

    return act


__all__ = [
    "DROP",
    "INSTANTIATE",
    "READ",
    "BadCall",
    "Call",
    "Gauges",
    "Limits",
    "engine",
    "invalid_because",
    "keep_compiled_in",
    "load_component",
    "load_module",
    "observe_component",
    "observe_module",
]
