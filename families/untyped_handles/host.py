"""The typed host: a component whose resources are the store's items, with a policy for subscriptions."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from families.untyped_handles.interface import ANY, Function, functions, resources, variant_type
from families.untyped_handles.pair import Pair

POLICIES = {
    "alias-guard": ("guard",),
    "alias-no-guard": (),
    "child": ("child",),
    "strict-child": ("child", "strict"),
    "take-out": ("guard", "take_out"),
    "one-shot": ("child", "one_shot"),
}
"""What a host does about a pollable made of an item, as the store's switches.

`alias-guard`: it has the item's own number, and dropping it leaves the item. `alias-no-guard`:
dropping it takes the item along. `child`: an object of its own. `strict-child`: and the item
must not be dropped before it. `take-out`: select takes each item out of the map in turn, so
an item that is listed twice is missed. `one-shot`: a child that is spent once it was reported.
"""

_SWITCHES = ("child", "strict", "guard", "take_out", "one_shot")
_STORE = Path(__file__).with_name("store.wat")

_IMPORTED = {
    "open": 4,
    "value": 1,
    "known": 2,
    "ready": 1,
    "subscribe": 1,
    "step": 1,
    "select": 4,
    "insert": 1,
    "wait": 1,
    "now": 0,
}
"""The store's functions with a result, and how many numbers each takes."""


@lru_cache
def _template() -> str:
    return _STORE.read_text(encoding="utf-8")


def store(policy: str) -> str:
    """Return the core module of the host's state under a policy."""
    on = POLICIES[policy]
    return re.sub(
        r"@(\w+)@",
        lambda found: str(int(found[1] in on)),
        _template(),
    )


def store_imports(module: str = "store") -> str:
    """Return imports of the store's functions."""
    return "\n".join(
        f'  (import "{module}" "{name}" (func ${name} {"(param i32) " * count}(result i32)))'
        for name, count in _IMPORTED.items()
    )


def api(pair: Pair, kinds: tuple[str, ...]) -> str:
    """Return the core module between the store and the canonical ABI; what a pair patches of the host."""
    intrinsics = [
        f'  (import "type" "{name}_{kind}" (func ${name}_{kind} (param i32){result}))'
        for kind in resources(pair, kinds)
        for name, result in (("new", " (result i32)"), ("rep", " (result i32)"), ("drop", ""))
    ]
    bodies = [
        f'  (func (export "{function.core}"){function.flat(lowered=False)}\n  {function.body})'
        for function in functions(pair, kinds)
    ]
    memory = '  (import "store" "memory" (memory 1))'
    return "\n".join(("(module $api", store_imports(), memory, *intrinsics, *bodies)) + ")\n"


SILENT_TAP = """\
(core module $silent (func (export "tap") (param i32 i32)))
(core instance $silent (instantiate $silent))
(alias core export $silent "tap" (core func $tap))"""
"""Stands for the tap where it would be timed too."""
_TAP = """\
(import "tap" (func $tap (param "event" u32) (param "number" u32)))
(core func $tap (canon lower (func $tap)))"""


def component(pair: Pair, kinds: tuple[str, ...], policy: str, *, tapped: bool = True) -> str:
    """Return the host component; it imports `tap`, if it is tapped, and exports the interface."""
    types = resources(pair, kinds)
    named = [_any(pair, kinds)] if variant_type(pair, kinds) else []
    return "\n".join(
        (
            "(component $host",
            _TAP if tapped else SILENT_TAP,
            store(policy),
            api(pair, kinds),
            '(core instance $store (instantiate $store (with "host" (instance (export "tap" (func $tap))))))',
            *(_resource(kind, _destructor(pair, kind)) for kind in types),
            _api_instance(types),
            *named,
            *map(_lift, functions(pair, kinds)),
            ")",
        )
    )


def _destructor(pair: Pair, kind: str) -> str:
    return "drop_pollable" if kind == "pollable" and pair.accept != "alias-all" else "drop_item"


def _resource(kind: str, destructor: str) -> str:
    return (
        f'(type ${kind}_ (resource (rep i32) (dtor (core func $store "{destructor}"))))\n'
        f"(core func $new_{kind} (canon resource.new ${kind}_))\n"
        f"(core func $rep_{kind} (canon resource.rep ${kind}_))\n"
        f"(core func $drop_{kind} (canon resource.drop ${kind}_))\n"
        f'(export ${kind} "{kind}" (type ${kind}_))'
    )


def _any(pair: Pair, kinds: tuple[str, ...]) -> str:
    return f'(type ${ANY}_ {variant_type(pair, kinds)})\n(export ${ANY} "{ANY}" (type ${ANY}_))'


def _api_instance(kinds: tuple[str, ...]) -> str:
    names = [f"{name}_{kind}" for kind in kinds for name in ("new", "rep", "drop")]
    intrinsics = "\n".join(f'  (export "{name}" (func ${name}))' for name in names)
    supplied = f'(with "store" (instance $store)) (with "type" (instance\n{intrinsics}))'
    return f"(core instance $api (instantiate $api {supplied}))"


def _lift(function: Function) -> str:
    options = ' (memory (core memory $store "memory")) (realloc (core func $store "realloc"))'
    return (
        f'(func (export "{function.name}"){function.type}\n'
        f'  (canon lift (core func $api "{function.core}"){options if function.in_memory else ""}))'
    )
