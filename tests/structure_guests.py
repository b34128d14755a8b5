"""The code in random trees of components: counters that call each other, and users of resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

STATE = {"m": "memory", "t": "table", "g": "global", "e": "tag"}
"""What core instances share beside functions, and its sort."""
_STATE_TYPES = {"m": "(memory 1)", "t": "(table 2 funcref)", "g": "(global (mut i32))", "e": "(tag )"}
_FUNCTION = "(func (param i32) (result i32))"


@dataclass(frozen=True)
class Module:
    """A core module: names of what it imports from the empty name, and of what it exports."""

    imports: tuple[str, ...]
    exports: tuple[str, ...]

    @property
    def declared(self) -> str:
        """Return the text of its type."""
        imports = [f' (import "" "{name}" {_STATE_TYPES.get(name, _FUNCTION)})' for name in self.imports]
        exports = [f' (export "{name}" {_STATE_TYPES.get(name, _FUNCTION)})' for name in self.exports]
        return f"(core module{''.join(imports)}{''.join(exports)})"


def module_text(name: str, module: Module, chance: Random, note: Callable[[str], None]) -> tuple[str, Module]:
    """Draw a module with these imports; return its text and what it is."""
    called = [label for label in module.imports if label not in STATE]
    shares = len(called) < len(module.imports)
    keeps = not shares and chance.random() < 0.5
    parts = [f'(import "" "{label}" (func ${label} (param i32) (result i32)))' for label in called]
    if shares:
        parts += [f'(import "" "{label}" {type.replace(" ", f" ${label} ", 1)})' for label, type in _state()]
    elif keeps:
        parts += _OWN_STATE
    parts.append("(global $s (mut i32) (i32.const 1))")
    exports = tuple(f"f{number}" for number in range(chance.choice((1, 1, 2))))
    parts += [_body(label, called, chance, note, state=shares or keeps) for label in exports]
    if called and chance.random() < 0.2:
        parts.append(f'(export "again" (func ${called[0]}))')
        exports = (*exports, "again")
        note("core function exported again")
    if shares or keeps:
        parts += [f'(export "{label}" ({sort} ${label}))' for label, sort in STATE.items()]
        exports = (*exports, *STATE)
    parts += _start(called, chance, note)
    return f"(core module {name}\n  {chr(10).join(parts)})", Module(module.imports, exports)


def _state() -> list[tuple[str, str]]:
    return list(_STATE_TYPES.items())


_OWN_STATE = [
    '(memory $m 1) (data (i32.const 0) "\\05")',
    "(table $t 2 funcref) (elem (table $t) (i32.const 0) func $f0)",
    "(global $g (mut i32) (i32.const 3)) (tag $e)",
]


def _body(label: str, called: list[str], chance: Random, note: Callable[[str], None], *, state: bool) -> str:
    lines = [f'(func ${label} (export "{label}") (param $x i32) (result i32)']
    lines.append("(global.set $s (i32.add (i32.mul (global.get $s) (i32.const 31)) (local.get $x)))")
    lines += [
        f"(local.set $x (i32.xor (call ${one} (local.get $x)) (i32.const {chance.randrange(1000)})))" for one in called
    ]
    if state:
        lines.append("(global.set $g (i32.add (global.get $g) (local.get $x)))")
        lines.append("(i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (global.get $g)))")
        lines.append("(local.set $x (i32.add (local.get $x) (i32.load (i32.const 8))))")
        lines.append(
            f"(if (i32.eq (i32.and (global.get $g) (i32.const 7)) (i32.const {chance.randrange(8)})) (then"
            " (local.set $x (call_indirect (param i32) (result i32) (local.get $x) (i32.const 0)))))"
            if label != "f0"
            else "(block $out (try_table (catch $e $out) (throw $e)))"
        )
    if chance.random() < 0.02:
        lines.append(f"(if (i32.eq (i32.rem_u (local.get $x) (i32.const 5)) (i32.const {chance.randrange(5)}))")
        lines.append(" (then (unreachable)))")
        note("function that may trap")
    lines.append("(i32.add (local.get $x) (global.get $s)))")
    return "\n    ".join(lines)


def _start(called: list[str], chance: Random, note: Callable[[str], None]) -> list[str]:
    draw = chance.random()
    if draw < 0.004:
        note("start that traps")
        return ["(func $start unreachable) (start $start)"]
    if draw > 0.3:
        return []
    note("start that calls an import" if called else "start")
    callee = called[0] if called else "f0"
    return [f"(func $start (global.set $s (call ${callee} (i32.const {chance.randrange(100)})))) (start $start)"]


# -- resources -------------------------------------------------------------------------------

HOLDER = """(instance (export "r" (type $r (sub resource)))
    (export "mk" (func (param "x" u32) (result (own $r))))
    (export "get" (func (param "self" (borrow $r)) (result u32))))"""
CORE_TYPE = (("r", "type"), ("mk", "func"), ("get", "func"))
"""The items of a holder, by sort."""

DEFINER = """(component $D
  (core module $S (global $dropped (mut i32) (i32.const 0))
    (func (export "drop") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
    (func (export "get") (param i32) (result i32) (i32.add (local.get 0) (global.get $dropped))))
  (core instance $s (instantiate $S))
  (type $own (resource (rep i32) (dtor (core func $s "drop"))))
  (export $r "r" (type $own))
  (core func $new (canon resource.new $r))
  (func (export "mk") (param "x" u32) (result (own $r)) (canon lift (core func $new)))
  (func (export "get") (param "self" (borrow $r)) (result u32) (canon lift (core func $s "get"))))"""

_TAKEN = """(import "r" (type $r (sub resource)))
  (import "mk" (func $mk (param "x" u32) (result (own $r))))
  (import "get" (func $get (param "self" (borrow $r)) (result u32)))
  (core func $mk' (canon lower (func $mk)))
  (core func $get' (canon lower (func $get)))
  (core func $drop (canon resource.drop $r))"""

USER = f"""(component $F
  {_TAKEN}
  (core module $M
    (import "" "mk" (func $mk (param i32) (result i32)))
    (import "" "get" (func $get (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "run") (param $x i32) (result i32) (local $h i32) (local $v i32)
      (local.set $h (call $mk (local.get $x)))
      (local.set $v (call $get (local.get $h)))
      (if (global.get $kept) (then
        (local.set $v (i32.xor (local.get $v) (call $get (global.get $kept))))
        (call $drop (global.get $kept))))
      (global.set $kept (local.get $h))
      (i32.add (i32.mul (local.get $h) (i32.const 65536)) (local.get $v))))
  (core instance $m (instantiate $M
    (with "" (instance (export "mk" (func $mk')) (export "get" (func $get')) (export "drop" (func $drop))))))
  (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run"))))"""

WRAPPER = f"""(component $F
  {_TAKEN}
  (core module $M
    (import "" "drop" (func $drop (param i32)))
    (func (export "drop") (param i32) (call $drop (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance (export "drop" (func $drop))))))
  (type $own (resource (rep i32) (dtor (core func $m "drop"))))
  (export $w "r" (type $own))
  (core func $new (canon resource.new $w))
  (core module $N
    (import "" "mk" (func $mk (param i32) (result i32)))
    (import "" "get" (func $get (param i32) (result i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "mk") (param i32) (result i32) (call $new (call $mk (local.get 0))))
    (func (export "get") (param i32) (result i32) (i32.add (call $get (local.get 0)) (i32.const 1))))
  (core instance $n (instantiate $N
    (with "" (instance (export "mk" (func $mk')) (export "get" (func $get')) (export "new" (func $new))))))
  (func (export "mk") (param "x" u32) (result (own $w)) (canon lift (core func $n "mk")))
  (func (export "get") (param "self" (borrow $w)) (result u32) (canon lift (core func $n "get"))))"""
