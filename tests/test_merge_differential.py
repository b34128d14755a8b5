"""Random modules wired at random: linked by the engine, and merged; calls must agree."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.merging import Linked, Running, function, linked_instances, merged, outcome

SORTS = ("memory", "global", "table", "call")


@dataclass(frozen=True)
class Shape:
    """One module to be; `sources` are earlier modules (or None: its own) by sort."""

    sources: tuple[int | None, int | None, int | None, int | None]
    data: int
    slot: int
    starts: bool
    padding: int
    passive: bool


@st.composite
def programs(draw: st.DrawFn) -> list[Shape]:
    shapes: list[Shape] = []
    for place in range(draw(st.integers(1, 5))):
        source = st.none() | st.integers(0, place - 1) if place else st.none()
        sources = (draw(source), draw(source), draw(source), draw(source))
        numbers = st.integers(0, 3)
        flags = st.booleans()
        shapes.append(Shape(sources, draw(numbers), draw(numbers), draw(flags), draw(numbers), draw(flags)))
    return shapes


def text(place: int, shape: Shape) -> str:
    """A module whose `f` mixes whatever it has into one number."""
    memory, variable, table, callee = shape.sources
    imports, defined = [], []
    for source, name, type, definition in (
        (memory, "m", "(memory $m 1)", '(memory $m (export "m") 1)'),
        (variable, "g", "(global $g (mut i32))", f'(global $g (export "g") (mut i32) (i32.const {place + 3}))'),
        (table, "t", "(table $t 4 funcref)", '(table $t (export "t") 4 funcref)'),
    ):
        if source is None:
            defined.append(definition)
        else:
            imports.append(f'(import "{source}" "{name}" {type}) (export "{name}" ({type[1:].split()[0]} ${name}))')
    if callee is not None:
        imports.append(f'(import "{callee}" "f" (func $callee (param i32) (result i32)))')
    call = "(call $callee (i32.add (local.get 0) (i32.const 1)))" if callee is not None else "(local.get 0)"
    init = "(memory.init $d (i32.const 9) (i32.const 0) (i32.const 1))" if shape.passive else ""
    return f"""(module (type $f (func (param i32) (result i32))) {" ".join(imports)} {" ".join(defined)}
      {"(func (drop (i32.const 1)))" * shape.padding * 5}
      (func $f (export "f") (param i32) (result i32)
        (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 3)) (local.get 0)))
        (i32.store8 offset=2 (local.get 0) (global.get $g))
        {init}
        (i32.add {call} (i32.add (global.get $g) (i32.load (i32.const 0)))))
      (func (export "indirect") (param i32) (result i32)
        (call_indirect $t (type $f) (local.get 0) (i32.and (local.get 0) (i32.const 3))))
      (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const {100 * (place + 1)})))
      (func $s (global.set $g (i32.add (global.get $g) (i32.load (i32.const 0)))))
      {"(start $s)" if shape.starts else ""}
      (elem (table $t) (i32.const {shape.slot}) func $leaf)
      (data (i32.const {shape.data}) "\\{place + 1:02x}") (data $d "\\{place + 64:02x}"))"""


@settings(max_examples=60, deadline=None)
@given(programs(), st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 9)), max_size=12))
def test_merged_modules_do_what_linked_ones_do(shapes: list[Shape], calls: list[tuple[int, bool, int]]) -> None:
    instances = linked_instances([text(place, shape) for place, shape in enumerate(shapes)])
    exports = [
        (f"{name}{place}", function(one, name)) for place, one in enumerate(instances) for name in ("f", "indirect")
    ]
    linked, running = Linked(instances), Running(merged(instances, exports))
    for place, indirect, argument in calls:
        name, where = "indirect" if indirect else "f", place % len(instances)
        expected = linked(where, name, argument)
        assert outcome(lambda: running(f"{name}{where}", argument)) == expected  # noqa: B023 - called at once


@dataclass(frozen=True)
class Variables:
    """One module with globals: those it imports, by module and place, and the values of its own."""

    imported: tuple[tuple[int, int], ...]
    own: tuple[tuple[bool, str], ...]
    """Whether it may change, and its value's code, which names imported ones and earlier ones of its own."""
    padding: int


@st.composite
def sharers(draw: st.DrawFn) -> list[Variables]:
    modules: list[Variables] = []
    for _ in range(draw(st.integers(2, 4))):
        known = [(number, place) for number, one in enumerate(modules) for place in range(len(one.own))]
        imported = tuple(draw(st.lists(st.sampled_from(known), max_size=5))) if known else ()
        named = [f"$i{place}" for place, one in enumerate(imported) if not modules[one[0]].own[one[1]][0]]
        own: list[tuple[bool, str]] = []
        for place in range(draw(st.integers(0, 4))):
            atoms = st.integers(0, 99).map(lambda number: f"(i32.const {number})")
            if named:
                atoms |= st.sampled_from(named).map(lambda name: f"(global.get {name})")
            value = draw(atoms | st.tuples(atoms, atoms).map(lambda two: f"(i32.add {two[0]} {two[1]})"))
            changes = draw(st.booleans())
            own.append((changes, value))
            named += [] if changes else [f"$v{place}"]
        modules.append(Variables(imported, tuple(own), draw(st.integers(0, 3))))
    return modules


def sharing(modules: list[Variables], number: int) -> str:
    """A module whose `f` works all its globals into one number, and writes to those that may change."""
    one = modules[number]
    lines, steps = [], []
    for place, (giver, theirs) in enumerate(one.imported):
        changes = modules[giver].own[theirs][0]
        lines.append(f'(import "{giver}" "v{theirs}" (global $i{place} {"(mut i32)" if changes else "i32"}))')
        steps.append((f"$i{place}", changes))
    for place, (changes, value) in enumerate(one.own):
        lines.append(f'(global $v{place} (export "v{place}") {"(mut i32)" if changes else "i32"} {value})')
        steps.append((f"$v{place}", changes))
    code = "".join(
        f"(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 31)) (global.get {name})))"
        + (f"(global.set {name} (local.get 0))" if changes else "")
        for name, changes in steps
    )
    padding = "(func (drop (i32.const 1)) (drop (i32.const 1)))" * one.padding * 20
    return f'(module {"".join(lines)} (func (export "f") (param i32) (result i32) {code} (local.get 0)) {padding})'


@settings(max_examples=300, deadline=None)
@given(sharers(), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=8))
def test_globals_are_shared_and_begin_as_in_linked_modules(
    modules: list[Variables], calls: list[tuple[int, int]]
) -> None:
    instances = linked_instances([sharing(modules, number) for number in range(len(modules))])
    exports = [(f"f{number}", function(one, "f")) for number, one in enumerate(instances)]
    linked, running = Linked(instances), Running(merged(instances, exports))
    for number, argument in [*((number, 1) for number in range(len(modules))), *calls]:
        where = number % len(modules)
        assert running(f"f{where}", argument) == linked(where, "f", argument)
