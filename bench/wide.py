"""Kinds of calls beyond the listed ones, without a bare limit: none may be slower fused than composed.

Each passes a value of one type, in given encodings, through one boundary or more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from cases import Case, chain, loop

DATA = 0x400
"""Where the sender's value lies; what realloc hands out lies behind."""

ALLOCATOR = """
    (global $next (mut i32) (i32.const 0x20000))
    (func (export "realloc") (param $old i32) (param i32 i32) (param $new i32) (result i32)
      (if (local.get $old) (then (return (local.get $old))))
      (if (i32.gt_u (global.get $next) (i32.const 0x60000)) (then (global.set $next (i32.const 0x20000))))
      (global.get $next)
      (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get $new)) (i32.const 7))
                                 (i32.const -8))))"""

NAMED = {
    "$e": '(enum "a" "b" "c" "d")',
    "$g": '(flags "a" "b" "c")',
    "$v": '(variant (case "a" u32) (case "b" f64) (case "c" string) (case "d"))',
    "$p": '(record (field "x" s16) (field "y" u8) (field "z" f32))',
}
"""Types that need a name."""

DEFINED = "".join(f'(type {key}d {type}) (export {key} "{key[1]}" (type {key}d))' for key, type in NAMED.items())
DECLARED = "".join(f'(type {key}d {type}) (export "{key[1]}" (type {key} (eq {key}d)))' for key, type in NAMED.items())
ALIASED = "".join(f'(alias export $l "{key[1]}" (type {key}))' for key in NAMED)


@dataclass(frozen=True)
class Value:
    """A value of a type: its core values, and the memory from `DATA` on that they point to."""

    type: str
    flat: tuple[str, ...]
    data: bytes = b""

    @property
    def core(self) -> str:
        """The core types, as the text format has them."""
        return " ".join(constant[1:4] for constant in self.flat)


def i32s(*values: int) -> tuple[str, ...]:
    """Return constants."""
    return tuple(f"(i32.const {value})" for value in values)


def words(*values: int) -> bytes:
    """Return 32-bit words."""
    return b"".join(value.to_bytes(4, "little") for value in values)


def scalar(type: str, number: int = 1) -> Value:
    """Return a value of one i32."""
    return Value(type, i32s(number))


def listed(element: str, count: int, data: bytes) -> Value:
    """Return a list whose elements are these bytes."""
    return Value(f"(list {element})", i32s(DATA, count), data)


def pointers(count: int, size: int) -> bytes:
    """Return so many pairs of pointer and length to parts of this size, and the parts, which are ASCII."""
    start = DATA + 8 * count
    return b"".join(words(start + size * number, size) for number in range(count)) + b"a" * (size * count)


CODECS = {"utf8": "utf-8", "utf16": "utf-16-le", "latin1+utf16": "latin-1"}
SHORT = {"utf8": "utf8", "utf16": "utf16", "latin1+utf16": "latin1+16"}


def text(value: str, encoding: str = "utf8") -> Value:
    """Return a string; of `latin1+utf16` it is UTF-16 where it must be."""
    tag = encoding == "latin1+utf16" and max(map(ord, value)) > 0xFF
    data = value.encode("utf-16-le" if tag else CODECS[encoding])
    units = len(data) // (2 if tag or encoding == "utf16" else 1)
    return Value("string", i32s(DATA, units | tag << 31), data)


@dataclass(frozen=True)
class Route:
    """Encodings of caller and callee, and the boundaries between them."""

    caller: str = "utf8"
    callee: str = "utf8"
    depth: int = 1


def memory(data: bytes) -> str:
    """Return a core module's memory with its data, and a realloc."""
    escaped = "".join(f"\\{byte:02x}" for byte in data)
    return f'(memory (export "memory") 8) (data (i32.const {DATA}) "{escaped}") {ALLOCATOR}'


def leaf(signature: str, core: str, data: bytes, encoding: str, *, post: bool) -> str:
    """Return the instance `$l`, which exports `f`."""
    return f"""
  (component $L {DEFINED}
    (core module $M {memory(data)} {core})
    (core instance $m (instantiate $M))
    (func (export "f") {signature} (canon lift (core func $m "f") string-encoding={encoding}
      (memory (core memory $m "memory")) (realloc (core func $m "realloc"))
      {'(post-return (core func $m "post"))' if post else ""})))
  (instance $l (instantiate $L))"""


def caller(name: str, of: str, signature: str, core: str, data: bytes, encoding: str, lifted: str) -> str:
    """Return an instance that calls the `f` of another."""
    options = f'string-encoding={encoding} (memory (core memory $d "memory")) (realloc (core func $d "realloc"))'
    return f"""
  (component ${name}C
    (import "l" (instance $l {DECLARED} (export "f" (func {signature})))) {ALIASED}
    (core module $D {memory(data)}) (core instance $d (instantiate $D))
    (core func $f (canon lower (func $l "f") {options}))
    (core module $M {core})
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    {lifted.replace("OPTIONS", options)})
  (instance ${name} (instantiate ${name}C (with "l" (instance ${of}))))"""


RUN = '(func (export "run") (param "n" u32) (canon lift (core func $m "run")))'


def parameter(value: Value, route: Route = Route()) -> str:
    """Return the composition that passes a value to `f`, through middle instances that pass it on."""
    signature = f'(param "x" {value.type})'
    import_ = f'(import "" "f" (func $f (param {value.core})))'
    composition = leaf(signature, f'(func (export "f") (param {value.core}))', b"", route.callee, post=False)
    last = "l"
    again = " ".join(f"(local.get {number})" for number in range(len(value.flat)))
    exports = "".join(f'(export "{key[1]}" (type {key}))' for key in NAMED)
    for level in range(1, route.depth):
        core = f'{import_} (func (export "f") (param {value.core}) (call $f {again}))'
        lifted = f'{exports} (func (export "f") {signature} (canon lift (core func $m "f") OPTIONS))'
        composition += caller(f"k{level}", last, signature, core, b"", route.callee, lifted)
        last = f"k{level}"
    body = loop(f"(call $f {' '.join(value.flat)})")
    return chain(composition + caller("c", last, signature, import_ + body, value.data, route.caller, RUN), "c")


def spilled(type: str, count: int, data: bytes) -> str:
    """Return the composition that passes so many parameters in memory."""
    signature = " ".join(f'(param "x{number}" {type})' for number in range(count))
    core = f'(import "" "f" (func $f (param i32))) {loop(f"(call $f (i32.const {DATA}))")}'
    made = leaf(signature, '(func (export "f") (param i32))', b"", "utf8", post=False)
    return chain(made + caller("c", "l", signature, core, data, "utf8", RUN), "c")


def result(value: Value, route: Route = Route()) -> str:
    """Return the composition that gets a value back: a core value, or `data` through a return pointer."""
    signature = f"(result {value.type})"
    single = not value.data
    kind, give = (value.core, value.flat[0]) if single else ("i32", f"(i32.const {DATA})")
    core = f'(func (export "f") (result {kind}) {give})'
    if single:
        use = f'(import "" "f" (func $f (result {kind}))) {loop("(drop (call $f))")}'
    else:
        core += '(func (export "post") (param i32))'
        use = f'(import "" "f" (func $f (param i32))) {loop("(call $f (i32.const 0x200))")}'
    made = leaf(signature, core, value.data, route.callee, post=not single)
    return chain(made + caller("c", "l", signature, use, b"", route.caller, RUN), "c")


# -- handles -------------------------------------------------------------------

HANDLES = 8
HANDLES_LEAF = """
  (component $L
    (type $r (resource (rep i32)))
    (export $R "r" (type $r))
    (core func $new (canon resource.new $r))
    (core module $M (import "" "new" (func $new (param i32) (result i32)))
      ALLOCATOR
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "pass") (param i32) (result i32) (local.get 0))
      (func (export "lend") (param i32 i32))
      (func (export "all") (param i32 i32) (result i32)
        (i32.store (i32.const 0x200) (local.get 0)) (i32.store (i32.const 0x204) (local.get 1)) (i32.const 0x200)))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "x" u32) (result (own $R)) (canon lift (core func $m "make")))
    (func (export "pass") (param "x" (own $R)) (result (own $R)) (canon lift (core func $m "pass")))
    (func (export "lend") (param "x" (list (borrow $R))) (canon lift (core func $m "lend") OPTIONS))
    (func (export "all") (param "x" (list (own $R))) (result (list (own $R)))
      (canon lift (core func $m "all") OPTIONS)))
  (instance $l (instantiate $L))"""

HANDLES_CALLER = f"""
  (component $C
    (import "l" (instance $l
      (export "r" (type $R (sub resource)))
      (export "make" (func (param "x" u32) (result (own $R))))
      (export "pass" (func (param "x" (own $R)) (result (own $R))))
      (export "lend" (func (param "x" (list (borrow $R)))))
      (export "all" (func (param "x" (list (own $R))) (result (list (own $R)))))))
    (core module $D ALLOCATOR) (core instance $m (instantiate $D))
    (core func $make (canon lower (func $l "make")))
    (core func $pass (canon lower (func $l "pass")))
    (core func $lend (canon lower (func $l "lend") OPTIONS))
    (core func $all (canon lower (func $l "all") OPTIONS))
    (core module $M
      (import "" "memory" (memory 8))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "pass" (func $pass (param i32) (result i32)))
      (import "" "lend" (func $lend (param i32 i32)))
      (import "" "all" (func $all (param i32 i32 i32)))
      (global $h (mut i32) (i32.const 0))
      (func (export "setup") (local $n i32)
        (global.set $h (call $make (i32.const 7)))
        (loop $again
          (i32.store offset={DATA} (local.get $n) (call $make (i32.const 7)))
          (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 4)))
                                  (i32.const {4 * HANDLES})))))
      BODY)
    (core instance $c (instantiate $M (with "" (instance (export "memory" (memory $m "memory"))
      (export "make" (func $make)) (export "pass" (func $pass))
      (export "lend" (func $lend)) (export "all" (func $all))))))
    (func (export "setup") (canon lift (core func $c "setup")))
    (func (export "run") (param "n" u32) (canon lift (core func $c "run"))))
  (instance $c (instantiate $C (with "l" (instance $l))))
  (func (export "setup") (alias export $c "setup"))"""


def handles(body: str) -> str:
    """Return the composition that repeats a body over an own `$h`, and a list of more of them at `DATA`."""
    text = (HANDLES_LEAF + HANDLES_CALLER).replace("BODY", loop(body)).replace("ALLOCATOR", memory(b""))
    return chain(text.replace("OPTIONS", '(memory (core memory $m "memory")) (realloc (core func $m "realloc"))'), "c")


# -- the cases -----------------------------------------------------------------

TEXTS = {
    "ASCII 16": "a" * 16,
    "ASCII 1K": "a" * 1024,
    "Latin-1": "é" * 512 + "a" * 512,
    "German": "Die Straße überquert man zu Fuß. " * 31,
    "CJK": "漢字かな交じり文の長い" * 31,
    "emoji": "😀🚀" * 128,
    "mixed": "Grüße, 世界! Hello 😀 and more. " * 34,
}


def string_cases() -> Iterator[Case]:
    """Return every pair of encodings with several texts."""
    for (one, other), (name, value) in product(product(CODECS, CODECS), TEXTS.items()):
        yield Case(f"{SHORT[one]} to {SHORT[other]}, {name}", parameter(text(value, one), Route(one, other)))


def number_cases() -> Iterator[Case]:
    """Return what is normalised or checked in flat values."""
    for type in ("u8", "s8", "u16", "s16", "bool", "char", "$e", "$g", "u32"):
        yield Case(f"param {type}", parameter(scalar(type)))
        yield Case(f"result {type}", result(scalar(type)))
    yield Case("param f64", parameter(Value("f64", ("(f64.const 1)",))))
    yield Case("param record", parameter(Value("$p", (*i32s(1, 2), "(f32.const 1)"))))
    yield Case("param tuple of 8 u8", parameter(Value("(tuple" + " u8" * 8 + ")", i32s(*range(8)))))
    yield Case("param option<u32>", parameter(Value("(option u32)", i32s(1, 2))))
    yield Case("param result<u32, enum>", parameter(Value("(result u32 (error $e))", i32s(0, 2))))
    yield Case("param variant u32", parameter(Value("$v", (*i32s(0), "(i64.const 3)", *i32s(0)))))
    yield Case("param variant f64", parameter(Value("$v", (*i32s(1), "(i64.const 3)", *i32s(0)))))
    yield Case("param variant string", parameter(Value("$v", (*i32s(2), f"(i64.const {DATA})", *i32s(16)), b"a" * 16)))
    yield Case("param option<string>", parameter(Value("(option string)", i32s(1, DATA, 16), b"a" * 16)))
    yield Case("param two strings", parameter(Value("(tuple string string)", i32s(DATA, 5, DATA, 9), b"a" * 16)))
    yield Case("params 17 u32", spilled("u32", 17, b"\1" * 68))
    yield Case("params 20 u8", spilled("u8", 20, b"\1" * 20))
    yield Case("params 20 char", spilled("char", 20, words(*range(20))))
    yield Case("params 10 strings", spilled("string", 10, pointers(10, 16)))
    yield Case("u8, 2 boundaries", parameter(scalar("u8"), Route(depth=2)))
    yield Case("u8, 3 boundaries", parameter(scalar("u8"), Route(depth=3)))
    yield Case("string 16, 2 boundaries", parameter(text("a" * 16), Route(depth=2)))
    yield Case("string 1K, 3 boundaries", parameter(text("a" * 1024), Route(depth=3)))


def result_cases() -> Iterator[Case]:
    """Return what comes back through a return pointer."""
    string = words(DATA + 16, 16) + bytes(8) + b"a" * 16
    yield Case("result tuple<u8, u16>", result(Value("(tuple u8 u16)", (), b"\1\0\2\0")))
    yield Case("result tuple<u64, u64>", result(Value("(tuple u64 u64)", (), bytes(16))))
    yield Case("result record", result(Value("$p", (), bytes(8))))
    yield Case("result option<u32>", result(Value("(option u32)", (), words(1, 2))))
    yield Case("result variant", result(Value("$v", (), words(1, 0, 0, 0))))
    yield Case("result string 16", result(Value("string", (), string)))
    yield Case("result string 1K", result(Value("string", (), words(DATA + 8, 1024) + b"a" * 1024)))
    yield Case("result list<u8> 1K", result(Value("(list u8)", (), words(DATA + 8, 1024) + b"a" * 1024)))
    ok = words(0, DATA + 12, 16) + b"a" * 16
    yield Case("result result<string, enum>", result(Value("(result string (error $e))", (), ok)))
    yield Case("result option<string>", result(Value("(option string)", (), words(1, DATA + 12, 16) + b"a" * 16)))


def handle_cases() -> Iterator[Case]:
    """Return handles moved and lent, one by one and in lists."""
    pair = f"(i32.const {DATA}) (i32.const {HANDLES})"
    yield Case("own to and fro", handles("(global.set $h (call $pass (global.get $h)))"))
    yield Case(f"list of {HANDLES} borrows", handles(f"(call $lend {pair})"))
    # What comes back is put where it came from: realloc's answer is copied down.
    copy = f"(memory.copy (i32.const {DATA}) (i32.load (i32.const 0x200)) (i32.const {4 * HANDLES}))"
    yield Case(f"list of {HANDLES} owns to and fro", handles(f"(call $all {pair} (i32.const 0x200)) {copy}"))


LISTS = (
    ("bool", 1, b"\1\0"),
    ("char", 4, words(0x41, 0x6F22)),
    ("$e", 1, b"\0\1\2\3"),
    ("$g", 1, b"\7"),
    ("$p", 8, bytes(8)),
    ("$v", 16, words(0, 0, 7, 0) + words(1, 0, 7, 0)),
    ("(tuple u8 u32)", 8, bytes(8)),
    ("(tuple u32 f64)", 16, bytes(16)),
    ("(tuple bool bool bool bool)", 4, b"\1\0\0\1"),
    ("(tuple u8 u32 u32)", 12, bytes(12)),
    ("(option u8)", 2, b"\1\7"),
    ("(option u32)", 8, words(1, 7)),
    ("(result u32 (error $e))", 8, words(0, 7)),
)
"""Elements that are not copied as blocks: type, size and data to repeat."""


def list_cases() -> Iterator[Case]:
    """Return lists of everything: in blocks, and element by element."""
    for type, size in (("u8", 1), ("u16", 2), ("u32", 4), ("f64", 8), ("(tuple u32 u32)", 8)):
        yield Case(f"list {type} 1K", parameter(listed(type, 1024 // size, b"a" * 1024)))
    for type, size, data in LISTS:
        count = 1024 // size
        yield Case(
            f"list {type} 1K".replace("bool bool bool bool", "bool ×4"),
            parameter(listed(type, count, data * (count * size // len(data)))),
        )
    yield Case("list bool 16", parameter(listed("bool", 16, b"\1\0" * 8)))
    yield Case("list char 16", parameter(listed("char", 16, words(*range(16)))))
    yield Case("list u32 4", parameter(listed("u32", 4, words(*range(4)))))
    yield Case("list string, 1 of 16", parameter(listed("string", 1, pointers(1, 16))))
    yield Case("list string, 64 of 5", parameter(listed("string", 64, pointers(64, 5))))
    yield Case("list string, 64 of 16", parameter(listed("string", 64, pointers(64, 16))))
    yield Case("list (list u8), 64 of 16", parameter(listed("(list u8)", 64, pointers(64, 16))))
    rows = words(DATA + 768, 9, 1) * 64 + b"a" * 9
    yield Case("list (tuple string u32), 64 of 9", parameter(listed("(tuple string u32)", 64, rows)))


CASES = (*number_cases(), *result_cases(), *handle_cases(), *list_cases(), *string_cases())
