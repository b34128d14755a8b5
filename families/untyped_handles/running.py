"""Running what was built: the world with its tap, and the adapter alone between fakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import wasmtime

from explore.family import Observation, Outcome
from explore.oracle.engine import Call, Limits, engine, load_module, observe_component
from explore.oracle.host import Host
from explore.oracle.trap_text import read_failure
from families.untyped_handles.fixture_files import FixtureFile
from families.untyped_handles.world import TAP

ALONE_MEMORY = 4096 << 20
"""Bytes that an adapter's own tables may take where numbers are as high as they get."""

MADE, ENDED, SUBSCRIBED, UNSUBSCRIBED, WAITED = range(5)
"""What the host tells: an item made or ended, a pollable of one made or dropped, a wait until a tick."""


class Told:
    """What the tap told, as totals."""

    def __init__(self) -> None:
        self.events: Counter[int] = Counter()
        self.clock = 0

    def __call__(self, event: int, number: int) -> None:
        """Take one event."""
        self.events[event] += 1
        if event == WAITED:
            self.clock = number

    def counts(self) -> dict[str, int]:
        """Return the totals under the names of a reference's."""
        subscriptions = self.events[SUBSCRIBED] - self.events[UNSUBSCRIBED]
        return {
            "live": self.events[MADE] - self.events[ENDED] + subscriptions,
            "subscriptions": subscriptions,
            "clock": self.clock,
            "waits": self.events[WAITED],
        }


def observe(file: FixtureFile, component: bytes) -> Observation:
    """Run the fixture's calls on a world."""
    told = Told()
    limits = Limits(seconds=file.seconds)
    calls = [Call(name) for name in file.calls]
    seen = observe_component(component, calls, limits, Host(specials={TAP: told}))
    return replace(seen, sees=(), counts=file.counted(told.counts()))


# -- the adapter alone ---------------------------------------------------------------


def observe_alone(adapter: bytes, numbers: Sequence[int]) -> Observation:
    """Give an adapter each component number as that of a new entry, and see what it passes back.

    A fresh instance for each number, so that one trap says nothing of the next.
    """
    return Observation(tuple(_alone(adapter, number) for number in numbers))


def _alone(adapter: bytes, number: int) -> Outcome:
    """Open an entry with this component number and use it: both statuses, and the number that was used."""
    store = wasmtime.Store(engine(optimised=False))
    store.set_epoch_deadline(1 << 40)
    store.set_limits(memory_size=ALONE_MEMORY)
    with closing(store):  # the next number's tables may be gigabytes as well
        return _given(store, adapter, number)


def _given(store: wasmtime.Store, adapter: bytes, number: int) -> Outcome:
    call = f"number {number}"
    fakes = _Fakes(store, number)
    module = load_module(adapter)
    instance = wasmtime.Instance(store, module, [fakes.supply(item) for item in module.imports])
    exports = instance.exports(store)
    opened, used = exports["open_entry"], exports["use_entry"]
    assert isinstance(opened, wasmtime.Func)
    assert isinstance(used, wasmtime.Func)
    try:
        status = opened(store, 0, 0, 0, 0)
        legacy = int.from_bytes(fakes.legacy.read(store, 0, 4), "little", signed=True)
        values = (status, used(store, legacy, 8), fakes.used)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        failure = read_failure(str(error))
        return Outcome(call, trap=failure.trap.value, text=failure.words)
    return Outcome(call, values=values)


class _Fakes:
    """Stand-ins for what an adapter imports: every function that makes a handle gives the one number."""

    def __init__(self, store: wasmtime.Store, number: int) -> None:
        self.store, self.number, self.used = store, number, 0
        self.legacy = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))
        self.scratch = wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(1, None)))

    def supply(self, item: wasmtime.ImportType) -> wasmtime.Memory | wasmtime.Func:
        """Return what stands for an import."""
        if item.module != "host":
            return self.legacy if item.module == "legacy" else self.scratch
        assert isinstance(item.type, wasmtime.FuncType)
        results = len(item.type.results)
        if item.name == "use_entry":
            return wasmtime.Func(self.store, item.type, self._use if results else self._use_by_pointer)
        answer = self.number if item.name in ("open_entry", "subscribe_entry") else 0
        return wasmtime.Func(self.store, item.type, lambda *_: answer if results else None)

    def _use(self, number: int) -> int:
        self.used = number
        return 0

    def _use_by_pointer(self, number: int, result: int) -> None:
        self.used = number
        self.scratch.write(self.store, bytes(8), result)
