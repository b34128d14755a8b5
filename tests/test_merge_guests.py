"""Guests merged with guests: linking of every sort, state, order of instantiation."""

from __future__ import annotations

from tests.merging import Running, function, instantiate, merged, module


def test_nothing_at_all() -> None:
    assert merged([], []).data == b"\0asm\1\0\0\0" + bytes.fromhex("01 04 01 60 00 00".replace(" ", "")) + (
        b"\x00\x08\x04name\x01\x01\x00"
    )


def test_shared_memory_and_function_chain() -> None:
    owner = instantiate(
        """(module (memory (export "memory") 1) (data (i32.const 8) "\\2a")
             (func (export "read") (param i32) (result i32) local.get 0 i32.load8_u))"""
    )
    forwarder = instantiate(
        """(module (import "" "read" (func $read (param i32) (result i32)))
             (import "" "memory" (memory 1))
             (export "again" (func $read)) (export "memory" (memory 0)))""",
        owner,
        id=1,
    )
    user = instantiate(
        """(module (import "" "again" (func $read (param i32) (result i32)))
             (import "" "memory" (memory $theirs 1)) (memory $mine 1)
             (data (memory $mine) (i32.const 8) "\\07")
             (func (export "sum") (result i32)
               (i32.store8 $theirs offset=1 (i32.const 8) (i32.const 100))
               (i32.add (call $read (i32.const 8))
                 (i32.add (i32.load8_u $mine (i32.const 8)) (call $read (i32.const 9))))))""",
        forwarder,
        id=2,
    )
    running = Running(merged([owner, forwarder, user], [("sum", function(user, "sum"))]))
    assert running("sum") == 42 + 7 + 100


def test_one_module_twice_has_two_states() -> None:
    counter = module(
        """(module (global $n (mut i32) (i32.const 0)) (memory 1)
             (func (export "next") (result i32)
               (global.set $n (i32.add (global.get $n) (i32.const 1)))
               (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (global.get $n)))
               (i32.load (i32.const 0))))"""
    )
    one, other = instantiate(counter), instantiate(counter, id=1)
    running = Running(merged([one, other], [("one", function(one, "next")), ("other", function(other, "next"))]))
    assert [running("one"), running("one"), running("other"), running("one")] == [1, 3, 1, 6]
