"""The legacy module over the host's store without any types between: what times are measured against.

It also holds the host's store to the untyped host that is written apart from it: without
types, both must give every fixture the same log.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from families.untyped_handles import host, legacy, world


@lru_cache
def _template() -> str:
    return Path(__file__).with_name("untyped.wat").read_text(encoding="utf-8")


def _of_kind(kind: str, number: int) -> str:
    return f"""\
  (func (export "open_{kind}")
    (param $value i32) (param $delay i32) (param $more i32) (param $out i32) (result i32)
    (i32.store $legacy (local.get $out)
      (call $open (i32.const {number}) (local.get $value) (local.get $delay) (local.get $more)))
    (i32.const 0))
  (func (export "use_{kind}") (param $n i32) (param $out i32) (result i32)
    (if (i32.eqz (call $known (local.get $n) (i32.const {number}))) (then (return (i32.const 3))))
    (i32.store $legacy (local.get $out) (call $value (local.get $n)))
    (i32.const 0))"""


def component(kinds: tuple[str, ...], body: str) -> bytes:
    """Return a component of core modules alone, without a tap: legacy module, untyped host, store."""
    of_kind = "\n".join(_of_kind(kind, number) for number, kind in enumerate(kinds))
    untyped = _template().replace("@imports@", host.store_imports()).replace("@of_kind@", of_kind)
    text = "\n".join(
        (
            "(component",
            host.SILENT_TAP,
            host.store("alias-guard"),
            untyped.rstrip(),
            legacy.text(body, kinds),
            world.shim(kinds),
            world.fixup(kinds),
            '(core instance $store (instantiate $store (with "host" (instance (export "tap" (func $tap))))))',
            "(core instance $shim (instantiate $shim))",
            '(core instance $legacy (instantiate $legacy (with "io" (instance $shim))))',
            '(core instance $untyped (instantiate $untyped (with "legacy" (instance $legacy))',
            '  (with "store" (instance $store))))',
            '(core instance (instantiate $fixup (with "shim" (instance $shim)) (with "io" (instance $untyped))))',
            '(func (export "run") (result (list u32))',
            '  (canon lift (core func $legacy "run") (memory (core memory $legacy "memory"))))',
            ")",
        )
    )
    return world.binary(text.replace("\n(module ", "\n(core module "))
