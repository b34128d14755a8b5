"""The fused component has the world of the input, by a reading of its own (`tests/worlds.py`): names and types."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fuser.component.text import binary
from fuser.errors import Malformed, Unsupported
from fuser.fuse import Fused, FuseOptions, fuse
from fuser.inspect import inspect
from tests.support import wat
from tests.world_texts import components
from tests.worlds import world

TEXTS = {path.stem: path for path in sorted((Path(__file__).parent / "worlds").glob("*.wat"))}
ANYWHERE = ["a", "a-b2", "A", "A-B", "a-B", "ns:pkg/i", "ns:pkg/i@1.2.3", "ns:pkg/i@1.2.3-rc.1+build.7"]
IMPORTED = [
    "url=<https://example.org/x>",
    "url=<https://example.org/x>,integrity=<sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=>",
    "integrity=<sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=>",
    "locked-dep=<ns:pkg@1.2.3>",
    "unlocked-dep=<ns:pkg>",
    "unlocked-dep=<ns:pkg@{>=1.2.3 <2.0.0}>",
]
WASM_TOOLS = shutil.which("wasm-tools")
WIT = ["resource-names-imported", "resource-names-used", "resource-used-twice", "shared-types"]
"""Components that WIT can express."""


@cache
def component(name: str) -> bytes:
    return binary(TEXTS[name].read_bytes())


@cache
def fused(name: str) -> Fused:
    return fuse(component(name))


@pytest.mark.parametrize("name", TEXTS)
def test_the_world_stays(name: str) -> None:
    assert world(fused(name).data) == world(component(name))


@pytest.mark.parametrize("name", TEXTS)
def test_a_fused_component_can_be_fused(name: str) -> None:
    assert world(fuse(fused(name).data).data) == world(component(name))


@pytest.mark.parametrize("name", TEXTS)
def test_inspect_shows_what_the_root_imports_and_exports(name: str) -> None:
    imports, exports = world(component(name))
    shown = json.loads(inspect(component(name), "json"))
    assert [one["name"] for one in shown["imports"]] == [one for one, _ in imports]
    assert [one["name"] for one in shown["exports"]] == [one for one, _ in exports]
    text, diagram = inspect(component(name), "text"), inspect(component(name), "mermaid")
    assert all(f" {one}" in text for one, _ in (*imports, *exports))
    assert diagram.startswith("flowchart")


@pytest.mark.parametrize("name", TEXTS)
def test_the_core_form_is_made_and_says_what_wit_lacks(name: str) -> None:
    core = fuse(component(name), FuseOptions(emit="module"))
    things = ("a function", "an instance")
    declared = [one for one, of in world(component(name))[1] if not isinstance(of, tuple) or of[0] not in things]
    told = [gap for gap in core.gaps if gap.startswith("WIT worlds do not export types")]
    assert len(told) == len(declared)


@pytest.mark.skipif(WASM_TOOLS is None, reason="needs wasm-tools; the worlds are compared without it")
@pytest.mark.parametrize("name", WIT)
def test_wit_stays(name: str, tmp_path: Path) -> None:
    texts = []
    for which, data in (("before", component(name)), ("after", fused(name).data)):
        (tmp_path / which).write_bytes(data)
        command = ["wasm-tools", "component", "wit", str(tmp_path / which)]
        texts.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", [*ANYWHERE, *IMPORTED])
def test_names_of_imports_stay(name: str) -> None:
    functions = '(export "f" (func)) (export "G-h" (func (param "x-Y" u8)))'.replace("x-Y", "x-y")
    data = wat(f'(component (import "{name}" (instance {functions})) (import "x" (func)))')
    assert world(fuse(data).data) == world(data)
    assert world(data)[0][0][0] == name


@pytest.mark.parametrize("name", ANYWHERE)
def test_names_of_exports_stay(name: str) -> None:
    data = wat(
        f"""(component (core module $code (func (export "f"))) (core instance $m (instantiate $code))
          (func $f (canon lift (core func $m "f"))) (type $t (enum "a"))
          (instance $i (export "{name}" (func $f)) (export "t" (type $t)))
          (instance $j (export "{name}" (instance $i)))
          (export "{name}" (func $f)) (export "i" (instance $i)) (export "j" (instance $j)))"""
    )
    assert world(fuse(data).data) == world(data)
    assert world(data)[1][0][0] == name


@given(components())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_worlds_stay(text: str) -> None:
    data = wat(text)
    assert world(fuse(data).data) == world(data)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('(import "a" (func)) (import "b" (func))', '(import "b" (func)) (import "a" (func))'),
        ('(import "a" (func))', '(import "a" (func (param "x" u8)))'),
        ('(import "a" (func (param "x" u8)))', '(import "a" (func (param "y" u8)))'),
        ('(import "a" (instance (export "f" (func))))', '(import "a" (instance))'),
        (
            '(import "r" (type $r (sub resource))) (import "s" (type $s (eq $r)))',
            '(import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))',
        ),
        (
            '(import "r" (type $r (sub resource))) (import "s" (type $s (sub resource))) (export "t" (type $r))',
            '(import "r" (type $r (sub resource))) (import "s" (type $s (sub resource))) (export "t" (type $s))',
        ),
        (
            '(type $t (instance (export "f" (func)))) (export "t" (type $t))',
            '(type $t (instance)) (export "t" (type $t))',
        ),
        (
            '(type $t (component (import "m" (core module (export "f" (func)))))) (export "t" (type $t))',
            '(type $t (component (import "m" (core module (export "f" (func (param i32))))))) (export "t" (type $t))',
        ),
    ],
)
def test_worlds_that_differ_are_told_apart(one: str, other: str) -> None:
    assert world(wat(f"(component {one})")) != world(wat(f"(component {other})"))


def test_inputs_that_share_an_import_share_its_names() -> None:
    shown = '(import "ns:pkg/i" (instance (export "r" (type $r (sub resource))) {}{}))'
    alias, method = '(export "s" (type $s (eq $r)))', '(export "[method]r.f" (func (param "self" (borrow $r))))'
    giver = wat(f'(component {shown.format("", method)} (instance $x) (export "x" (instance $x)))')
    taker = wat(f'(component {shown.format(alias, method)} (import "x" (instance)))')
    ((name, (_, items)),) = world(fuse([giver, taker]).data)[0]
    ((_, (_, wanted)), _) = world(taker)[0]
    assert name == "ns:pkg/i"
    assert sorted(items) == sorted(wanted)


# -- what the engine refuses -----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '(type $f (func)) (import "t" (type (eq $f)))',
        '(import "i" (instance (type $f (instance)) (export "t" (type (eq $f)))))',
        '(type $f (func)) (instance $i (export "t" (type $f)))',
        '(component $c (type $f (component)) (export "t" (type $f))) (instance (instantiate $c))',
    ],
)
def test_such_types_elsewhere_are_refused_as_the_engine_does(text: str) -> None:
    with pytest.raises(Unsupported) as refused:
        fuse(wat(f"(component {text})"))
    assert refused.value.offset is not None


def test_typed_references_in_an_exported_type_are_refused_before_the_engine_aborts() -> None:
    text = """(component (core type $a (struct)) (core type $f (func (param (ref null $a))))
      (type $t (component (import "m" (core module (alias outer 2 $f (type $g)) (import "x" "y" (func (type $g)))))))
      (export "t" (type $t)))"""
    with pytest.raises(Unsupported, match="typed references"):
        fuse(wat(text))


@pytest.mark.parametrize(
    "text",
    [
        "(component $c) (type (instance (alias outer 1 $c (component))))",
        "(core module $c) (type (component (alias outer 1 $c (core module))))",
        '(type (instance (export "i" (instance $i (export "f" (func)))) (alias export $i "f" (func))))',
    ],
)
def test_types_alias_types_and_instances_only(text: str) -> None:
    with pytest.raises(Malformed, match="cannot be aliased in a type"):
        fuse(wat(f"(component {text})"), FuseOptions(validate=False))


# -- hostile sizes ----------------------------------------------------------------------


def test_a_long_chain_of_types_is_carried_without_recursion() -> None:
    links = "".join(f"(type $t{n} (instance (alias outer 1 $t{n - 1} (type))))" for n in range(1, 3000))
    exports = "".join(f'(export "t{n}" (type $t{n}))' for n in range(0, 3000, 100))
    data = wat(f"(component (type $t0 (instance)) {links} {exports})")
    assert len(fuse(data).data) < len(data)


def test_what_many_types_take_is_written_once() -> None:
    shared = "".join(f'(import "a{n}" (func))' for n in range(1000))
    types = "".join(f"(type $t{n} (component (alias outer 1 $b (type))))" for n in range(300))
    exports = "".join(f'(export "t{n}" (type $t{n}))' for n in range(300))
    data = wat(f"(component (type $b (component {shared})) {types} {exports})")
    assert len(fuse(data).data) < 1.1 * len(data)


REUSE = """(component (import "a:b/t" (instance $t (export "r" (type (sub resource))))) (alias export $t "r" (type $r))
  (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
  (func $f (param "a" (own $r)) (canon lift (core func $i "f")))
  (component $c (import "r" (type $r (sub resource))) (import "f" (func $f (param "a" (own $r))))
    (export $rr "r" (type $r)) (export "f" (func $f) (func (param "a" (own $rr)))))
  (instance $o (instantiate $c (with "r" (type $r)) (with "f" (func $f))))
  (export "a:b/o" (instance $o)) {})"""
"""An exported interface mentions the resource type of an imported one."""


def test_an_interface_passed_on_with_its_resource_type_is_none_of_wit() -> None:
    options = FuseOptions(emit="module")
    assert fuse(wat(REUSE.format("")), options).gaps == ()
    (gap,) = fuse(wat(REUSE.format('(export "a:b/t" (instance $t))')), options).gaps
    assert gap.startswith("WIT takes the resource types of `a:b/t`")
