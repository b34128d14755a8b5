"""Static instantiation: what becomes an instance, in which order, with which state."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuser.component.parse import parse
from fuser.errors import LimitExceeded, Malformed, TypeMismatch, UnresolvedImport, Unsupported
from fuser.link import link, state
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    Encoding,
    ExportedFunction,
    ExportedInstance,
    HostFunction,
    InstanceType,
    Lift,
    Lower,
)
from fuser.types import FuncType
from tests.linking import linked

FIXTURES = sorted(Path(__file__).parent.parent.glob("fixtures/*/*.wasm"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_real_components_link_with_everything_resolved(path: Path) -> None:
    program = link(parse(path.read_bytes()))
    for core in program.core_instances:
        assert len(core.imports) == len(core.module.imports)
        for item in core.imports:
            if isinstance(item, CoreExport):
                assert item.instance.id < core.id
                assert item.index >= item.instance.module.imported(item.sort)
    for lower in program.lowers:
        assert isinstance(lower.callee, HostFunction) or lower.callee in program.lifts
        assert len(lower.type.parameters) == len(lower.callee.type.parameters)
    for use in program.uses:
        assert program.use_of[use.instance, use.resource] is use
    assert [one.id for one in program.instances] == list(range(len(program.instances)))
    assert all(one.label for one in program.builtins)


def test_linking_twice_gives_the_same_program() -> None:
    from fuser.inspect.data import to_json

    data = FIXTURES[0].read_bytes()
    assert to_json(link(parse(data))) == to_json(link(parse(data)))


# -- the state of instances ----------------------------------------------------------

COUNTER = """
  (component $counter
    (core module $m (global $g (mut i32) (i32.const 0)) (start $s) (func $s)
      (func (export "next") (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
    (core instance $i (instantiate $m))
    (func (export "next") (result u32) (canon lift (core func $i "next"))))
"""


def test_a_component_instantiated_twice_has_its_core_instances_twice() -> None:
    program = linked(
        f"""(component {COUNTER}
          (instance $a (instantiate $counter)) (instance $b (instantiate $counter))
          (export "a" (instance $a)) (export "b" (instance $b)))"""
    )
    first, second = program.core_instances
    assert first is not second
    assert first.module is second.module
    assert [one.label for one in program.instances] == ["component 0", "a", "b"]
    assert [core.instance.label for core in program.core_instances] == ["a", "b"]
    assert first.instance.parent is program.instances[0]
    lifts = [item.items[0][1] for _, item in program.exports if isinstance(item, ExportedInstance)]
    assert [one.lift.instance.label for one in lifts if isinstance(one, ExportedFunction)] == ["a", "b"]


def test_one_module_in_two_core_instances_is_parsed_once() -> None:
    program = linked(
        """(component (core module $m (memory (export "m") 1))
             (core instance $a (instantiate $m)) (core instance $b (instantiate $m)))"""
    )
    first, second = program.core_instances
    assert first.module is second.module
    assert first.instance is second.instance is program.instances[0]


def test_core_instances_come_in_the_order_of_instantiation() -> None:
    def part(name: str) -> str:
        return f"""(component ${name} (core module $m (func (export "{name}")) (start 0))
                     (core instance (instantiate $m)))"""

    program = linked(
        f"""(component {part("x")} {part("y")}
          (instance (instantiate $y)) (instance (instantiate $x)) (instance (instantiate $y)))"""
    )
    names = [core.module.exports[0].name for core in program.core_instances]
    assert names == ["y", "x", "y"]
    assert [core.module.start for core in program.core_instances] == [0, 0, 0]


# -- indices, aliases, bundles -----------------------------------------------------------


def test_an_export_appends_an_index() -> None:
    program = linked(
        f"""(component {COUNTER} (instance $i (instantiate $counter))
          (alias export $i "next" (func $f)) (export $g "f" (func $f)) (export "g" (func $g)))"""
    )
    exported = [item for _, item in program.exports if isinstance(item, ExportedFunction)]
    assert [name for name, _ in program.exports] == ["f", "g"]
    assert exported[0].lift is exported[1].lift


def test_outer_aliases_of_component_module_and_type() -> None:
    program = linked(
        """(component
          (core module $m (func (export "f") (result i32) i32.const 1))
          (type $t (func (result u32)))
          (component $empty)
          (component $middle
            (component $inner
              (core instance $i (instantiate $m))
              (instance (instantiate $empty))
              (func (export "f") (type $t) (canon lift (core func $i "f"))))
            (instance $i (instantiate $inner)) (export "i" (instance $i)))
          (instance $a (instantiate $middle))
          (export "a" (instance $a)))"""
    )
    assert len(program.core_instances) == 1
    assert [one.label for one in program.instances] == ["component 0", "a", "i", "empty"]
    ((_, outer),) = program.exports
    assert isinstance(outer, ExportedInstance)
    ((_, inner),) = outer.items
    assert isinstance(inner, ExportedInstance)
    assert [name for name, _ in inner.items] == ["f"]


def test_nested_bundles_are_seen_through() -> None:
    program = linked(
        f"""(component {COUNTER} (instance $i (instantiate $counter))
          (instance $x (export "i" (instance $i)))
          (instance $y (export "x" (instance $x)))
          (alias export $y "x" (instance $x2)) (alias export $x2 "i" (instance $i2))
          (alias export $i2 "next" (func $f)) (core func $low (canon lower (func $f)))
          (core module $n (import "" "n" (func (result i32))))
          (core instance (instantiate $n (with "" (instance (export "n" (func $low)))))))"""
    )
    (lower,) = program.lowers
    assert lower.callee is program.lifts[0]
    assert program.core_instances[1].imports == (lower,)


def test_core_bundles_and_re_exports_resolve_to_the_definer() -> None:
    program = linked(
        """(component
          (core module $a (memory (export "m") 1) (table (export "t") 1 funcref)
            (global (export "g") (mut i32) (i32.const 0)) (func (export "f")))
          (core module $b
            (import "a" "f" (func $f)) (import "a" "m" (memory 1)) (import "a" "g" (global (mut i32)))
            (import "a" "t" (table 1 funcref))
            (func $own) (export "f2" (func $f)) (export "m2" (memory 0)) (export "own" (func $own))
            (export "g2" (global 0)) (export "t2" (table 0)))
          (core module $c (import "b" "f" (func)) (import "b" "m" (memory 1)) (import "b" "own" (func))
            (import "b" "g" (global (mut i32))) (import "b" "t" (table 1 funcref)))
          (core instance $ia (instantiate $a))
          (core instance $ib (instantiate $b (with "a" (instance $ia))))
          (core instance $bundle
            (export "f" (func $ib "f2")) (export "m" (memory $ib "m2")) (export "own" (func $ib "own"))
            (export "g" (global $ib "g2")) (export "t" (table $ib "t2")))
          (core instance $ic (instantiate $c (with "b" (instance $bundle)))))"""
    )
    a, b, c = program.core_instances
    assert c.imports == (
        CoreExport(a, "func", 0),
        CoreExport(a, "memory", 0),
        CoreExport(b, "func", 1),
        CoreExport(a, "global", 0),
        CoreExport(a, "table", 0),
    )


def test_versioned_names_are_equal_as_text_inside_a_component() -> None:
    text = """(component
      (component $user (import "a:b/c@1.0.1" (instance (export "f" (func)))))
      (import "a:b/c@1.0.1" (instance $right (export "f" (func))))
      (import "a:b/c@1.0.0" (instance $other (export "f" (func))))
      (instance (instantiate $user (with "{name}" (instance $right)))))"""
    assert [name for name, _ in linked(text.format(name="a:b/c@1.0.1")).imports] == [
        "a:b/c@1.0.1",
        "a:b/c@1.0.0",
    ]
    with pytest.raises(UnresolvedImport, match=r"a:b/c@1\.0\.1"):
        linked(text.format(name="a:b/c@1.0.0"))


# -- shims, adapters, what is imported from outside -------------------------------------------

SHIM = """(component
  (import "host" (func $host (param "s" string)))
  (core module $shim (table (export "$imports") 1 1 funcref) (type $t (func (param i32 i32)))
    (func (export "0") (param i32 i32)
      (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0))))
  (core module $main (import "env" "host" (func $h (param i32 i32))) (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "run") (call $h (i32.const 0) (i32.const 0))))
  (core module $adapter (import "env" "memory" (memory 1)) (func (export "proc") (drop (memory.size))))
  (core module $fixups (import "" "0" (func $f (param i32 i32))) (import "" "$imports" (table 1 1 funcref))
    (elem (i32.const 0) func $f))
  (core instance $s (instantiate $shim))
  (core instance $m (instantiate $main
    (with "env" (instance (export "host" (func $s "0"))))))
  (core instance $a (instantiate $adapter (with "env" (instance $m))))
  (core func $low (canon lower (func $host) (memory (core memory $m "memory"))))
  (core instance $x (instantiate $fixups
    (with "" (instance (export "0" (func $low)) (export "$imports" (table $s "$imports"))))))
  (func (export "run") (canon lift (core func $m "run"))))"""


def test_the_shim_and_fixup_pattern_is_ordinary_modules() -> None:
    program = linked(SHIM)
    shim, main, adapter, fixups = program.core_instances
    assert main.imports == (CoreExport(shim, "func", 0),)
    assert adapter.imports == (CoreExport(main, "memory", 0),)
    (lower,) = program.lowers
    assert fixups.imports == (lower, CoreExport(shim, "table", 0))
    assert lower.options.memory == CoreExport(main, "memory", 0)
    assert isinstance(lower.callee, HostFunction)
    assert lower.callee.path == ("host",)
    assert lower.label == "$root#host"


def test_canonical_options_are_resolved() -> None:
    program = linked(
        """(component
          (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32)
              unreachable) (func (export "f") (param i32 i32) (result i32) unreachable)
            (func (export "p") (param i32)))
          (core instance $i (instantiate $m))
          (func (export "f") (param "s" string) (result string) (canon lift (core func $i "f")
            (memory (core memory $i "m")) (realloc (core func $i "r")) (post-return (core func $i "p"))
            string-encoding=latin1+utf16)))"""
    )
    (core,) = program.core_instances
    (lift,) = program.lifts
    assert lift.options.encoding is Encoding.LATIN1_UTF16
    assert lift.options.memory == CoreExport(core, "memory", 0)
    assert lift.options.realloc == CoreExport(core, "func", 0)
    assert lift.function == CoreExport(core, "func", 1)
    assert lift.options.post_return == CoreExport(core, "func", 2)
    assert lift.label == "$root#f"


def test_a_function_that_is_not_exported_is_called_as_its_module_does() -> None:
    program = linked(
        """(component (core module $m (func (export "inner"))) (core instance $i (instantiate $m))
             (func $f (canon lift (core func $i "inner"))) (core func (canon lower (func $f))))"""
    )
    assert program.lifts[0].label == "inner"
    assert program.lowers[0].label == "inner"
    assert program.lowers[0].instance is program.lifts[0].instance


def test_a_lowered_function_can_be_lifted_again() -> None:
    program = linked(
        """(component (import "f" (func $f)) (core func $low (canon lower (func $f)))
             (func $g (canon lift (core func $low))) (export "g" (func $g)))"""
    )
    assert program.lifts[0].function is program.lowers[0]
    assert program.core_instances == ()


def test_virtualised_imports_are_just_another_instance() -> None:
    program = linked(
        """(component
          (import "t:h/clock" (instance $host (export "now" (func (result u64)))))
          (component $virtual
            (import "t:h/clock" (instance $h (export "now" (func (result u64)))))
            (alias export $h "now" (func $now)) (core func $low (canon lower (func $now)))
            (core module $m (import "" "now" (func (result i64))) (func (export "now") (result i64) call 0))
            (core instance $i (instantiate $m (with "" (instance (export "now" (func $low))))))
            (func $virtual-now (result u64) (canon lift (core func $i "now")))
            (instance $clock (export "now" (func $virtual-now)))
            (export "t:h/clock" (instance $clock)))
          (component $user
            (import "t:h/clock" (instance $h (export "now" (func (result u64)))))
            (alias export $h "now" (func $now)) (core func $low (canon lower (func $now)))
            (core module $m (import "" "now" (func (result i64))))
            (core instance (instantiate $m (with "" (instance (export "now" (func $low)))))))
          (instance $v (instantiate $virtual (with "t:h/clock" (instance $host))))
          (alias export $v "t:h/clock" (instance $clock))
          (instance (instantiate $user (with "t:h/clock" (instance $clock)))))"""
    )
    inner, outer = program.lowers
    assert isinstance(inner.callee, HostFunction)
    assert inner.callee.path == ("t:h/clock", "now")
    assert outer.callee is program.lifts[0]
    assert program.lifts[0].label == "t:h/clock#now"
    ((name, type),) = program.imports
    assert name == "t:h/clock"
    assert isinstance(type, InstanceType)
    assert [one for one, _ in type.exports] == ["now"]


def test_context_slots_are_core_functions() -> None:
    program = linked(
        """(component (core func $get (canon context.get i32 0)) (core func $set (canon context.set i32 0))
          (core module $m (import "" "get" (func (result i32))) (import "" "set" (func (param i32))))
          (core instance (instantiate $m
            (with "" (instance (export "get" (func $get)) (export "set" (func $set)))))))"""
    )
    get, set_ = program.core_instances[0].imports
    assert isinstance(get, ContextSlot)
    assert isinstance(set_, ContextSlot)
    assert (get.operation, set_.operation) == ("get", "set")


# -- components and modules as arguments -------------------------------------------------------


def test_a_component_passed_as_argument_is_instantiated_where_it_is_used() -> None:
    program = linked(
        f"""(component {COUNTER}
          (component $user
            (import "c" (component $c (export "next" (func (result u32)))))
            (instance $a (instantiate $c)) (instance $b (instantiate $c))
            (alias export $b "next" (func $f)) (core func (canon lower (func $f))))
          (instance (instantiate $user (with "c" (component $counter)))))"""
    )
    assert len(program.core_instances) == 2
    assert program.core_instances[0].module is program.core_instances[1].module
    (lower,) = program.lowers
    assert isinstance(lower.callee, Lift)
    assert lower.callee.instance.label == "b"
    parent = lower.callee.instance.parent
    assert parent is lower.instance


def test_what_a_declared_component_type_hides_is_not_there() -> None:
    text = """(component
      (component $c (component $e) (instance $i (instantiate $e)) (export "i" (instance $i)))
      (component $user (import "c" (component $c)) (instance $a (instantiate $c))
        (alias export $a "i" (instance $i)))
      (instance (instantiate $user (with "c" (component $c)))))"""
    from wasmtime import wat2wasm

    with pytest.raises(UnresolvedImport, match="no export `i`"):
        link(parse(bytes(wat2wasm(text))))


MODULE_ARGUMENT = """(component
  (core module $m (import "a" "f" (func)) (export "g" (func 0)))
  (component $user
    (import "m" (core module $m {declared}))
    (core module $given (func (export "f")))
    (core instance $g (instantiate $given))
    (core instance (instantiate $m (with "a" (instance $g)))))
  (instance (instantiate $user (with "m" (core module $m)))))"""


def test_a_core_module_passed_as_argument() -> None:
    program = linked(MODULE_ARGUMENT.format(declared='(import "a" "f" (func)) (export "g" (func))'))
    given, passed = program.core_instances
    assert passed.imports == (CoreExport(given, "func", 0),)


@pytest.mark.parametrize(
    "declared",
    ['(import "a" "f" (func)) (export "h" (func))', '(export "g" (func))', '(import "a" "f" (memory 1))'],
)
def test_a_core_module_must_be_what_is_declared(declared: str) -> None:
    with pytest.raises(TypeMismatch, match="core module"):
        linked(MODULE_ARGUMENT.format(declared=declared))


# -- what does not fit ---------------------------------------------------------------------------

CORE_LINK = """(component
  (core module $a {exports}) (core instance $i (instantiate $a))
  (core module $b {imports}) (core instance (instantiate $b (with "a" (instance $i)))))"""

MISMATCHES = {
    "arity": ('(func (export "x") (param i32))', '(import "a" "x" (func))'),
    "sort": ('(func (export "x"))', '(import "a" "x" (memory 1))'),
    "memory size": ('(memory (export "x") 1)', '(import "a" "x" (memory 2))'),
    "memory maximum": ('(memory (export "x") 1)', '(import "a" "x" (memory 1 2))'),
    "memory address": ('(memory (export "x") i64 1)', '(import "a" "x" (memory 1))'),
    "table type": ('(table (export "x") 1 funcref)', '(import "a" "x" (table 1 externref))'),
    "table maximum": ('(table (export "x") 1 9 funcref)', '(import "a" "x" (table 1 8 funcref))'),
    "mutability": ('(global (export "x") i32 i32.const 0)', '(import "a" "x" (global (mut i32)))'),
    "global type": ('(global (export "x") i32 i32.const 0)', '(import "a" "x" (global i64))'),
    "tag": ('(tag (export "x") (param i32))', '(import "a" "x" (tag))'),
    "constant reference": (
        '(func $f) (elem declare func $f) (global (export "x") (ref func) (ref.func $f))',
        '(import "a" "x" (global funcref))',
    ),
    "structure": (
        '(type $s (struct (field i32))) (func (export "x") (param (ref $s)))',
        '(type $s (struct (field i64))) (import "a" "x" (func (param (ref $s))))',
    ),
    "no subtype": (
        '(type $s (sub (struct))) (type $f (func (result (ref $s)))) (func (export "x") (type $f) unreachable)',
        '(type $s (sub final (struct))) (import "a" "x" (func (result (ref $s))))',
    ),
}


@pytest.mark.parametrize(("exports", "imports"), MISMATCHES.values(), ids=MISMATCHES)
def test_core_items_of_another_type_are_refused(exports: str, imports: str) -> None:
    with pytest.raises(TypeMismatch, match="`a` `x`") as caught:
        linked(CORE_LINK.format(exports=exports, imports=imports))
    assert caught.value.offset is not None


MATCHES = {
    "larger memory": ('(memory (export "x") 2 3)', '(import "a" "x" (memory 1 4))'),
    "larger table": ('(table (export "x") 2 funcref)', '(import "a" "x" (table 1 funcref))'),
    "same structure": (
        '(type (func)) (type $s (struct (field i32))) (func (export "x") (param (ref $s)))',
        '(type $s (struct (field i32))) (import "a" "x" (func (param (ref $s))))',
    ),
    "recursive": (
        """(rec (type $n (struct (field (ref null $n)))) (type $f (func (param (ref $n)))))
           (func (export "x") (type $f))""",
        """(type (array i8)) (rec (type $n (struct (field (ref null $n)))) (type $f (func (param (ref $n)))))
           (import "a" "x" (func (type $f)))""",
    ),
    "subtype": (
        """(type $p (sub (func))) (type $c (sub $p (func))) (func (export "x") (type $c))""",
        """(type $p (sub (func))) (import "a" "x" (func (type $p)))""",
    ),
    "tag": ('(tag (export "x") (param i32))', '(import "a" "x" (tag (param i32)))'),
}


@pytest.mark.parametrize(("exports", "imports"), MATCHES.values(), ids=MATCHES)
def test_core_items_of_matching_types_are_linked(exports: str, imports: str) -> None:
    program = linked(CORE_LINK.format(exports=exports, imports=imports))
    ((item,),) = [core.imports for core in program.core_instances if core.imports]
    assert isinstance(item, CoreExport)
    assert item.instance is program.core_instances[0]


def test_a_missing_core_import_is_unresolved() -> None:
    with pytest.raises(UnresolvedImport, match="`a` `x`"):
        linked(CORE_LINK.format(exports="", imports='(import "a" "x" (func))'))


@pytest.mark.parametrize(
    ("function", "declared", "message"),
    [
        ('(param "a" u32)', '(param "a" u64)', "declared type"),
        ('(param "a" u32)', '(param "b" u32)', "declared type"),
        ('(param "a" u32)', "", "declared type"),
        ('(param "a" (list u8))', '(param "a" (list s8))', "declared type"),
        ("(result (tuple u8 u8))", "(result (tuple u8 u8 u8))", "declared type"),
        ('(param "a" (option u8))', '(param "a" (result u8))', "declared type"),
    ],
)
def test_component_functions_of_another_type_are_refused(function: str, declared: str, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        linked(
            f"""(component (import "f" (func $f {function}))
              (component $user (import "f" (func {declared})))
              (instance (instantiate $user (with "f" (func $f)))))"""
        )


def test_an_argument_of_another_sort_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="not an instance"):
        linked(
            """(component (import "f" (func $f)) (component $user (import "f" (instance)))
              (instance (instantiate $user (with "f" (func $f)))))"""
        )


LIFTS = {
    "core type": ('(func (export "f") (result i32) i32.const 0)', "", "", TypeMismatch),
    "memory needed": (
        '(func (export "f") (param i32 i32))',
        '(param "s" string)',
        "",
        Malformed,
    ),
    "realloc needed": (
        '(func (export "f") (param i32 i32)) (memory (export "m") 1)',
        '(param "s" string)',
        '(memory (core memory $i "m"))',
        Malformed,
    ),
    "post-return type": (
        '(func (export "f")) (func (export "p") (param i32))',
        "",
        '(post-return (core func $i "p"))',
        TypeMismatch,
    ),
    "realloc type": (
        '(func (export "f")) (memory (export "m") 1)',
        "",
        '(memory (core memory $i "m")) (realloc (core func $i "f"))',
        TypeMismatch,
    ),
    "64-bit memory": (
        '(func (export "f")) (memory (export "m") i64 1)',
        "",
        '(memory (core memory $i "m"))',
        Unsupported,
    ),
    "async type": ('(func (export "f"))', "async", "", Unsupported),
}


@pytest.mark.parametrize(("module", "type", "options", "error"), LIFTS.values(), ids=LIFTS)
def test_lifts_that_cannot_work_are_refused(module: str, type: str, options: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        linked(
            f"""(component (core module $m {module}) (core instance $i (instantiate $m))
              (func {type} (canon lift (core func $i "f") {options})))"""
        )


ROOTS = {
    "core module import": '(import "m" (core module))',
    "component import": '(import "c" (component))',
    "core module export": '(core module $m) (export "m" (core module $m))',
    "component export": '(component $c) (export "c" (component $c))',
    "re-exported function": '(import "f" (func $f)) (export "g" (func $f))',
    "re-exported instance": '(import "i" (instance $i (export "f" (func)))) (export "j" (instance $i))',
    "lists of fixed length": "(type (list u8 4))",
    "maps": "(type (map string u8))",
}


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
def test_what_the_root_cannot_have_is_refused(text: str) -> None:
    with pytest.raises(Unsupported):
        linked(f"(component {text})")


MISUSES = {
    "two imports": '(import "f" (func)) (import "f" (func))',
    "two exports": '(type $r (resource (rep i32))) (export "a" (type $r)) (export "a" (type $r))',
    "two arguments": """(component $c) (instance $i (instantiate $c))
        (instance (instantiate $c (with "a" (instance $i)) (with "a" (instance $i))))""",
    "two fields": '(type (record (field "a" u8) (field "A" u8)))',
    "second context slot": "(core func (canon context.get i32 1))",
    "borrow in a result": '(import "r" (type $r (sub resource))) (type (func (result (borrow $r))))',
    "resource.new of an import": '(import "r" (type $r (sub resource))) (core func (canon resource.new $r))',
}


@pytest.mark.parametrize("text", MISUSES.values(), ids=MISUSES)
def test_misuses_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        linked(f"(component {text})")


# -- size ----------------------------------------------------------------------------------------


def test_long_chains_of_components_do_not_recurse() -> None:
    parts = "".join(
        f"(component $c{i + 1} (alias outer 1 $c{i} (component $x)) (instance (instantiate $x)))" for i in range(900)
    )
    program = linked(f"(component (component $c0) {parts} (instance (instantiate $c900)))")
    assert len(program.instances) == 902


def test_exponential_instantiation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "STEP_LIMIT", 20_000)
    parts = "".join(
        f"""(component $c{i + 1} (alias outer 1 $c{i} (component $x))
              (instance (instantiate $x)) (instance (instantiate $x)))"""
        for i in range(30)
    )
    text = f"(component (component $c0) {parts} (instance (instantiate $c30)))"
    with pytest.raises(LimitExceeded, match="too many"):
        linked(text)


def test_three_hundred_instances() -> None:
    instances = " ".join("(instance (instantiate $counter))" for _ in range(300))
    program = linked(f"(component {COUNTER} {instances})")
    assert len(program.core_instances) == 300
    assert len({core.module for core in program.core_instances}) == 1


def test_types_that_share_their_parts_exponentially_are_refused() -> None:
    types = "".join(f"(type $t{i + 1} (tuple $t{i} $t{i}))" for i in range(60))
    with pytest.raises(LimitExceeded, match="parts") as caught:
        linked(f"(component (type $t0 u8) {types})")
    assert caught.value.offset is not None


def test_types_that_share_their_parts_are_walked_once() -> None:
    types = "".join(f"(type $t{i + 1} (tuple $t{i} $t{i}))" for i in range(18))
    program = linked(f'(component (type $t0 u8) {types} (import "f" (func (param "a" $t18))))')
    assert [name for name, _ in program.imports] == ["f"]


def test_types_that_nest_too_deep_are_refused() -> None:
    types = "".join(f"(type $t{i + 1} (option $t{i}))" for i in range(101))
    with pytest.raises(LimitExceeded, match="nested"):
        linked(f"(component (type $t0 u8) {types})")


def test_names_on_names_do_not_recurse() -> None:
    names = "".join(f'(export $t{i + 1} "t{i}" (type $t{i}))' for i in range(1500))
    program = linked(f'(component (type $t0 (record (field "a" u32))) {names})')
    assert len(program.exports) == 1500


@pytest.mark.parametrize("kind", ["bundle", "type"])
def test_instances_nest_to_a_limit(kind: str) -> None:
    if kind == "bundle":
        text = "(instance $t0)" + "".join(f'(instance $t{i + 1} (export "a" (instance $t{i})))' for i in range(120))
    else:
        text = (
            "(type $t0 (instance))"
            + "".join(
                f'(type $t{i + 1} (instance (alias outer 1 $t{i} (type $x)) (export "a" (instance (type $x)))))'
                for i in range(120)
            )
            + '(import "i" (instance (type $t120)))'
        )
    with pytest.raises(LimitExceeded, match="instances nested"):
        linked(f"(component {text})")


def test_lowers_are_of_the_type_that_the_importer_declares() -> None:
    program = linked(
        f"""(component {COUNTER} (instance $i (instantiate $counter))
          (component $user (import "n" (func $n (result u32))) (core func (canon lower (func $n))))
          (alias export $i "next" (func $f)) (instance (instantiate $user (with "n" (func $f)))))"""
    )
    (lower,) = program.lowers
    assert isinstance(lower, Lower)
    assert isinstance(lower.type, FuncType)
    assert lower.type is not lower.callee.type
    assert lower.label == "$root#n"
    assert not [one for one in program.builtins if isinstance(one, Builtin)]
