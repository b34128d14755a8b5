"""Random interfaces: types, values, and chains of components that pass values on.

A chain's leaf has functions for a type T, and each component before it passes them
on through its own memory and encoding:

* `echo: func(x: list<T>) -> list<T>` gives back what it got: memory to memory, both ways;
* `flat: func(x: T) -> list<u64>` (T of at most 16 core values) tells the core values it got;
* `spilled: func(x: T, … 17 times u32) -> T` gives back T, which lay in memory with the others
  (T of more than one core value);
* `raw: func(x: list<u8>) -> tuple<T, T>` gives back bytes as if they were two of T;
* `text: func(x: list<u8>) -> string` gives back bytes as if they were a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from fuser.abi.layout import CasesShape, FieldsShape, ScalarShape, Shape, Shapes
from fuser.program import Encoding
from fuser.types import (
    Enumeration,
    Flags,
    List,
    Option,
    Primitive,
    Record,
    Result,
    Tuple,
    ValType,
    Variant,
)
from fuser.wasm.types import F32, F64, I32, I64

MAX_CASES = 300

# -- types and values ------------------------------------------------------------


def labels(count: int) -> tuple[str, ...]:
    return tuple(f"l{number}" for number in range(count))


def _record(parts: list[ValType]) -> ValType:
    return Record(tuple(zip(labels(len(parts)), parts, strict=True)))


def _variant(parts: list[ValType | None]) -> ValType:
    return Variant(tuple(zip(labels(len(parts)), parts, strict=True)))


def _wrapped(inner: st.SearchStrategy[ValType]) -> st.SearchStrategy[ValType]:
    maybe = st.none() | inner
    return st.one_of(
        inner.map(List),
        inner.map(Option),
        st.builds(Result, maybe, maybe),
        st.lists(inner, min_size=1, max_size=9).map(tuple).map(Tuple),
        st.lists(inner, min_size=1, max_size=5).map(_record),
        st.lists(maybe, min_size=1, max_size=6).map(_variant),
    )


leaves: st.SearchStrategy[ValType] = st.one_of(
    # What is checked or translated comes first: strategies are drawn from evenly.
    st.just(Primitive.STRING),
    st.just(Primitive.CHAR),
    st.just(List(Primitive.STRING)),
    # Picked by a seed: a generator that varies what it drew before stays near the first.
    st.integers(0, 2**16).map(lambda seed: Random(seed).choice(list(Primitive))),  # noqa: S311
    st.integers(0, 2**16).map(lambda seed: Tuple(tuple(Random(seed).sample(list(Primitive), 4)))),  # noqa: S311
    st.sampled_from([1, 3, 8, 9, 16, 17, 31, 32]).map(labels).map(Flags),
    st.sampled_from([1, 2, 255, 256, 257, MAX_CASES]).map(labels).map(Enumeration),
    st.integers(13, 20).map(lambda count: Tuple((Primitive.U8,) * count)),
)
value_types = st.recursive(leaves, _wrapped, max_leaves=10)

texts = st.text(
    st.one_of(
        st.characters(max_codepoint=0x7F),
        st.characters(max_codepoint=0xFF),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def _integers(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    low = -(1 << bits - 1) if signed else 0
    return st.integers(low, low + (1 << bits) - 1)


_PRIMITIVES: dict[Primitive, st.SearchStrategy[Any]] = {
    Primitive.BOOL: st.booleans(),
    **{Primitive(f"{sign}{bits}"): _integers(bits, signed=sign == "s") for sign in "su" for bits in (8, 16, 32, 64)},
    Primitive.F32: st.floats(width=32, allow_nan=False, allow_infinity=False),
    Primitive.F64: st.floats(allow_nan=False, allow_infinity=False),
    Primitive.CHAR: st.characters(exclude_categories=["Cs"]),
    Primitive.STRING: texts,
}


def values(type: ValType) -> st.SearchStrategy[Any]:
    """Return the values of a type, as the oracle's JSON has them."""
    match type:
        case Primitive():
            return _PRIMITIVES[type]
        case List():
            few = st.lists(values(type.element), max_size=4)
            # Elements that go many at a time should be many, now and then.
            small = isinstance(type.element, Primitive | Enumeration | Flags | Tuple)
            return st.one_of(few, few.map(lambda one: one * 11)) if small else few
        case Option():
            nested = isinstance(type.some, Option)
            some = values(type.some)
            return st.none() | (some.map(lambda one: {"some": one}) if nested else some)
        case Result():
            return st.one_of(_case("ok", type.ok), _case("error", type.error))
        case Tuple():
            return st.tuples(*map(values, type.items)).map(list)
        case Record():
            return st.fixed_dictionaries({label: values(part) for label, part in type.fields})
        case Variant():
            return st.one_of([_label(*one) for one in type.cases])
        case Enumeration():
            return st.sampled_from(type.cases)
        case Flags():
            return st.sets(st.sampled_from(type.labels)).map(
                lambda chosen: [one for one in type.labels if one in chosen]
            )
        case _:
            raise AssertionError(type)


def _case(label: str, payload: ValType | None) -> st.SearchStrategy[Any]:
    return (st.none() if payload is None else values(payload)).map(lambda one: {label: one})


def _label(label: str, payload: ValType | None) -> st.SearchStrategy[Any]:
    return st.just(label) if payload is None else values(payload).map(lambda one: {label: one})


# -- components ---------------------------------------------------------------------


@dataclass
class Names:
    """The types that need a name, in order, each by the name of its definition."""

    definitions: list[str] = field(default_factory=list)

    def of(self, type: ValType) -> str:
        """Return how a type is written, defining what must have a name."""
        match type:
            case Primitive():
                return type.value
            case List():
                return f"(list {self.of(type.element)})"
            case Option():
                return f"(option {self.of(type.some)})"
            case Result():
                ok = f" {self.of(type.ok)}" if type.ok else ""
                error = f" (error {self.of(type.error)})" if type.error else ""
                return f"(result{ok}{error})"
            case Tuple():
                return f"(tuple {' '.join(map(self.of, type.items))})"
            case Record():
                fields = (f'(field "{label}" {self.of(part)})' for label, part in type.fields)
                return self._name(f"(record {' '.join(fields)})")
            case Variant():
                cases = (f'(case "{label}"{f" {self.of(part)}" if part else ""})' for label, part in type.cases)
                return self._name(f"(variant {' '.join(cases)})")
            case Enumeration() | Flags():
                of = type.cases if isinstance(type, Enumeration) else type.labels
                kind = "enum" if isinstance(type, Enumeration) else "flags"
                return self._name(f"({kind} {' '.join(f'{chr(34)}{label}{chr(34)}' for label in of)})")
            case _:
                raise AssertionError(type)

    def _name(self, definition: str) -> str:
        if definition not in self.definitions:
            self.definitions.append(definition)
        return f"$t{self.definitions.index(definition)}"


REALLOC = """
      (global $top (mut i32) (i32.const 4096))
      (func $realloc (export "realloc") (param $old i32) (param $was i32)
        (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (if (i32.gt_u (local.get $size) (i32.const 0x100000)) (then unreachable))
        (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $top (i32.add (local.get $at) (local.get $size)))
        (block $enough (loop $more
          (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
          (drop (memory.grow (i32.const 1)))
          (br $more)))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $was) (local.get $size) (i32.lt_u (local.get $was) (local.get $size))))
        (local.get $at))"""

_TO_U64 = {I32: "i64.extend_i32_u", I64: "", F32: "i32.reinterpret_f32 i64.extend_i32_u", F64: "i64.reinterpret_f64"}
_TEXT_LENGTHS = {
    Encoding.UTF8: "(local.get 1)",
    Encoding.UTF16: "(i32.shr_u (local.get 1) (i32.const 1))",
    Encoding.LATIN1_UTF16: "(i32.or (i32.shr_u (local.get 1) (i32.const 1)) (i32.const 0x80000000))",
}
_NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}


@dataclass(frozen=True)
class World:
    """A chain for one type; `encodings` from the leaf to the component that the host calls."""

    type: ValType
    encodings: tuple[Encoding, ...]

    def text(self) -> str:
        """Return the composition."""
        names = Names()
        written = names.of(self.type)
        parts = [self._leaf(names, written)]
        parts += [self._link(names, written, level) for level in range(1, len(self.encodings))]
        last = len(self.encodings) - 1
        return f'(component {"".join(parts)}\n  (export "x" (instance $i{last})))'

    @property
    def functions(self) -> tuple[str, ...]:
        """Which functions there are."""
        return tuple(name for name, _, _ in self._signatures("T"))

    def _signatures(self, written: str) -> list[tuple[str, str, tuple[str, ...]]]:
        """Name, component-level signature and core parameters; all return by pointer."""
        flat = tuple(_NAMES[one] for one in Shapes().of(self.type).flat)
        found: list[tuple[str, str, tuple[str, ...]]] = []
        found.append(("echo", f'(param "x" (list {written})) (result (list {written}))', ("i32", "i32")))
        found.append(("raw", f'(param "x" (list u8)) (result (tuple {written} {written}))', ("i32", "i32")))
        found.append(("text", '(param "x" (list u8)) (result string)', ("i32", "i32")))
        if len(flat) <= 16:
            found.append(("flat", f'(param "x" {written}) (result (list u64))', flat))
        if len(flat) > 1:
            rest = " ".join(f'(param "p{number}" u32)' for number in range(17))
            found.append(("spilled", f'(param "x" {written}) {rest} (result {written})', ("i32",)))
        return found

    def _leaf(self, names: Names, written: str) -> str:
        flat = Shapes().of(self.type).flat
        stores = " ".join(
            f"(i64.store (i32.const {64 + 8 * at}) (local.get {at}){_folded(_TO_U64[one])})"
            for at, one in enumerate(flat[:16])
        )
        parameters = _parameters([_NAMES[one] for one in flat])
        tell = f"""
      (func (export "flat") {parameters} (result i32) {stores}
        (i32.store (i32.const 8) (i32.const 64)) (i32.store (i32.const 12) (i32.const {len(flat)})) (i32.const 8))"""
        return f"""
  (component $C0
    (core module $M (memory (export "memory") 1){REALLOC}
      (func (export "echo") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
      (func (export "raw") (param i32 i32) (result i32) (local $at i32)
        (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const {self.room})))
        (memory.copy (local.get $at) (local.get 0) (local.get 1)) (local.get $at))
      (func (export "text") (param i32 i32) (result i32)
        (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) {_TEXT_LENGTHS[self.encodings[0]]})
        (i32.const 8))
      (func (export "spilled") (param i32) (result i32) (local.get 0)){tell if len(flat) <= 16 else ""})
    (core instance $m (instantiate $M)){_own_types(names)}{self._lifts(written, 0, "$m")})
  (instance $i0 (instantiate $C0))"""

    def _link(self, names: Names, written: str, level: int) -> str:
        signatures = self._signatures(written)
        imports = "".join(f'\n      (export "{name}" (func {signature}))' for name, signature, _ in signatures)
        lowers = "".join(
            f'\n    (core func ${name} (canon lower (func $p "{name}") {self._options(level, "$memory")}))'
            for name, _, _ in signatures
        )
        core = "".join(
            f'\n      (import "" "{name}" (func ${name} {_parameters([*parameters, "i32"])}))'
            for name, _, parameters in signatures
        )
        bodies = "".join(
            f"""
      (func (export "{name}") {_parameters(parameters)} (result i32) (local $at i32)
        (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const {self.room})))
        (call ${name} {" ".join(f"(local.get {at})" for at in range(len(parameters)))} (local.get $at))
        (local.get $at))"""
            for name, _, parameters in signatures
        )
        binding = " ".join(f'(export "{name}" (func ${name}))' for name, _, _ in signatures)
        return f"""
  (component $C{level}
    (import "p" (instance $p{_imported_types(names)}{imports}))
    (core module $Memory (memory (export "memory") 1){REALLOC})
    (core instance $memory (instantiate $Memory)){lowers}
    (core module $M{core}
      (import "memory" "memory" (memory 1))
      (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32))){bodies})
    (core instance $m (instantiate $M (with "" (instance {binding})) (with "memory" (instance $memory)))){
            _own_types(names)
        }{self._lifts(written, level, "$m", "$memory")})
  (instance $i{level} (instantiate $C{level} (with "p" (instance $i{level - 1}))))"""

    def _lifts(self, written: str, level: int, functions: str, memory: str = "$m") -> str:
        return "".join(
            f'\n    (func (export "{name}") {_exported(signature)} '
            f'(canon lift (core func {functions} "{name}") {self._options(level, memory)}))'
            for name, signature, _ in self._signatures(written)
        )

    def _options(self, level: int, memory: str) -> str:
        place = f'(memory (core memory {memory} "memory")) (realloc (core func {memory} "realloc"))'
        return f"{place} string-encoding={self.encodings[level].value}"

    @property
    def room(self) -> int:
        """Bytes of the largest result."""
        return max(8, Shapes().of(Tuple((self.type, self.type))).size)


def _parameters(types: Sequence[str]) -> str:
    return f"(param {' '.join(types)})" if types else ""


def _folded(operations: str) -> str:
    return f" {operations}" if operations else ""


def _exported(signature: str) -> str:
    """Refer to types by their exported names."""
    return signature.replace("$t", "$e")


def _own_types(names: Names) -> str:
    return "".join(
        f'\n    (type $d{at} {_exported(definition)}) (export $e{at} "t{at}" (type $d{at}))'
        for at, definition in enumerate(names.definitions)
    )


def _imported_types(names: Names) -> str:
    return "".join(
        f'\n      (type $d{at} {definition}) (export "t{at}" (type $t{at} (eq $d{at})))'
        for at, definition in enumerate(names.definitions)
    )


_STRANGE_WORDS = (1, 2, 3, 5, 0xFF, 0x100, 0xD800, 0xDFFF, 0x110000, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF)
_RAW_WORDS = (
    lambda chance: chance.randrange(4),
    lambda chance: 4 * chance.randrange(2048),
    lambda chance: chance.choice(_STRANGE_WORDS),
    lambda chance: chance.randrange(1 << 32),
)


def raw_words(chance: Random, count: int, *, mixed: bool = False) -> list[int]:
    """Return words of all sorts; or (unless mixed) zeros, valid for every type, but for one or two words."""
    if mixed or chance.random() < 0.5:
        return [chance.choice(_RAW_WORDS)(chance) for _ in range(count)]
    words = [0] * count
    for _ in range(chance.randint(1, 2)):
        words[chance.randrange(count)] = chance.choice(_RAW_WORDS)(chance)
    return words


def _raw(seed: int, world: World) -> list[int]:
    chance = Random(seed)  # noqa: S311 - test data
    places = list(_char_places(Shapes().of(world.type)))
    if places and chance.random() < 0.6:
        return _bad_char(chance, world.room, *chance.choice(places))
    return [byte for word in raw_words(chance, world.room // 4) for byte in word.to_bytes(4, "little")]


def _char_places(shape: Shape, at: int = 0, tags: tuple[bytes, ...] = ()) -> Iterator[tuple[int, tuple[bytes, ...]]]:
    """Yield where characters lie, with what must lie before them: discriminants, and zeros."""
    match shape:
        case ScalarShape(primitive=Primitive.CHAR):
            yield at, tags
        case FieldsShape(items=items):
            for offset, part in items:
                yield from _char_places(part, at + offset, tags)
        case CasesShape(payloads=payloads, tag_size=size, payload_offset=offset):
            for number, part in enumerate(payloads):
                if part is not None:
                    tag = bytes(at) + number.to_bytes(size, "little")
                    yield from _char_places(part, at + offset, (*tags, tag))


def _bad_char(chance: Random, room: int, at: int, tags: tuple[bytes, ...]) -> list[int]:
    image = bytearray(room)
    for tag in tags:
        for place, byte in enumerate(tag):
            image[place] |= byte
    image[at : at + 4] = chance.choice([0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF]).to_bytes(4, "little")
    return list(image)


def raw_bytes(world: World) -> st.SearchStrategy[Any]:
    """Return bytes for `raw`, in words: small ones are often valid discriminants, lengths and pointers.

    They come from a seed, since a generator that varies what it drew before rarely leaves zero.
    """
    return st.integers(0, 2**32).map(lambda seed: _raw(seed, world))


def _surrogate_in(text: str, surrogate: int) -> list[int]:
    half = len(text) // 2
    return list((text[:half] + chr(surrogate) + text[half:]).encode("utf-16-le", "surrogatepass"))


raw_texts: st.SearchStrategy[Any] = st.one_of(
    texts.map(lambda text: list(text.encode())),
    texts.map(lambda text: list(text.encode("utf-16-le"))),
    st.builds(_surrogate_in, texts, st.integers(0xD800, 0xDFFF)),
    st.lists(st.integers(0, 255), max_size=40),
)

worlds = st.builds(World, value_types, st.lists(st.sampled_from(Encoding), min_size=2, max_size=4).map(tuple))
