"""How fast components are fused, beside the engine's validation of the same modules, and what memory it takes.

Usage: python bench/scan.py [--json FILE] [FILE...]; by default the fixtures above 1 MB, and
chains of 100, 200 and 300 instances. CPU seconds, the fastest of a few rounds. Absolute
numbers depend on the machine; the ratios to validation in one run do not. Goals: 20 MB/s,
a fifth of validation's speed, 12 times the input in memory (inputs of 10 MB and more),
time linear in instances.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import wasmtime

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fuser.fuse import FuseOptions, fuse  # noqa: E402 - the tests are no installed package
from fuser.outline import core_modules  # noqa: E402
from fuser.wasm.module import Module, parse_module  # noqa: E402
from fuser.wasm.opcodes import Immediate  # noqa: E402
from fuser.wasm.rewrite import Renumbering, Rewriter  # noqa: E402
from tests.many import composition  # noqa: E402

ROUNDS = 3
MEGA = 1e6
LARGE = 1_000_000

Figures = dict[str, float]


def renumbering(module: Module, shift: int) -> Renumbering:
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
    return {space: [number + shift for number in range(size)] for space, size in sizes.items()}


def rewrite(module: Module, shift: int) -> int:
    """Rewrite every body of a module; return the size of the result."""
    rewriter = Rewriter(module.data, module.base, renumbering(module, shift), module.code_size)
    return sum(len(rewriter.body(body)) for body in module.bodies)


def fastest(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the fastest of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measure(data: bytes) -> Figures:
    """Return megabytes a second of each step, and ratios."""
    engine = wasmtime.Engine()
    datas = [module for _, module in core_modules(data)]
    modules = [parse_module(one) for one in datas]
    size, code = len(data) / MEGA, sum(module.code_size for module in modules) / MEGA
    figures = {
        "megabytes": size,
        "validate": size / fastest(lambda: [wasmtime.Module.validate(engine, one) for one in datas]),
        "fuse": size / fastest(lambda: fuse(data, FuseOptions(validate=False))),
        "fuse-and-validate": size / fastest(lambda: fuse(data)),
        "rewrite-all-moved": code / fastest(lambda: [rewrite(module, 300) for module in modules]),
        "rewrite-none-moved": code / fastest(lambda: [rewrite(module, 0) for module in modules]),
    }
    figures["fuse/validate"] = figures["fuse"] / figures["validate"]
    return figures


def peak(path: Path) -> float:
    """Return the most memory that fusing takes in a process of its own, above what it has when idle, per input."""
    command = [sys.executable, __file__, "--peak", str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output) / path.stat().st_size


def print_peak(path: Path) -> None:
    """Fuse a file and print how many bytes of memory that took, above an idle process."""
    idle = _most_memory()
    fuse(path.read_bytes())
    print(_most_memory() - idle)


def _most_memory() -> int:
    """Return the peak of this process in bytes, as Linux tells it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def instances() -> dict[str, float]:
    """Return the CPU seconds of chains of instances, and how they grow against the first."""
    figures: dict[str, float] = {}
    for memories, others in ((30, 70), (60, 140), (90, 210)):
        data = bytes(wasmtime.wat2wasm(composition(memories, others)))
        figures[f"{memories + others} instances"] = fastest(partial(fuse, data, FuseOptions(validate=False)))
    first, *_, last = figures.values()
    return {**figures, "300/100": last / first}


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description="how fast components are fused, and in what memory")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print_peak(arguments.peak)
        return
    found = (path for path in sorted((ROOT / "fixtures").glob("*/*.wasm")) if path.stat().st_size > LARGE)
    report: dict[str, Figures] = {}
    for path in arguments.files or found:
        report[path.stem] = one = measure(path.read_bytes()) | {"peak/input": peak(path)}
        print(path.stem)
        print("".join(f"  {name:24}{value:10.2f}\n" for name, value in one.items()), end="", flush=True)
    if not arguments.files:
        report["instances"] = chains = instances()
        print("chains, CPU seconds")
        print("".join(f"  {name:24}{value:10.3f}\n" for name, value in chains.items()), end="")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
