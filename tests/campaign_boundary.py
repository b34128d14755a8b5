"""Comparing a random world at the host boundary, unfused against fused, and counting what happened in it.

`python -m tests.campaign_boundary SEED` writes the world of a seed to standard output.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from random import Random
from typing import Any

import wasmtime
from wasmtime import component as wc

from explore.oracle.engine import engine
from explore.oracle.trap_text import read_failure
from explore.oracle.values import from_value, tagged, to_value
from fuser.fuse import fuse
from fuser.traps import Trap
from fuser.types import Enumeration, Flags, List, Option, Own, Primitive, Record, Result, Tuple, ValType, Variant
from tests.abi_worlds import raw_words
from tests.boundary_worlds import HOSTS, World, make_world
from tests.support import Sites

FUNCTIONS = ("inner-raw", "outer-raw", "send", "back", "give", "ask")
WITHIN = ("send", "back")
"""No host takes part: the class of a trap is the same, whatever else is wrong."""
TRIES = 3
"""Calls of each function, on an instance of its own."""
INSIDE = (0, 1, 3)
"""How often the host calls back at most, by try."""
NUMBER = 7
RESOURCE = wc.ResourceType.host(NUMBER)


def rows() -> list[str]:
    """Return the rows that must not stay at zero."""
    classes = (Trap.INVALID_DISCRIMINANT, Trap.UNKNOWN_HANDLE, Trap.WRONG_HANDLE_TYPE, Trap.LIST_OUT_OF_BOUNDS)
    trapping = [one for one in FUNCTIONS if one != "ask"]
    both = itertools.product(trapping, classes)
    return [
        *(f"{name}: returns" for name in FUNCTIONS),
        *(f"{name} called back" for name in FUNCTIONS),
        *(f"{name}: {trap.value}" for name, trap in both if (name, trap) != ("give", Trap.WRONG_HANDLE_TYPE)),
        f"ask: {Trap.MEMORY_OUT_OF_BOUNDS.value}",
        f"ask: {Trap.UNALIGNED_POINTER.value}",
    ]


Arguments = tuple[Any, ...]


class Run:
    """One instance, with a host that tells what it gets, and makes the calls `inside` where it is let in."""

    def __init__(self, component: wc.Component, sites: Sites, answer: Any, inside: list[tuple[str, Arguments]]) -> None:
        self.sites, self.log, self.made, self.inside = sites, list[Any](), itertools.count(1), [*inside]
        self.store: Any = wasmtime.Store(engine(optimised=False))
        self.store.set_epoch_deadline(1_000_000)
        outside: Any = component.type.imports(self.store.engine)["h"].ty
        functions = outside.exports(self.store.engine)
        taken, given = functions["take"].ty.params[0][1], functions["give"].ty.result
        linker = wc.Linker(self.store.engine)
        with linker.root() as root, root.add_instance("h") as inner:
            inner.add_resource("r", RESOURCE, lambda _store, rep: self.log.append(("drop", rep)))
            inner.add_func("make", lambda _store: wc.ResourceHost.own(next(self.made), NUMBER))
            inner.add_func("pause", lambda _store: self._pause())
            inner.add_func("take", lambda _store, value: self.log.append(from_value(taken, value, self)))
            inner.add_func("give", lambda _store: self._give(given, answer))
        self.instance = linker.instantiate(self.store, component)

    def _give(self, type: Any, answer: Any) -> Any:
        self.log.append("give")
        return to_value(type, answer, self)

    def _pause(self) -> None:
        if self.inside:
            name, arguments = self.inside.pop()
            self.log.append((name, self._value(name, arguments)))

    def function(self, name: str) -> wc.Func:
        """Find an exported function."""
        place = self.instance.get_export_index(self.store, "x")
        index = self.instance.get_export_index(self.store, name, place)
        assert index is not None
        function = self.instance.get_func(self.store, index)
        assert function is not None
        return function

    def handle(self, value: Any) -> Any:
        """Make the object that a value tells."""
        return wc.ResourceHost.own(value["rep"], NUMBER)

    def number(self, handle: Any) -> Any:
        """Tell which object a handle is of."""
        if isinstance(handle, wc.ResourceHost):
            return {"rep": handle.rep}
        if handle.type == RESOURCE:
            return {"rep": handle.to_host(self.store).rep}
        told = self.function("get")(self.store, handle)
        handle.drop(self.store)
        return {"guest": told}

    def call(self, name: str, *arguments: Any) -> Any:
        """Call; return the value in a tuple, or the class of the trap."""
        try:
            return self._value(name, arguments)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            return read_failure(str(error), self.sites).trap.value

    def _value(self, name: str, arguments: Arguments) -> Arguments:
        function = self.function(name)
        result = function.type(self.store).result
        got = function(self.store, *arguments)
        return () if result is None else (from_value(result, got, self),)


def try_world(seen: Counter[str], seed: int) -> None:
    """Compare the world of a seed, and count what came of its calls."""
    world = make_world(seed)
    data = bytes(wasmtime.wat2wasm(world.text()))
    fused = fuse(data)
    own = engine(optimised=False)
    both = (wc.Component(own, data), {}), (wc.Component(own, fused.data), dict(fused.sites))
    for name, number in itertools.product(FUNCTIONS, range(TRIES)):
        chance = Random(f"{seed} {name} {number}")  # noqa: S311 - test data
        answer, arguments = _value(chance, world.hosts), _arguments(chance, world, name)
        others = chance.choices(FUNCTIONS, k=INSIDE[number])
        inside = [(other, _arguments(chance, world, other)) for other in others]
        expected, got = (_play(Run(*one, answer, inside), name, arguments) for one in both)
        first = expected[0]
        seen[f"{name}: {first if isinstance(first, str) else 'returns'}"] += 1
        seen.update(f"{one[0]} called back" for one in expected[1] if isinstance(one, tuple) and one[0] in FUNCTIONS)
        if isinstance(first, str) and (inside or name not in WITHIN) and isinstance(got[0], str):
            continue  # the host's engine may see another of several faults first
        assert got == expected, f"world of seed {seed}: {name}{arguments}, inside {inside}"


def _play(run: Run, name: str, arguments: Arguments) -> tuple[Any, list[Any]]:
    try:
        with tagged():
            run.call("inner-prepare")
            run.call("outer-prepare")
            return run.call(name, *arguments), run.log
    finally:
        run.store.close()  # its memories would stay: it holds the host's functions, and they hold it


def _arguments(chance: Random, world: World, name: str) -> Arguments:
    words = raw_words(chance, max(40, world.room // 4 + 2), mixed=chance.random() < 0.5)
    raw = b"".join(word.to_bytes(4, "little") for word in words)
    at = 8 * chance.randrange(70, 400) if chance.random() < 0.7 else chance.choice([65536 - 8, 65536, 1, 2**32 - 8])
    return {"back": (raw, at), "ask": (at,)}.get(name, (raw,))


def _value(chance: Random, type: ValType | None) -> Any:
    """Draw a value as JSON."""
    match type:
        case None:
            return None
        case Own():
            assert type.resource is HOSTS
            return {"rep": chance.randrange(1000)}
        case Primitive():
            return _primitive(chance, type)
        case List():
            return [_value(chance, type.element) for _ in range(chance.randrange(4))]
        case Option():
            some = _value(chance, type.some)
            present = {"some": some} if isinstance(type.some, Option) else some
            return chance.choice([None, present])
        case Result():
            label, part = chance.choice([("ok", type.ok), ("error", type.error)])
            return {label: _value(chance, part)}
        case Tuple():
            return [_value(chance, part) for part in type.items]
        case Record():
            return {label: _value(chance, part) for label, part in type.fields}
        case Variant():
            label, part = chance.choice(type.cases)
            return label if part is None else {label: _value(chance, part)}
        case Enumeration():
            return chance.choice(type.cases)
        case Flags():
            return [label for label in type.labels if chance.random() < 0.5]
        case _:
            raise AssertionError(type)


def _primitive(chance: Random, type: Primitive) -> Any:
    match type:
        case Primitive.BOOL:
            return chance.random() < 0.5
        case Primitive.CHAR:
            return chance.choice("aé€😀")
        case Primitive.STRING:
            return "".join(chance.choices("aé€😀", k=chance.choice([0, 1, 3, 20])))
        case Primitive.F32 | Primitive.F64:
            return float(chance.randrange(-100, 100))
        case _:
            bits = int(type.value[1:])
            return chance.randrange(1 << bits) - (1 << bits - 1 if type.value[0] == "s" else 0)


if __name__ == "__main__":
    sys.stdout.write(make_world(int(sys.argv[1])).text() + "\n")
