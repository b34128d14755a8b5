"""The typed interface of the world, as each acceptance has it: the text that stands for the WIT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from families.untyped_handles.pair import Pair

POLLABLE = "pollable"
KINDS = (POLLABLE, "entry", "replace", "http")
"""The resource types, by the number that stands for each: bodies and requests, cache entries,
replace entries, entries of the HTTP cache."""
MORE_KINDS = ("cursor", "lease", "watch", "stream", "timer")
"""Types that later versions of the interface may add."""

ANY = "any"
_FLAT = {"list": ("pointer", "length"), "any": ("case", "payload")}


@dataclass(frozen=True)
class Function:
    """One function of the interface; types are those of the component text format."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    result: str
    body: str
    """What the host does, in core WebAssembly, over the store's functions."""

    @property
    def core(self) -> str:
        """Its name in core modules."""
        return self.name.replace("-", "_")

    @property
    def by_pointer(self) -> bool:
        """Whether its result does not fit one flat value, so that it is passed in memory."""
        return self.result.startswith(("(option", "(result"))

    @property
    def in_memory(self) -> bool:
        """Whether lifting and lowering need a memory."""
        return self.by_pointer or any(type.startswith("(list") for _, type in self.parameters)

    @property
    def type(self) -> str:
        """Its parameters and result as a component function has them."""
        parameters = "".join(f' (param "{name}" {type})' for name, type in self.parameters)
        return f"{parameters} (result {self.result})"

    def flat(self, *, lowered: bool) -> str:
        """Its type as a core function: as the host lifts it, or as the adapter lowers it."""
        names = [flat for name, type in self.parameters for flat in _flat(name, type)]
        named = "".join(f" (param ${name} i32)" for name in names)
        if self.by_pointer and lowered:
            return f"{named} (param $result i32)"
        return f"{named} (result i32)"


def _flat(name: str, type: str) -> tuple[str, ...]:
    if type.startswith("(list"):
        return _FLAT["list"]
    return _FLAT["any"] if type == f"${ANY}" else (name,)


def resources(pair: Pair, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the resource types of the interface."""
    return kinds[:1] if pair.accept == "alias-all" else kinds


def functions(pair: Pair, kinds: tuple[str, ...]) -> tuple[Function, ...]:
    """Return every function of the interface under a pair's acceptance."""
    return (*_ACCESS.get(pair.accept, _typed)(kinds), *_MIXED.get(pair.accept, _plain)(kinds))


def _borrow(kind: str) -> tuple[tuple[str, str], ...]:
    return (("self", f"(borrow ${kind})"),)


def _own(kind: str) -> str:
    return f"(own ${kind})"


_OPENING = (("value", "u32"), ("delay", "u32"), ("more", "u32"))


def _open(kind: str, number: int, resource: str) -> Function:
    made = f"(call $open (i32.const {number}) (local.get $value) (local.get $delay) (local.get $more))"
    return Function(f"open-{kind}", _OPENING, _own(resource), f"(call $new_{resource} {made})")


# -- opening, using, consuming -------------------------------------------------------


def _typed(kinds: tuple[str, ...]) -> Iterator[Function]:
    """One type for each kind; a handle of another kind does not get here."""
    for number, kind in enumerate(kinds):
        yield _open(kind, number, kind)
        yield Function(f"use-{kind}", _borrow(kind), "u32", "(call $value (local.get $self))")
    yield _consume("insert", "replace", POLLABLE)
    yield _consume("wait", POLLABLE, "entry")


def _consume(name: str, taken: str, made: str) -> Function:
    body = (
        f"(call $new_{made} (call ${name} (call $rep_{taken} (local.get $self))))\n"
        f"  (call $drop_{taken} (local.get $self))"
    )
    return Function(name, (("self", _own(taken)),), _own(made), body)


def _aliased(kinds: tuple[str, ...]) -> Iterator[Function]:
    """One type for all kinds; the host looks at the kind and answers with an error."""
    for number, kind in enumerate(kinds):
        yield _open(kind, number, POLLABLE)
        yield _checked(f"use-{kind}", number, "u32", "(call $value (local.get $self))")
    yield _checked("insert", kinds.index("replace"), _own(POLLABLE), _made("insert"))
    yield _checked("wait", 0, _own(POLLABLE), _made("wait"))


def _made(name: str) -> str:
    return f"(call $new_{POLLABLE} (call ${name} (local.get $self)))"


def _checked(name: str, kind: int, result: str, value: str) -> Function:
    body = (
        f"(i32.store (i32.const 0) (i32.eqz (call $known (local.get $self) (i32.const {kind}))))\n"
        f"  (if (i32.eqz (i32.load (i32.const 0))) (then (i32.store offset=4 (i32.const 0) {value})))\n"
        "  (i32.const 0)"
    )
    return Function(name, _borrow(POLLABLE), f"(result {result})", body)


# -- taking a mixed set ------------------------------------------------------------


def _select(name: str, element: str, stride: int, offset: int = 0) -> Function:
    parameters = (("list", f"(list {element})"), ("timeout", "u32"))
    list = f"(i32.add (local.get $pointer) (i32.const {offset}))"
    body = f"(call $select {list} (local.get $length) (i32.const {stride}) (local.get $timeout))"
    return Function(name, parameters, "u32", body)


def _plain(_kinds: tuple[str, ...]) -> Iterator[Function]:
    yield Function("is-ready", _borrow(POLLABLE), "bool", "(call $ready (local.get $self))")
    yield _select("select", f"(borrow ${POLLABLE})", 4)


def _subscribe(kinds: tuple[str, ...]) -> Iterator[Function]:
    yield from _plain(kinds)
    for kind in kinds[1:]:
        made = f"(call $new_{POLLABLE} (call $subscribe (local.get $self)))"
        yield Function(f"subscribe-{kind}", _borrow(kind), _own(POLLABLE), made)


def _step(kinds: tuple[str, ...]) -> Iterator[Function]:
    yield from _plain(kinds)
    for kind in kinds[1:]:
        body = (
            "(i32.store offset=4 (i32.const 0) (call $step (local.get $self)))\n"
            "  (i32.store (i32.const 0) (i32.ne (i32.load offset=4 (i32.const 0)) (i32.const -1)))\n"
            "  (if (i32.load (i32.const 0)) (then\n"
            f"    (i32.store offset=4 (i32.const 0) (call $new_{POLLABLE} (i32.load offset=4 (i32.const 0))))))\n"
            "  (i32.const 0)"
        )
        yield Function(f"step-{kind}", _borrow(kind), f"(option {_own(POLLABLE)})", body)


def _step_deadline(kinds: tuple[str, ...]) -> Iterator[Function]:
    yield from _step(kinds)
    yield Function("now", (), "u32", "(call $now)")


def _variant(kinds: tuple[str, ...]) -> Iterator[Function]:
    yield from _plain(kinds)
    yield Function("is-ready-any", (("self", f"${ANY}"),), "bool", "(call $ready (local.get $payload))")
    yield _select("select-any", f"${ANY}", 8, 4)


def _per_type(kinds: tuple[str, ...]) -> Iterator[Function]:
    yield from _plain(kinds)
    for kind in kinds[1:]:
        yield Function(f"is-ready-{kind}", _borrow(kind), "bool", "(call $ready (local.get $self))")
        yield _select(f"select-{kind}", f"(borrow ${kind})", 4)


_ACCESS = {"alias-all": _aliased}
_MIXED = {
    "subscribe": _subscribe,
    "step": _step,
    "step-deadline": _step_deadline,
    "variant": _variant,
    "per-type": _per_type,
}


def variant_type(pair: Pair, kinds: tuple[str, ...]) -> str:
    """Return the type of a handle of any kind, where the acceptance has one."""
    if pair.accept != "variant":
        return ""
    return "(variant" + "".join(f' (case "{kind}" (borrow ${kind}))' for kind in kinds) + ")"


def text(pair: Pair, kinds: tuple[str, ...]) -> str:
    """Return the interface, a line for each item; stands for the WIT in patches."""
    lines = [f"resource {kind}" for kind in resources(pair, kinds)]
    lines += [f"type {ANY} {case}" for case in variant_type(pair, kinds).split(" (case") if case]
    lines += [f"func {function.name}{function.type}" for function in functions(pair, kinds)]
    return "\n".join(lines) + "\n"
