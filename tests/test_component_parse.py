"""The component codec: lossless on real components, typed refusals with offsets, bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.text import binary, read
from fuser.component.tree import (
    AliasOuter,
    Component,
    CoreModule,
    Custom,
    NestedComponent,
    Reference,
    Sort,
    TypeDefinition,
)
from fuser.component.walk import references, rewrite
from fuser.errors import FuserError, LimitExceeded, Malformed, Unsupported
from fuser.wasm.leb import unsigned

FIXTURES = sorted(Path(__file__).parent.parent.glob("fixtures/*/*.wasm"))
HEADER = b"\0asm\x0d\0\x01\0"

EVERYTHING = """
(component $everything
  (core type $f (func (param i32) (result i64 f32)))
  (core rec (type $a (sub (struct (field (ref null $b)))))
    (type $b (sub $a (struct (field (ref null $b)) (field i32)))))
  (core type (array (mut i8)))
  (core type (sub (func)))
  (core type $m (module (alias outer 1 $f (type $y)) (type $x (func)) (import "a" "b" (func (type $x)))
    (import "a" "t" (table 1 2 funcref)) (import "a" "m" (memory 1)) (export "c" (func (type $y)))
    (export "g" (global (mut i32)))))
  (type $record (record (field "a" u8) (field "b" s8) (field "c" u16) (field "d" s16)))
  (type $variant (variant (case "x" $record) (case "y")))
  (type (tuple u32 s32 u64 s64 f32 f64 char bool string))
  (type (list $variant)) (type (option $variant)) (type (result)) (type (result u8 (error string)))
  (type (enum "p" "q")) (type (flags "m" "n"))
  (type (func (param "a" $record) (result $variant))) (type (func)) (type (func async (result u8)))
  (type $resource (resource (rep i32)))
  (type (own $resource)) (type (borrow $resource))
  (type $instance (instance
    (export "r" (type $r (sub resource))) (type $t (list (own $r))) (export "t" (type (eq $t)))
    (alias outer 1 $record (type $o)) (export "i" (instance))))
  (type (component (import "m" (core module (type $m))) (import "f" (func)) (export "c" (component))))
  (import "a:b/c@1.0.0" (instance $i (type $instance)))
  (alias export $i "r" (type $ir))
  (core module $core (memory (export "m") 1) (func (export "f") (result i32) i32.const 0)
    (func (export "p") (param i32)) (func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $ci (instantiate $core))
  (alias core export $ci "f" (core func $cf))
  (core instance $bundle (export "f" (func $cf)))
  (core func (canon resource.new $resource)) (core func (canon resource.rep $resource))
  (core func (canon resource.drop $ir))
  (core func (canon context.get i32 0)) (core func (canon context.set i32 0))
  (func $lifted (result string) (canon lift (core func $cf) string-encoding=latin1+utf16
    (memory (core memory $ci "m")) (realloc (core func $ci "r")) (post-return (core func $ci "p"))))
  (core func (canon lower (func $lifted) (memory (core memory $ci "m")) (realloc (core func $ci "r"))))
  (component $inner (alias outer 1 $instance (type $x)) (import "i" (instance (type $x))))
  (instance $nested (instantiate $inner (with "i" (instance $i))))
  (instance $made (export "n" (instance $nested)) (export "f" (func $lifted)))
  (export "lifted" (func $lifted) (func (result string)))
)
"""


def assemble(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_real_components_are_encoded_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    assert encode(parse(data)) == data


def test_every_construct_is_encoded_byte_for_byte() -> None:
    data = assemble(EVERYTHING)
    assert encode(parse(data)) == data


def test_padded_integers_are_read_and_written_short() -> None:
    short = HEADER + b"\x07\x02\x01\x79"
    padded = HEADER + b"\x07\x83\x00\x81\x00\x79"
    assert encode(parse(padded)) == short


def test_gated_types_are_in_the_tree() -> None:
    data = assemble("(component (type (list u8 4)) (type (map string u32)))")
    assert encode(parse(data)) == data


def test_offsets_are_those_of_the_outer_file() -> None:
    data = assemble("(component (component (core module (memory 1))))")
    (nested,) = [one for one in parse(data) if isinstance(one, NestedComponent)]
    (module,) = [one for one in nested.component if isinstance(one, CoreModule)]
    assert module.offset is not None
    assert data[module.offset :].startswith(module.data)
    assert module.data.startswith(b"\0asm\x01\0\0\0")


@pytest.mark.parametrize("text", [EVERYTHING, "(component (component $c (core module)) (instance (instantiate $c)))"])
def test_every_truncation_is_a_typed_error_or_a_component(text: str) -> None:
    data = assemble(text)
    ends = [error.offset for length in range(len(data)) if (error := failure(data[:length])) is not None]
    assert len(ends) > len(data) // 2
    assert all(offset is not None and offset <= len(data) for offset in ends)


def failure(data: bytes) -> FuserError | None:
    try:
        component = parse(data)
    except FuserError as error:
        return error
    assert encode(component) == data
    return None


REFUSALS = {
    "streams": ("(component (type (stream u8)))", "stream"),
    "futures": ("(component (type (future u8)))", "future"),
    "error-context": ("(component (type error-context))", "error-context"),
    "error-context built-in": (
        "(component (core func (canon error-context.drop)))",
        "async or thread",
    ),
    "task.return": ("(component (core func (canon task.return)))", "async or thread"),
    "backpressure": ("(component (core func (canon backpressure.inc)))", "async or thread"),
    "callback": (
        """(component (core module $m (func (export "f") (result i32) i32.const 0)
             (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
           (core instance $i (instantiate $m))
           (func async (canon lift (core func $i "f") async (callback (core func $i "c")))))""",
        "async canonical option",
    ),
    "gc": (
        """(component (import "f" (func $f)) (core type $t (func))
           (core func (canon lower (func $f) gc (core-type $t))))""",
        "canonical option",
    ),
    "values": ('(component (import "v" (value u8)))', "values"),
    "implements": ('(component (import "a" (implements "a:b/c") (instance)))', "attributes"),
    "i64 rep": ("(component (type (resource (rep i64))))", "i64 representation"),
}


@pytest.mark.parametrize(("text", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refused_features_are_named_with_their_offset(text: str, message: str) -> None:
    with pytest.raises(Unsupported, match=message) as caught:
        parse(assemble(text))
    assert caught.value.offset is not None


def test_component_start_is_refused() -> None:
    with pytest.raises(Unsupported, match="start"):
        parse(HEADER + b"\x09\x03\x00\x00\x00")


MALFORMED = {
    "no binary": (b"hello", "not a WebAssembly binary"),
    "empty": (b"", "not a WebAssembly binary"),
    "core module": (b"\0asm\x01\0\0\0", "a core module"),
    "future version": (b"\0asm\x0e\0\x01\0", "unknown version"),
    "unknown section": (HEADER + b"\x20\x00", "unknown section"),
    "section past the end": (HEADER + b"\x07\x05\x01\x79", "unexpected end"),
    "claimed count": (HEADER + b"\x07\x05\xff\xff\xff\xff\x0f", "unexpected end"),
    "trailing bytes": (HEADER + b"\x07\x03\x01\x79\x79", "trailing"),
    "empty record": (HEADER + b"\x07\x03\x01\x72\x00", "without parts"),
    "type index as definition": (HEADER + b"\x07\x02\x01\x00", "index stands"),
    "forward reference": (HEADER + b"\x07\x05\x02\x70\x01\x70\x00", "unknown type 1"),
    "unknown func export": (HEADER + b"\x0b\x07\x01\x00\x01f\x01\x00\x00", "unknown func 0"),
    "outer alias too far": (HEADER + b"\x06\x05\x01\x03\x02\x01\x00", "beyond the outermost"),
    "outer alias of a func": (HEADER + b"\x06\x05\x01\x01\x02\x00\x00", "no outer aliases"),
    "bad UTF-8": (HEADER + b"\x0a\x06\x01\x00\x01\xff\x01\x00", "UTF-8"),
    "named results": (HEADER + b"\x07\x05\x01\x40\x00\x01\x01", "named results"),
    "unknown canonical": (HEADER + b"\x08\x02\x01\x3f", "unknown canonical"),
}


@pytest.mark.parametrize(("data", "message"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_input_is_said_to_be_so(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse(data)


def nested(depth: int) -> bytes:
    data = HEADER
    for _ in range(depth):
        data = HEADER + b"\x04" + unsigned(len(data)) + data
    return data


def test_components_nest_to_the_limit_and_no_further() -> None:
    assert isinstance(parse(nested(999)), Component)
    with pytest.raises(LimitExceeded, match="levels deep"):
        parse(nested(1000))


def test_types_nest_to_the_limit_and_no_further() -> None:
    def body(depth: int) -> bytes:
        return b"\x41\x01\x01" * depth + b"\x79"

    data = body(100)
    section = b"\x01" + data
    length = len(section)
    parse(HEADER + b"\x07" + bytes([length & 0x7F | 0x80, length >> 7]) + section)
    with pytest.raises(LimitExceeded):
        parse(HEADER + b"\x07" + bytes([(length + 3) & 0x7F | 0x80, (length + 3) >> 7]) + b"\x01" + body(101))


def test_name_sections_that_are_broken_stay_as_they_are() -> None:
    data = HEADER + b"\x00\x11\x0ecomponent-name\x05\x7f"
    (custom,) = parse(data)
    assert isinstance(custom, Custom)
    assert encode(parse(data)) == data


# -- text --------------------------------------------------------------------------


def test_text_is_assembled_and_binary_left_alone() -> None:
    text = "(component (type u8))"
    assert binary(text.encode()) == assemble(text)
    assert binary(assemble(text)) == assemble(text)
    assert read(text.encode()) == parse(assemble(text))


@pytest.mark.parametrize("data", [b"(component (nonsense))", b"\xff\xfe(component)", b"   ", b""])
def test_bad_text_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


# -- references ----------------------------------------------------------------------


def test_a_rewrite_that_changes_nothing_returns_the_same_tree() -> None:
    component = read(EVERYTHING.encode())
    assert rewrite(component, lambda reference, _: reference) is component


def test_levels_of_references_are_the_scopes_they_refer_to() -> None:
    component = read(b"(component (type $t u8) (component (alias outer 1 $t (type)) (type $u (list 0))))")
    seen: list[tuple[Reference, int]] = []

    def note(reference: Reference, level: int) -> Reference:
        seen.append((reference, level))
        return reference

    rewrite(component, note, -1)
    levels = [level for reference, level in seen if reference.sort is Sort.TYPE]
    assert sorted(set(levels)) == [0, 1]


def test_references_of_a_definition_do_not_reach_into_scopes() -> None:
    component = read(b"(component (type $t u8) (type (instance (alias outer 1 $t (type $x)) (type (list $x)))))")
    *_, last = [one for one in component if isinstance(one, TypeDefinition)]
    assert list(references(last)) == []
    assert list(references(AliasOuter(1, Reference(Sort.TYPE, 0)))) == []
