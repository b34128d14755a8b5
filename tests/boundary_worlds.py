"""Random types with handles, and raw words taken for values of them, across the host boundary and within.

The outer instance calls the inner one and the host; each has a memory with words in it and an
encoding of its own. Handles are of a resource of the host (`r`) and of one that the inner
instance defines and the root exports (`s`).

* `inner-raw`, `outer-raw`: func(x: list<u8>) -> V takes the bytes for a V, which the host gets;
* `back`: the outer one gets such a V of the inner one, and gives back the bytes that lie there;
* `send`: it takes bytes for a P and passes it to the inner one, which tells what it got;
* `give`: it passes a T to the host; `ask`: it gets one of the host, and gives back the bytes.

Each begins with a call of the host that passes nothing, from where the host may call back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from fuser.abi.layout import Shapes
from fuser.program import Encoding, Instance, ResourceType, StaticResource
from fuser.types import (
    Borrow,
    Enumeration,
    Flags,
    List,
    Option,
    Own,
    Primitive,
    Record,
    Result,
    Tuple,
    ValType,
    Variant,
)
from fuser.wasm.types import F32, F64, I32, I64
from tests.abi_worlds import REALLOC, Names, labels, raw_words

_ROOT = Instance(0, None, "root")
HOSTS = StaticResource(ResourceType(0, None, "r", None), "r")
GUESTS = StaticResource(ResourceType(1, _ROOT, "s", None), "s")
DATA_WORDS = 800
AREA = 512
"""Where a memory has its words; above them realloc gives room."""
LARGEST = 2000

# -- types ----------------------------------------------------------------------

_PLAIN: tuple[Callable[[Random], ValType], ...] = (
    lambda chance: chance.choice(list(Primitive)),
    lambda chance: chance.choice(list(Primitive)),
    lambda chance: Flags(labels(chance.choice([1, 3, 8, 9, 16, 17, 31, 32]))),
    lambda chance: Enumeration(labels(chance.choice([1, 2, 5, 256, 257]))),
    lambda _: Primitive.STRING,
    lambda _: Primitive.CHAR,
)


def _make_type(chance: Random, depth: int, handles: tuple[ValType, ...]) -> ValType:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(handles) if chance.random() < 0.4 else chance.choice(_PLAIN)(chance)

    def inner() -> ValType:
        return _make_type(chance, depth - 1, handles)

    def maybe() -> ValType | None:
        return inner() if chance.random() < 0.7 else None

    names = labels(chance.randint(1, 4))
    makers: tuple[Callable[[], ValType], ...] = (
        lambda: List(inner()),
        lambda: Option(inner()),
        lambda: Result(maybe(), maybe()),
        lambda: Tuple(tuple(inner() for _ in range(chance.choice([1, 2, 3, 17 if depth < 3 else 4])))),
        lambda: Record(tuple((name, inner()) for name in names)),
        lambda: Variant(tuple((name, maybe()) for name in names)),
    )
    return chance.choice(makers)()


# -- worlds -----------------------------------------------------------------------

_CORE = {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}
_FROM_I64 = {
    "i32": "(i32.wrap_i64 {})",
    "i64": "{}",
    "f32": "(f32.reinterpret_i32 (i32.wrap_i64 {}))",
    "f64": "(f64.reinterpret_i64 {})",
}
_TO_I64 = {
    "i32": "(i64.extend_i32_u {})",
    "i64": "{}",
    "f32": "(i64.extend_i32_u (i32.reinterpret_f32 {}))",
    "f64": "(i64.reinterpret_f64 {})",
}


class _Names(Names):
    """Names of types beginning with a letter; handles are of `r` and `s`."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        self.letter = letter

    def of(self, type: ValType) -> str:
        if isinstance(type, Own | Borrow):
            return f"({'own' if isinstance(type, Own) else 'borrow'} ${type.resource.label})"
        return super().of(type)

    def _name(self, definition: str) -> str:
        return super()._name(definition).replace("$t", f"${self.letter}")

    def each(self, form: str) -> str:
        """Repeat a text for each name N with its definition D."""
        named = ((f"{self.letter}{number}", one) for number, one in enumerate(self.definitions))
        return " ".join(form.replace("N", name).replace("D", one) for name, one in named)


@dataclass(frozen=True)
class World:
    """The types T, V and P, and what the two memories and encodings are."""

    hosts: ValType
    returned: ValType
    passed: ValType
    encodings: tuple[Encoding, Encoding]
    words: tuple[bytes, bytes]

    @property
    def room(self) -> int:
        """Bytes of the largest image of a value."""
        return max(8 * 17, *(Shapes().of(type).size for type in (self.hosts, self.returned, self.passed)))

    def text(self) -> str:
        """Return the composition."""
        t, v = _Names("t"), _Names("v")
        hosts, returned, passed = t.of(self.hosts), v.of(self.returned), v.of(self.passed)
        outside = f"""(import "h" (instance $h (export "r" (type $r (sub resource)))
      {t.each('(type $d-N D) (export "N" (type $N (eq $d-N)))')}
      (export "make" (func (result (own $r)))) (export "pause" (func))
      (export "take" (func (param "x" {hosts}))) (export "give" (func (result {hosts})))))
    (alias export $h "r" (type $r)) {t.each('(alias export $h "N" (type $N))')}"""
        return f"""(component
  {outside}
  {self._inner(outside, v, returned, passed)}
  (instance $inner (instantiate $Inner (with "h" (instance $h))))
  {self._outer(outside, v, returned, passed)}
  (instance $outer (instantiate $Outer (with "h" (instance $h)) (with "i" (instance $inner))))
  (instance $x (export "s" (type $inner "s")) {v.each('(export "N" (type $inner "N"))')}
    {" ".join(f'(export "{name}" (func $inner "{name}"))' for name in ("make", "get", "inner-prepare", "inner-raw"))}
    {" ".join(f'(export "{name}" (func $outer "{name}"))' for name in _OUTER)})
  (export "x" (instance $x)))"""

    def _inner(self, outside: str, names: _Names, returned: str, passed: str) -> str:
        return f"""(component $Inner
    {outside}
    {self._memory(0)}
    (core func $make-r (canon lower (func $h "make"))) (core func $pause (canon lower (func $h "pause")))
    (core module $D (func (export "d") (param i32)) (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $d (instantiate $D))
    (type $s' (resource (rep i32) (dtor (core func $d "d"))))
    (export $s "s" (type $s')) {names.each('(type $d-N D) (export $N "N" (type $d-N))')}
    (core func $make-s (canon resource.new $s'))
    (core module $M {_imports("$pause ", "$make-r (result i32)", "$make-s (param i32) (result i32)")}
      {_prepare(100)}
      (func (export "raw") (param i32 i32) (result {_result(self.returned)})
        (call $pause) {_returning(self.returned)})
      (func (export "told") (param {" ".join(_parameters(self.passed))}) (result i32)
        (call $pause) {self._telling()}))
    (core instance $m (instantiate $M {_given("pause", "make-r", "make-s")}))
    (func (export "make") (param "n" u32) (result (own $s)) (canon lift (core func $make-s)))
    (func (export "get") (param "s" (borrow $s)) (result u32) (canon lift (core func $d "get")))
    (func (export "inner-prepare") (canon lift (core func $m "prepare")))
    {self._lift("inner-raw", "raw", f'(param "x" (list u8)) (result {returned})', 0)}
    {self._lift("told", "told", f'(param "x" {passed}) (result (list u8))', 0)})"""

    def _outer(self, outside: str, names: _Names, returned: str, passed: str) -> str:
        lowers = {"take": "$h", "give": "$h", "inner-raw": "$i", "told": "$i"}
        return f"""(component $Outer
    {outside}
    (import "i" (instance $i (export "s" (type $s (sub resource)))
      {names.each('(type $d-N D) (export "N" (type $N (eq $d-N)))')}
      (export "make" (func (param "n" u32) (result (own $s))))
      (export "inner-raw" (func (param "x" (list u8)) (result {returned})))
      (export "told" (func (param "x" {passed}) (result (list u8))))))
    (alias export $i "s" (type $s)) {names.each('(alias export $i "N" (type $N))')}
    {self._memory(1)}
    (core func $make-r (canon lower (func $h "make"))) (core func $pause (canon lower (func $h "pause")))
    (core func $make-s (canon lower (func $i "make")))
    {" ".join(f'(core func ${n} (canon lower (func {of} "{n}") {self._options(1)}))' for n, of in lowers.items())}
    (core module $M {self._outer_imports()}
      {_prepare(200)}
      (func (export "raw") (param i32 i32) (result {_result(self.returned)})
        {_kept()} {_returning(self.returned)})
      (func (export "send") (param i32 i32) (result i32)
        {_kept()} {_passing(self.passed, "told", "(i32.const 16)")} (i32.const 16))
      (func (export "give") (param i32 i32) {_kept()} {_passing(self.hosts, "take")})
      (func (export "back") (param i32 i32 i32) (result i32)
        (call $pause) {_getting(self.returned, "inner-raw", 2, "(local.get 0) (local.get 1)")} {self._shown(2)})
      (func (export "ask") (param i32) (result i32)
        (call $pause) {_getting(self.hosts, "give", 0, "")} {self._shown(0)}))
    (core instance $m (instantiate $M {_given("pause", "make-r", "make-s", *lowers)}))
    (func (export "outer-prepare") (canon lift (core func $m "prepare")))
    {self._lift("outer-raw", "raw", f'(param "x" (list u8)) (result {returned})', 1)}
    {self._lift("send", "send", '(param "x" (list u8)) (result (list u8))', 1)}
    {self._lift("give", "give", '(param "x" (list u8))', 1)}
    {self._lift("back", "back", '(param "x" (list u8)) (param "at" u32) (result (list u8))', 1)}
    {self._lift("ask", "ask", '(param "at" u32) (result (list u8))', 1)})"""

    def _outer_imports(self) -> str:
        return _imports(
            "$pause ",
            "$make-r (result i32)",
            "$make-s (param i32) (result i32)",
            f"$take (param {' '.join(_parameters(self.hosts))})",
            f"$give {_lowered_result(self.hosts, '')}",
            f"$inner-raw {_lowered_result(self.returned, 'i32 i32')}",
            f"$told (param {' '.join(_parameters(self.passed))} i32)",
        )

    def _memory(self, side: int) -> str:
        words = "".join(f"\\{byte:02x}" for byte in self.words[side])
        return f"""(core module $Memory (memory (export "memory") 1) (data (i32.const {AREA}) "{words}") {REALLOC})
    (core instance $memory (instantiate $Memory))"""

    def _options(self, side: int) -> str:
        place = '(memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))'
        return f"{place} string-encoding={self.encodings[side].value}"

    def _lift(self, name: str, core: str, signature: str, side: int) -> str:
        return f'(func (export "{name}") {signature} (canon lift (core func $m "{core}") {self._options(side)}))'

    def _telling(self) -> str:
        """Return the parameters as they came: their words, or the bytes that they are in."""
        flat = _flat(self.passed)
        if len(flat) > 16:
            return _pair("(local.get 0)", Shapes().of(self.passed).size)
        stores = (
            f"(i64.store (i32.const {64 + 8 * at}) {_TO_I64[one].format(f'(local.get {at})')})"
            for at, one in enumerate(flat)
        )
        return " ".join(stores) + _pair("(i32.const 64)", 8 * len(flat))

    def _shown(self, pointer: int) -> str:
        return _pair(f"(local.get {pointer})", self.room)


_OUTER = ("outer-prepare", "outer-raw", "send", "give", "back", "ask")


def _flat(type: ValType) -> list[str]:
    return [_CORE[one] for one in Shapes().of(type).flat]


def _parameters(type: ValType) -> list[str]:
    flat = _flat(type)
    return flat if len(flat) <= 16 else ["i32"]


def _result(type: ValType) -> str:
    flat = _flat(type)
    return flat[0] if len(flat) == 1 else "i32"


def _lowered_result(type: ValType, before: str) -> str:
    flat = _flat(type)
    return f"(param {before}) (result {flat[0]})" if len(flat) == 1 else f"(param {before} i32)"


def _imports(*functions: str) -> str:
    named = (one.split(" ", 1) for one in functions)
    return f"""(import "memory" "memory" (memory 1))
      (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      {" ".join(f'(import "" "{name[1:]}" (func {name} {type}))' for name, type in named)}"""


def _given(*names: str) -> str:
    functions = " ".join(f'(export "{name}" (func ${name}))' for name in names)
    return f'(with "memory" (instance $memory)) (with "" (instance {functions}))'


def _prepare(first: int) -> str:
    """Make three handles of each type."""
    made = (f"(drop (call $make-r)) (drop (call $make-s (i32.const {first + number})))" for number in range(3))
    return f'(func (export "prepare") {" ".join(made)})'


def _kept() -> str:
    """Move the bytes that came to where a value of any type may lie, with zeros behind them; pause."""
    return """(local $at i32)
        (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
          (i32.add (local.get 1) (i32.const 160))))
        (memory.copy (local.get $at) (local.get 0) (local.get 1)) (local.set 0 (local.get $at)) (call $pause)"""


def _returning(type: ValType) -> str:
    """Return the bytes at the first parameter as a value."""
    flat = _flat(type)
    return "(local.get 0)" if len(flat) != 1 else _FROM_I64[flat[0]].format("(i64.load (local.get 0))")


def _passing(type: ValType, callee: str, more: str = "") -> str:
    """Call with the words at the first parameter, or with its address."""
    flat = _flat(type)
    words = (_FROM_I64[one].format(f"(i64.load offset={8 * at} (local.get 0))") for at, one in enumerate(flat))
    return f"(call ${callee} {'(local.get 0)' if len(flat) > 16 else ' '.join(words)} {more})"


def _getting(type: ValType, callee: str, pointer: int, arguments: str) -> str:
    """Call and have the result lie where a parameter points."""
    flat = _flat(type)
    if len(flat) != 1:
        return f"(call ${callee} {arguments} (local.get {pointer}))"
    return f"(i64.store (local.get {pointer}) {_TO_I64[flat[0]].format(f'(call ${callee} {arguments})')})"


def _pair(pointer: str, length: int) -> str:
    return f"""(i32.store (i32.const 16) {pointer}) (i32.store (i32.const 20) (i32.const {length})) (i32.const 16)"""


def _bytes(chance: Random, count: int) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in raw_words(chance, count, mixed=True))


def make_world(seed: int) -> World:
    """Draw the world of a seed."""
    chance = Random(seed)  # noqa: S311 - test data
    while True:
        depth = chance.randint(1, 4)
        own = (Own(HOSTS), Own(GUESTS))
        world = World(
            hosts=_make_type(chance, depth, own[:1]),
            returned=_make_type(chance, depth, own),
            passed=_make_type(chance, depth, (*own, Borrow(HOSTS), Borrow(GUESTS))),
            encodings=(chance.choice(list(Encoding)), chance.choice(list(Encoding))),
            words=(_bytes(chance, DATA_WORDS), _bytes(chance, DATA_WORDS)),
        )
        if world.room <= LARGEST:
            return world
