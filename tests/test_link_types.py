"""Type identity: resources per instance and per import, names as the root exports them."""

from __future__ import annotations

import pytest

from fuser.errors import TypeMismatch, UnresolvedImport, Unsupported
from fuser.program import (
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    InstanceType,
    Lower,
    StaticResource,
    TypeBound,
)
from fuser.types import Borrow, FuncType, Named, Option, Own, Record, plain
from tests.linking import linked

LEAF = """
  (component $leaf
    (core module $m (func (export "make") (result i32) i32.const 8) (func (export "get") (param i32) (result i32)
      local.get 0) (func (export "dtor") (param i32)))
    (core instance $i (instantiate $m))
    (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
    (core func (canon resource.new $r)) (core func (canon resource.rep $r)) (core func (canon resource.drop $r))
    (func $make (result (own $r)) (canon lift (core func $i "make")))
    (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $i "get")))
    (component $shim
      (import "r" (type $r (sub resource)))
      (import "make" (func $make (result (own $r))))
      (import "get" (func $get (param "self" (borrow $r)) (result u32)))
      (export $e "r" (type $r))
      (export "make" (func $make) (func (result (own $e))))
      (export "[method]r.get" (func $get) (func (param "self" (borrow $e)) (result u32))))
    (instance $things (instantiate $shim (with "r" (type $r)) (with "make" (func $make)) (with "get" (func $get))))
    (export "t:t/things@1.0.0" (instance $things)))
"""


def user(name: str, imports: int = 1) -> str:
    """Make a component that imports things some times over and lowers and drops from each."""
    parts = "".join(
        f"""(import "t{i}" (instance $t{i} (export "r" (type $r (sub resource)))
               (export "make" (func (result (own $r))))
               (export "[method]r.get" (func (param "self" (borrow $r)) (result u32)))))
            (alias export $t{i} "r" (type $r{i}))
            (alias export $t{i} "make" (func $make{i})) (alias export $t{i} "[method]r.get" (func $get{i}))
            (core func (canon lower (func $get{i}))) (core func (canon lower (func $make{i})))
            (core func (canon resource.drop $r{i}))"""
        for i in range(imports)
    )
    return f"(component ${name} {parts})"


def handle(lower: Lower) -> StaticResource:
    """Return the resource of a lower's only handle."""
    type = lower.type
    part = type.result if type.result is not None and not type.parameters else type.parameters[0][1]
    assert isinstance(part, Own | Borrow)
    return part.resource


def exported(items: tuple[tuple[str, ExportItem], ...], *path: str) -> ExportItem:
    item = dict(items)[path[0]]
    if len(path) == 1:
        return item
    assert isinstance(item, ExportedInstance)
    return exported(item.items, *path[1:])


# -- resources ---------------------------------------------------------------------


def test_a_resource_is_new_in_every_instance_of_its_definer() -> None:
    program = linked(
        f"""(component {LEAF} (instance $a (instantiate $leaf)) (instance $b (instantiate $leaf))
          (export "a" (instance $a)) (export "b" (instance $b)))"""
    )
    first, second = program.resources
    assert [one.definer and one.definer.label for one in program.resources] == ["a", "b"]
    assert first.label == second.label == "t:t/things@1.0.0#r"
    assert first.destructor != second.destructor
    a = exported(program.exports, "a", "t:t/things@1.0.0", "r")
    b = exported(program.exports, "b", "t:t/things@1.0.0", "r")
    assert isinstance(a, TypeBound)
    assert isinstance(b, TypeBound)
    assert isinstance(a.type, StaticResource)
    assert isinstance(b.type, StaticResource)
    assert (a.type.type, b.type.type) == (first, second)


def test_a_shim_component_re_exports_the_same_static_resource() -> None:
    program = linked(f'(component {LEAF} (instance $a (instantiate $leaf)) (export "a" (instance $a)))')
    (use,) = program.uses
    assert use.defines
    bound = exported(program.exports, "a", "t:t/things@1.0.0", "r")
    assert isinstance(bound, TypeBound)
    assert bound.type is use.resource
    make = exported(program.exports, "a", "t:t/things@1.0.0", "make")
    assert isinstance(make, ExportedFunction)
    assert isinstance(make.type.result, Own)
    assert make.type.result.resource is use.resource


def test_an_import_sees_a_static_resource_of_its_own() -> None:
    program = linked(
        f"""(component {LEAF} {user("user")} (instance $a (instantiate $leaf))
          (alias export $a "t:t/things@1.0.0" (instance $t))
          (instance $u (instantiate $user (with "t0" (instance $t)))))"""
    )
    get, make = program.lowers
    assert handle(get) is handle(make)
    assert handle(get).type is program.resources[0]
    assert handle(get).label == "t0#r"
    definer, holder = program.uses
    assert definer.resource is not holder.resource
    assert (definer.defines, holder.defines) == (True, False)
    assert (definer.instance.label, holder.instance.label) == ("a", "u")
    assert (definer.id, holder.id) == (0, 0)


def test_two_imports_of_one_resource_differ() -> None:
    program = linked(
        f"""(component {LEAF} {user("user", 2)} (instance $a (instantiate $leaf))
          (alias export $a "t:t/things@1.0.0" (instance $t))
          (instance $u (instantiate $user (with "t0" (instance $t)) (with "t1" (instance $t)))))"""
    )
    _, first, second = program.uses
    assert first.type is second.type
    assert first.resource is not second.resource
    assert (first.id, second.id) == (0, 1)
    drops = [one for one in program.builtins if one.operation == "drop" and not one.use.defines]
    assert [one.use for one in drops] == [first, second]


def test_two_instances_of_an_importer_have_static_resources_of_their_own() -> None:
    program = linked(
        f"""(component {LEAF} {user("user")} (instance $a (instantiate $leaf))
          (alias export $a "t:t/things@1.0.0" (instance $t))
          (instance (instantiate $user (with "t0" (instance $t))))
          (instance (instantiate $user (with "t0" (instance $t)))))"""
    )
    holders = [use for use in program.uses if not use.defines]
    assert len(holders) == 2
    assert holders[0].resource is not holders[1].resource
    assert holders[0].type is holders[1].type


def test_an_eq_bound_keeps_the_resource() -> None:
    program = linked(
        f"""(component {LEAF}
          (component $user
            (import "t" (instance $t (export "r" (type (sub resource)))))
            (alias export $t "r" (type $r))
            (import "s" (instance $s (export "q" (type (eq $r))) ))
            (alias export $s "q" (type $q))
            (import "make" (func $make (result (own $q))))
            (core func (canon lower (func $make))) (core func (canon resource.drop $r)))
          (instance $a (instantiate $leaf))
          (alias export $a "t:t/things@1.0.0" (instance $t)) (alias export $t "r" (type $r))
          (alias export $t "make" (func $make))
          (instance $s (export "q" (type $r)))
          (instance (instantiate $user (with "t" (instance $t)) (with "s" (instance $s))
            (with "make" (func $make)))))"""
    )
    assert len([use for use in program.uses if not use.defines]) == 1


def test_an_eq_bound_to_another_resource_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="resource type that is declared"):
        linked(
            """(component (type $a (resource (rep i32))) (type $b (resource (rep i32)))
              (component $user (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
              (instance (instantiate $user (with "a" (type $a)) (with "b" (type $b)))))"""
        )


def test_functions_of_another_resource_are_refused() -> None:
    with pytest.raises(TypeMismatch, match="declared type"):
        linked(
            """(component
              (import "a" (type $a (sub resource))) (import "b" (type $b (sub resource)))
              (import "f" (func $f (param "x" (own $b))))
              (component $user (import "a" (type $a (sub resource))) (import "f" (func (param "x" (own $a)))))
              (instance (instantiate $user (with "a" (type $a)) (with "f" (func $f)))))"""
        )


def test_a_re_exporter_with_its_own_resource_has_two_that_never_mix() -> None:
    middle = user("middle").replace(
        "(component $middle ",
        """(component $middle
          (core module $mm (func (export "f") (result i32) i32.const 0)) (core instance $mi (instantiate $mm))
          (type $own (resource (rep i32))) (export $own-exported "r" (type $own))
          (func (export "make") (result (own $own-exported)) (canon lift (core func $mi "f")))""",
    )
    program = linked(
        f"""(component {LEAF} {middle} (instance $a (instantiate $leaf))
          (alias export $a "t:t/things@1.0.0" (instance $t))
          (instance $m (instantiate $middle (with "t0" (instance $t)))))"""
    )
    uses = [use for use in program.uses if use.instance.label == "m"]
    assert [use.defines for use in uses] == [True, False]
    assert uses[0].type is not uses[1].type
    assert uses[0].type.label == "$root#r"


def test_host_resources_have_no_definer() -> None:
    program = linked(
        """(component
          (import "h:h/streams" (instance $h (export "s" (type $s (sub resource)))
            (export "open" (func (result (own $s))))))
          (alias export $h "s" (type $s))
          (import "h:h/more" (instance $more (alias outer 1 $s (type $os)) (export "s" (type $t (eq $os)))
            (export "take" (func (param "x" (own $t))))))
          (alias export $h "open" (func $open)) (alias export $more "take" (func $take))
          (core func (canon lower (func $open))) (core func (canon lower (func $take)))
          (core func (canon resource.drop $s)))"""
    )
    (resource,) = program.resources
    assert (resource.definer, resource.destructor, resource.label) == (None, None, "h:h/streams#s")
    (use,) = program.uses
    (first, streams), (second, more) = program.imports
    assert (first, second) == ("h:h/streams", "h:h/more")
    assert isinstance(streams, InstanceType)
    assert isinstance(more, InstanceType)
    bound, again = dict(streams.exports)["s"], dict(more.exports)["s"]
    assert isinstance(bound, TypeBound)
    assert isinstance(again, TypeBound)
    assert bound.type is again.type is use.resource


def test_an_instance_given_back_by_a_component_is_the_one_that_it_was_given() -> None:
    program = linked(
        f"""(component {LEAF}
          (component $pass
            (import "t" (instance $t (export "r" (type $r (sub resource))) (export "make" (func (result (own $r))))))
            (export "t" (instance $t)))
          (instance $a (instantiate $leaf)) (alias export $a "t:t/things@1.0.0" (instance $t))
          (instance $p (instantiate $pass (with "t" (instance $t))))
          (alias export $p "t" (instance $passed))
          (alias export $passed "r" (type $r)) (alias export $t "r" (type $direct))
          (core func (canon resource.drop $r)) (core func (canon resource.drop $direct))
          (alias export $passed "make" (func $make)) (core func (canon lower (func $make))))"""
    )
    root = [use for use in program.uses if use.instance.parent is None]
    assert len(root) == 1, "outside of the passing component there is one resource, not its import"
    assert handle(program.lowers[0]) is root[0].resource


def test_components_passed_around_make_resources_of_their_own() -> None:
    program = linked(
        f"""(component {LEAF}
          (component $user
            (import "c" (component $c
              (export "t:t/things@1.0.0" (instance (export "r" (type $r (sub resource)))
                (export "make" (func (result (own $r))))))))
            (instance $a (instantiate $c)) (instance $b (instantiate $c))
            (alias export $a "t:t/things@1.0.0" (instance $ta)) (alias export $b "t:t/things@1.0.0" (instance $tb))
            (alias export $ta "make" (func $ma)) (alias export $tb "make" (func $mb))
            (core func (canon lower (func $ma))) (core func (canon lower (func $mb))))
          (instance $u (instantiate $user (with "c" (component $leaf)))))"""
    )
    a, b = (handle(lower) for lower in program.lowers)
    assert a is not b
    assert (a.type, b.type) == program.resources
    assert [use.instance.label for use in program.uses if not use.defines] == ["u", "u"]


def test_ids_of_uses_are_in_the_order_of_first_mention() -> None:
    program = linked(
        """(component
          (import "a" (type $a (sub resource))) (import "b" (type $b (sub resource)))
          (import "c" (type $c (sub resource)))
          (import "f" (func $f (param "x" (tuple (own $b) (list (borrow $a)))) (result (own $c))))
          (core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))
          (core func (canon lower (func $f) (memory (core memory $i "m"))))
          (core func (canon resource.drop $a)))"""
    )
    assert [(use.id, use.resource.label) for use in program.uses] == [
        (0, "$root#b"),
        (1, "$root#a"),
        (2, "$root#c"),
    ]


# -- labels --------------------------------------------------------------------------


def test_labels_are_those_of_the_first_export_by_the_instance_itself() -> None:
    program = linked(f"""(component {LEAF} (instance $a (instantiate $leaf)) (export "z" (instance $a)))""")
    assert [lift.label for lift in program.lifts] == ["t:t/things@1.0.0#make", "t:t/things@1.0.0#[method]r.get"]


def test_builtins_are_called_as_the_first_module_imports_them() -> None:
    program = linked(
        """(component (type $r (resource (rep i32)))
          (core func $new (canon resource.new $r)) (core func $unused (canon resource.drop $r))
          (core module $m (import "[export]t:t/t" "[resource-new]r" (func (param i32) (result i32))))
          (core instance (instantiate $m
            (with "[export]t:t/t" (instance (export "[resource-new]r" (func $new)))))))"""
    )
    assert [one.label for one in program.builtins] == ["[export]t:t/t [resource-new]r", ""]


def test_instances_are_called_as_the_name_section_does_or_by_number() -> None:
    program = linked(
        "(component $top (component $c) (instance $i (instantiate $c)) (instance (instantiate $c)) (component $d) )"
    )
    assert [one.label for one in program.instances] == ["top", "i", "c"]
    plain_root = linked("(component (component) (instance (instantiate 0)))")
    assert [one.label for one in plain_root.instances] == ["component 0", "component 1"]


# -- value types ---------------------------------------------------------------------------

TYPED = """
  (component $typed
    (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0)
      (func (export "g") (param i32) (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (type $p (record (field "x" u32))) (export $pe "p" (type $p))
    (type $l (option $pe)) (export $le "maybe" (type $l))
    (export $alias "alias" (type $pe))
    (func (export "f") (result $le) (canon lift (core func $i "f") (memory (core memory $i "m"))))
    (func (export "g") (param "a" $alias) (result $pe) (canon lift (core func $i "g"))))
"""


def named(item: ExportItem) -> Named:
    assert isinstance(item, TypeBound)
    assert isinstance(item.type, Named)
    return item.type


def function(item: ExportItem) -> FuncType:
    assert isinstance(item, ExportedFunction)
    return item.type


def test_exported_functions_mention_what_is_exported_beside_them() -> None:
    program = linked(f'(component {TYPED} (instance $t (instantiate $typed)) (export "t" (instance $t)))')
    instance = exported(program.exports, "t")
    assert isinstance(instance, ExportedInstance)
    p, maybe, alias = (named(exported(instance.items, name)) for name in ("p", "maybe", "alias"))
    assert (p.label, maybe.label, alias.label) == ("p", "maybe", "alias")
    assert isinstance(maybe.type, Option)
    assert maybe.type.some is p
    assert alias.type is p
    assert function(exported(instance.items, "f")).result is maybe
    assert function(exported(instance.items, "g")).parameters == (("a", alias),)
    assert function(exported(instance.items, "g")).result is p


def test_a_second_exporter_says_its_types_equal_the_first_ones() -> None:
    program = linked(
        f"""(component {TYPED} (instance $t (instantiate $typed)) (export "t" (instance $t))
          (alias export $t "p" (type $p)) (alias export $t "g" (func $g))
          (instance $u (export "mine" (type $p)) (export "f" (func $g))) (export "u" (instance $u))
          (export "p" (type $p)))"""
    )
    first = named(exported(program.exports, "t", "p"))
    second = named(exported(program.exports, "u", "mine"))
    assert second.type is first
    assert function(exported(program.exports, "u", "f")).result is second
    assert named(exported(program.exports, "p")).type is first


def test_bundles_name_types_that_had_no_name() -> None:
    program = linked(
        """(component
          (core module $m (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
          (type $p (record (field "x" u32))) (func $f (result $p) (canon lift (core func $i "f")))
          (instance $b (export "p" (type $p)) (export "f" (func $f))) (export "b" (instance $b)))"""
    )
    p = named(exported(program.exports, "b", "p"))
    assert isinstance(p.type, Record)
    assert function(exported(program.exports, "b", "f")).result is p


def test_exported_primitives_do_not_rename_all_of_their_kind() -> None:
    program = linked(
        """(component
          (core module $m (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
          (type $t u32) (instance $b (export "t" (type $t))) (export "b" (instance $b))
          (func (export "f") (result u32) (canon lift (core func $i "f"))))"""
    )
    assert plain(named(exported(program.exports, "b", "t"))) is function(exported(program.exports, "f")).result


def test_exports_may_mention_imported_types() -> None:
    program = linked(
        """(component
          (import "types" (instance $t (type $p (record (field "x" u32))) (export "p" (type (eq $p)))))
          (alias export $t "p" (type $p))
          (core module $m (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
          (func (export "f") (result $p) (canon lift (core func $i "f"))))"""
    )
    ((_, types),) = program.imports
    assert isinstance(types, InstanceType)
    ((name, bound),) = types.exports
    assert name == "p"
    assert isinstance(bound, TypeBound)
    assert function(exported(program.exports, "f")).result is bound.type


def test_types_imported_by_an_inner_instance_are_the_outer_ones_outside() -> None:
    program = linked(
        """(component
          (import "p" (type $p0 (sub resource)))
          (component $c
            (type $rec (record (field "x" u32)))
            (import "rec" (type $r (eq $rec)))
            (core module $m (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
            (func (export "f") (result $r) (canon lift (core func $i "f"))))
          (type $mine (record (field "x" u32))) (export $shown "rec" (type $mine))
          (instance $c (instantiate $c (with "rec" (type $shown))))
          (alias export $c "f" (func $f)) (export "f" (func $f)))"""
    )
    assert function(exported(program.exports, "f")).result is named(exported(program.exports, "rec"))


@pytest.mark.parametrize(
    ("given", "declared"),
    [
        ('(record (field "x" u32))', '(record (field "y" u32))'),
        ('(record (field "x" u32))', '(record (field "x" u32) (field "y" u32))'),
        ('(variant (case "a"))', '(variant (case "a" u8))'),
        ('(enum "a" "b")', '(enum "b" "a")'),
        ('(flags "a")', '(enum "a")'),
        ("(list u8)", "(list s8)"),
        ("(result u8)", "(result (error u8))"),
    ],
)
def test_types_that_differ_are_refused(given: str, declared: str) -> None:
    with pytest.raises(TypeMismatch, match="type that is declared"):
        linked(
            f"""(component (type $g {given}) (component $c (type $d {declared}) (import "t" (type (eq $d))))
              (instance (instantiate $c (with "t" (type $g)))))"""
        )


@pytest.mark.parametrize(
    ("one", "other"), [('(record (field "a" u8))', '(record (field "A" u8))'), ('(flags "a")', '(flags "A")')]
)
def test_a_call_between_spellings_is_refused_as_the_engine_cannot_make_it(one: str, other: str) -> None:
    given = f"""(component $c (type $t {one}) (export $e "t" (type $t))
      (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
      (func (export "f") (param "x" $e) (canon lift (core func $i "f")))) (instance $i (instantiate $c))"""
    user = f"""(component $u (type $t {other}) (import "t" (type $e (eq $t))) (import "f" (func $f (param "x" $e)))
      {{}})
      (instance (instantiate $u (with "t" (type $i "t")) (with "f" (func $i "f"))))"""
    assert linked(f"(component {given} {user.format('')})").lowers == ()
    with pytest.raises(Unsupported, match="differ in case"):
        linked(f"(component {given} {user.format('(core func (canon lower (func $f)))')})")


def test_an_export_may_be_ascribed_its_own_type_and_no_other() -> None:
    text = """(component (core module $m (func (export "f") (result i32) i32.const 0))
      (core instance $i (instantiate $m)) (func $f (result u32) (canon lift (core func $i "f")))
      (export "f" (func $f) (func (result {type}))))"""
    assert [name for name, _ in linked(text.format(type="u32")).exports] == ["f"]
    with pytest.raises(TypeMismatch):
        linked(text.format(type="s32"))


def test_an_ascribed_instance_shows_what_is_ascribed() -> None:
    program = linked(
        f"""(component {TYPED} (instance $t (instantiate $typed)) (alias export $t "p" (type $p))
          (export $q "q" (type $p))
          (export "t" (instance $t) (instance (alias outer 1 $q (type $oq)) (export "p" (type $e (eq $oq)))
            (export "g" (func (param "a" $e) (result $e))))))"""
    )
    instance = exported(program.exports, "t")
    assert isinstance(instance, ExportedInstance)
    assert [name for name, _ in instance.items] == ["p", "g"]
    p = named(exported(instance.items, "p"))
    assert p.type is named(exported(program.exports, "q"))
    assert function(exported(instance.items, "g")).result is p


def test_ascribing_cannot_hide_a_resource() -> None:
    with pytest.raises(TypeMismatch, match="cannot hide"):
        linked('(component (type $r (resource (rep i32))) (export "r" (type $r) (type (sub resource))))')


def test_an_instance_lacking_an_export_is_unresolved() -> None:
    with pytest.raises(UnresolvedImport, match="`i` `f`"):
        linked(
            """(component (instance $e) (component $c (import "i" (instance (export "f" (func)))))
              (instance (instantiate $c (with "i" (instance $e)))))"""
        )
