"""What a guest does is seen as it is: values, traps by class, host calls, deadlines, limits."""

# ruff: noqa: E501 -- a case on one line reads as a table

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime
from wasmtime import component as wc

from explore.family import Json, Observation
from explore.oracle import compiled, engine
from explore.oracle.engine import (
    DROP,
    INSTANTIATE,
    BadCall,
    Call,
    Gauges,
    Limits,
    observe_component,
    observe_module,
)
from explore.oracle.host import Host
from explore.oracle.store import Store
from explore.oracle.trap_text import read_failure
from explore.oracle.values import same
from fuser.traps import Trap


def assemble(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def run(text: str, *calls: Call, host: Host | None = None, limits: Limits = Limits()) -> Observation:  # noqa: B008
    return observe_component(assemble(text), calls or [Call("run")], limits, host)


def one_function(body: str, extra: str = "", type: str = "", core: str = "") -> str:
    return f"""(component
      (core module $m {extra} (func (export "run") {core} {body}))
      (core instance $i (instantiate $m))
      (func (export "run") {type} (canon lift (core func $i "run"))))"""


@pytest.mark.parametrize(
    ("body", "extra", "trap"),
    [
        ("unreachable", "", Trap.UNREACHABLE),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", "", Trap.DIVIDE_BY_ZERO),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "", Trap.INTEGER_OVERFLOW),
        ("(drop (i32.load (i32.const -1)))", "(memory 1)", Trap.MEMORY_OUT_OF_BOUNDS),
        ("(call_indirect (i32.const 0))", "(table 1 funcref)", Trap.UNINITIALIZED_ELEMENT),
        ("(call_indirect (i32.const 9))", "(table 1 funcref)", Trap.INDIRECT_CALL),
        (
            "(call_indirect (param i32) (i32.const 1) (i32.const 0))",
            "(table funcref (elem $f)) (func $f)",
            Trap.INDIRECT_CALL,
        ),
        ("(call $f)", "(func $f (drop (i32.const 0)) (call $f) (drop (i32.const 1)))", Trap.STACK_OVERFLOW),
    ],
)
def test_core_traps_have_their_class(body: str, extra: str, trap: Trap) -> None:
    (outcome,) = run(one_function(body, extra)).outcomes
    assert (outcome.trap, outcome.values) == (trap.value, None)
    assert "backtrace" not in outcome.text


RESOURCES = """(component
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r)) (core func $rep (canon resource.rep $r))
  (core func $drop (canon resource.drop $r))
  (type $s (resource (rep i32)))
  (core func $news (canon resource.new $s))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32))) (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32))) (import "" "news" (func $news (param i32) (result i32)))
    (func (export "unknown") (call $drop (i32.const 7)))
    (func (export "twice") (local i32) (local.set 0 (call $new (i32.const 5)))
      (call $drop (local.get 0)) (call $drop (local.get 0)))
    (func (export "wrong") (drop (call $rep (call $news (i32.const 1)))))
    (func (export "make") (result i32) (call $new (i32.const 41)))
    (func (export "read") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "rep" (func $rep))
    (export "drop" (func $drop)) (export "news" (func $news))))))
  (func (export "unknown") (canon lift (core func $i "unknown")))
  (func (export "twice") (canon lift (core func $i "twice")))
  (func (export "wrong") (canon lift (core func $i "wrong")))
  (export $R "r" (type $r))
  (func (export "make") (result (own $R)) (canon lift (core func $i "make")))
  (func (export "read") (param "of" (borrow $R)) (result u32) (canon lift (core func $i "read"))))"""


@pytest.mark.parametrize(
    ("call", "trap"),
    [("unknown", Trap.UNKNOWN_HANDLE), ("twice", Trap.UNKNOWN_HANDLE), ("wrong", Trap.WRONG_HANDLE_TYPE)],
)
def test_handle_traps_have_their_class_and_poison(call: str, trap: Trap) -> None:
    first, second = run(RESOURCES, Call(call), Call("make")).outcomes
    assert first.trap == trap.value
    assert second.trap == Trap.CANNOT_ENTER.value


def test_handles_that_come_out_can_go_in_and_be_dropped() -> None:
    handle: Json = {"handle": 0}
    seen = run(RESOURCES, Call("make"), Call("read", (handle,)), Call(DROP, (handle,)))
    assert [outcome.values for outcome in seen.outcomes] == [(handle,), (41,), ()]


def test_an_unreachable_has_the_class_of_its_site() -> None:
    data = assemble(one_function("unreachable"))
    offset = data.index(b"\x00\x0b", data.index(b"run"))  # the body: `unreachable end`
    for sites, trap in (({offset: Trap.INVALID_CHAR}, Trap.INVALID_CHAR), ({1: Trap.INVALID_CHAR}, Trap.UNREACHABLE)):
        (outcome,) = observe_component(data, [Call("run")], Limits(), sites=sites).outcomes
        assert outcome.trap == trap.value


def test_a_guest_that_does_not_end_is_interrupted() -> None:
    seen = run(one_function("(loop br 0)"), limits=Limits(seconds=0.2))
    assert (seen.failure, seen.outcomes) == ("timeout", ())
    assert run(one_function("nop"), limits=Limits(seconds=0.2)).failure is None


def test_a_start_that_traps_is_an_outcome() -> None:
    text = """(component (core module $m (func $s unreachable) (start $s) (func (export "run")))
      (core instance $i (instantiate $m)) (func (export "run") (canon lift (core func $i "run"))))"""
    (outcome,) = run(text).outcomes
    assert (outcome.call, outcome.trap) == (INSTANTIATE, Trap.UNREACHABLE.value)


def test_memory_beyond_the_limit_is_refused_to_the_guest() -> None:
    text = one_function("(memory.grow (i32.const 32))", "(memory 1)", "(result s32)", "(result i32)")
    assert run(text, limits=Limits(memory_mib=1)).outcomes[0].values == (-1,)
    assert run(text, limits=Limits(memory_mib=4)).outcomes[0].values == (1,)


def test_what_does_not_validate_is_invalid() -> None:
    data = bytearray(assemble(one_function("unreachable")))
    data[data.index(b"\x00\x0b", data.index(b"run"))] = 0xFF
    seen = observe_component(bytes(data), [Call("run")], Limits())
    assert seen.failure == "invalid"
    assert engine.invalid_because(bytes(data)) is not None


@pytest.mark.parametrize(
    "call", [Call("nothing"), Call("no:where/at#all"), Call("run", (1,)), Call(DROP, (1,)), Call(DROP)]
)
def test_a_call_that_cannot_be_made_is_an_error(call: Call) -> None:
    with pytest.raises(BadCall):
        run(one_function("nop"), call)


def test_a_handle_that_never_came_out_ends_the_run() -> None:
    seen = run(one_function("unreachable"), Call("run"), Call(DROP, ({"handle": 0},)), Call("run"))
    assert [outcome.trap for outcome in seen.outcomes] == ["unreachable"]
    assert seen.text == "(drop): {'handle': 0} is no handle that came out"


# -- values through the host ----------------------------------------------------------

ECHO = """(component
  {types}
  (import "host" (func $host (param "x" {type}) (result {type})))
  (core module $memory (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 15)) (i32.const -16)))
      (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 3)))))
  (core instance $l (instantiate $memory))
  (core func $low (canon lower (func $host) (memory (core memory $l "memory")) (realloc (core func $l "realloc"))))
  (core module $m (import "" "host" (func $host (param {flat}) {low})) (import "" "memory" (memory 1))
    (func (export "run") (param {flat}) (result {lifted}) {gets} {call}))
  (core instance $i (instantiate $m
    (with "" (instance (export "host" (func $low)) (export "memory" (memory $l "memory"))))))
  (func (export "run") (param "x" {type}) (result {type})
    (canon lift (core func $i "run") (memory (core memory $l "memory")) (realloc (core func $l "realloc")))))"""


def echo(type: str, flat: str, types: str = "") -> str:
    """Return a component that passes its argument to the host and returns the answer."""
    kinds = flat.split()
    gets = " ".join(f"(local.get {index})" for index in range(len(kinds)))
    if len(kinds) == 1:
        parts = {"low": f"(result {flat})", "lifted": flat, "call": "(call $host)"}
    else:
        parts = {"low": "(param i32)", "lifted": "i32", "call": "(i32.const 16) (call $host) (i32.const 16)"}
    return ECHO.format(type=type, flat=flat, gets=gets, types=types, **parts)


NAN32, NAN64 = "nan:7fc00001", "nan:7ff8000000000001"
CASES: list[tuple[str, str, Json, Json]] = [
    ("bool", "i32", True, False),
    ("u8", "i32", 0, 255),
    ("s8", "i32", -128, 127),
    ("u16", "i32", 65535, 1),
    ("s32", "i32", -(1 << 31), 5),
    ("u32", "i32", (1 << 32) - 1, 0),
    ("u64", "i64", (1 << 64) - 1, 1),
    ("s64", "i64", -(1 << 63), -1),
    ("f32", "f32", 1.5, NAN32),
    ("f64", "f64", "-inf", NAN64),
    ("char", "i32", "é", "\U0010ffff"),
    ("string", "i32 i32", "höher", ""),
    ("(list u8)", "i32 i32", [0, 255], []),
    ("(list string)", "i32 i32", ["a", ""], ["ß"]),
    ("(tuple u8 string)", "i32 i32 i32", [7, "x"], [0, ""]),
    ("(option bool)", "i32 i32", None, False),
    ("(option (option u8))", "i32 i32 i32", {"some": None}, {"some": 3}),
    ("(result u32 (error string))", "i32 i32 i32", {"ok": 4}, {"error": "bad"}),
    ("(result)", "i32", {"ok": None}, {"error": None}),
    ('(variant (case "a" bool) (case "b" u32) (case "c"))', "i32 i32", {"a": True}, "c"),
    ('(variant (case "a" bool) (case "b" u32) (case "c"))', "i32 i32", {"b": 1}, {"a": False}),
    ('(enum "x" "y")', "i32", "y", "x"),
    ('(flags "p" "q" "r")', "i32", ["p", "r"], []),
    ('(record (field "a-b" u8) (field "c" string))', "i32 i32 i32", {"a-b": 1, "c": "z"}, {"a-b": 2, "c": ""}),
]


@pytest.mark.parametrize(("type", "flat", "given", "answer"), CASES)
def test_values_pass_both_ways(type: str, flat: str, given: Json, answer: Json) -> None:
    types = ""
    if type.startswith(("(variant", "(enum", "(flags", "(record")):
        types, type = f'(type $raw {type}) (import "t" (type $t (eq $raw)))', "$t"
    host = Host({"host": answer})
    seen = run(echo(type, flat, types), Call("run", (given,)), host=host)
    assert [outcome.values for outcome in seen.outcomes] == [(answer,)]
    (event,) = seen.trace
    import json

    assert event == f"host host({json.dumps(given)})"


@pytest.mark.parametrize(("type", "flat", "wrong"), [
    ("u8", "i32", 256),
    ("u8", "i32", True),
    ("u8", "i32", "1"),
    ("bool", "i32", 1),
    ("char", "i32", "ab"),
    ("string", "i32 i32", 3),
    ("f32", "f32", "one"),
    ("f32", "f32", "nan:what"),
    ("f32", "f32", "nan:3f800000"),
    ("f64", "f64", 10**400),
    ('(enum "x" "y")', "i32", "z"),
    ('(variant (case "x"))', "i32", "z"),
    ("(tuple u8 string)", "i32 i32 i32", [1]),
    ("(result)", "i32", {"no": 1}),
    ("(list u8)", "i32 i32", "ab"),
    ("(option (option u8))", "i32 i32 i32", 3),
])  # fmt: skip
def test_a_value_of_another_type_is_refused(type: str, flat: str, wrong: Json) -> None:
    types = ""
    if type.startswith(("(variant", "(enum")):
        types, type = f'(type $raw {type}) (import "t" (type $t (eq $raw)))', "$t"
    with pytest.raises(BadCall, match="is not a"):
        run(echo(type, flat, types), Call("run", (wrong,)))


def test_a_host_without_answers_gives_zeros() -> None:
    for type, flat, given, zero in (
        ("u32", "i32", 5, 0),
        ("string", "i32 i32", "a", ""),
        ("(result)", "i32", {"error": None}, {"ok": None}),
    ):
        assert run(echo(type, flat), Call("run", (given,))).outcomes[0].values == (zero,)


def test_answers_may_differ_from_call_to_call() -> None:
    host = Host({"host": {"each": [1, 2]}})
    calls = [Call("run", (0,))] * 3
    seen = run(echo("u32", "i32"), *calls, host=host)
    assert [outcome.values for outcome in seen.outcomes] == [(1,), (2,), (2,)]


TWO_BORROWS = """(component
  (import "a:b/h" (instance $h (export "r" (type $r (sub resource)))
    (export "[constructor]r" (func (result (own $r))))
    (export "one" (func (param "a" (borrow $r))))
    (export "two" (func (param "a" (borrow $r)) (param "b" (borrow $r))))))
  (alias export $h "r" (type $R))
  (core func $new (canon lower (func $h "[constructor]r"))) (core func $drop (canon resource.drop $R))
  (core func $one (canon lower (func $h "one"))) (core func $two (canon lower (func $h "two")))
  (core module $m (import "" "new" (func $new (result i32))) (import "" "drop" (func $drop (param i32)))
    (import "" "one" (func $one (param i32))) (import "" "two" (func $two (param i32 i32)))
    (func (export "one") (local i32) (local.set 0 (call $new)) (call $one (local.get 0)) (call $drop (local.get 0)))
    (func (export "two") (call $two (call $new) (call $new))))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))
    (export "one" (func $one)) (export "two" (func $two))))))
  (func (export "one") (canon lift (core func $i "one"))) (func (export "two") (canon lift (core func $i "two"))))"""


def test_the_hosts_objects_are_numbered_and_traced() -> None:
    seen = run(TWO_BORROWS, Call("one"), Call("one"))
    made, passed = "host a:b/h#[constructor]r()", 'host a:b/h#one({{"object": {0}}})'
    dropped = "host drop a:b/h#r {0}"
    assert seen.trace == (made, passed.format(1), dropped.format(1), made, passed.format(2), dropped.format(2))


def test_a_defect_of_the_engine_is_a_class_of_its_own() -> None:
    seen = run(TWO_BORROWS, Call("two"))
    assert seen.failure == "engine-defect"
    assert "BUG" in seen.text


# -- core form -----------------------------------------------------------------------

SCALARS = """(component
  (core module $m
    (func (export "u8") (param i32) (result i32) (i32.add (local.get 0) (i32.const 256)))
    (func (export "s8") (param i32) (result i32) (local.get 0)) (func (export "bool") (param i32) (result i32) (i32.const 6))
    (func (export "u32") (param i32) (result i32) (local.get 0)) (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "char") (param i32) (result i32) (local.get 0)) (func (export "u64") (param i64) (result i64) (local.get 0))
    (func (export "boom") unreachable))
  (core instance $i (instantiate $m))
  {lifts}
  (func (export "boom") (canon lift (core func $i "boom"))))"""
SCALAR_CASES: list[tuple[str, Json]] = [
    ("u8", 255),
    ("s8", -1),
    ("bool", True),
    ("u32", (1 << 32) - 1),
    ("f32", 0.5),
    ("char", "ä"),
    ("u64", (1 << 64) - 1),
]


def scalars() -> tuple[bytes, bytes]:
    """Return a component and the core module in it."""
    lifts = " ".join(
        f'(func (export "{type}") (param "x" {type}) (result {type}) (canon lift (core func $i "{type}")))'
        for type, _ in SCALAR_CASES
    )
    text = SCALARS.format(lifts=lifts)
    module = text[text.index("(core module $m") : text.index("(core instance")].replace("(core module", "(module")
    return assemble(text), assemble(module)


def test_the_core_form_gives_the_same_scalars() -> None:
    component, core = scalars()
    calls = [Call(type, (value,)) for type, value in SCALAR_CASES]
    bare = observe_module(core, component, calls, Limits())
    assert bare is not None
    assert bare.outcomes == observe_component(component, calls, Limits()).outcomes


def test_the_core_form_ends_at_a_trap() -> None:
    component, core = scalars()
    bare = observe_module(core, component, [Call("boom"), Call("u32", (1,))], Limits())
    assert bare is not None
    assert [outcome.trap for outcome in bare.outcomes] == [Trap.UNREACHABLE.value]


def test_the_core_form_is_not_asked_for_more_than_scalars() -> None:
    component = assemble(echo("string", "i32 i32"))
    assert observe_module(assemble("(module)"), component, [Call("run", ("a",))], Limits()) is None


# -- compiled code ---------------------------------------------------------------------


def test_compiled_code_is_kept_and_a_damaged_piece_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "cache")
    monkeypatch.setattr(compiled._compiled, "store", store)
    data = assemble(one_function("nop"))
    for damage in (False, True, False):
        files = [path for path in store.folder.rglob("*") if path.is_file()]
        for path in files if damage else ():
            path.write_bytes(path.read_bytes()[:-9])
        assert observe_component(data, [Call("run")], Limits()).outcomes[0].values == ()
        assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        ("(return_call $f)", "(func $f)"),
        ("(block $all (try_table (catch_all $all) (throw $e)))", "(tag $e)"),
        ("(drop (ref.null extern))", ""),
        ("(drop (struct.new $s (i32.const 1)))", "(type $s (struct (field i32)))"),
        ("(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))", "(memory 1)"),
    ],
)
def test_what_the_baseline_compiler_does_not_take_runs_too(body: str, extra: str) -> None:
    text = one_function(body, extra)
    with pytest.raises(wasmtime.WasmtimeError):
        wc.Component(engine.engine(baseline=True), assemble(text))
    assert run(text).outcomes[0].values == ()


# -- texts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "trap"),
    [
        ("unaligned pointer", Trap.UNALIGNED_POINTER),
        ("return pointer not aligned", Trap.UNALIGNED_POINTER),
        ("string pointer not aligned to 2", Trap.UNALIGNED_POINTER),
        ("list pointer is not aligned", Trap.UNALIGNED_POINTER),
        ("realloc return: result not aligned", Trap.UNALIGNED_POINTER),
        ("string content out-of-bounds", Trap.STRING_OUT_OF_BOUNDS),
        ("string pointer/length out of bounds of memory", Trap.STRING_OUT_OF_BOUNDS),
        ("list content out-of-bounds", Trap.LIST_OUT_OF_BOUNDS),
        ("list pointer/length out of bounds of memory", Trap.LIST_OUT_OF_BOUNDS),
        ("pointer out of bounds of memory", Trap.MEMORY_OUT_OF_BOUNDS),
        ("wasm trap: out of bounds memory access", Trap.MEMORY_OUT_OF_BOUNDS),
        ("invalid utf8 encoding", Trap.INVALID_UTF8),
        ("invalid utf-8 sequence of 1 bytes from index 0", Trap.INVALID_UTF8),
        ("invalid utf16 encoding", Trap.INVALID_UTF16),
        ("invalid `char` bit pattern", Trap.INVALID_CHAR),
        ("converted integer out of range for `char`", Trap.INVALID_CHAR),
        ("invalid variant discriminant", Trap.INVALID_DISCRIMINANT),
        ("discriminant 5 out of range [0..2)", Trap.INVALID_DISCRIMINANT),
        ("cannot leave component instance", Trap.CANNOT_LEAVE),
        ("wasm trap: cannot enter component instance", Trap.CANNOT_ENTER),
        ("uncaught exception propagated out of component", Trap.UNCAUGHT_EXCEPTION),
        ("unknown handle index 7", Trap.UNKNOWN_HANDLE),
        ("handle index 1 used with the wrong type, expected guest-defined resource", Trap.WRONG_HANDLE_TYPE),
        ("cannot lift own resource from a borrow", Trap.OWN_FROM_BORROW),
        ("cannot remove owned resource while borrowed", Trap.HANDLE_LENT),
        ("borrow handles still remain at the end of the call", Trap.BORROWS_REMAIN),
        ("cannot allocate another handle: index overflow", Trap.TABLE_FULL),
        ("something new", Trap.OTHER),
    ],
)
def test_the_engines_words_have_their_class(cause: str, trap: Trap) -> None:
    trace = "error while executing at wasm backtrace:\n    0:    0x1f - m!f\n\nCaused by:\n    "
    failure = read_failure(f"{trace}0: {cause}\n    1: more\n")
    assert (failure.trap, failure.cause, failure.offset) == (trap, f"{cause}; more", 31)
    assert read_failure(cause).cause == cause


def test_a_system_without_memory_is_no_trap() -> None:
    """As under `ulimit -v`, where a fused module may find no room for the memories that the composition had."""
    with pytest.raises(MemoryError, match="Cannot allocate memory"):
        read_failure("failed to allocate\n\nCaused by:\n    Cannot allocate memory (os error 12)\n")


def test_a_panic_is_placed() -> None:
    text = """error while executing at wasm backtrace:
    0:   0x5cac - <unknown>!1:_RNvCsfgHYwM92fyn_7___rustc10rust_panic
    1:   0x3f31 - <unknown>!1:_RNvNtCscBs1tMXv1MS_4core9panicking5panic
    2:   0x339a - <unknown>!1:_RNvNtCscBs1tMXv1MS_4core6option13unwrap_failed
    3:   0x4530 - <unknown>!1:demo:both-ways/test#[static]thing.baz
    4:   0xbfbf - <unknown>!adapter demo:both-ways/test#[static]thing.baz

Caused by:
    wasm trap: wasm `unreachable` instruction executed
"""
    assert read_failure(text).place == "demo:both-ways/test#[static]thing.baz (unwrap_failed)"


@pytest.mark.parametrize(
    ("expected", "seen", "equal"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("nan", NAN64, True),
        (NAN64, NAN64, True),
        (NAN64, "nan:7ff8000000000000", False),
        ([1, {"a": "nan"}], [1, {"a": NAN32}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        (None, None, True),
        (None, False, False),
    ],
)
def test_equality_of_expected_values(expected: Json, seen: Json, *, equal: bool) -> None:
    assert same(expected, seen) is equal


# -- objects of the host's own ---------------------------------------------------------

LENT = """(component
  (import "r" (type $r (sub resource)))
  (core func $drop (canon resource.drop $r))
  (core module $m (import "" "drop" (func $drop (param i32)))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "keep") (param i32)))
  (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
  (type $guest' (resource (rep i32)))
  (export $guest "guest" (type $guest'))
  (func (export "lend") (param "r" (borrow $r)) (canon lift (core func $i "drop")))
  (func (export "give") (param "r" (own $r)) (canon lift (core func $i "drop")))
  (func (export "keep") (param "r" (borrow $r)) (canon lift (core func $i "keep")))
  (func (export "theirs") (param "r" (borrow $guest)) (canon lift (core func $i "keep"))))"""


def test_the_host_gives_and_lends_objects_of_its_own() -> None:
    calls = [Call("lend", ({"object": 7},)), Call("give", ({"object": 8},)), Call("keep", ({"object": 7},))]
    seen = observe_component(assemble(LENT), calls, Limits())
    assert [outcome.trap for outcome in seen.outcomes] == [None, None, "borrows-remain"]
    assert seen.trace == ("host drop r 8",)


@pytest.mark.parametrize("argument", [{"object": -1}, {"object": True}, {"object": 1 << 32}, {"object": "1"}])
def test_an_object_has_a_number(argument: dict[str, object]) -> None:
    with pytest.raises(BadCall, match="object"):
        observe_component(assemble(LENT), [Call("lend", (argument,))], Limits())  # type: ignore[arg-type]


def test_an_object_is_of_a_type_of_the_hosts() -> None:
    with pytest.raises(BadCall, match="is not one that the component imports"):
        observe_component(assemble(LENT), [Call("theirs", ({"object": 1},))], Limits())


# -- gauges ----------------------------------------------------------------------------------


def test_gauges_are_read_until_something_traps() -> None:
    text = """(component
      (core module $m (global $n (mut i32) (i32.const 5))
        (func (export "n") (result i32) (global.get $n))
        (func (export "up") (global.set $n (i32.add (global.get $n) (i32.const 1))))
        (func (export "stop") unreachable))
      (core instance $i (instantiate $m))
      (func (export "n") (result u32) (canon lift (core func $i "n")))
      (func (export "up") (canon lift (core func $i "up")))
      (func (export "stop") (canon lift (core func $i "stop"))))"""
    read: list[tuple[str, list[int]]] = []
    gauges = Gauges(("n", "n"), lambda call, numbers: read.append((call, list(numbers))))
    calls = [Call("up"), Call("stop"), Call("up")]
    seen = observe_component(assemble(text), calls, Limits(), gauges=gauges)
    assert read == [("(instantiate)", [5, 5]), ("up", [6, 6])]
    assert [outcome.call for outcome in seen.outcomes] == ["up", "stop", "up"]


def test_a_gauge_that_traps_ends_the_run() -> None:
    text = """(component
      (core module $m (func (export "n") (result i32) unreachable) (func (export "up")))
      (core instance $i (instantiate $m))
      (func (export "n") (result u32) (canon lift (core func $i "n")))
      (func (export "up") (canon lift (core func $i "up"))))"""
    seen = observe_component(assemble(text), [Call("up")], Limits(), gauges=Gauges(("n",)))
    assert [(outcome.call, outcome.trap) for outcome in seen.outcomes] == [("(read)", "unreachable")]
