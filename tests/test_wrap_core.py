"""The core form, run by a host that knows nothing but the names and the ABI of wit-component."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from fuser.component.text import binary
from fuser.fuse import FuseOptions, fuse

FOLDER = Path(__file__).parent / "wrap"


class Core:
    """An instance of a core form with host functions, which get the instance first."""

    def __init__(self, name: str, host: dict[str, Callable[..., Any]]) -> None:
        data = fuse(binary((FOLDER / f"{name}.wat").read_bytes()), FuseOptions(emit="module")).data
        config = wasmtime.Config()
        config.wasm_multi_memory = True
        engine = wasmtime.Engine(config)
        self.store = wasmtime.Store(engine)
        self.instance: wasmtime.Instance | None = None
        module = wasmtime.Module(engine, data)
        self.imports = [f"{one.module}#{one.name}" for one in module.imports]
        functions = [self._bound(one.type, host[f"{one.module}#{one.name}"]) for one in module.imports]
        self.instance = wasmtime.Instance(self.store, module, functions)

    def _bound(self, type: Any, function: Callable[..., Any]) -> wasmtime.Func:
        return wasmtime.Func(self.store, type, lambda *arguments: function(self, *arguments))

    def call(self, name: str, *arguments: Any) -> Any:
        assert self.instance is not None
        return self.instance.exports(self.store)[name](self.store, *arguments)

    @property
    def memory(self) -> Any:
        assert self.instance is not None
        return self.instance.exports(self.store)["memory"]

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.memory.read(self.store, address, address + size))

    def write(self, address: int, data: bytes) -> None:
        self.memory.write(self.store, data, address)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.read(address, 4 * count))

    def put(self, data: bytes, align: int = 1) -> int:
        place = self.call("cabi_realloc", 0, 0, align, len(data))
        self.write(place, data)
        return int(place)

    def string(self, pair: int) -> str:
        place, size = self.words(pair, 2)
        return self.read(place, size).decode()


def test_two_memories_and_two_encodings_meet_in_one() -> None:
    log: list[str] = []

    def join(core: Core, place: int, count: int, result: int) -> None:
        joined = "+".join(core.string(place + 8 * n) for n in range(count)).encode()
        core.write(result, struct.pack("<2I", core.put(joined), len(joined)))

    def note(core: Core, place: int, size: int) -> None:
        # A start runs before its instance can be named: its memory is out of the host's reach.
        log.append("start" if core.instance is None else core.read(place, size).decode())

    host = {
        "example:host/text#join": join,
        "example:host/text#log": note,
        "example:host/text#pair": lambda core, result: core.write(result, struct.pack("<IIQ", 5, 0, 1 << 40)),
    }
    core = Core("hostmemory", host)
    for _ in range(3):
        text = "grün".encode()
        assert core.string(core.call("go", core.put(text), len(text))) == "grün+ zwei"
    assert core.call("size") == 2
    assert log == ["start", "grün", "grün", "grün"]


def test_what_the_exchange_gave_is_taken_back() -> None:
    host = {
        "example:host/text#join": lambda core, _place, _count, result: core.write(result, struct.pack("<2I", 16, 0)),
        "example:host/text#log": lambda *_: None,
        "example:host/text#pair": lambda core, result: core.write(result, bytes(16)),
    }
    core = Core("hostmemory", host)
    places = set()
    for _ in range(4):
        places.add(core.put(b"x" * 5000))
        core.call("go", max(places), 5000)
    assert len(places) == 1


def test_handles_of_the_host_in_memory() -> None:
    drops: list[int] = []

    def several(core: Core, count: int, result: int) -> None:
        place = core.put(struct.pack(f"<{count}I", *range(50, 50 + count)), 4)
        core.write(result, struct.pack("<2I", place, count))

    host = {
        "example:host/cells#[constructor]cell": lambda _core, value: 1000 + value,
        "example:host/cells#[method]cell.get": lambda _core, handle: handle * 10,
        "example:host/cells#swallow": lambda *_: None,
        "example:host/cells#several": several,
        "example:host/cells#total": lambda core, place, count: sum(core.words(place, count)),
        "example:host/cells#attempt": lambda *_: None,
        "example:host/cells#named": lambda *_: 0,
        "example:host/cells#wide": lambda *_: 0,
        "example:host/cells#[resource-drop]cell": lambda _core, handle: drops.append(handle),
    }
    core = Core("outside", host)
    assert (core.call("lists", 3), core.call("go", 4)) == (50 + 51 + 52, 20 * 1004)
    assert drops == [2000]
    place = core.put(struct.pack("<3I", 7, 8, 7000), 4)
    assert core.words(core.words(core.call("gather", place, 3), 1)[0], 3) == (7, 8, 7000)


@pytest.mark.parametrize("name", ["run", "scalars", "strings", "outside", "exported"])
def test_nothing_of_the_wrapper_s_own_is_imported(name: str) -> None:
    data = fuse(binary((FOLDER / f"{name}.wat").read_bytes()), FuseOptions(emit="module")).data
    module = wasmtime.Module(wasmtime.Engine(), data)
    assert not {one.module for one in module.imports} & {"$holder", "canonical", "keeper"}
    assert all(isinstance(one.type, wasmtime.FuncType) for one in module.imports)


def test_names_that_wit_component_gives() -> None:
    data = fuse(binary((FOLDER / "exported.wat").read_bytes()), FuseOptions(emit="module")).data
    module = wasmtime.Module(wasmtime.Engine(), data)
    things = "example:guest/things"
    assert {f"{one.module} {one.name}" for one in module.imports} == {
        "$root tap",
        *(f"[export]{things} [resource-{operation}]thing" for operation in ("new", "rep", "drop")),
    }
    names = {one.name for one in module.exports}
    assert {f"{things}#[dtor]thing", f"{things}#[method]thing.get", "look", "cabi_realloc", "memory"} <= names
