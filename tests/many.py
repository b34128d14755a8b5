"""Compositions of very many instances, as wit-component and wac make them."""

from __future__ import annotations


def shimmed(number: int) -> str:
    """A component as wit-component makes it: a shim, a main module with memory, a fix-up."""
    return f"""
  (component $C{number}
    (import "f" (func $f (param "s" string) (result string)))
    (core module $shim
      (table (export "$imports") 1 1 funcref)
      (type $t (func (param i32 i32 i32)))
      (func (export "0") (type $t) (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2) (i32.const 0))))
    (core instance $shim (instantiate $shim))
    (core module $main
      (import "" "0" (func $f (param i32 i32 i32)))
      (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $top (i32.add (global.get $top) (local.get 3)))
        (i32.sub (global.get $top) (local.get 3)))
      (func (export "f") (param i32 i32) (result i32)
        (call $f (local.get 0) (local.get 1) (i32.const 16))
        (i32.const 16)))
    (core instance $main (instantiate $main (with "" (instance (export "0" (func $shim "0"))))))
    (core func $f (canon lower (func $f) (memory (core memory $main "memory")) (realloc (core func $main "realloc"))))
    (core module $fixups
      (import "" "0" (func $0 (param i32 i32 i32)))
      (import "" "$imports" (table 1 1 funcref))
      (elem (i32.const 0) func $0))
    (core instance (instantiate $fixups (with "" (instance
      (export "$imports" (table $shim "$imports")) (export "0" (func $f))))))
    (func (export "f") (param "s" string) (result string) (canon lift (core func $main "f")
      (memory (core memory $main "memory")) (realloc (core func $main "realloc")))))"""


LEAF = """
  (component $L
    (core module $M (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $top (i32.add (global.get $top) (local.get 3)))
        (i32.sub (global.get $top) (local.get 3)))
      (func (export "f") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (i32.add (local.get 1) (i32.const 0)))
        (i32.const 16)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "s" string) (result string) (canon lift (core func $m "f")
      (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (instance $i0 (instantiate $L))"""

SCALAR = """
  (component $S
    (import "n" (func $n (param "x" u32) (result u32)))
    (core func $n (canon lower (func $n)))
    (core module $M (import "" "n" (func $n (param i32) (result i32)))
      (func (export "n") (param i32) (result i32) (i32.add (call $n (local.get 0)) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "n" (func $n))))))
    (func (export "n") (param "x" u32) (result u32) (canon lift (core func $m "n"))))"""

SCALAR_LEAF = """
  (component $N
    (core module $M (func (export "n") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "n") (param "x" u32) (result u32) (canon lift (core func $m "n"))))
  (instance $n0 (instantiate $N))"""


def _linked(number: int) -> str:
    return f'\n  (instance $i{number} (instantiate $C{number} (with "f" (func $i{number - 1} "f"))))'


def composition(memories: int, others: int) -> str:
    """A chain of components with shim, memory and fix-up, and one of components without memory.

    `f` passes a string through the first, `n` a number through the second, which adds one a step.
    """
    parts = [LEAF]
    parts += [shimmed(number) + _linked(number) for number in range(1, memories)]
    parts += [SCALAR_LEAF, SCALAR]
    parts += [f'(instance $n{step} (instantiate $S (with "n" (func $n{step - 1} "n"))))' for step in range(1, others)]
    exports = f'(export "f" (func $i{memories - 1} "f")) (export "n" (func $n{others - 1} "n"))'
    return f"(component {' '.join(parts)} {exports})"
