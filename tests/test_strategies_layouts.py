"""D and F: what the code before `resource.new` shows, and what is built on it."""

from __future__ import annotations

import pytest

from fuser.component.parse import parse
from fuser.link import link
from fuser.wasm.module import parse_module
from prototypes.layouts import Site, sites
from prototypes.objects import Address, Number, Parameter, Store, Unknown, handed_over
from tests.strategies_support import GATING, data, fused, made, reason
from tests.support import wat


def walk(body: str) -> list[object]:
    """Return what a body hands to function 0; function 1 allocates."""
    module = parse_module(
        wat(f"""(module
          (import "" "new" (func $new (param i32) (result i32)))
          (import "" "malloc" (func $malloc (param i32) (result i32)))
          (memory 1) (global $g (mut i32) (i32.const 0))
          (func (export "f") (param $p i32) (param $q f64) (result i32) (local $a i32) {body}))""")
    )
    return list(handed_over(module, 2, {0}))


def stores(body: str) -> list[Store]:
    (value,) = walk(body)
    assert isinstance(value, Address)
    return value.object.stores


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("(call $new (local.get $p))", Parameter(0)),
        ("(call $new (i32.const 7))", Number(7)),
        ("(call $new (i32.add (i32.const 7) (i32.const 1)))", Number(8)),
        ("(call $new (global.get $g))", Unknown()),
        ("(local.set $p (global.get $g)) (call $new (local.get $p))", Unknown()),
        ("(block) (call $new (local.get $p))", Unknown()),
        ("(if (local.get $p) (then)) (call $new (local.get $p))", Unknown()),
        ("(loop (br_if 0 (local.get $p))) (call $new (local.get $p))", Unknown()),
        ("(call $new (i32.load (local.get $p)))", Unknown()),
        ("(call $new (call $malloc (local.get $p)))", Unknown()),
    ],
)
def test_what_is_handed_over(body: str, value: object) -> None:
    assert walk(body) == [value]


def test_stores_into_an_object_are_seen_with_their_places() -> None:
    body = """(local.set $a (call $malloc (i32.const 24)))
      (br_if 0 (i32.const 1) (i32.eqz (local.get $a))) (drop)
      (f64.store offset=8 (local.get $a) (local.get $q))
      (i32.store8 (i32.add (local.get $a) (i32.const 3)) (i32.const 1))
      (i64.store32 offset=16 align=1 (local.get $a) (i64.const 0))
      (i32.store offset=4 (local.get $p) (i32.const 1))
      (call $new (local.get $a))"""
    assert stores(body) == [Store(8, 8), Store(3, 1), Store(16, 4)]


def test_stores_behind_a_join_are_not_counted() -> None:
    body = """(local.set $a (call $malloc (i32.const 4)))
      (if (local.get $p) (then (i32.store (local.get $a) (i32.const 1))))
      (call $new (local.get $a))"""
    assert walk(body) == [Unknown()]


@pytest.mark.parametrize(
    ("body", "escapes"),
    [
        ("", False),
        ("(i32.store (local.get $a) (local.get $p))", False),
        ("(i32.store (local.get $p) (local.get $a))", True),
        ("(drop (call $malloc (local.get $a)))", True),
        ("(global.set $g (i32.add (local.get $a) (i32.const 4)))", True),
    ],
)
def test_an_address_that_is_put_elsewhere_is_noticed(body: str, *, escapes: bool) -> None:
    (value,) = walk(f"(local.set $a (call $malloc (i32.const 8))) {body} (call $new (local.get $a))")
    assert isinstance(value, Address)
    assert value.object.escapes is escapes


def of_type(name: str) -> tuple[Site, ...]:
    program = link(parse(data(name)))
    holders = {use.instance for use in program.uses if not use.defines}
    (type,) = [type for type in program.resources if type.definer in holders]
    return sites(program, type)


def test_a_real_re_exporter_is_read_right() -> None:
    """`Option<Wrapped>` of middle: a tag word and an inner handle, written as one i64 (see its lib.rs)."""
    (site,) = of_type("resource_with_lists")
    assert (site.size, site.stores, site.doubt) == (8, (Store(0, 8),), "")
    assert "8 bytes, 8 bytes at 0 stored before the call (certain)" in str(site)


def test_a_real_wrapper_of_one_number_is_read_right() -> None:
    """`struct { imports_own_float_t inner; }` of the C intermediate, made in several places."""
    found = of_type("resource_floats_c")
    assert found
    assert {(site.size, site.stores, site.doubt) for site in found} == {(4, (Store(0, 4),), "")}


def test_layout_inference_is_right_on_one_fixture_and_says_what_it_found() -> None:
    assert made("layout-inference", "resource_with_lists").runs
    assert any("(certain)" in note for note in fused("layout-inference", "resource_with_lists").notes)


def test_layout_inference_is_unsure_on_another_and_builds_nothing() -> None:
    assert made("layout-inference", "elide-boxes").status == "not-applicable"
    assert "unsure of $root#cell" in reason("layout-inference", "elide-boxes")
    assert "its argument is not seen to be allocated" in reason("layout-inference", "elide-boxes")


@pytest.mark.parametrize(
    ("site", "doubt"),
    [
        (Site(0, None), "its argument is not seen to be allocated"),
        (Site(0, 4, (Store(0, 4),)), "what allocates its argument is not what realloc leads to"),
        (Site(0, 4, (Store(0, 4),), escapes=True, known=True), "its address is put elsewhere, too"),
        (Site(0, 8, (Store(0, 4),), known=True), "not all of its 8 bytes are seen to be written"),
        (Site(0, 8, (Store(0, 4), Store(2, 4)), known=True), "not all of its 8 bytes are seen to be written"),
        (Site(0, 4, (Store(0, 8),), known=True), "not all of its 4 bytes are seen to be written"),
        (Site(0, 1 << 31, (), known=True), f"not all of its {1 << 31} bytes are seen to be written"),
        (Site(0, 8, (Store(4, 4), Store(0, 4)), known=True), ""),
    ],
)
def test_doubts(site: Site, doubt: str) -> None:
    assert site.doubt == doubt


def test_the_mini_shim_serves_a_trivial_wrapper() -> None:
    assert made("mini-shim", "resource_floats_c").runs


@pytest.mark.parametrize("name", GATING)
def test_the_mini_shim_refuses_boxes_of_options_and_fails_where_it_is_forced(name: str) -> None:
    assert "is not seen to be one i32" in reason("mini-shim", name)
    forced = made("mini-shim:detector=off", name)
    assert forced.status == "built"
    assert not forced.runs
