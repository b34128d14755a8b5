"""Editing: what is put in, taken out or moved leaves everything else referring to the same things."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
from wasmtime.component import Component as Compiled

from fuser.component.edit import Editor
from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.text import read
from fuser.component.tree import (
    AliasOuter,
    Component,
    CoreModule,
    Definition,
    Export,
    ExternName,
    FunctionType,
    Import,
    ItemExtern,
    Names,
    NestedComponent,
    Reference,
    Section,
    Sort,
    TypeDefinition,
)
from fuser.component.walk import rewrite
from fuser.inspect.text import to_text
from fuser.link import link
from fuser.types import Primitive

FIXTURES = sorted(Path(__file__).parent.parent.glob("fixtures/*/*.wasm"))

NESTED = b"""
(component
  (core module $m (func (export "f") (result i32) i32.const 7))
  (type $t (func (result u32)))
  (component $inner
    (alias outer 1 $t (type $ot))
    (alias outer 1 $m (core module $om))
    (type $deep (component (alias outer 2 $t (type $x)) (import "f" (func (type $x)))))
    (core instance $i (instantiate $om))
    (func $f (type $ot) (canon lift (core func $i "f")))
    (export "f" (func $f)))
  (instance $a (instantiate $inner))
  (export "f" (func $a "f"))
)
"""


def answer(component: Component) -> object:
    """Compile a component and call its export `f`."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    compiled = Compiled(engine, encode(component))
    instance = wasmtime.component.Linker(engine).instantiate(store, compiled)
    function = instance.get_func(store, "f")
    return function(store)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_an_edit_of_nothing_changes_nothing(path: Path) -> None:
    component = parse(path.read_bytes())
    assert encode(Editor(component).finish()) == path.read_bytes()


def test_definitions_of_every_sort_go_in_front() -> None:
    component = read(NESTED)
    editor = Editor(component)
    spare = read(b"""(component (core module) (core type (func)) (core instance) (type u8) (component)
        (instance) (core func (canon context.get i32 0)))""")
    for definition in spare:
        editor.insert(0, definition)
    edited = editor.finish()
    assert answer(edited) == answer(component) == 7
    assert len(list(edited)) == len(list(component)) + len(list(spare))


def test_an_inserted_import_is_used_by_an_inserted_nested_component() -> None:
    editor = Editor(read(NESTED))
    type = editor.insert(0, TypeDefinition(FunctionType((), Primitive.U32)))
    editor.insert(0, Import(ExternName("g"), ItemExtern(Sort.FUNC, type)))
    editor.append(NestedComponent(read(b"(component (type u8))")))
    program = link(parse(encode(editor.finish())))
    assert [name for name, _ in program.imports] == ["g"]
    assert [name for name, _ in program.exports] == ["f"]


def test_a_nested_component_reaches_what_was_inserted_around_it() -> None:
    editor = Editor(read(NESTED))
    answer_of_nine = read(b'(component (core module (func (export "f") (result i32) i32.const 9)))')
    (module,) = [one for one in answer_of_nine if isinstance(one, CoreModule)]
    new = editor.insert(0, module)
    position, nested = next(
        (position, one)
        for position in range(len(editor))
        if isinstance(one := editor.definition(position), NestedComponent)
    )
    inner = Editor(nested.component)
    for place in range(len(inner)):
        alias = inner.definition(place)
        if isinstance(alias, AliasOuter) and alias.target.sort is Sort.CORE_MODULE:
            inner.replace(place, replace(alias, target=new))
    editor.replace(position, NestedComponent(inner.finish()))
    assert answer(editor.finish()) == 9


def test_a_redirect_turns_the_original_to_something_else() -> None:
    editor = Editor(read(NESTED))
    other = read(b'(component (core module (func (export "f") (result i32) i32.const 5)))')
    (module,) = [one for one in other if isinstance(one, CoreModule)]
    new = editor.insert(0, module)
    editor.redirect(Reference(Sort.CORE_MODULE, 0), new)
    assert answer(editor.finish()) == 5


def test_independent_definitions_change_places() -> None:
    component = read(NESTED)
    swapped = Editor(component).finish(order=[1, 0, *range(2, len(list(component)))])
    assert encode(swapped) != encode(component)
    assert answer(swapped) == 7


def test_an_order_that_puts_a_use_first_is_an_error() -> None:
    component = read(b"(component (type $t u8) (type (list $t)))")
    with pytest.raises(ValueError, match="type 0 is not defined before"):
        Editor(component).finish(order=[1, 0])


def test_removing_what_is_used_is_an_error() -> None:
    editor = Editor(read(b"(component (type $t u8) (type (list $t)))"))
    editor.remove(0)
    with pytest.raises(ValueError, match="type 0 is not defined before"):
        editor.finish()


def test_removing_an_export_renumbers_what_follows() -> None:
    component = read(
        b"""(component (type $r (record (field "a" u8))) (export $e "r" (type $r))
              (type $l (list $r)) (export "l" (type $l)))"""
    )
    editor = Editor(component)
    editor.remove(1)
    edited = editor.finish()
    (export,) = [one for one in edited if isinstance(one, Export)]
    assert export.item == Reference(Sort.TYPE, 1)


def test_a_replacement_of_another_sort_is_refused() -> None:
    editor = Editor(read(b"(component (type u8))"))
    with pytest.raises(ValueError, match="of its sort"):
        editor.replace(0, NestedComponent(read(b"(component)")))


def test_names_follow_what_they_name() -> None:
    component = read(b"(component (component $kept) (component $gone) (component $later))")
    editor = Editor(component)
    editor.remove(1)
    editor.insert(0, NestedComponent(read(b"(component)")))
    (names,) = [one for one in editor.finish() if isinstance(one, Names)]
    ((sort, entries),) = names.maps
    assert sort is Sort.COMPONENT
    assert [(one.index, name) for one, name in entries] == [(1, "kept"), (2, "later")]


@pytest.mark.parametrize("path", FIXTURES[:3], ids=lambda path: path.stem)
def test_a_real_component_with_insertions_links_to_the_same_program(path: Path) -> None:
    component = parse(path.read_bytes())

    def crowd(one: Component) -> Component:
        editor = Editor(one)
        for position in range(0, len(editor), 3):
            editor.insert(position, TypeDefinition(Primitive.U8))
            editor.insert(position, NestedComponent(Component(())))
            nested = editor.definition(position)
            if isinstance(nested, NestedComponent):
                editor.replace(position, NestedComponent(crowd(nested.component)))
        return editor.finish()

    def shown(one: Component) -> list[str]:
        lines = to_text(link(one)).splitlines()
        return [line.split(": module at")[0] for line in lines]

    crowded = parse(encode(crowd(component)))
    assert shown(crowded) == shown(component)
    Compiled(wasmtime.Engine(), encode(crowded))


def test_rewriting_reaches_the_depth_that_parsing_allows() -> None:
    definition: Definition = NestedComponent(Component(()))
    alias = AliasOuter(100, Reference(Sort.TYPE, 0))
    for _ in range(100):
        definition = NestedComponent(Component((Section(4, (definition,)), Section(6, (alias,)))))
    assert rewrite(definition, lambda reference, _: reference) is definition
    changed = rewrite(definition, lambda _, level: Reference(Sort.TYPE, 1 - min(level, 0)))
    assert changed is not definition
