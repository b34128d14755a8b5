"""How fast core modules are parsed and rewritten, beside the engine's validation of the same bytes.

Usage: python bench/scan.py [FILE...]; core modules or components, by default the fixtures.
Absolute numbers depend on the machine; the ratio to validation in one run does not.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import wasmtime

from fuser.wasm.module import Module, parse_module
from fuser.wasm.opcodes import Immediate
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Renumbering, Rewriter

FIXTURES = Path(__file__).parent.parent / "fixtures"
ROUNDS = 3
MEGA = 1e6


def core_modules(data: bytes) -> Iterator[bytes]:
    """Yield a core module, or those inside a component."""
    if data[4:8] == b"\x01\x00\x00\x00":
        yield data
        return
    reader = Reader(data, 8)
    while not reader.done:
        id = reader.byte()
        contents = reader.bytes(reader.u32())
        if id in (1, 4):
            yield from core_modules(contents)


def renumbering(module: Module, shift: int, *, keep_memory_zero: bool) -> Renumbering:
    """Move every index of every space by `shift`."""
    sizes = {
        Immediate.TYPE: len(module.types),
        Immediate.FUNCTION: module.count("func"),
        Immediate.TABLE: module.count("table"),
        Immediate.MEMORY: module.count("memory"),
        Immediate.GLOBAL: module.count("global"),
        Immediate.TAG: module.count("tag"),
        Immediate.ELEMENT: len(module.elements),
        Immediate.DATA: len(module.segments),
    }
    maps: dict[Immediate, list[int]] = {space: [n + shift for n in range(size)] for space, size in sizes.items()}
    if keep_memory_zero and maps[Immediate.MEMORY]:
        maps[Immediate.MEMORY][0] = 0
    return maps


def rewrite(module: Module, shift: int, *, keep_memory_zero: bool = False) -> int:
    """Rewrite every body of a module; return the size of the result."""
    maps = renumbering(module, shift, keep_memory_zero=keep_memory_zero)
    rewriter = Rewriter(module.data, module.base, maps, module.code_size)
    return sum(len(rewriter.body(body)) for body in module.bodies)


def fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of a few rounds."""
    times = []
    gc.disable()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    gc.enable()
    return min(times)


def measure(name: str, datas: list[bytes]) -> None:
    """Print one line for some modules taken together."""
    engine = wasmtime.Engine()
    modules = [parse_module(data) for data in datas]
    whole = sum(map(len, datas)) / MEGA
    code = sum(module.code_size for module in modules) / MEGA
    rates = (
        whole / fastest(lambda: [wasmtime.Module.validate(engine, data) for data in datas]),
        whole / fastest(lambda: [parse_module(data) for data in datas]),
        code / fastest(lambda: [rewrite(module, 300) for module in modules]),
        code / fastest(lambda: [rewrite(module, 300, keep_memory_zero=True) for module in modules]),
        code / fastest(lambda: [rewrite(module, 0) for module in modules]),
    )
    print(f"{name[:40]:40} {whole:7.2f} " + " ".join(f"{rate:9.1f}" for rate in rates) + f" {rates[2] / rates[0]:7.2f}")


def main() -> None:
    """Measure the given files one by one, or all fixtures as one."""
    heads = ("validate", "parse", "all move", "memory 0", "none move")
    print(f"{'MB/s':40} {'MB':>7} " + " ".join(f"{head:>9}" for head in heads) + f" {'ratio':>7}")
    given = [Path(argument) for argument in sys.argv[1:]]
    if not given:
        datas = [data for path in sorted(FIXTURES.glob("*/*.wasm")) for data in core_modules(path.read_bytes())]
        measure(f"{len(datas)} modules of the fixtures", datas)
    for path in given:
        measure(path.name, list(core_modules(path.read_bytes())))


if __name__ == "__main__":
    main()
