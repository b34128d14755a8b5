"""Guests merged with guests: linking of every sort, state, order of instantiation."""

from __future__ import annotations

import pytest
import wasmtime

from fuser.draft import Draft
from fuser.errors import LimitExceeded, Malformed
from fuser.merge.merge import merge
from fuser.program import CoreInstance
from fuser.symbols import Function, Guest, Imported, Memory, Region
from fuser.wasm.module import parse_module
from fuser.wasm.names import function_names
from fuser.wasm.types import I32, FunctionType
from tests.merging import INSTANCE, Running, function, instantiate, merged, module


def test_nothing_at_all() -> None:
    parsed = parse_module(merged([], []).data)
    assert (parsed.functions, parsed.exports, parsed.start) == ((), (), None)


def test_shared_memory_and_function_chain() -> None:
    owner = instantiate(
        """(module (memory (export "memory") 1) (data (i32.const 8) "\\2a")
             (func (export "read") (param i32) (result i32) local.get 0 i32.load8_u))"""
    )
    forwarder = instantiate(
        """(module (import "" "read" (func $read (param i32) (result i32)))
             (import "" "memory" (memory 1))
             (export "again" (func $read)) (export "memory" (memory 0)))""",
        owner,
        id=1,
    )
    user = instantiate(
        """(module (import "" "again" (func $read (param i32) (result i32)))
             (import "" "memory" (memory $theirs 1)) (memory $mine 1)
             (data (memory $mine) (i32.const 8) "\\07")
             (func (export "sum") (result i32)
               (i32.store8 $theirs offset=1 (i32.const 8) (i32.const 100))
               (i32.add (call $read (i32.const 8))
                 (i32.add (i32.load8_u $mine (i32.const 8)) (call $read (i32.const 9))))))""",
        forwarder,
        id=2,
    )
    running = Running(merged([owner, forwarder, user], [("sum", function(user, "sum"))]))
    assert running("sum") == 42 + 7 + 100


def test_one_module_twice_has_two_states() -> None:
    counter = module(
        """(module (global $n (mut i32) (i32.const 0)) (memory 1)
             (func (export "next") (result i32)
               (global.set $n (i32.add (global.get $n) (i32.const 1)))
               (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (global.get $n)))
               (i32.load (i32.const 0))))"""
    )
    one, other = instantiate(counter), instantiate(counter, id=1)
    running = Running(merged([one, other], [("one", function(one, "next")), ("other", function(other, "next"))]))
    assert [running("one"), running("one"), running("other"), running("one")] == [1, 3, 1, 6]


def test_globals_tables_and_tags_are_shared() -> None:
    owner = instantiate(
        """(module (type $t (func (param i32)))
             (global $g (export "g") (mut i32) (i32.const 5))
             (table (export "t") 2 funcref) (elem (i32.const 1) $seven)
             (tag $e (export "e") (type $t)) (tag $other (type $t))
             (func $seven (result i32) i32.const 7)
             (func (export "throw") (throw $e (i32.const 11)))
             (func (export "throw other") (throw $other (i32.const 12)))
             (func (export "g now") (result i32) global.get $g))"""
    )
    user = instantiate(
        """(module (type $t (func (param i32))) (type $i (func (result i32)))
             (import "" "throw" (func $throw)) (import "" "throw other" (func $throw_other))
             (import "" "t" (table 1 funcref)) (import "" "g" (global $g (mut i32)))
             (import "" "e" (tag $e (type $t)))
             (elem (i32.const 0) $nine)
             (func $nine (result i32) i32.const 9)
             (func (export "slot") (param i32) (result i32) (call_indirect (type $i) (local.get 0)))
             (func (export "add") (param i32) (global.set $g (i32.add (global.get $g) (local.get 0))))
             (func (export "caught") (param i32) (result i32)
               (block $mine (result i32)
                 (block $any (try_table (catch $e $mine) (catch_all $any)
                   (if (local.get 0) (then (call $throw)) (else (call $throw_other)))))
                 i32.const -1)))""",
        owner,
        id=1,
    )
    names = ["slot", "add", "caught"]
    exports = [(name, function(user, name)) for name in names] + [("g now", function(owner, "g now"))]
    running = Running(merged([owner, user], exports))
    assert [running("slot", 0), running("slot", 1)] == [9, 7]
    running("add", 10)
    assert running("g now") == 15
    assert [running("caught", 1), running("caught", 0)] == [11, -1]


def test_a_third_module_fixes_up_the_table() -> None:
    shim = instantiate(
        """(module (table (export "$imports") 2 2 funcref)
             (func (export "0") (param i32) (result i32)
               local.get 0 i32.const 0 call_indirect (param i32) (result i32)))"""
    )
    main = instantiate(
        """(module (import "" "0" (func $f (param i32) (result i32))) (memory (export "m") 1)
             (func (export "run") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1000))))""",
        shim,
        id=1,
    )
    target = instantiate(
        """(module (import "" "m" (memory 1))
             (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))""",
        main,
        id=2,
    )
    fixups = instantiate(
        """(module (import "" "double" (func $f (param i32) (result i32)))
             (import "" "$imports" (table 2 2 funcref)) (elem (i32.const 0) func $f))""",
        target,
        shim,
        id=3,
    )
    running = Running(merged([shim, main, target, fixups], [("run", function(main, "run"))]))
    assert running("run", 21) == 1042


# -- instantiation -----------------------------------------------------------------

LOG = """(module (memory (export "log") 1) (global $n (mut i32) (i32.const 0))
  (func (export "note") (param i32)
    (i32.store8 (global.get $n) (local.get 0)) (global.set $n (i32.add (global.get $n) (i32.const 1))))
  (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (table (export "t") 4 funcref))"""


def noting(digit: int, *, extra: str = "") -> str:
    return f"""(module (import "" "note" (func $note (param i32))) {extra}
      (start $s) (func $s (call $note (i32.const {digit}))))"""


def test_starts_run_in_order_of_instantiation() -> None:
    log = instantiate(LOG)
    parts = [instantiate(noting(digit), log, id=digit) for digit in (3, 1, 2)]
    running = Running(merged([log, *parts], [("at", function(log, "at"))]))
    assert [running("at", place) for place in range(4)] == [3, 1, 2, 0]


def test_one_start_is_used_as_it_is() -> None:
    log = instantiate(LOG)
    made = merged([log, instantiate(noting(7), log, id=1)], [("at", function(log, "at"))])
    assert parse_module(made.data).start is not None
    assert len(parse_module(made.data).functions) == 3
    assert Running(made)("at", 0) == 7


def test_an_imported_start_runs() -> None:
    log = instantiate(LOG)
    library = instantiate(
        """(module (import "" "note" (func $note (param i32)))
             (func (export "init") (call $note (i32.const 5))))""",
        log,
        id=1,
    )
    starter = instantiate('(module (import "" "init" (func $init)) (start $init))', library, id=2)
    assert Running(merged([log, library, starter], [("at", function(log, "at"))]))("at", 0) == 5


def test_an_early_start_does_not_see_later_segments() -> None:
    owner = instantiate(
        """(module (memory (export "m") 1) (table (export "t") 2 funcref) (global $seen (mut i32) (i32.const 0))
             (data (i32.const 0) "\\01") (start $look)
             (func $look (global.set $seen
               (i32.add (i32.load8_u (i32.const 0)) (ref.is_null (table.get (i32.const 1))))))
             (func (export "seen") (result i32) global.get $seen)
             (func (export "now") (result i32)
               (i32.add (i32.load8_u (i32.const 0)) (ref.is_null (table.get (i32.const 1))))))"""
    )
    later = instantiate(
        """(module (import "" "m" (memory 1)) (import "" "t" (table 2 funcref))
             (data (i32.const 0) "\\64") (elem (i32.const 1) $f)
             (elem (table 0) (i32.const 0) funcref (ref.null func)) (func $f))""",
        owner,
        id=1,
    )
    exports = [(name, function(owner, name)) for name in ("seen", "now")]
    running = Running(merged([owner, later], exports))
    assert [running("seen"), running("now")] == [2, 100]


def test_a_segment_out_of_range_traps_in_its_turn() -> None:
    log = instantiate(LOG)
    first = instantiate(noting(1), log, id=1)
    broken = instantiate('(module (memory 1) (data (i32.const 65536) "x"))', id=2)
    with pytest.raises(wasmtime.Trap, match="out of bounds memory access"):
        Running(merged([log, first, broken], []))


def test_dropped_segments_belong_to_their_instance() -> None:
    dropper = module(
        """(module (memory 1) (data $d "\\2a") (elem $e func $f) (table 1 funcref)
             (func $f)
             (func (export "init") (param i32) (result i32)
               (memory.init $d (i32.const 0) (i32.const 0) (local.get 0))
               (table.init $e (i32.const 0) (i32.const 0) (local.get 0)) (i32.load8_u (i32.const 0)))
             (func (export "drop") (data.drop $d) (elem.drop $e)))"""
    )
    one, other = instantiate(dropper), instantiate(dropper, id=1)
    exports = [("drop", function(one, "drop")), ("one", function(one, "init")), ("other", function(other, "init"))]
    running = Running(merged([one, other], exports))
    running("drop")
    assert running("other", 1) == 42
    assert running("one", 0) == 0
    with pytest.raises(wasmtime.Trap, match="out of bounds memory access"):
        running("one", 1)


# -- constants ------------------------------------------------------------------------


def test_constants_of_other_guests_are_written_out() -> None:
    owner = instantiate(
        """(module (global (export "base") i32 (i32.const 1024)) (global (export "f") f64 (f64.const 1.5))
             (global (export "wide") i64 (i64.const -3))
             (memory (export "m") 1) (table (export "t") 8 funcref)
             (func $f (result i32) i32.const 77) (global (export "ref") funcref (ref.func $f)))"""
    )
    user = instantiate(
        """(module (import "" "base" (global $base i32)) (import "" "f" (global $f f64))
             (import "" "wide" (global $wide i64)) (import "" "ref" (global $ref funcref))
             (import "" "m" (memory 1)) (import "" "t" (table 8 funcref))
             (global $mine i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const -2))))
             (global $copy (mut f64) (global.get $f))
             (global $less i64 (i64.sub (global.get $wide) (i64.const 0x7fffffffffffffff)))
             (table $own 2 funcref (global.get $ref))
             (data (i32.add (global.get $base) (i32.const 6)) "\\09")
             (elem (table 0) (i32.const 3) funcref (global.get $ref))
             (func (export "mine") (result i32) global.get $mine)
             (func (export "copy") (result f64) global.get $copy)
             (func (export "less") (result i64) global.get $less)
             (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0)))
             (func (export "call") (result i32) (call_indirect (result i32) (i32.const 3)))
             (func (export "own") (result i32) (call_indirect $own (result i32) (i32.const 1))))""",
        owner,
        id=1,
    )
    names = ["mine", "copy", "less", "at", "call", "own"]
    running = Running(merged([owner, user], [(name, function(user, name)) for name in names]))
    assert [running("mine"), running("copy"), running("at", 1030)] == [1018, 1.5, 9]
    assert running("less") == -3 - 0x7FFFFFFFFFFFFFFF + (1 << 64)
    assert [running("call"), running("own")] == [77, 77]


OBJECT = """(module (type $s (struct (field i32))) (type $user (func (result (ref $s))))
  (global $o (export "o") (ref $s) (struct.new $s (i32.const 4)))
  (func (export "same") (param (ref null $s)) (result i32) (ref.eq (local.get 0) (global.get $o))))"""


def test_objects_of_other_guests_stay_the_same_object() -> None:
    owner = instantiate(OBJECT)
    filler = " ".join(["(func)"] * 40)
    user = instantiate(
        f"""(module (type $s (struct (field i32))) (import "" "o" (global $o (ref $s)))
             (import "" "same" (func $same (param (ref null $s)) (result i32)))
             (global $mine (ref null $s) (global.get $o)) {filler}
             (func (export "test") (result i32) (call $same (global.get $mine))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == 1


def test_an_object_in_a_table_s_initial_value_is_that_object() -> None:
    owner = instantiate(OBJECT)
    user = instantiate(
        """(module (type $s (struct (field i32))) (import "" "o" (global $o (ref $s)))
             (import "" "same" (func $same (param (ref null $s)) (result i32)))
             (table $t 2 (ref $s) (global.get $o))
             (func (export "test") (result i32) (call $same (table.get $t (i32.const 1)))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == 1


def test_a_constant_expression_may_be_as_long_as_it_is() -> None:
    values = " ".join(f"(i64.const {(1 << 62) + n})" for n in range(10_000))
    owner = instantiate(
        f"""(module (type $a (array i64))
             (global $o (export "o") (ref $a) (array.new_fixed $a 10000 {values})))"""
    )
    user = instantiate(
        """(module (type $a (array i64)) (import "" "o" (global $o (ref $a)))
             (table $t 1 (ref $a) (global.get $o))
             (func (export "test") (result i64) (array.get $a (table.get $t (i32.const 0)) (i32.const 9999))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == (1 << 62) + 9999


def test_a_shared_global_whose_value_names_another_one_comes_after_it() -> None:
    owner = instantiate(
        """(module (type $s (struct (field i32))) (global $o (ref $s) (struct.new $s (i32.const 7)))
             (global (export "g") (mut (ref $s)) (global.get $o)))"""
    )
    user = instantiate(
        """(module (type $s (struct (field i32))) (import "" "g" (global $g (mut (ref $s))))
             (func (export "test") (result i32) (nop) (nop) (struct.get $s 0 (global.get $g))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == 7


def test_a_table_may_begin_with_an_object_that_leads_to_very_many() -> None:
    pair = "(type $p (struct (field (ref null any)) (field (ref null $p)) (field i64)))"
    objects = " ".join(
        f"(global $o{n} (ref $p) (struct.new $p (global.get $o{n - 1}) (global.get $o{n - 1}) (i64.const {n})))"
        for n in range(1, 150)
    )
    owner = instantiate(
        f"""(module {pair} (global $o0 (ref $p) (struct.new $p (ref.null any) (ref.null $p) (i64.const 0)))
             {objects} (export "o" (global $o149)))"""
    )
    user = instantiate(
        f"""(module {pair} (import "" "o" (global $o (ref $p)))
             (table $t 1 (ref $p) (global.get $o)) (table $n 1 eqref (global.get $o))
             (func (export "test") (result i64)
               (if (i32.eqz (ref.eq (table.get $n (i32.const 0)) (table.get $t (i32.const 0)))) (then unreachable))
               (struct.get $p 2 (struct.get $p 1 (table.get $t (i32.const 0))))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == 148


def test_a_function_in_an_object_that_begins_a_table_stays_declared() -> None:
    types = "(type $f (func (result i32))) (type $o (struct)) (type $p (struct (field (ref null $f)) (field (ref $o))))"
    owner = instantiate(f'(module {types} (global (export "o") (ref $o) (struct.new $o)))')
    user = instantiate(
        f"""(module {types} (import "" "o" (global $o (ref $o)))
             (table $t 1 (ref $p) (struct.new $p (ref.func $seven) (global.get $o)))
             (func $seven (type $f) (i32.const 7))
             (func (export "test") (result i32) (call_ref $f (struct.get $p 0 (table.get $t (i32.const 0))))))""",
        owner,
        id=1,
    )
    assert Running(merged([owner, user], [("test", function(user, "test"))]))("test") == 7


def test_objects_of_objects_are_not_blown_up() -> None:
    types = "(type $p0 (struct)) " + " ".join(
        f"(type $p{n} (struct (field (ref $p{n - 1})) (field (ref $p{n - 1}))))" for n in range(1, 60)
    )
    objects = " ".join(f"(global $o{n} (ref $p{n}) (struct.new $p{n} (global.get $o{n - 1}) (global.get $o{n - 1})))"
                       for n in range(1, 60))  # fmt: skip
    owner = instantiate(f"""(module {types} (global $o0 (ref $p0) (struct.new $p0)) {objects}
             (export "o" (global $o59)))""")
    user = instantiate(
        f"""(module {types} (import "" "o" (global $o (ref $p59)))
             (table 1 (ref $p59) (global.get $o)))""",
        owner,
        id=1,
    )
    with pytest.raises(LimitExceeded, match="too many objects"):
        merged([owner, user], [])


# -- types -----------------------------------------------------------------------------


def test_equal_types_of_two_guests_are_one() -> None:
    rec = "(rec (type $n (sub (struct (field (mut (ref null $n)))))) (type $a (array (mut (ref null $n)))))"
    maker = instantiate(
        f"""(module (type $pad (func (param f32))) {rec}
             (func (export "make") (result (ref $a)) (array.new_fixed $a 2 (struct.new_default $n) (ref.null $n))))"""
    )
    user = instantiate(
        f"""(module {rec} (type $sub (sub $n (struct (field (mut (ref null $n))) (field i32))))
             (import "" "make" (func $make (result (ref $a))))
             (func (export "length") (result i32) (local $l (ref null $a))
               (local.set $l (call $make))
               (array.set $a (local.get $l) (i32.const 1) (struct.new $sub (ref.null $n) (i32.const 5)))
               (i32.add (array.len (local.get $l))
                 (struct.get $sub 1 (ref.cast (ref $sub) (array.get $a (local.get $l) (i32.const 1)))))))""",
        maker,
        id=1,
    )
    made = merged([maker, user], [("length", function(user, "length"))])
    assert Running(made)("length") == 7
    groups = [len(group.types) for group in parse_module(made.data).groups]
    assert groups.count(2) == 1


def test_references_licensed_by_an_export_keep_their_licence() -> None:
    guest = instantiate(
        """(module (type $i (func (result i32))) (func $f (export "f") (result i32) i32.const 3)
             (func (export "g") (result i32) (call_ref $i (ref.func $f)))
             (func (export "t") (result i32) (return_call_ref $i (ref.func $f))))"""
    )
    running = Running(merged([guest], [("g", function(guest, "g")), ("t", function(guest, "t"))]))
    assert [running("g"), running("t")] == [3, 3]


def test_branches_on_casts_and_block_types_by_index() -> None:
    first = instantiate("(module (type (func (param f32 f32) (result f32))) (func (type 0) local.get 0))")
    second = instantiate(
        """(module (type $s (struct (field i32))) (type $two (func (param i32) (result i32 i32)))
             (func (export "run") (param i32) (result i32)
               (local.get 0)
               (block (type $two) (i32.const 1))
               i32.add
               (block $is (result (ref $s))
                 (br_on_cast $is anyref (ref $s) (struct.new $s (i32.const 100)))
                 drop unreachable)
               (struct.get $s 0) i32.add))""",
        id=1,
    )
    assert Running(merged([first, second], [("run", function(second, "run"))]))("run", 5) == 106


# -- memories and limits ------------------------------------------------------------------


def test_memory64_and_simd_and_atomics() -> None:
    other = instantiate('(module (memory 1) (data (i32.const 0) "zzzzzzzzzzzzzzzzzzzz"))')
    filler = " ".join(["(func (drop (i32.const 1)))"] * 30)
    wide = instantiate(
        f"""(module (memory i64 1) (data (i64.const 0) "abcdefghijklmnop") {filler}
             (func (export "lane") (result i32)
               (i8x16.extract_lane_u 15 (v128.load8_lane offset=0 15 (i64.const 2) (v128.load (i64.const 0)))))
             (func (export "count") (result i32)
               (drop (i32.atomic.rmw.add offset=16 (i64.const 0) (i32.const 4)))
               (i32.atomic.load offset=16 (i64.const 0))))""",
        id=1,
    )
    exports = [(name, function(wide, name)) for name in ("lane", "count")]
    running = Running(merged([other, wide], exports))
    assert [running("lane"), running("count"), running("count")] == [ord("c"), 4, 8]


def test_the_largest_module_has_memory_zero() -> None:
    small = instantiate('(module (memory 3) (func (export "size") (result i32) memory.size))')
    large = instantiate(f"(module (memory 5) {'(func nop nop nop)' * 20})", id=1)
    made = merged([small, large], [("size", function(small, "size"))])
    assert [limits.minimum for limits in parse_module(made.data).memories] == [5, 3]
    assert Running(made)("size") == 3


LARGE = """(module (import "" "a" (func $a (result i32))) (import "" "b" (func $b (result i32)))
  (import "" "c" (func $c (result i32)))
  (func $one (export "one") (result i32) (i32.const 1))
  (func (export "sum") (result i32)
    (i32.add (call $one) (i32.add (call $two) (i32.add (call $a) (i32.add (call $b) (call $c))))))
  (func $two (export "two") (result i32) (i32.const 20))
  (func (export "refer") (result i32) (call_indirect (result i32) (i32.const 0)))
  (table funcref (elem $two)))"""


@pytest.mark.parametrize("hosts", [0, 1, 4, 6, 9])
@pytest.mark.parametrize("others", [3, 5])
def test_the_largest_module_keeps_its_functions_where_imports_leave_room(hosts: int, others: int) -> None:
    """Whether the output has fewer imports than the module, or more: each function is the one it was."""
    small = instantiate(
        "(module"
        + "".join(f'(func (export "{name}") (result i32) (i32.const {100 * 10**at}))' for at, name in enumerate("abc"))
        + "(func)" * (others - 3)
        + ")"
    )
    large = instantiate(LARGE, small, id=1)
    host = [Function(f"h{at}", FunctionType((), (I32,)), Imported("host", str(at))) for at in range(hosts)]
    names = ("one", "two", "sum", "refer")
    exports = [*((name, function(large, name)) for name in names), *((one.name, one) for one in host)]
    made = merged([small, large], exports)
    value = wasmtime.FuncType([], [wasmtime.ValType.i32()])
    given = {
        ("host", str(at)): lambda store, at=at: wasmtime.Func(store, value, lambda: -at - 1) for at in range(hosts)
    }
    running = Running(made, given)
    assert [running(name) for name in names] == [1, 20, 11_121, 20]
    assert [running(one.name) for one in host] == [-at - 1 for at in range(hosts)]
    exported = parse_module(made.data).exported
    kept = [large.module.exported[name].index == exported[name].index for name in names]
    start = hosts + (others if hosts < 3 else 0)
    assert sum(kept) == max(0, 7 - start)


GIVERS = (
    """(module (global (export "a") (mut i32) (i32.const 1)) (global $own (mut i32) (i32.const 50))
      (global (export "b") i32 (i32.const 2))
      (func (export "own") (result i32)
        (global.set $own (i32.add (global.get $own) (i32.const 1))) (global.get $own)))""",
    """(module (global $own i64 (i64.const 7)) (global $c (export "c") (mut i64) (i64.const 3))
      (global (export "d") (mut f32) (f32.const 0.5))
      (func (export "see") (result i64) (i64.add (global.get $own) (global.get $c))))""",
)


@pytest.mark.parametrize("third", ["a", "c", "d"])
def test_the_largest_module_keeps_its_globals_though_it_imports_some(third: str) -> None:
    """Imported twice, a global has one number: then later ones move."""
    first, second = (instantiate(text, id=id) for id, text in enumerate(GIVERS))
    type = {"a": "(mut i32)", "c": "(mut i64)", "d": "(mut f32)"}[third]
    large = instantiate(
        f"""(module (import "" "c" (global $c (mut i64))) (import "" "b" (global $b i32))
          (import "" "a" (global $a (mut i32))) (import "" "{third}" (global $third {type}))
          (global $own (mut i32) (global.get $b))
          (func (export "set") (param i64) (global.set $c (local.get 0)) (global.set $a (i32.const 40))
            (global.set $own (i32.add (global.get $own) (i32.const 1))))
          (func (export "sum") (result i64) (i64.add (global.get $c) (i64.extend_i32_u
            (i32.add (global.get $a) (i32.add (global.get $b) (global.get $own))))))
          (func (export "third") (result {type[5:-1]}) (global.get $third)) {"(func nop nop nop)" * 30})""",
        first,
        second,
        id=2,
    )
    names = {first: ("own",), second: ("see",), large: ("set", "sum", "third")}
    made = merged([first, second, large], [(name, function(one, name)) for one in names for name in names[one]])
    running = Running(made)
    assert [running("sum"), running("see"), running("own")] == [3 + 1 + 2 + 2, 10, 51]
    running("set", 100)
    assert [running("sum"), running("see"), running("own")] == [100 + 40 + 2 + 3, 107, 52]
    assert running("third") == {"a": 40, "c": 100, "d": 0.5}[third]
    before, after = large.module, parse_module(made.data)
    code = [one.bytes(body) for one in (before, after) if (body := one.body(one.exported["set"].index))]
    assert (code[0] == code[1]) == (third == "d")


def test_functions_keep_their_names_when_they_are_turned() -> None:
    many = '(import "" "f" (func))' + '(func $a (export "a") nop) (func $b (export "b") nop) (func $c nop)'
    one = instantiate('(module (func $f (export "f")) (func $g))')
    other = instantiate(f"(module {many})", one, id=1)
    parsed = parse_module(merged([one, other], [("a", function(other, "a")), ("b", function(other, "b"))]).data)
    named = function_names(parsed)
    assert [named[parsed.exported[name].index] for name in "ab"] == [b"1:a", b"1:b"]
    assert sorted(named) == list(named) == list(range(5))


def test_reserved_regions_grow_the_memory() -> None:
    guest = instantiate('(module (memory (export "m") 2 4) (func (export "size") (result i32) memory.size))')
    memory = Memory("m", Guest(guest, 0))
    made = merged([guest], [("size", function(guest, "size"))], reserved=(Region(memory, 2 * 65536, 70000),))
    assert Running(made)("size") == 4
    with pytest.raises(LimitExceeded, match="at most 4 pages, where 5 are needed"):
        merge(Draft((guest,), {}, (), reserved=(Region(memory, 4 * 65536, 1),)))


def test_a_held_memory_is_imported_and_filled() -> None:
    other = instantiate(f"(module (memory 1) {'(func nop)' * 9})")
    guest = instantiate(
        """(module (memory 1) (memory $held 2 9) (data (memory $held) (i32.const 1) "\\07")
             (func (export "at") (result i32) (i32.load8_u $held (i32.const 1))))""",
        id=1,
    )
    held = Memory("held", Imported("holder", "memory0"))
    region = Region(Memory("held", Guest(guest, 1)), 2 * 65536, 16)
    made = merged([other, guest], [("at", function(guest, "at"))], held={Guest(guest, 1): held}, reserved=(region,))
    (imported,) = parse_module(made.data).imports
    assert (imported.module, imported.name, imported.type.minimum, imported.type.maximum) == ("holder", "memory0", 3, 9)
    assert [(one.origin, one.symbol) for one in made.imports] == [(held.origin, held)]
    running = Running(
        made,
        {("holder", "memory0"): lambda store: wasmtime.Memory(store, wasmtime.MemoryType(wasmtime.Limits(3, 9)))},
    )
    assert running("at") == 7


@pytest.mark.parametrize("sort", ["memory 0", "table 0 funcref"])
def test_a_hundred_is_the_most(sort: str) -> None:
    one = module(f"(module ({sort}))")
    instances = [CoreInstance(id, INSTANCE, one, ()) for id in range(101)]
    merged(instances[:100], [])
    with pytest.raises(LimitExceeded, match=r"101 (memories|tables) in"):
        merge(Draft(tuple(instances), {}, ()))


def test_a_small_module_many_times_is_not_blown_up() -> None:
    one = module('(module (memory 1) (data (i32.const 0) "' + "x" * 60000 + '"))')
    instances = tuple(CoreInstance(id, INSTANCE, one, ()) for id in range(20000))
    with pytest.raises(LimitExceeded, match="bytes of code and data"):
        merge(Draft(instances, {}, ()))


# -- the rest ------------------------------------------------------------------------------


def test_names_carry_their_core_instance() -> None:
    named = module('(module (import "" "g" (func $import)) (func $f (export "g")) (@custom "producers" "x"))')
    first = instantiate('(module (func $f (export "g")))')
    second = instantiate(named, first, id=7)
    parsed = parse_module(merged([first, second], []).data)
    assert sorted(function_names(parsed).values()) == [b"0:f", b"7:f"]
    assert [custom.name for custom in parsed.customs] == ["name"]


def test_a_bad_body_is_refused_with_its_place_in_the_outer_file() -> None:
    data = module("(module (func (drop (i32.const 1))))").data
    broken = data.replace(b"\x41\x01\x1a", b"\x41\x01\xff")
    instance = CoreInstance(0, INSTANCE, parse_module(broken, 0x5000), ())
    with pytest.raises(Malformed, match="unknown operation 0xff") as caught:
        merge(Draft((instance,), {}, ()))
    assert caught.value.offset == 0x5000 + broken.index(b"\x41\x01\xff") + 2


def test_an_export_of_an_import_is_the_definer_s() -> None:
    inner = instantiate('(module (func (export "f") (result i32) i32.const 8))')
    outer = instantiate('(module (import "" "f" (func (result i32))) (export "f" (func 0)))', inner, id=1)
    running = Running(merged([inner, outer], [("f", function(outer, "f"))]))
    assert running("f") == 8
