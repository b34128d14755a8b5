"""Components with a host on the other side, run unfused and fused: nothing may differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from wasmtime import component as wc

from explore.oracle.trap_text import read_failure
from fuser.fuse import Fused, FuseOptions, fuse
from fuser.outline import core_modules
from fuser.traps import Trap
from fuser.wasm.module import parse_module

FOLDER = Path(__file__).parent / "wrap"


@cache
def engine() -> wasmtime.Engine:
    return wasmtime.Engine()


@cache
def binary(name: str) -> bytes:
    return bytes(wasmtime.wat2wasm((FOLDER / f"{name}.wat").read_text()))


@cache
def fused(name: str) -> Fused:
    return fuse(binary(name), FuseOptions())


@dataclass
class Run:
    """One instance of a component, and what its host saw."""

    data: bytes
    sites: dict[int, Any]
    define: Callable[[wc.LinkerInstance, Run], None]
    log: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = wasmtime.Store(engine())
        linker = wc.Linker(engine())
        with linker.root() as root:
            self.define(root, self)
        self.instance = linker.instantiate(self.store, wc.Component(engine(), self.data))

    def call(self, path: str, *arguments: Any) -> Any:
        """Call an export, `FUNCTION` or `INSTANCE#FUNCTION`; a trap comes back as its class."""
        index = None
        for name in path.split("#"):
            index = self.instance.get_export_index(self.store, name, index)
        assert index is not None, path
        function = self.instance.get_func(self.store, index)
        assert function is not None
        try:
            return function(self.store, *arguments)
        except wasmtime.WasmtimeError as error:
            return read_failure(str(error), self.sites).trap

    def tap(self, _store: Any, *arguments: Any) -> None:
        self.log.append(arguments)


Script = Callable[[Run], Any]
Define = Callable[[wc.LinkerInstance, Run], None]


def compare(name: str, define: Define, script: Script) -> Any:
    """Run a script on the component and on what it is fused to; return what both showed."""
    seen = []
    output = fused(name)
    for data, sites in ((binary(name), {}), (output.data, dict(output.sites))):
        run = Run(data, sites, define)
        seen.append((script(run), run.log))
    assert seen[1] == seen[0]
    return seen[0]


def tapped(root: wc.LinkerInstance, run: Run) -> None:
    root.add_func("tap", run.tap)


def test_run_without_imports() -> None:
    assert compare("run", lambda _root, _run: None, lambda run: run.call("run")) == (None, [])


def numbers(root: wc.LinkerInstance, run: Run) -> None:
    tapped(root, run)
    with root.add_instance("example:host/numbers@1.2.3") as inner:
        inner.add_func("half", lambda _store, x: x / 2)
        inner.add_func("many", lambda _store, *arguments: run.log.append(arguments) or True)


def test_scalars_and_a_start_that_calls_the_host() -> None:
    result, log = compare("scalars", numbers, lambda run: (run.call("go", 9.0), run.call("again", -4.0)))
    assert result == (True, True)
    assert log[0] == (0, 99)
    assert log[1:3] == [(1, 4), (7, -2, "€", 2**64 - 1)]


def test_exports_with_memory() -> None:
    text = "ascii, Grüße, 日本語, 🦀"

    def script(run: Run) -> Any:
        return (
            [run.call(name, text) for name in ("echo", "echo16", "echo-latin1")],
            [run.call(name, "") for name in ("echo", "echo16", "echo-latin1")],
            run.call("echo-latin1", "plain é"),
            run.call("sum", [1, -2, 300]),
            run.call("spilled", *range(16), "seventeen"),
        )

    result, log = compare("strings", tapped, script)
    assert result == ([text] * 3, [""] * 3, "plain é", 299, 9)
    assert log == [(1, 299)]


def test_a_trap_of_a_guest_stays_a_trap() -> None:
    def script(run: Run) -> Any:
        return [run.call("sum", [1] * 40_000), run.call("sum", [1])]

    result, _ = compare("strings", tapped, script)
    assert result == [Trap.MEMORY_OUT_OF_BOUNDS, Trap.CANNOT_ENTER]


@pytest.mark.parametrize(
    ("calls", "last"),
    [
        ([("take", "four"), ("fetch",), ("give",)], ""),
        ([("take", "four"), ("take-loud", "four")], Trap.CANNOT_LEAVE),
        ([("fetch",), ("fetch-loud",)], Trap.CANNOT_LEAVE),
        ([("give",), ("give-loud",)], Trap.CANNOT_LEAVE),
    ],
)
def test_leaving_where_a_guest_may_not(calls: list[tuple[Any, ...]], last: Any) -> None:
    def define(root: wc.LinkerInstance, run: Run) -> None:
        tapped(root, run)
        root.add_func("fetch", lambda _store: "fetched")

    result, log = compare("leaving", define, lambda run: [run.call(*call) for call in calls])
    assert result[-1] == last
    assert log == []


def kinds(root: wc.LinkerInstance, _run: Run) -> None:
    with root.add_instance("example:host/kinds") as inner:
        inner.add_func("paint", lambda *_: set())
    with root.add_instance("example:host/more") as inner:
        inner.add_func("norm", lambda *_: 0)


def record(**fields: Any) -> Any:
    value = wc.Record()
    for name, item in fields.items():
        setattr(value, name, item)
    return value


def test_named_types() -> None:
    def script(run: Run) -> Any:
        shape = run.call("example:guest/shapes#make", record(x=3, y=-4))
        return (
            (shape.x, shape.y),
            run.call("example:guest/shapes#sum", record(low=record(x=1, y=2), high=record(x=3, y=4))),
            run.call("mix", "red", "green"),
            run.call("example:guest/plain#nine"),
        )

    result, _ = compare("types", kinds, script)
    assert result == ((3, -4), 10, "green", 9)


def text(root: wc.LinkerInstance, run: Run) -> None:
    with root.add_instance("example:host/text") as inner:
        inner.add_func("join", lambda _store, parts: "+".join(parts))
        inner.add_func("log", lambda _store, line: run.log.append(line))
        inner.add_func("pair", lambda _store: (5, 2**40))


def test_host_functions_with_memory() -> None:
    def script(run: Run) -> Any:
        return run.call("go", "grün"), run.call("size"), run.call("go", "x" * 70_000)

    result, log = compare("hostmemory", text, script)
    assert result[:2] == ("grün+ zwei", 2)
    assert log[:2] == ["hü", "grün"]


def test_instances_in_instances() -> None:
    def define(root: wc.LinkerInstance, run: Run) -> None:
        with root.add_instance("outer") as outer:
            outer.add_func("look", lambda _store, v: record(x=v.to_host(run.store).rep + 1))
            with outer.add_instance("inner") as inner:
                inner.add_resource("res", wc.ResourceType.host(3), lambda _store, rep: run.log.append(rep))
                inner.add_func("make", lambda _store, r: wc.ResourceHost.own(r.x, 3))

    def script(run: Run) -> Any:
        same = run.call("exported#inner#same", wc.ResourceHost.own(40, 3))
        return run.call("exported#inner#twice", record(x=7)).x, same.to_host(run.store).rep

    assert compare("nested", define, script) == ((8, 40), [7])


CELL = 7


def cells(root: wc.LinkerInstance, run: Run) -> None:
    def cell(handle: Any) -> int:
        return handle.to_host(run.store).rep

    def total(store: Any, handles: list[Any]) -> int:
        reps = list(map(cell, handles))
        if reps and reps[-1] == 60:  # the host calls back while its own call is open
            inner = gathered(run, store, [2, 1])
            run.log.append(inner)
        return sum(reps)

    def named(_store: Any, handle: Any, name: str) -> int:
        run.log.append((cell(handle), name))
        return len(name)

    with root.add_instance("example:host/cells") as inner:
        inner.add_resource("cell", wc.ResourceType.host(CELL), lambda _store, rep: run.log.append(("drop", rep)))
        inner.add_func("[constructor]cell", lambda _store, v: wc.ResourceHost.own(v, CELL))
        inner.add_func("[method]cell.get", lambda _store, handle: cell(handle) * 10)
        inner.add_func("swallow", lambda _store, handle: run.log.append(("swallow", cell(handle))))
        inner.add_func("several", lambda _store, n: [wc.ResourceHost.own(50 + i, CELL) for i in range(n)])
        inner.add_func("total", total)
        inner.add_func("attempt", lambda _store, v: wc.ResourceHost.own(v, CELL) if v else "näh")
        inner.add_func("named", named)
        inner.add_func("wide", lambda _store, *all: sum(all[:-1]) * 1000 + cell(all[-1]))


def gathered(run: Run, store: Any, reps: list[int]) -> list[int]:
    """Pass resources through a guest as a list."""
    function = run.instance.get_func(store, "gather")
    assert function is not None
    handles = function(store, [wc.ResourceHost.own(rep, CELL) for rep in reps])
    return [handle.to_host(store).rep for handle in handles]


def test_resources_of_the_host() -> None:
    def script(run: Run) -> Any:
        given = run.call("give", 5)
        peeked = run.call("peek", given)
        run.call("take", given)
        return run.call("go", 4), run.call("lists", 3), peeked, run.call("lists", 0)

    result, log = compare("outside", cells, script)
    assert result == (80, 153, 50, 0)
    assert log.count(("drop", 1000)) == 1


def test_lists_of_resources_of_the_host() -> None:
    def script(run: Run) -> Any:
        return gathered(run, run.store, [3, 1, 2]), gathered(run, run.store, [])

    assert compare("outside", cells, script)[0] == ([3, 1, 2], [])


def test_the_host_calls_back_while_its_call_is_open() -> None:
    def script(run: Run) -> Any:
        return run.call("lists", 11), gathered(run, run.store, [5]), run.call("lists", 11)

    result, log = compare("outside", cells, script)
    assert result == (sum(range(50, 61)), [5], sum(range(50, 61)))
    assert log == [[2, 1], [2, 1]]


@pytest.mark.parametrize("name", ["pausing", "dropping"])
def test_the_host_calls_back_from_where_nothing_passes_memory(name: str) -> None:
    def define(root: wc.LinkerInstance, run: Run) -> None:
        def back(_store: Any, number: int) -> None:
            run.log.append(number)
            if run.log.count(number) == 1:
                run.log.append(run.call(name, [wc.ResourceHost.own(number, CELL)]))

        with root.add_instance("example:host/cells") as inner:
            inner.add_resource("cell", wc.ResourceType.host(CELL), back)
            inner.add_func("pause", back)

    result, log = compare("reentered", define, lambda run: run.call(name, [wc.ResourceHost.own(1, CELL)]))
    assert [result, len(log)] == [[0x07070707] * 20, 3]


def test_results_and_options_of_resources() -> None:
    def script(run: Run) -> Any:
        back = run.call("maybe", wc.ResourceHost.own(6, CELL))
        return (
            run.call("attempt", 8),
            run.call("attempt", 0),
            back.to_host(run.store).rep,
            run.call("maybe", None),
        )

    result, log = compare("outside", cells, script)
    assert result == (80, "näh", 6, None)
    assert log == [("drop", 8)]


def test_a_resource_among_spilled_parameters() -> None:
    def script(run: Run) -> Any:
        return run.call("wide", *range(16), wc.ResourceHost.own(42, CELL)), run.call("go", 4)

    assert compare("outside", cells, script)[0] == (121_042, 80)


def test_lists_of_borrows_of_the_host() -> None:
    def script(run: Run) -> Any:
        cells = [run.call("give", n) for n in (4, 5)]
        return run.call("peeks", [*cells, cells[0]]), run.call("peeks", []), run.call("peeks", cells)

    assert compare("outside", cells, script)[0] == (130, 0, 90)


def test_a_borrow_beside_a_string() -> None:
    def script(run: Run) -> Any:
        one = run.call("give", 9)
        return [run.call("named", one, name) for name in ("", "plain", "größer", "日本")]

    result, log = compare("outside", cells, script)
    assert result == [0, 5, 6, 2]
    assert log == [(9, ""), (9, "plain"), (9, "größer"), (9, "日本")]


def test_a_kept_borrow_traps() -> None:
    def script(run: Run) -> Any:
        return run.call("keep", run.call("give", 5)), run.call("go", 1)

    result, _ = compare("outside", cells, script)
    assert result[0] is not None


THINGS = "example:guest/things#"


def test_exported_resources() -> None:
    def script(run: Run) -> Any:
        make, get = f"{THINGS}[constructor]thing", f"{THINGS}[method]thing.get"
        one, two = run.call(make, 11), run.call(make, 22)
        both = run.call(get, one), run.call("look", two)
        joined = run.call(f"{THINGS}[static]thing.join", one, two)
        again = run.call("pass", joined)
        value = run.call(get, again), run.call("look", again)
        run.call("hold", again)
        run.call("release")
        run.call(make, 44).drop(run.store)
        return both, value

    result, log = compare("exported", tapped, script)
    assert result == ((11, 22), (33, 33))
    assert log == [(7, 11), (7, 22), (7, 33), (7, 44)]


def test_lists_of_exported_resources() -> None:
    def script(run: Run) -> Any:
        things = run.call(f"{THINGS}several", 3)
        total = run.call(f"{THINGS}total", [*things, things[0]])
        for thing in things:
            thing.drop(run.store)
        return total, run.call(f"{THINGS}total", [])

    result, log = compare("exported", tapped, script)
    assert result == (103 + 102 + 101 + 103, 0)
    assert log == [(7, 103), (7, 102), (7, 101)]


def test_a_kept_borrow_of_an_exported_resource_traps() -> None:
    def script(run: Run) -> Any:
        return run.call("keep", run.call(f"{THINGS}[constructor]thing", 1))

    assert compare("exported", tapped, script)[0] is not None


@pytest.mark.parametrize("name", ["run", "scalars", "strings", "outside", "exported", "hostmemory"])
def test_one_module_and_at_most_a_holder_beside_data(name: str) -> None:
    modules = [parse_module(data) for _, data in core_modules(fused(name).data)]
    without_data = [one for one in modules if one.bodies or not one.segments]
    assert len(without_data) == {"run": 1, "scalars": 1, "strings": 1}.get(name, 2)


def test_segments_are_where_the_engine_lays_them_out() -> None:
    """Two Go programs have more segments than an engine takes in one module."""
    segments = '(data (i32.const 8) "x")' * 60_000
    guest = f"""(component (import "f" (func $f (param "s" string)))
      (core module $M (memory (export "m") 1) {segments}) (core instance $m (instantiate $M))
      (core func $f (canon lower (func $f) (memory (core memory $m "m"))))
      (core module $N (import "" "f" (func (param i32 i32))) (func (export "g") (call 0 (i32.const 8) (i32.const 1))))
      (core instance $n (instantiate $N (with "" (instance (export "f" (func $f))))))
      (func (export "g") (canon lift (core func $n "g"))))"""
    two = f"""(component (import "f" (func $f (param "s" string)))
      (core module $S (func $s) (start $s)) (core instance (instantiate $S))
      {guest.replace("(component", "(component $C", 1)}
      (instance $a (instantiate $C (with "f" (func $f)))) (instance $b (instantiate $C (with "f" (func $f))))
      (export "a" (func $a "g")) (export "b" (func $b "g")))"""
    output = fuse(bytes(wasmtime.wat2wasm(two)))
    modules = [parse_module(data) for _, data in core_modules(output.data)]
    assert [len(one.segments) for one in modules if not one.bodies] == [60_000] * 2
    left = parse_module(output.core).segments
    assert [(one.offset, one.contents.end - one.contents.start) for one in left] == [(None, 0)] * 2
