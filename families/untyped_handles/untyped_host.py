"""The reference: a host of the untyped ABI, one space of numbers that are never used again.

Written apart from the typed host, in another language, so that one mistake is not made twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import wasmtime

from explore.family import Json, Observation, Outcome
from explore.oracle.engine import engine, load_module
from explore.oracle.trap_text import read_failure
from families.untyped_handles import legacy
from families.untyped_handles.adapter import BAD_HANDLE, ERROR, INVALID, OK, exports
from families.untyped_handles.fixture_files import ENTRIES, FixtureFile
from families.untyped_handles.interface import POLLABLE
from families.untyped_handles.world import binary

NEVER = 0xFFFFFFFF
"""The index that select gives when the time is over."""


@dataclass(frozen=True)
class Item:
    """What a handle stands for."""

    kind: str
    value: int
    ready_at: int


@dataclass
class UntypedHost:
    """The items of one program, by number; a number taken stays taken."""

    take_out: bool = False
    now: int = 0
    waits: int = 0
    items: list[Item | None] = field(default_factory=lambda: [None])

    @property
    def live(self) -> int:
        """How many items there are."""
        return sum(item is not None for item in self.items)

    def find(self, number: int, kind: str | None = None) -> Item | None:
        """Return the item of a number, if it is of the kind."""
        item = self.items[number] if number < len(self.items) else None
        return item if item is not None and kind in (None, item.kind) else None

    def open(self, kind: str, value: int, delay: int, more: int) -> tuple[int, int]:
        """Make an item that is ready after some ticks, and some more."""
        self.items.append(Item(kind, value, self.now + delay + more))
        return OK, len(self.items) - 1

    def use(self, kind: str, number: int) -> tuple[int, int]:
        """Return the value of an item of a kind."""
        item = self.find(number, kind)
        return (BAD_HANDLE, 0) if item is None else (OK, item.value)

    def close(self, number: int) -> int:
        """Drop an item of any kind."""
        if self.find(number) is None:
            return BAD_HANDLE
        self.items[number] = None
        return OK

    def is_ready(self, number: int) -> tuple[int, int]:
        """Say whether an item of any kind is ready."""
        item = self.find(number)
        return (BAD_HANDLE, 0) if item is None else (OK, int(item.ready_at <= self.now))

    def consume(self, taken: str, made: str, number: int) -> tuple[int, int]:
        """Turn an item of one kind into a new one of another kind."""
        item = self.find(number, taken)
        if item is None:
            return BAD_HANDLE, 0
        self.items[number] = None
        return self.open(made, item.value + 100, 0, 0)

    def select(self, numbers: Sequence[int], timeout: int) -> tuple[int, int]:
        """Wait for the first of several items of any kind; no timeout is 0."""
        if not numbers and not timeout:
            return INVALID, 0
        found = [item for number in numbers if (item := self.find(number)) is not None]
        if len(found) < len(numbers):
            return BAD_HANDLE, 0
        if self.take_out and len(set(numbers)) < len(numbers):
            return ERROR, 0
        until = [max(item.ready_at, self.now) for item in found]
        if timeout and min(until, default=NEVER) > self.now + timeout:
            self._wait(self.now + timeout)
            return OK, NEVER
        self._wait(min(until))
        return OK, until.index(self.now)

    def _wait(self, until: int) -> None:
        self.waits += until > self.now
        self.now = until


class _Program:
    """A legacy module instantiated against a host of its own."""

    def __init__(
        self, store: wasmtime.Store, module: wasmtime.Module, kinds: tuple[str, ...], host: UntypedHost
    ) -> None:
        self.host, self.store = host, store
        functions = [self._function(name, count) for name, count in exports(kinds).items()]
        self.instance = wasmtime.Instance(store, module, functions)
        memory = self.instance.exports(store)["memory"]
        assert isinstance(memory, wasmtime.Memory)
        self.memory = memory

    def run(self, call: str) -> Outcome:
        """Do the body and return its log, or how it trapped."""
        run = self.instance.exports(self.store)["run"]
        assert isinstance(run, wasmtime.Func)
        try:
            pointer, length = self._read(run(self.store), 2)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            failure = read_failure(str(error))
            return Outcome(call, trap=failure.trap.value, text=failure.words)
        return Outcome(call, values=(list[Json](self._read(pointer, length)),))

    def _inside(self, address: int, size: int) -> None:
        if address + size > self.memory.data_len(self.store):
            raise wasmtime.Trap("wasm trap: out of bounds memory access")

    def _read(self, address: int, count: int) -> list[int]:
        self._inside(address, 4 * count)
        data = self.memory.read(self.store, address, address + 4 * count)
        return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]

    def _function(self, name: str, count: int) -> wasmtime.Func:
        act = self._action(name)
        type = wasmtime.FuncType([wasmtime.ValType.i32()] * count, [wasmtime.ValType.i32()])
        return wasmtime.Func(self.store, type, lambda *numbers: act(*(number & NEVER for number in numbers)))

    def _action(self, name: str) -> Callable[..., int]:
        """Return what a function of the ABI does; the last number is where the answer goes."""
        verb, _, kind = name.partition("_")
        host = self.host
        simple: dict[str, Callable[..., tuple[int, int]]] = {
            "open": lambda *numbers: host.open(kind, *numbers),
            "use": lambda number: host.use(kind, number),
            "is": host.is_ready,
            "insert": lambda number: host.consume("replace", POLLABLE, number),
            "wait": lambda number: host.consume(POLLABLE, "entry", number),
            "select": lambda start, length, timeout: host.select(self._read(start, length), timeout),
        }
        if verb == "close":
            return host.close
        return lambda *numbers: self._answer(simple[verb](*numbers[:-1]), numbers[-1])

    def _answer(self, answer: tuple[int, int], out: int) -> int:
        status, number = answer
        if status == OK:
            self._inside(out, 4)
            self.memory.write(self.store, number.to_bytes(4, "little"), out)
        return status


def observe(file: FixtureFile) -> Observation:
    """Run a fixture's programs as plain core modules; what does not end is interrupted, a trap of its own class."""
    store = wasmtime.Store(engine(optimised=False))
    store.set_epoch_deadline(1)
    programs = [
        _Program(
            store,
            load_module(binary(legacy.text(body, file.kinds))),
            file.kinds,
            UntypedHost(take_out=file.policy == "take-out"),
        )
        for body in file.bodies
    ]
    timer = threading.Timer(file.seconds, engine(optimised=False).increment_epoch)
    timer.daemon = True
    timer.start()
    try:
        outcomes = [programs[ENTRIES.index(call)].run(call) for call in file.calls]
    finally:
        timer.cancel()
    hosts = [program.host for program in programs]
    counts = {
        "live": sum(host.live for host in hosts),
        "subscriptions": 0,
        "clock": max(host.now for host in hosts),
        "waits": sum(host.waits for host in hosts),
    }
    return Observation(tuple(outcomes), counts=file.counted(counts))


def observe_alone(numbers: Sequence[int]) -> Observation:
    """Return what an adapter alone must do: give each number, and pass it back where it came from."""
    return Observation(tuple(Outcome(f"number {number}", values=(OK, OK, number)) for number in numbers))
