"""The linked program as people read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fuser.component.text import read
from fuser.errors import Malformed
from fuser.inspect import inspect
from fuser.inspect.data import to_json
from fuser.inspect.text import to_text
from fuser.inspect.types import function_text, type_text
from fuser.link import link
from fuser.types import FuncType, List, Map, Named, Option, Primitive, Record, Result, Tuple, Variant

FIXTURES = sorted(Path(__file__).parent.parent.glob("fixtures/*/*.wasm"))

SMALL = b"""
(component $top
  (import "h:h/log" (instance $log (export "say" (func (param "text" string)))))
  (component $def
    (core module $m (func (export "make") (result i32) i32.const 8) (func (export "drop") (param i32)))
    (core instance $i (instantiate $m))
    (type $r (resource (rep i32) (dtor (core func $i "drop")))) (export $re "r" (type $r))
    (func (export "make") (result (own $re)) (canon lift (core func $i "make"))))
  (instance $d (instantiate $def))
  (alias export $d "r" (type $r)) (alias export $d "make" (func $make)) (alias export $log "say" (func $say))
  (core module $memory (memory (export "m") 1)) (core instance $mem (instantiate $memory))
  (core func $low (canon lower (func $make))) (core func $drop (canon resource.drop $r))
  (core func $lows (canon lower (func $say) (memory (core memory $mem "m"))))
  (core module $user (import "d" "make" (func (result i32))) (import "d" "drop" (func (param i32)))
    (import "h" "say" (func (param i32 i32))) (func (export "run")))
  (core instance $u (instantiate $user
    (with "d" (instance (export "make" (func $low)) (export "drop" (func $drop))))
    (with "h" (instance (export "say" (func $lows))))))
  (func (export "run") (canon lift (core func $u "run"))))
"""

EXPECTED = """\
instances
  0 top
  1 d, in 0
core instances, in order of instantiation
  0 of 1 d: module at 0x…, … bytes, 0 imports, 2 exports
  1 of 0 top: module at 0x…, … bytes, 0 imports, 1 exports
  2 of 0 top: module at 0x…, … bytes, 3 imports, 1 exports
resource types
  0 $root#r, defined by 1 d, destructor func 1 of core instance 0
    used by 0 top as $root#r
calls
  0 top -> 1 d $root#make: func() -> own<$root#r>
    lower 0: utf8
    lift 0: func 0 of core instance 0, utf8
  0 top -> the outside h:h/log say: func(text: string)
    lower 1: utf8, memory memory 0 of core instance 1
built-ins
  0 resource.drop of $root#r, for 0 top
imports
  instance h:h/log
    func say: func(text: string)
exports
  func run: func(), lift 1
"""


def test_text() -> None:
    import re

    shown = re.sub(r"module at 0x[0-9a-f]+, \d+ bytes", "module at 0x…, … bytes", inspect(SMALL))
    assert shown == EXPECTED


def test_json_has_the_published_shape() -> None:
    data = json.loads(inspect(SMALL, "json"))
    assert data["format"] == 1
    assert list(data) == [
        "format",
        "instances",
        "core-instances",
        "resources",
        "uses",
        "lifts",
        "lowers",
        "builtins",
        "imports",
        "exports",
    ]
    assert data["instances"][1] == {"id": 1, "label": "d", "parent": 0}
    assert [one["item"] for one in data["core-instances"][2]["imports"]] == [
        {"lower": 0},
        {"builtin": 0},
        {"lower": 1},
    ]
    assert data["lowers"][0]["callee"] == {"lift": 0}
    assert data["lowers"][1]["callee"] == {"host": ["h:h/log", "say"]}
    assert data["lowers"][1]["options"]["memory"] == {"core-instance": 1, "sort": "memory", "index": 0}
    assert data["resources"][0]["destructor"] == {"core-instance": 0, "sort": "func", "index": 1}
    assert data["exports"] == [{"name": "run", "kind": "func", "type": "func()", "lift": 1}]


def test_mermaid() -> None:
    assert inspect(SMALL, "mermaid").splitlines() == [
        "flowchart LR",
        '  outside(["outside"])',
        '  i0["top"]',
        '  i1["d<br/>resource $root#35;r"]',
        "  i0 -->|1| i1",
        "  i0 -->|1| outside",
        "  outside -->|1| i0",
    ]


def test_nothing_is_said_to_be_nothing() -> None:
    text = inspect(b"(component)")
    assert "resource types\n  none\n" in text
    assert text.endswith("exports\n  none\n")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_real_components_are_shown_whole(path: Path) -> None:
    program = link(read(path.read_bytes()))
    data = to_json(program)
    text = to_text(program)
    assert json.loads(json.dumps(data)) == data
    assert text.count(" -> ") >= len(program.lowers)
    for resource in program.resources:
        assert f"{resource.id} {resource.label}, defined by" in text


def test_types_are_written_in_the_manner_of_wit() -> None:
    record = Record((("a", Primitive.U8), ("b", List(Primitive.STRING))))
    variant = Variant((("x", Option(record)), ("y", None)))
    assert type_text(variant) == "variant {x: option<record {a: u8, b: list<string>}>, y}"
    assert type_text(Named("point", record)) == "point"
    assert type_text(Result(None, Primitive.STRING)) == "result<_, string>"
    assert type_text(Result(Primitive.U8, None)) == "result<u8>"
    assert type_text(Result(None, None)) == "result"
    assert type_text(List(Primitive.U8, 4)) == "list<u8, 4>"
    assert type_text(Map(Primitive.STRING, Primitive.U8)) == "map<string, u8>"
    assert function_text(FuncType((("p", Tuple((Primitive.U8, Primitive.CHAR))),), record, asynchronous=True)) == (
        "async func(p: tuple<u8, char>) -> record {a: u8, b: list<string>}"
    )


def test_types_that_share_their_parts_are_cut_off() -> None:
    type: Tuple | Primitive = Primitive.U8
    for _ in range(90):
        type = Tuple((type, type))
    text = type_text(type)
    assert "…" in text
    assert len(text) < 1000


def test_names_cannot_break_out_of_a_diagram() -> None:
    program = link(read(b'(component $"a\\"]\\n<b>#" (core module $m) (core instance (instantiate $m)))'))
    from fuser.inspect.mermaid import to_mermaid

    assert to_mermaid(program).splitlines()[2] == '  i0["a#quot;] #lt;b#gt;#35;"]'


def test_bad_input_is_a_typed_error() -> None:
    with pytest.raises(Malformed):
        inspect(b"(module)")
