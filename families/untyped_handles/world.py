"""The closed world: typed host, and for each program a legacy module with its shim and adapter.

The legacy module needs the adapter's functions and the adapter needs the legacy module's
memory: the shim's trampolines through a table, filled in afterwards, break the cycle.
"""

from __future__ import annotations

from collections.abc import Sequence

import wasmtime

from families.untyped_handles import adapter, host, legacy
from families.untyped_handles.fixture_files import ENTRIES
from families.untyped_handles.interface import Function, functions, resources
from families.untyped_handles.pair import Pair

TAP = "tap"
_WITH_TAP = f' (with "{TAP}" (func ${TAP}))'


def component(pair: Pair, kinds: tuple[str, ...], policy: str, bodies: Sequence[str], *, tapped: bool = True) -> bytes:
    """Return the world in binary, with the tap as its one import if it is tapped; raises adapter.Unbuildable."""
    made = adapter.text(pair, kinds)
    lines = [
        "(component",
        f'(import "{TAP}" (func ${TAP} (param "event" u32) (param "number" u32)))' if tapped else "",
        host.component(pair, kinds, policy, tapped=tapped),
        f"(instance $io (instantiate $host{_WITH_TAP if tapped else ''}))",
        *(f'(alias export $io "{kind}" (type ${kind}))' for kind in resources(pair, kinds)),
        *(f"(core func $drop_{kind} (canon resource.drop ${kind}))" for kind in resources(pair, kinds)),
        shim(kinds),
        fixup(kinds),
        '(core module $scratch (memory (export "memory") 1))',
        made.replace("(module $adapter", "(core module $adapter", 1),
        *(_program(pair, kinds, body, number) for number, body in enumerate(bodies)),
        ")",
    ]
    return binary("\n".join(lines).replace("\n(module ", "\n(core module "))


def binary(text: str) -> bytes:
    """Assemble text."""
    return bytes(wasmtime.wat2wasm(text))


def shim(kinds: tuple[str, ...]) -> str:
    """Return the module of trampolines."""
    names = adapter.exports(kinds)
    functions = (
        f'  (func (export "{name}") {"(param i32) " * count}(result i32)\n'
        f"    {' '.join(f'(local.get {index})' for index in range(count))}\n"
        f"    (call_indirect {'(param i32) ' * count}(result i32) (i32.const {number})))"
        for number, (name, count) in enumerate(names.items())
    )
    table = f'  (table (export "table") {len(names)} {len(names)} funcref)'
    return "\n".join(("(core module $shim", table, *functions)) + ")"


def fixup(kinds: tuple[str, ...]) -> str:
    """Return the module that fills the shim's table."""
    names = adapter.exports(kinds)
    imports = (
        f'  (import "io" "{name}" (func ${name} {"(param i32) " * count}(result i32)))' for name, count in names.items()
    )
    table = f'  (import "shim" "table" (table {len(names)} {len(names)} funcref))'
    elements = f"  (elem (i32.const 0) func {' '.join(f'${name}' for name in names)})"
    return "\n".join(("(core module $fixup", table, *imports, elements)) + ")"


def _program(pair: Pair, kinds: tuple[str, ...], body: str, number: int) -> str:
    lines = [
        legacy.text(body, kinds).replace("(module $legacy", f"(core module $legacy{number}", 1),
        f"(core instance $shim{number} (instantiate $shim))",
        f'(core instance $legacy{number} (instantiate $legacy{number} (with "io" (instance $shim{number}))))',
        f"(core instance $scratch{number} (instantiate $scratch))",
        *(_lower(function, number) for function in functions(pair, kinds)),
        f"(core instance $adapter{number} (instantiate $adapter",
        f'  (with "legacy" (instance $legacy{number})) (with "scratch" (instance $scratch{number}))',
        '  (with "host" (instance',
        *(f'    (export "{item.core}" (func ${item.core}{number}))' for item in functions(pair, kinds)),
        *(f'    (export "drop_{kind}" (func $drop_{kind}))' for kind in resources(pair, kinds)),
        "  ))))",
        f'(core instance (instantiate $fixup (with "shim" (instance $shim{number}))',
        f'  (with "io" (instance $adapter{number}))))',
        f'(func (export "{ENTRIES[number]}") (result (list u32))',
        f'  (canon lift (core func $legacy{number} "run") (memory (core memory $legacy{number} "memory"))))',
    ]
    return "\n".join(lines)


def _lower(function: Function, number: int) -> str:
    options = f' (memory (core memory $scratch{number} "memory"))' if function.in_memory else ""
    return f'(core func ${function.core}{number} (canon lower (func $io "{function.name}"){options}))'


__all__ = ["ENTRIES", "TAP", "binary", "component", "fixup", "shim"]
