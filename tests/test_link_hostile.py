"""Any bytes at all: a program or a typed error, soon."""

from __future__ import annotations

import json
from functools import cache

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from fuser.component.parse import parse
from fuser.errors import FuserError
from fuser.inspect.data import to_json
from fuser.inspect.mermaid import to_mermaid
from fuser.inspect.text import to_text
from fuser.link import link, state

# Every sort of definition once: imports, nested components, a shim, bundles, two instances,
# resources with every built-in, strings, all kinds of types, ascribed and aliased exports.
RICH = """
(component $root
  (import "host" (instance $host
    (type $t (record (field "a" u32) (field "b" string))) (export "t" (type $te (eq $t)))
    (export "r" (type $r (sub resource)))
    (export "[method]r.m" (func (param "self" (borrow $r)) (result $te)))
    (export "f" (func (param "x" (list (own $r))) (result (option $te))))))
  (alias export $host "r" (type $hr))
  (import "g" (func $g (param "x" (borrow $hr))))
  (component $leaf
    (core module $m (memory (export "m") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
      (func (export "d") (param i32)) (func (export "mk") (result i32) i32.const 8)
      (func (export "get") (param i32) (result i32) local.get 0)
      (func (export "s") (param i32 i32) (result i32) i32.const 0) (func (export "p") (param i32))
      (start $st) (func $st))
    (core instance $i (instantiate $m))
    (type $r (resource (rep i32) (dtor (core func $i "d"))))
    (core func $new (canon resource.new $r)) (core func $drop (canon resource.drop $r))
    (core func $rep (canon resource.rep $r))
    (func $mk (result (own $r)) (canon lift (core func $i "mk")))
    (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $i "get")))
    (func $s (param "a" string) (result string) (canon lift (core func $i "s")
      (memory (core memory $i "m")) (realloc (core func $i "realloc")) (post-return (core func $i "p"))
      string-encoding=utf16))
    (component $shim
      (import "r" (type $r (sub resource)))
      (import "mk" (func $mk (result (own $r))))
      (import "get" (func $get (param "self" (borrow $r)) (result u32)))
      (export $rr "r" (type $r))
      (export "mk" (func $mk) (func (result (own $rr))))
      (export "[method]r.get" (func $get) (func (param "self" (borrow $rr)) (result u32))))
    (instance $e (instantiate $shim (with "r" (type $r)) (with "mk" (func $mk)) (with "get" (func $get))))
    (export "a:b/c@1.2.3" (instance $e))
    (export "s" (func $s)))
  (instance $l1 (instantiate $leaf)) (instance $l2 (instantiate $leaf))
  (component $user
    (import "a:b/c@1.2.3" (instance $c (export "r" (type $r (sub resource)))
      (export "mk" (func (result (own $r))))
      (export "[method]r.get" (func (param "self" (borrow $r)) (result u32)))))
    (alias export $c "r" (type $r)) (alias export $c "mk" (func $mk))
    (alias export $c "[method]r.get" (func $get))
    (core func $mkl (canon lower (func $mk))) (core func $getl (canon lower (func $get)))
    (core func $drop (canon resource.drop $r))
    (core module $m (import "" "mk" (func (result i32))) (import "" "get" (func (param i32) (result i32)))
      (import "" "drop" (func (param i32))) (export "get" (func 1)) (func (export "run")))
    (core instance $i (instantiate $m (with "" (instance
      (export "mk" (func $mkl)) (export "get" (func $getl)) (export "drop" (func $drop))))))
    (func $run (canon lift (core func $i "run"))) (export "run" (func $run)))
  (component $passed (import "c" (component $c (export "s" (func (param "a" string) (result string)))))
    (import "m" (core module $m (export "f" (func)))) (core instance (instantiate $m))
    (instance $i (instantiate $c)) (export "i" (instance $i)))
  (core module $small (func (export "f")))
  (instance (instantiate $passed (with "c" (component $leaf)) (with "m" (core module $small))))
  (alias export $l1 "a:b/c@1.2.3" (instance $c1))
  (instance $u1 (instantiate $user (with "a:b/c@1.2.3" (instance $c1))))
  (alias export $u1 "run" (func $run))
  (type $en0 (enum "p" "q")) (export $en "en" (type $en0))
  (type $fl0 (flags "m" "n")) (export $fl "fl" (type $fl0))
  (type $v (variant (case "x" (tuple u8 s8 u16 s16 s32 u64 s64 f32 f64 char bool))
    (case "y" (result u8 (error $en))) (case "z" $fl)))
  (export $vv "v" (type $v))
  (export "run" (func $run))
  (export "l2" (instance $l2))
  (instance $b (export "run" (func $run)) (export "i" (instance $c1)))
  (export "bundle" (instance $b))
)
"""


@cache
def rich() -> bytes:
    return bytes(wasmtime.wat2wasm(RICH))


def outcome(data: bytes) -> str:
    """Link and show bytes; the name of the typed error, or `linked`. Anything else escapes."""
    try:
        program = link(parse(data))
    except FuserError as error:
        return type(error).__name__
    assert to_text(program)
    assert json.dumps(to_json(program))
    assert to_mermaid(program)
    return "linked"


def test_the_component_itself_links() -> None:
    assert outcome(rich()) == "linked"


def test_every_truncation_is_a_program_or_a_typed_error() -> None:
    data = rich()
    outcomes = {outcome(data[:length]) for length in range(len(data))}
    assert outcomes == {"Malformed", "linked"}


@settings(max_examples=300, deadline=2000, derandomize=True)
@given(st.data())
def test_changed_bytes_are_a_program_or_a_typed_error(data: st.DataObject) -> None:
    changed = bytearray(rich())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(8, len(changed) - 1))
        changed[position] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(sorted(set(changed)))))
    outcome(bytes(changed))


@settings(max_examples=200, deadline=2000, derandomize=True)
@given(st.data())
def test_moved_pieces_are_a_program_or_a_typed_error(data: st.DataObject) -> None:
    whole = rich()
    cuts = sorted(data.draw(st.lists(st.integers(8, len(whole)), min_size=2, max_size=4)))
    pieces = [whole[start:end] for start, end in zip([8, *cuts], [*cuts, len(whole)], strict=True)]
    order = data.draw(st.permutations(range(len(pieces))))
    outcome(whole[:8] + b"".join(pieces[index] for index in order))


@pytest.mark.parametrize("section", [2, 3, 5, 6, 7, 8, 10, 11])
def test_claimed_counts_cost_nothing(section: int) -> None:
    claimed = b"\0asm\x0d\0\x01\0" + bytes([section]) + b"\x05\xff\xff\xff\xff\x0f"
    assert outcome(claimed) == "Malformed"


def test_instance_types_that_share_their_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "STEP_LIMIT", 20_000)
    types = "".join(
        f"""(type $t{i + 1} (instance (alias outer 1 $t{i} (type $x))
              (export "a" (instance (type $x))) (export "b" (instance (type $x)))))"""
        for i in range(40)
    )
    data = bytes(wasmtime.wat2wasm(f'(component (type $t0 (instance)) {types} (import "i" (instance (type $t40))))'))
    assert outcome(data) == "LimitExceeded"
