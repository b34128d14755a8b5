"""Random programs of core modules that share everything: memories, tables, globals, tags, functions, types.

Every function works a number; what it does on the way touches whatever its module has. Fuel ends
each call, so tables may lead anywhere.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

FUEL = 40
SPARE = 3
"""Functions that each module has for its tables, beside those it exports."""

_TYPES = """
  (type $f (func (param i32) (result i32))) (type $g (func (param i64) (result i32)))
  (type $h (sub (func (param i32) (result i32))))
  (type $s (sub (struct (field (mut i32))))) (type $p (sub $s (struct (field (mut i32)) (field i32))))
  (type $a (array (mut i8)))"""
_TOGETHER = f"(rec {_TYPES})"
"""The same types in one group, which makes them others."""

_DEFINED = {
    "memory": "{} 4",
    "table": "{} 9 funcref",
    "global": "(mut i32) (i32.const {})",
    "constant": "i32 (i32.const {})",
    "holder": "(mut anyref) (ref.null any)",
    "pointer": "(mut funcref) (ref.null func)",
    "tag": "(param i32)",
}
_IMPORTED = {
    "memory": "(memory {} 1 4)",
    "table": "(table {} 4 9 funcref)",
    "global": "(global {} (mut i32))",
    "constant": "(global {} i32)",
    "holder": "(global {} (mut anyref))",
    "pointer": "(global {} (mut funcref))",
    "tag": "(tag {} (param i32))",
    "function": "(func {} (param i32) (result i32))",
}
_WORD = {"constant": "global", "holder": "global", "pointer": "global", "function": "func"}
_CALLED = ("f0", "f1")
SORTS = tuple(_IMPORTED)


@dataclass
class Program:
    """Texts of the modules in order, each with the calls that it offers, and what is in them."""

    texts: list[str] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    exported: list[dict[str, list[str]]] = field(default_factory=list)
    """Of each module: the names that it exports, by sort; whatever it imports is among them."""


def make_program(seed: int) -> Program:
    """Make the program of a seed."""
    chance = random.Random(seed)  # noqa: S311 - the seed is the program
    program = Program()
    for _ in range(chance.randint(1, 4)):
        _Maker(chance, program).make()
    return program


class _Maker:
    """Writes one module."""

    def __init__(self, chance: random.Random, program: Program) -> None:
        self.chance = chance
        self.program = program
        self.number = len(program.texts)
        self.has: dict[str, list[str]] = {sort: [] for sort in SORTS}
        self.lines: list[str] = []
        self.data: list[str] = []
        self.elements: list[str] = []

    def make(self) -> None:
        chance = self.chance
        self.lines.append(_TOGETHER if chance.random() < 0.2 else _TYPES)
        fuel = f'(global $fuel (export "fuel") (mut i32) (i32.const {FUEL}))'
        self.lines.append('(import "0" "fuel" (global $fuel (mut i32)))' if self.number else fuel)
        for sort in SORTS:
            for _ in range(chance.choice((0, 0, 1, 2)) if self.number else 0):
                self._import(sort)
        for sort in _DEFINED:
            for _ in range(chance.choice((0, 1, 1, 2))):
                self._define(sort)
        self._segments()
        functions = [self._function(f"$own{index}", chance.choice(("$f", "$f", "$h"))) for index in range(SPARE)]
        functions += [self._function(f'$call{index} (export "{name}")') for index, name in enumerate(_CALLED)]
        self.lines += functions
        if chance.random() < 0.3:
            self.program.rows["start"] += 1
            self.lines += ["(func $start (local i32)", *(self._step() for _ in range(2)), ")", "(start $start)"]
        self.lines.append(self._peek())
        self.program.exported.append({**self.has, "function": list(_CALLED)})
        self.program.texts.append("(module\n" + "\n".join([*self.lines, *self.data, *self.elements]) + ")")

    # -- items -----------------------------------------------------------------------

    def _import(self, sort: str) -> None:
        giver = self.chance.randrange(self.number)
        offered = self.program.exported[giver][sort]
        if not offered:
            return
        name = self.chance.choice(offered)
        self.program.rows[f"import of a {sort}"] += 1
        own = f"{sort}{len(self.has[sort])}"
        self.has[sort].append(own)
        self.lines.append(f'(import "{giver}" "{name}" {_IMPORTED[sort].format(f"${own}")})')
        if sort != "function":
            self.lines.append(f'(export "{own}" ({_WORD.get(sort, sort)} ${own}))')

    def _define(self, sort: str) -> None:
        own = f"{sort}{len(self.has[sort])}"
        value = self.chance.randint(1, 3) + (3 if sort == "table" else 0)
        content = _DEFINED[sort].format(value)
        if sort == "constant" and self.has[sort] and self.chance.random() < 0.5:
            self.program.rows["value of a global from another"] += 1
            content = f"i32 (i32.mul (global.get ${self.chance.choice(self.has[sort])}) (i32.const {value}))"
        self.has[sort].append(own)
        self.lines.append(f'({_WORD.get(sort, sort)} ${own} (export "{own}") {content})')

    def _segments(self) -> None:
        chance = self.chance
        for index in range(chance.randint(1, 3)):
            where = ""
            if self.has["memory"] and chance.random() < 0.5:
                where = f"(memory ${chance.choice(self.has['memory'])}) {self._place(60)}"
            text = "".join(f"\\{chance.randrange(256):02x}" for _ in range(chance.randint(0, 9)))
            self.data.append(f'(data $d{index} {where} "{text}")')
        for index in range(chance.randint(1, 3)):
            where = ""
            if self.has["table"] and chance.random() < 0.6:
                where = f"(table ${chance.choice(self.has['table'])}) {self._place(2)}"
            functions = [f"(ref.func ${self._any_function()})" for _ in range(chance.randint(0, 3))]
            self.elements.append(f"(elem $e{index} {where} funcref {' '.join([*functions, '(ref.null func)'])})")
        declared = " ".join(f"$own{index}" for index in range(SPARE))
        self.elements.append(f"(elem declare func {declared} {' '.join('$' + one for one in self.has['function'])})")

    def _place(self, most: int) -> str:
        constants = self.has["constant"]
        if constants and self.chance.random() < 0.3:
            return f"(offset (global.get ${constants[0]}))"
        return f"(i32.const {self.chance.randint(0, most)})"

    def _any_function(self) -> str:
        return self.chance.choice([*self.has["function"], *(f"own{index}" for index in range(SPARE))])

    # -- code ------------------------------------------------------------------------

    def _function(self, head: str, type: str | None = None) -> str:
        signature = "(param i32) (result i32)" if type is None else f"(type {type})"
        steps = "\n".join(self._step() for _ in range(self.chance.randint(1, 5)))
        return f"""(func {head} {signature}
  (if (i32.eqz (global.get $fuel)) (then unreachable))
  (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
{steps}
  {self._tail()})"""

    def _tail(self) -> str:
        if self.chance.random() < 0.15:
            self.program.rows["tail call"] += 1
            return f"(return_call ${self._any_function()} (local.get 0))"
        return "(local.get 0)"

    def _step(self) -> str:
        kind, make = self.chance.choice([(kind, one) for kind, one in _STEPS if kind in ("", *self._kinds())])
        text = make(self, *([self.chance.choice(self.has[kind])] if kind else []))
        self.program.rows[_row(make)] += 1
        return f"  (local.set 0 {text})"

    def _kinds(self) -> Sequence[str]:
        return [sort for sort, names in self.has.items() if names]

    def _small(self, most: int = 7) -> str:
        value = f"(i32.const {self.chance.randint(0, most)})"
        return value if self.chance.random() < 0.6 else f"(i32.rem_u (local.get 0) (i32.const {most + 1}))"

    def _address(self) -> str:
        return self._small(65_600 if self.chance.random() < 0.05 else 90)

    def _call(self) -> str:
        return f"(call ${self._any_function()} (local.get 0))"

    def _global(self, name: str) -> str:
        return f"(i32.xor (i32.mul (local.get 0) (i32.const 5)) (global.get ${name}))"

    def _set_global(self, name: str) -> str:
        return f"(i32.add (local.get 0) (i32.const 1)) (global.set ${name} (local.get 0))"

    def _constant(self, name: str) -> str:
        return f"(i32.add (local.get 0) (global.get ${name}))"

    def _load(self, name: str) -> str:
        operation, rest = self.chance.choice(
            (("i32.load", ""), ("i32.load8_u", "offset=3"), ("i32.load16_s", "align=1"))
        )
        return f"({operation} ${name} {rest} {self._address()})"

    def _store(self, name: str) -> str:
        return f"(local.get 0) (i32.store ${name} {self._address()} (local.get 0))"

    def _vector(self, name: str) -> str:
        return f"(i32x4.extract_lane 2 (v128.load32_splat ${name} offset=1 {self._address()}))"

    def _atomic(self, name: str) -> str:
        return f"(i32.atomic.rmw.add ${name} {self._address()} (local.get 0))"

    def _bulk(self, name: str) -> str:
        other = self.chance.choice(self.has["memory"])
        places = f"{self._address()} {self._address()}"
        size = self._small(9)
        segment = self.chance.randrange(len(self.data))
        bulk = self.chance.choice(
            (
                f"(memory.copy ${name} ${other} {places} {size})",
                f"(memory.fill ${name} {places} {size})",
                f"(memory.init ${name} $d{segment} {self._address()} {self._small(3)} {self._small(3)})",
                f"(data.drop $d{segment})",
            )
        )
        return f"(local.get 0) {bulk}"

    def _grow_memory(self, name: str) -> str:
        return f"(i32.add (memory.size ${name}) (memory.grow ${name} {self._small(1)}))"

    def _call_table(self, name: str) -> str:
        type = self.chance.choice(("$f", "$f", "$f", "$h"))
        call = f"(call_indirect ${name} (type {type}) (local.get 0) {self._small(5)})"
        return (
            call if self.chance.random() < 0.9 else f"(call_indirect ${name} (type $g) (i64.const 1) {self._small(5)})"
        )

    def _table(self, name: str) -> str:
        function = f"(ref.func ${self._any_function()})"
        other = self.chance.choice(self.has["table"])
        segment = self.chance.randrange(len(self.elements) - 1) if len(self.elements) > 1 else 0
        change = self.chance.choice(
            (
                f"(table.set ${name} {self._small()} {function})",
                f"(table.fill ${name} {self._small()} {function} {self._small(2)})",
                f"(table.copy ${name} ${other} {self._small()} {self._small()} {self._small(2)})",
                f"(table.init ${name} $e{segment} {self._small()} {self._small(1)} {self._small(1)})",
                f"(elem.drop $e{segment})",
                f"(drop (table.grow ${name} {function} {self._small(1)}))",
                f"(table.set ${name} {self._small()} (table.get ${other} {self._small()}))",
            )
        )
        return f"(i32.add (table.size ${name}) (ref.is_null (table.get ${name} {self._small(3)}))) {change}"

    def _call_reference(self) -> str:
        type = self.chance.choice(("$f", "$f", "$h"))
        own = f"(ref.func $own{self.chance.randrange(SPARE)})"
        return f"(call_ref {type} (local.get 0) (ref.cast (ref {type}) {own}))"

    def _pointer(self, name: str) -> str:
        if self.chance.random() < 0.4:
            return f"(local.get 0) (global.set ${name} (ref.func ${self._any_function()}))"
        type = self.chance.choice(("$f", "$h"))
        return f"(ref.test (ref {type}) (global.get ${name}))"

    def _keep_object(self, name: str) -> str:
        object = self.chance.choice(
            (
                "(struct.new $s (local.get 0))",
                "(struct.new $p (local.get 0) (i32.const 3))",
                "(array.new $a (local.get 0) (i32.const 3))",
                "(ref.i31 (local.get 0))",
            )
        )
        return f"(local.get 0) (global.set ${name} {object})"

    def _test_object(self, name: str) -> str:
        type = self.chance.choice(("$s", "$p", "$a", "i31"))
        return f"(i32.add (local.get 0) (ref.test (ref {type}) (global.get ${name})))"

    def _use_object(self, name: str) -> str:
        return f"(struct.get $s 0 (ref.cast (ref $s) (global.get ${name})))"

    def _throw(self, name: str) -> str:
        return f"(local.get 0) (if (i32.and (local.get 0) (i32.const 1)) (then (throw ${name} (local.get 0))))"

    def _catch(self, name: str) -> str:
        return f"(block $c (result i32) (try_table (result i32) (catch ${name} $c) {self._call()}))"

    def _branch(self) -> str:
        return (
            "(block $o (result i32) (block $i (result i32)"
            " (br_table $i $o $i (local.get 0) (i32.rem_u (local.get 0) (i32.const 3)))) (i32.add (i32.const 7)))"
        )

    def _blocks(self) -> str:
        return "(local.get 0) (loop (type $f) (i32.add (i32.const 1)))"

    def _peek(self) -> str:
        """A function that works all there is to see into one number."""
        seen = [f"(global.get ${name})" for sort in ("global", "constant") for name in self.has[sort]]
        for name in self.has["memory"]:
            seen += [f"(memory.size ${name})", *(f"(i32.load ${name} (i32.const {at}))" for at in range(0, 96, 4))]
        for name in self.has["table"]:
            seen += [f"(table.size ${name})"]
            seen += [f"(ref.is_null (table.get ${name} (i32.const {at})))" for at in range(4)]
        seen += [f"(ref.is_null (global.get ${name}))" for sort in ("holder", "pointer") for name in self.has[sort]]
        steps = (f"(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 31)) {one}))" for one in seen)
        refuel = f"(global.set $fuel (i32.const {FUEL}))"
        return f'(func (export "peek") (param i32) (result i32) {refuel} {" ".join(steps)} (local.get 0))'


def _row(step: Callable[..., str]) -> str:
    return step.__name__.strip("_").replace("_", " ")


_STEPS: tuple[tuple[str, Callable[..., str]], ...] = (
    ("", _Maker._call),
    ("", _Maker._call_reference),
    ("", _Maker._branch),
    ("", _Maker._blocks),
    ("global", _Maker._global),
    ("global", _Maker._set_global),
    ("constant", _Maker._constant),
    ("memory", _Maker._load),
    ("memory", _Maker._store),
    ("memory", _Maker._vector),
    ("memory", _Maker._atomic),
    ("memory", _Maker._bulk),
    ("memory", _Maker._grow_memory),
    ("table", _Maker._call_table),
    ("table", _Maker._table),
    ("pointer", _Maker._pointer),
    ("holder", _Maker._keep_object),
    ("holder", _Maker._test_object),
    ("holder", _Maker._use_object),
    ("tag", _Maker._throw),
    ("tag", _Maker._catch),
)
"""What a function may do, and what its module must have for that."""

STEPS = tuple(_row(step) for _, step in _STEPS)
"""What functions may do, in words."""
