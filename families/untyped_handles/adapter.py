"""The adapter module: the untyped ABI on one side, the typed interface lowered on the other.

It reads lists from, and writes answers to, the legacy module's memory; what it passes on goes
through a scratch memory, so that it takes nothing of the legacy heap.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from families.untyped_handles.interface import POLLABLE, functions, resources
from families.untyped_handles.pair import Pair

OK, ERROR, INVALID, BAD_HANDLE, LIMIT = 0, 1, 2, 3, 4
"""Status codes of the untyped ABI."""

MOST_TAGS = 8
"""Three bits of tag."""

LEGACY = {"is_ready": 2, "select": 4, "close": 1, "insert": 2, "wait": 2}
"""Functions of the untyped ABI that no kind has for itself, and how many numbers each takes."""

_HERE = Path(__file__).parent
_WAITING = ("select_", "is_ready_")
_FRAGMENT_OF = {"none": "direct", "alias-all": "direct"}


class Unbuildable(Exception):
    """A strategy that cannot be built for these kinds; the message says why."""


def exports(kinds: tuple[str, ...]) -> dict[str, int]:
    """Return the functions of the untyped ABI and how many numbers each takes; all return a status."""
    return {f"open_{kind}": 4 for kind in kinds} | {f"use_{kind}": 2 for kind in kinds} | LEGACY


def text(pair: Pair, kinds: tuple[str, ...]) -> str:
    """Return the adapter module that a pair makes; raises Unbuildable."""
    if pair.accept == "any-resource":
        raise Unbuildable("nobody has written what a checked downcast would look like")
    if pair.learn.startswith("tag") and len(kinds) > MOST_TAGS:
        raise Unbuildable(f"{len(kinds)} types do not fit the three bits of a tag")
    parts = (
        "(module $adapter",
        *_imports(pair, kinds),
        _SCRATCH,
        _learner(pair, kinds),
        *_dispatchers(pair, kinds),
        _fragment("accept", "eager" if pair.learn == "eager" else _FRAGMENT_OF.get(pair.accept, pair.accept)),
        *(_open(kind, number) for number, kind in enumerate(kinds)),
        *(_use(kind, number, pair) for number, kind in enumerate(kinds)),
        _consuming("insert", kinds.index("replace"), kinds.index(POLLABLE), pair),
        _consuming("wait", kinds.index(POLLABLE), kinds.index("entry"), pair),
        _polymorphic(pair),
    )
    return "\n".join(parts) + ")\n"


@lru_cache
def _fragment(axis: str, name: str) -> str:
    return (_HERE / axis / f"{name}.wat").read_text(encoding="utf-8").rstrip()


def _refuse(pair: Pair) -> str:
    """Return what an adapter does with a number that it knows to be bad."""
    return "unreachable" if pair.learn == "tag" else f"(return (i32.const {BAD_HANDLE}))"


def _imports(pair: Pair, kinds: tuple[str, ...]) -> list[str]:
    lowered = [
        f'  (import "host" "{function.core}" (func ${function.core}{function.flat(lowered=True)}))'
        for function in functions(pair, kinds)
    ]
    dropped = [f'  (import "host" "drop_{kind}" (func $drop_{kind} (param i32)))' for kind in resources(pair, kinds)]
    return [
        '  (import "legacy" "memory" (memory $legacy 1))',
        '  (import "scratch" "memory" (memory $scratch 1))',
        *lowered,
        *dropped,
    ]


_SCRATCH = """\
  ;; scratch: 16 bytes for what a call returns by pointer, then the list
  (func $nth (param $list i32) (param $index i32) (result i32)
    (i32.load $legacy (i32.add (local.get $list) (i32.shl (local.get $index) (i32.const 2)))))
  (func $put (param $index i32) (param $number i32)
    (i32.store $scratch offset=16 (i32.shl (local.get $index) (i32.const 2)) (local.get $number)))
  (func $got (param $index i32) (result i32)
    (i32.load $scratch offset=16 (i32.shl (local.get $index) (i32.const 2))))
  (func $reserve (param $length i32)
    (local $pages i32)
    (local.set $pages (i32.add (i32.shr_u (local.get $length) (i32.const 13)) (i32.const 2)))
    (if (i32.lt_u (memory.size $scratch) (local.get $pages))
      (then
        (if (i32.eq
              (memory.grow $scratch (i32.sub (local.get $pages) (memory.size $scratch)))
              (i32.const -1))
          (then unreachable)))))"""


def _learner(pair: Pair, kinds: tuple[str, ...]) -> str:
    numbers = len(kinds) << 14
    values = {
        "@kinds@": str(len(kinds)),
        "@numbers@": str(numbers),
        "@pages@": str((numbers >> 14) + 1),
        "@probes@": "\n".join(_probe(kind, number) for number, kind in enumerate(kinds)),
    }
    fragment = _fragment("learn", pair.learn)
    for name, value in values.items():
        fragment = fragment.replace(name, value)
    return fragment


def _probe(kind: str, number: int) -> str:
    """Return code that tries a typed call and takes an exception for another type; a trap is none."""
    return (
        f"    (block $not_{kind}\n"
        f"      (try_table (catch_all $not_{kind}) (drop (call $use_{kind} (local.get $n))))\n"
        f"      (return (i32.const {number})))"
    )


def _dispatchers(pair: Pair, kinds: tuple[str, ...]) -> list[str]:
    """Return a function for each typed call that is chosen by the kind."""
    own = resources(pair, kinds)
    found = [_dispatch("drop", own, "(param $raw i32)", "(local.get $raw)", result=False)]
    if pair.accept == "subscribe":
        found.append(_dispatch("subscribe", kinds[1:], "(param $raw i32)", "(local.get $raw)"))
    if pair.accept.startswith("step"):
        found += [_step(kind) for kind in kinds[1:]]
        found.append(_dispatch("step", kinds[1:], "(param $raw i32)", "(local.get $raw)", call="take_step_"))
    if pair.accept == "per-type":
        found.append(_dispatch("is_ready_of", kinds, "(param $raw i32)", "(local.get $raw)", call="is_ready_"))
        list = "(i32.const 16) (local.get $length) (local.get $timeout)"
        parameters = "(param $length i32) (param $timeout i32)"
        found.append(_dispatch("select_of", kinds, parameters, list, call="select_"))
    return found


def _dispatch(
    name: str, kinds: tuple[str, ...], parameters: str, arguments: str, *, call: str = "", result: bool = True
) -> str:
    """Return a function that calls `CALLkind` for the kind given; where there is one type, for any kind."""
    if kinds == (POLLABLE,):
        return f"  (func ${name} (param $kind i32) {parameters} {_call(call or name + '_', POLLABLE, arguments)})"
    first = 1 if kinds[0] != POLLABLE else 0
    cases = "\n".join(
        f"    (if (i32.eq (local.get $kind) (i32.const {number}))\n"
        f"      (then {'(return ' if result else ''}{_call(call or name + '_', kind, arguments)}"
        f"{')' if result else ' (return)'}))"
        for number, kind in enumerate(kinds, first)
    )
    returns = " (result i32)" if result else ""
    return f"  (func ${name} (param $kind i32) {parameters}{returns}\n{cases}\n    unreachable)"


def _call(prefix: str, kind: str, arguments: str) -> str:
    """Return a call of `PREFIXkind`; waiting for pollables needs no kind in the name."""
    name = prefix.rstrip("_") if prefix in _WAITING and kind == POLLABLE else f"{prefix}{kind}"
    return f"(call ${name} {arguments})"


def _step(kind: str) -> str:
    return (
        f"  (func $take_step_{kind} (param $raw i32) (result i32)\n"
        f"    (call $step_{kind} (local.get $raw) (i32.const 0))\n"
        "    (if (result i32) (i32.load8_u $scratch (i32.const 0))\n"
        "      (then (i32.load $scratch offset=4 (i32.const 0)))\n"
        "      (else (i32.const -1))))"
    )


# -- the untyped ABI ----------------------------------------------------------------


def _open(kind: str, number: int) -> str:
    return (
        f'  (func (export "open_{kind}")\n'
        "    (param $value i32) (param $delay i32) (param $more i32) (param $out i32) (result i32)\n"
        f"    (call $give (i32.const {number}) (local.get $out)\n"
        f"      (call $open_{kind} (local.get $value) (local.get $delay) (local.get $more))))"
    )


def _use(kind: str, number: int, pair: Pair) -> str:
    """Return a typed call; with one type for all kinds, the host may still refuse the kind."""
    head = (
        f'  (func (export "use_{kind}") (param $n i32) (param $out i32) (result i32)\n'
        f"    (if (i32.ne (call $as (local.get $n) (i32.const {number})) (i32.const {number}))\n"
        f"      (then {_refuse(pair)}))\n"
    )
    if pair.accept == "alias-all":
        return (
            f"{head}    (call $use_{kind} (call $raw (local.get $n)) (i32.const 0))\n"
            f"    (if (i32.load8_u $scratch (i32.const 0)) (then (return (i32.const {BAD_HANDLE}))))\n"
            "    (i32.store $legacy (local.get $out) (i32.load $scratch offset=4 (i32.const 0)))\n"
            f"    (i32.const {OK}))"
        )
    return (
        f"{head}    (i32.store $legacy (local.get $out) (call $use_{kind} (call $raw (local.get $n))))\n"
        f"    (i32.const {OK}))"
    )


def _consuming(name: str, taken: int, made: int, pair: Pair) -> str:
    """Return a typed call that takes a handle for good and gives another one."""
    head = (
        f'  (func (export "{name}") (param $n i32) (param $out i32) (result i32)\n'
        "    (local $raw i32)\n"
        f"    (if (i32.ne (call $as (local.get $n) (i32.const {taken})) (i32.const {taken}))\n"
        f"      (then {_refuse(pair)}))\n"
        "    (local.set $raw (call $raw (local.get $n)))\n"
    )
    if pair.accept == "alias-all":
        return (
            f"{head}    (call ${name} (local.get $raw) (i32.const 0))\n"
            f"    (if (i32.load8_u $scratch (i32.const 0)) (then (return (i32.const {BAD_HANDLE}))))\n"
            "    (call $forget (local.get $n))\n"
            f"    (call $drop_{POLLABLE} (local.get $raw))\n"
            f"    (call $give (i32.const {made}) (local.get $out) (i32.load $scratch offset=4 (i32.const 0))))"
        )
    return (
        f"{head}    (call $forget (local.get $n))\n"
        f"    (call $give (i32.const {made}) (local.get $out) (call ${name} (local.get $raw))))"
    )


def _polymorphic(pair: Pair) -> str:
    refuse = _refuse(pair)
    return f"""\
  (func $give (param $kind i32) (param $out i32) (param $raw i32) (result i32)
    (local $n i32)
    (local.set $n (call $encode (local.get $raw) (local.get $kind)))
    (if (i32.eqz (local.get $n))
      (then (call $drop (local.get $kind) (local.get $raw)) (return (i32.const {LIMIT}))))
    (i32.store $legacy (local.get $out) (local.get $n))
    (i32.const {OK}))
  (func (export "close") (param $n i32) (result i32)
    (local $kind i32) (local $raw i32)
    (local.set $kind (call $kind (local.get $n)))
    (if (i32.eq (local.get $kind) (i32.const -1)) (then (return (i32.const {BAD_HANDLE}))))
    (local.set $raw (call $raw (local.get $n)))
    (call $forget (local.get $n))
    (call $drop (local.get $kind) (local.get $raw))
    (i32.const {OK}))
  (func (export "is_ready") (param $n i32) (param $out i32) (result i32)
    (local $kind i32)
    (local.set $kind (call $kind (local.get $n)))
    (if (i32.eq (local.get $kind) (i32.const -1)) (then {refuse}))
    (i32.store $legacy (local.get $out) (call $poll (local.get $kind) (local.get $n)))
    (i32.const {OK}))
  (func (export "select") (param $list i32) (param $length i32) (param $timeout i32) (param $out i32) (result i32)
    (local $index i32)
    (if (i32.eqz (i32.or (local.get $length) (local.get $timeout))) (then (return (i32.const {INVALID}))))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
        (if (i32.eq (call $kind (call $nth (local.get $list) (local.get $index))) (i32.const -1))
          (then {refuse}))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (call $reserve (local.get $length))
    (i32.store $legacy (local.get $out)
      (call $choose (local.get $list) (local.get $length) (local.get $timeout)))
    (i32.const {OK}))"""
