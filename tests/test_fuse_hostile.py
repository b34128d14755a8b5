"""Any bytes at all: a result or a typed error with its place, never anything else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explore.oracle.engine import Call
from fuser.errors import FuserError, InvalidOutput, LimitExceeded, Unsupported
from fuser.fuse import FuseOptions, fuse
from fuser.wasm.leb import unsigned
from tests.linking import refusal
from tests.support import run_both, wat

TESTS = Path(__file__).parent
SOURCES = ("instances/10-shim-filled", "boundary/deep-values", "resources/re-exporter", "core/collected-constants")
COMPONENTS = {name: wat((TESTS / f"{name}.wat").read_text()) for name in SOURCES}


def attempt(data: bytes, *, validate: bool) -> str:
    """Return how fusing ends; an output that is not valid is a defect."""
    try:
        fuse(data, FuseOptions(validate=validate))
    except InvalidOutput:
        raise
    except FuserError as error:
        sound = "\n" not in str(error) and 0 <= (error.offset or 0) <= len(data)
        return error.prefix if sound else f"told badly: {error!r}"
    return "fused"


@pytest.mark.parametrize("name", SOURCES)
def test_truncated_anywhere(name: str) -> None:
    data = COMPONENTS[name]
    cuts = [*range(min(len(data), 1024)), *range(1024, len(data), 97)]
    for cut in cuts:
        assert attempt(data[:cut], validate=False) in ("error", "unsupported", "fused")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bits(data: st.DataObject) -> None:
    whole = bytearray(COMPONENTS[data.draw(st.sampled_from(SOURCES))])
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(8, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    for validate in (True, False):
        assert attempt(bytes(whole), validate=validate) in ("error", "unsupported", "fused")


@pytest.mark.parametrize("section", range(13))
def test_four_thousand_million_claimed_items_cost_nothing(section: int) -> None:
    many = unsigned(0xFFFFFFFF)
    component = b"\0asm\x0d\0\x01\0" + bytes((section, len(many))) + many
    module = b"\0asm\x01\0\0\0" + bytes((section, len(many))) + many
    start = time.process_time()
    for data in (component, b"\0asm\x0d\0\x01\0\x01" + unsigned(len(module)) + module):
        assert attempt(data, validate=False) in ("error", "unsupported", "fused")
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ('(component (import "f" (func async)))', "async"),
        ('(component (type (stream u8)) (import "f" (func)))', "stream"),
        ('(component (type (future u8)) (import "f" (func)))', "future"),
        ('(component (import "f" (func (param "x" error-context))))', "error-context"),
        ("(component (core func (canon task.return)))", "async or thread"),
        ('(component (import "m" (core module)))', "core modules imported by the root"),
        ('(component (import "c" (component)))', "components imported by the root"),
        ('(component (core module $m) (export "m" (core module $m)))', "core module"),
        ('(component (component $c) (export "c" (component $c)))', "component"),
        (
            """(component (core module $m (memory (export "m") i64 1) (func (export "f") (param i64 i64)))
              (core instance $i (instantiate $m))
              (func (export "f") (param "x" string) (canon lift (core func $i "f") (memory (core memory $i "m")))))""",
            "64-bit memories",
        ),
    ],
)
def test_refusals_name_the_feature_and_the_place(text: str, feature: str) -> None:
    lower = "(core func (canon lower (func 0)))" if "async" in text and "import" in text else ""
    data = wat(text[:-1] + lower + ")")
    with pytest.raises(Unsupported, match=feature) as raised:
        fuse(data)
    assert raised.value.offset is not None
    assert 8 <= raised.value.offset < len(data)


@pytest.mark.parametrize("what", ["memory", "table"])
def test_too_many_memories_or_tables_are_unsupported_with_a_place(what: str) -> None:
    item = '(memory (export "x") 1)' if what == "memory" else '(table (export "x") 1 funcref)'
    use = "(memory.size)" if what == "memory" else "(table.size)"
    instances = "".join(
        f'(core instance $i{n} (instantiate $m)) (alias core export $i{n} "f" (core func $f{n}))' for n in range(101)
    )
    lifts = "".join(f'(func (export "f{n}") (result u32) (canon lift (core func $f{n})))' for n in range(101))
    module = f'(core module $m {item} (func (export "f") (result i32) {use}))'
    with pytest.raises(FuserError) as raised:
        fuse(wat(f"(component {module}{instances}{lifts})"))
    assert raised.value.prefix == "unsupported"
    assert raised.value.offset is not None


EXPORTER = """(core module $m (memory (export "m") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)) (func (export "f") (param i32 i32)))
  (core instance $i (instantiate $m)) (alias core export $i "m" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc)) (alias core export $i "f" (core func $f))
  (func $f (param "x" (list {type})) (canon lift (core func $f) (memory $mem) (realloc $realloc)))"""
LARGE = f"(type $a (tuple {'u8 ' * 1000})) (type $t (tuple {'$a ' * 400}))"
TOO_MUCH = {
    "string size": f"""{EXPORTER.format(type="u8")} (instance $o (export "{"f" * 60_000}" (func $f)))
      (export "n:p/{"i" * 60_000}" (instance $o))""",
    "components count": EXPORTER.format(type="u8")
    + "".join(f'(instance $o{n} (export "f{n}" (func $f))) (export "i{n}" (instance $o{n}))' for n in range(1000)),
    "type size": f"""{LARGE} {EXPORTER.format(type="$t")} (instance $o (export "t" (type $t)) (export "f" (func $f)))
      (export "o" (instance $o))""",
}
"""What the engine takes by itself, but not with what the wrapper adds to it."""


@pytest.mark.parametrize("what", TOO_MUCH)
def test_more_than_the_engine_takes_of_names_components_and_types_is_unsupported(what: str) -> None:
    data = wat(f"(component {TOO_MUCH[what]})")
    assert not refusal(data)
    with pytest.raises(LimitExceeded, match=what):
        fuse(data)


def test_long_chains_of_lowers_that_are_lifted_again_do_not_recurse() -> None:
    links = "".join(
        f"""(component $c{n} (import "f" (func $f (param "x" char) (result u32))) (core func $l (canon lower (func $f)))
              (func (export "f") (param "x" char) (result u32) (canon lift (core func $l))))
            (instance $i{n + 1} (instantiate $c{n} (with "f" (func $i{n} "f"))))"""
        for n in range(400)
    )
    module = '(core module $m (func (export "f") (param i32) (result i32) (local.get 0)))'
    first = f"""(component $c {module} (core instance $i (instantiate $m))
      (func (export "f") (param "x" char) (result u32) (canon lift (core func $i "f"))))"""
    text = f'(component {first} (instance $i0 (instantiate $c)) {links} (export "f" (func $i400 "f")))'
    assert run_both(text, [Call("f", ("a",))]).outcomes == (("f", (97,)),)
