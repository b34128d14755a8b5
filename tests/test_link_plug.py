"""Several components as one: what satisfies what, and what stays open."""

from __future__ import annotations

import json

import pytest
import wasmtime

from explore.oracle.engine import Call
from fuser.component.parse import parse
from fuser.errors import Malformed, TypeMismatch, UnresolvedImport, Unsupported
from fuser.fuse import fuse
from fuser.link import link, plug
from fuser.link.plug import Provider, wire
from fuser.program import (
    ExportedFunction,
    ExternType,
    HostFunction,
    InstanceType,
    Lift,
    Program,
    StaticResource,
    TypeBound,
)
from fuser.types import Borrow, FuncType
from tests.support import Seen, run_component


def wat(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def provider(name: str, value: int = 1) -> bytes:
    """Make a component that exports an instance with `f` and a resource `r` with `make`."""
    return wat(
        f"""(component
          (core module $m (func (export "f") (result i32) i32.const {value}) (func (export "make") (result i32)
            i32.const 8))
          (core instance $i (instantiate $m))
          (type $r (resource (rep i32)))
          (func $f (result u32) (canon lift (core func $i "f")))
          (func $make (result (own $r)) (canon lift (core func $i "make")))
          (instance $e (export "f" (func $f)) (export "r" (type $r)) (export "make" (func $make)))
          (export "{name}" (instance $e)))"""
    )


def consumer(name: str, also: str = "") -> bytes:
    """Make a component that imports such an instance, lowers `f`, and exports `run`."""
    return wat(
        f"""(component
          (import "{name}" (instance $t (export "f" (func (result u32))) (export "r" (type $r (sub resource)))
            (export "make" (func (result (own $r))))))
          {also}
          (alias export $t "f" (func $f)) (core func $low (canon lower (func $f)))
          (alias export $t "make" (func $make)) (core func (canon lower (func $make)))
          (core module $m (import "" "f" (func (result i32))) (func (export "run") (result i32) (call 0)))
          (core instance $i (instantiate $m (with "" (instance (export "f" (func $low))))))
          (func (export "run") (result u32) (canon lift (core func $i "run"))))"""
    )


def callee(program: Program, label: str = "f") -> Lift | HostFunction:
    (found,) = {lower.callee for lower in program.lowers if lower.label.endswith(f"#{label}")}
    return found


def test_imports_are_satisfied_by_name() -> None:
    program = plug([provider("a:b/c"), consumer("a:b/c")])
    target = callee(program)
    assert isinstance(target, Lift)
    assert target.instance is program.instances[1]
    assert program.imports == ()
    assert [name for name, _ in program.exports] == ["run"]
    assert [one.parent for one in program.instances] == [None, program.instances[0], program.instances[0]]
    assert [use.defines for use in program.uses] == [True, False]


def test_the_nearest_earlier_component_satisfies() -> None:
    components = [parse(provider("a:b/c", 1)), parse(provider("a:b/c", 2)), parse(consumer("a:b/c"))]
    assert wire(components).order == (1, 2)
    program = plug(components)
    target = callee(program)
    assert isinstance(target, Lift)
    assert target.instance is program.instances[1]
    assert len(program.core_instances) == 2, "what nothing is taken from is left out"
    assert program.left_out == (0,)


def test_a_middle_component_takes_from_the_first_and_gives_to_the_last() -> None:
    middle = wat(
        """(component
          (import "a:b/c" (instance $t (export "f" (func (result u32)))))
          (alias export $t "f" (func $f)) (core func $low (canon lower (func $f)))
          (core module $m (import "" "f" (func (result i32))) (export "f" (func 0)))
          (core instance $i (instantiate $m (with "" (instance (export "f" (func $low))))))
          (func $g (result u32) (canon lift (core func $low)))
          (instance $e (export "f" (func $g))) (export "a:b/c" (instance $e)))"""
    )
    last = wat(
        """(component (import "a:b/c" (instance $t (export "f" (func (result u32)))))
          (alias export $t "f" (func $f)) (core func (canon lower (func $f))))"""
    )
    program = plug([provider("a:b/c"), middle, last])
    callees = [lower.callee for lower in program.lowers]
    assert [one.instance for one in callees if isinstance(one, Lift)] == list(program.instances[1:3])


@pytest.mark.parametrize(
    ("offered", "wanted", "fits"),
    [
        ("a:b/c@1.2.3", "a:b/c@1.2.3", True),
        ("a:b/c@1.2.3", "a:b/c@1.0.0", True),
        ("a:b/c@1.0.0", "a:b/c@1.2.3", True),
        ("a:b/c@0.2.0", "a:b/c@0.2.3", True),
        ("a:b/c@0.2.0", "a:b/c@0.3.0", False),
        ("a:b/c@0.0.1", "a:b/c@0.0.2", False),
        ("a:b/c@1.0.0", "a:b/c@2.0.0", False),
        ("a:b/c@1.0.0-rc1", "a:b/c@1.0.0", False),
        ("a:b/c@1.0.0", "a:b/d@1.0.0", False),
        ("a:b/c", "a:b/c@1.0.0", False),
    ],
)
def test_compatible_versions_satisfy(offered: str, wanted: str, *, fits: bool) -> None:
    program = plug([provider("x:y/z"), provider(offered), consumer(wanted, '(import "x:y/z" (instance))')])
    assert isinstance(callee(program), Lift) == fits
    assert [name for name, _ in program.imports] == ([] if fits else [wanted])


def test_inputs_that_have_nothing_in_common_are_refused() -> None:
    with pytest.raises(UnresolvedImport, match="no input imports"):
        plug([provider("a:b/c"), consumer("a:b/d")])


def test_the_order_of_inputs_decides_only_where_several_fit() -> None:
    program = plug([consumer("a:b/c"), provider("a:b/c")])
    target = callee(program)
    assert isinstance(target, Lift)
    assert target.instance is program.instances[1]
    assert [name for name, _ in program.exports] == ["run"]


def test_links_never_go_round_in_a_ring() -> None:
    text = """(component (import "{wanted}" (instance $t (export "f" (func (result u32)))))
      (alias export $t "f" (func $f)) (core func $low (canon lower (func $f)))
      (func $g (result u32) (canon lift (core func $low)))
      (instance $e (export "f" (func $g))) (export "{offered}" (instance $e)))"""
    pair = [wat(text.format(wanted="a:b/x", offered="a:b/y")), wat(text.format(wanted="a:b/y", offered="a:b/x"))]
    program = plug(pair)
    assert [name for name, _ in program.imports] == ["a:b/x"]
    assert [name for name, _ in program.exports] == ["a:b/x"]


def test_compatible_versions_that_stay_open_are_one_import_of_the_highest() -> None:
    text = """(component {link} (import "h:h/host@{version}" (instance $h (export "s" (type $s (sub resource)))
         (export "{name}" (func (param "s" (borrow $s))))))
       (alias export $h "{name}" (func $f)) (core func (canon lower (func $f))))"""
    first = wat(text.format(link=OFFER, version="0.2.1", name="read"))
    second = wat(text.format(link=TAKE, version="0.2.3", name="write"))
    program = plug([first, second])
    ((name, type),) = program.imports
    assert name == "h:h/host@0.2.3"
    assert list(dict(open_import(type).exports)) == ["s", "read", "write"]
    assert len(program.resources) == 1
    assert [lower.callee.path[0] for lower in program.lowers if isinstance(lower.callee, HostFunction)] == [name] * 2


def test_an_exact_name_goes_before_a_compatible_one_and_the_highest_before_others() -> None:
    exact = [parse(provider("a:b/c@1.0.0")), parse(provider("a:b/c@1.5.0")), parse(consumer("a:b/c@1.0.0"))]
    assert wire(exact).given[2] == {"a:b/c@1.0.0": Provider(0, "a:b/c@1.0.0")}
    both = wat(
        """(component (core module $m (func (export "x") (result i32) i32.const 1)
            (func (export "y") (result i32) i32.const 1)) (core instance $i (instantiate $m))
          (func $x (result u32) (canon lift (core func $i "x"))) (func $y (result u32) (canon lift (core func $i "y")))
          (instance $ix (export "f" (func $x))) (instance $iy (export "f" (func $y)))
          (export "a:b/c@1.10.0" (instance $ix)) (export "a:b/c@1.9.0" (instance $iy)))"""
    )
    user = wat(
        """(component (import "a:b/c@1.0.0" (instance $t (export "f" (func (result u32)))))
          (alias export $t "f" (func $f)) (core func (canon lower (func $f))))"""
    )
    highest = callee(plug([both, user]))
    assert isinstance(highest, Lift)
    assert highest.label == "a:b/c@1.10.0#f"


def test_of_builds_of_one_version_the_last_by_name_is_taken() -> None:
    names = [f"a:b/c@1.0.0+{build}" for build in ("k", "p", "z", "q", "a")]
    instance = '(core module $m (func (export "f"))) (core instance $i (instantiate $m)) '
    instance += '(func $f (canon lift (core func $i "f"))) (instance $e (export "f" (func $f)))'
    exports = "".join(f'(export "{name}" (instance $e))' for name in names)
    wiring = wire([parse(wat(f"(component {instance} {exports})")), parse(consumer("a:b/c@1.0.1"))])
    assert wiring.given[1] == {"a:b/c@1.0.1": Provider(0, "a:b/c@1.0.0+z")}


def test_an_incompatible_provider_of_the_right_name_is_refused() -> None:
    other = wat(
        """(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
          (func $f (canon lift (core func $i "f")))
          (type $r (resource (rep i32))) (instance $e (export "f" (func $f)) (export "r" (type $r)))
          (export "a:b/c" (instance $e)))"""
    )
    with pytest.raises(TypeMismatch, match="`a:b/c` `f`"):
        plug([other, consumer("a:b/c")])


def open_import(type: ExternType) -> InstanceType:
    assert isinstance(type, InstanceType)
    return type


OFFER = '(instance $nothing) (export "l:l/link" (instance $nothing))'
TAKE = '(import "l:l/link" (instance))'
"""What makes the last one of two components the root."""


def test_what_two_components_import_is_imported_once_with_all_that_either_asks() -> None:
    first = wat(
        f"""(component {OFFER} (import "h:h/host" (instance $h (export "s" (type $s (sub resource)))
             (export "read" (func (param "s" (borrow $s))))))
           (alias export $h "read" (func $f)) (core func (canon lower (func $f))))"""
    )
    second = wat(
        f"""(component {TAKE} (import "h:h/host" (instance $h (export "s" (type $s (sub resource)))
             (export "write" (func (param "s" (borrow $s)))) (export "read" (func (param "s" (borrow $s))))))
           (alias export $h "read" (func $f)) (core func (canon lower (func $f)))
           (alias export $h "write" (func $g)) (core func (canon lower (func $g))))"""
    )
    program = plug([first, second])
    ((name, type),) = program.imports
    assert name == "h:h/host"
    items = dict(open_import(type).exports)
    assert list(items) == ["s", "read", "write"]
    bound, write = items["s"], items["write"]
    assert isinstance(bound, TypeBound)
    assert isinstance(bound.type, StaticResource)
    assert isinstance(write, FuncType)
    ((_, handle),) = write.parameters
    assert isinstance(handle, Borrow)
    assert handle.resource is bound.type, "the root's import mentions the root's resource"
    assert len(program.resources) == 1
    hosts = {lower.callee for lower in program.lowers}
    assert len(hosts) == 2
    assert len({use.resource for use in program.uses}) == 2, "each importer has a static resource of its own"


def test_two_components_that_import_one_name_as_different_types_are_refused() -> None:
    text = '(component {link} (import "h:h/host" (instance (export "f" (func (result {type}))))))'
    with pytest.raises(TypeMismatch, match="`h:h/host` `f`"):
        plug([wat(text.format(link=OFFER, type="u8")), wat(text.format(link=TAKE, type="u16"))])


def test_types_of_open_imports_are_shared_too() -> None:
    text = """(component {link}
      (import "t:t/types" (instance $t (type $r (record (field "x" u32))) (export "r" (type (eq $r))) ))
      (alias export $t "r" (type $r)) (import "{name}" (func (param "x" $r))))"""
    program = plug([wat(text.format(link=OFFER, name="f")), wat(text.format(link=TAKE, name="g"))])
    assert [name for name, _ in program.imports] == ["t:t/types", "f", "g"]
    types, f, g = (type for _, type in program.imports)
    ((_, bound),) = open_import(types).exports
    assert isinstance(bound, TypeBound)
    assert isinstance(f, FuncType)
    assert isinstance(g, FuncType)
    assert f.parameters[0][1] is bound.type
    assert g.parameters[0][1] is bound.type


GIVEN = """(type $in (enum "p" "q")) (export "in" (type $i (eq $in)))
  (type $out (record (field "a" $i) (field "b" u8))) (export "out" (type $o (eq $out)))"""
GIVER = wat(
    """(component
      (type $in (enum "p" "q")) (export $i "in" (type $in))
      (type $out (record (field "a" $i) (field "b" u8))) (export $o "out" (type $out))
      (instance $e (export "in" (type $i)) (export "out" (type $o))) (export "n:p/types" (instance $e)))"""
)


def test_the_root_imports_names_of_types_that_an_input_is_given() -> None:
    taker = wat(
        f"""(component
          (import "n:p/types" (instance $t {GIVEN})) (alias export $t "out" (type $out))
          (import "n:p/log" (instance $l (alias outer 1 $out (type $u)) (export "out" (type $o (eq $u)))
            (export "log" (func (param "x" $o)))))
          (core func $log (canon lower (func $l "log")))
          (core module $m (import "" "log" (func $log (param i32 i32)))
            (func (export "run") (param i32 i32) (result i32) (call $log (local.get 0) (local.get 1)) (local.get 1)))
          (core instance $i (instantiate $m (with "" (instance (export "log" (func $log))))))
          (alias core export $i "run" (core func $run))
          (func (export "run") (param "x" $out) (result u32) (canon lift (core func $run))))"""
    )
    fused = fuse([GIVER, taker])
    assert [name for name, _ in fused.program.imports] == ["n:p/types", "n:p/log"]
    value = {"a": "q", "b": 7}
    assert run_component(fused.data, [Call("run", (value,))]) == Seen(
        (("run", (7,)),), (f"host n:p/log#log({json.dumps(value)})",)
    )


def test_a_resource_type_that_only_an_input_names_is_unresolved() -> None:
    taker = wat(
        """(component
          (import "a:b/c" (instance $t (export "f" (func (result u32))) (export "r" (type (sub resource)))))
          (alias export $t "r" (type $r)) (core module $m (func (export "g") (param i32)))
          (core instance $i (instantiate $m)) (alias core export $i "g" (core func $g))
          (func (export "g") (param "x" (own $r)) (canon lift (core func $g))))"""
    )
    with pytest.raises(UnresolvedImport, match="`g` mentions a type of another input"):
        fuse([provider("a:b/c"), taker])


def test_one_component_is_just_linked() -> None:
    alone = plug([provider("a:b/c")])
    assert len(alone.instances) == len(link(parse(provider("a:b/c"))).instances) == 1


def test_the_last_components_exports_are_the_roots() -> None:
    program = plug([provider("a:b/c"), provider("x:y/z"), consumer("a:b/c")])
    (item,) = [item for _, item in program.exports]
    assert isinstance(item, ExportedFunction)
    assert item.lift.instance is program.instances[2]
    assert len(program.core_instances) == 2


def test_no_input_whose_exports_may_be_wanted_is_left_out() -> None:
    with pytest.raises(UnresolvedImport, match="inputs 2 and 3 both take from others and give to none"):
        plug([provider("a:b/c"), consumer("a:b/c"), consumer("a:b/c")])


def test_an_import_that_the_last_one_passes_on_is_refused() -> None:
    with pytest.raises(Unsupported, match="an import that the root exports"):
        plug([wat(f"(component {OFFER})"), wat(f'(component {TAKE} (import "f" (func $f)) (export "g" (func $f)))')])


def test_errors_name_the_input_that_they_are_about() -> None:
    text = "(component {link} (core module $m {body}) (core instance (instantiate $m)))"
    whole = wat(text.format(link=OFFER, body=""))
    with pytest.raises(UnresolvedImport, match=r"^input 2: nothing provides the core import") as raised:
        fuse([whole, wat(text.format(link=TAKE, body='(import "a" "f" (func))'))])
    assert raised.value.offset is not None
    with pytest.raises(Malformed, match=r"^input 2: type mismatch"):
        fuse([whole, wat(text.format(link=TAKE, body="(func (result i32) (i64.const 0))"))])
    with pytest.raises(Malformed, match=r"^input 1: "):
        fuse([whole[:-1], whole])


def test_an_open_import_cannot_mention_what_another_input_defines() -> None:
    user = wat(
        """(component
          (import "a:b/c" (instance $t (export "f" (func (result u32))) (export "r" (type (sub resource)))))
          (alias export $t "r" (type $r))
          (import "a:b/d" (instance (export "use" (func (param "r" (option (own $r))))))))"""
    )
    with pytest.raises(UnresolvedImport, match="nothing provides `a:b/d`, which mentions a resource type"):
        plug([provider("a:b/c"), user])


def test_an_open_import_that_shows_another_input_s_resource_type_is_unresolved() -> None:
    giver = wat(
        """(component (type $d (resource (rep i32)))
          (instance $i (export "r" (type $d))) (export "ns:pkg/i" (instance $i)))"""
    )
    taker = wat(
        """(component (import "ns:pkg/i" (instance $i (export "r" (type (sub resource)))))
          (alias export $i "r" (type $r))
          (import "ns:pkg/j" (instance (alias outer 1 $r (type $o)) (export "r" (type (eq $o))))))"""
    )
    with pytest.raises(UnresolvedImport, match="mentions a resource type of another input"):
        plug([giver, taker])
