"""Random types across the host boundary, both ways, handles among them: unfused against fused.

`pass` hands a value of a random type from the host through two instances to a host function
and its answer back; `swap` hands one to the inner instance and back. Each instance has a
memory and an encoding of its own. Handles are of a resource of the host (`r`), and of one
that the inner instance defines and the root exports (`s`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import component as wc

from explore.oracle.engine import engine
from explore.oracle.trap_text import read_failure
from explore.oracle.values import from_value, tagged, to_value
from fuser.abi.layout import Shapes
from fuser.fuse import fuse
from fuser.program import Encoding, Instance, ResourceType, StaticResource
from fuser.types import List, Option, Own, Record, Result, Tuple, ValType, Variant
from fuser.wasm.types import F32, F64, I32, I64
from tests.abi_worlds import REALLOC, Names
from tests.abi_worlds import leaves as plain_leaves
from tests.abi_worlds import values as plain_values
from tests.support import Sites, wat

ROOT = Instance(0, None, "root")
HOSTS = Own(StaticResource(ResourceType(0, None, "r", None), "r"))
GUESTS = Own(StaticResource(ResourceType(1, ROOT, "s", None), "s"))
CORE = {I32: "i32", I64: "i64", F32: "f32", F64: "f64"}

# -- types and values ------------------------------------------------------------------


def types(handles: list[ValType]) -> st.SearchStrategy[ValType]:
    leaves = st.sampled_from(handles) | plain_leaves
    return st.recursive(leaves, wrapped, max_leaves=8)


def labelled(parts: list[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((f"l{number}", part) for number, part in enumerate(parts))


def wrapped(inner: st.SearchStrategy[ValType]) -> st.SearchStrategy[ValType]:
    maybe = st.none() | inner
    return st.one_of(
        inner.map(List),
        inner.map(Option),
        st.builds(Result, maybe, maybe),
        st.lists(inner, min_size=1, max_size=20).map(tuple).map(Tuple),
        st.lists(inner, min_size=1, max_size=5).map(labelled).map(Record),
        st.lists(maybe, min_size=1, max_size=5).map(labelled).map(Variant),
    )


def values(type: ValType) -> st.SearchStrategy[Any]:
    """Values as JSON; a handle is told by the number of its object."""
    match type:
        case Own():
            kind = "rep" if type is HOSTS else "guest"
            return st.integers(1, 1000).map(lambda number: {kind: number})
        case List():
            return st.lists(values(type.element), max_size=4)
        case Option():
            some = values(type.some)
            return st.none() | (some.map(lambda one: {"some": one}) if isinstance(type.some, Option) else some)
        case Result():
            return st.one_of([case(*one) for one in (("ok", type.ok), ("error", type.error))])
        case Tuple():
            return st.tuples(*map(values, type.items)).map(list)
        case Record():
            return st.fixed_dictionaries({label: values(part) for label, part in type.fields})
        case Variant():
            return st.one_of([st.just(label) if part is None else case(label, part) for label, part in type.cases])
        case _:
            return plain_values(type)


def case(label: str, payload: ValType | None) -> st.SearchStrategy[Any]:
    return (st.none() if payload is None else values(payload)).map(lambda one: {label: one})


# -- components -------------------------------------------------------------------------


@dataclass
class PrefixedNames(Names):
    """The types that need a name, as definitions named by a letter and a number."""

    letter: str = "t"

    def of(self, type: ValType) -> str:
        if isinstance(type, Own):
            return f"(own ${type.resource.label})"
        return super().of(type)

    def _name(self, definition: str) -> str:
        return super()._name(definition).replace("$t", f"${self.letter}")

    @property
    def names(self) -> list[tuple[str, str]]:
        """Each name with its definition."""
        return [(f"{self.letter}{number}", one) for number, one in enumerate(self.definitions)]

    @property
    def imported(self) -> str:
        """Declarations in the type of an instance."""
        return " ".join(
            f'(type $d-{name} {one}) (export "{name}" (type ${name} (eq $d-{name})))' for name, one in self.names
        )

    @property
    def defined(self) -> str:
        """Definitions and exports in a component."""
        return " ".join(
            f'(type $d-{name} {one}) (export ${name} "{name}" (type $d-{name}))' for name, one in self.names
        )

    def aliases(self, instance: str) -> str:
        """Aliases of exports of an instance."""
        return " ".join(f'(alias export ${instance} "{name}" (type ${name}))' for name, _ in self.names)

    def bundled(self, instance: str) -> str:
        """Exports of an instance, passed on."""
        return " ".join(f'(export "{name}" (type ${instance} "{name}"))' for name, _ in self.names)


@dataclass(frozen=True)
class Passing:
    """What passes to the host, what passes within, and the encodings of inner and outer."""

    host: ValType
    inner: ValType
    encodings: tuple[Encoding, Encoding]

    def text(self) -> str:
        """Return the composition."""
        t, u = PrefixedNames(letter="t"), PrefixedNames(letter="u")
        host, inner = t.of(self.host), u.of(self.inner)
        host, inner = f'(param "x" {host}) (result {host})', f'(param "x" {inner}) (result {inner})'
        outside = f"""(import "h" (instance $h (export "r" (type $r (sub resource)))
      {t.imported} (export "f" (func {host}))))
    (alias export $h "r" (type $r)) {t.aliases("h")}"""
        return f"""(component
  {outside}
  (component $A
    {outside}
    {self.core(0, {"pass": '$h "f"'})}
    (type $s' (resource (rep i32) (dtor (core func $m "destructor"))))
    (export $s "s" (type $s')) {u.defined}
    (core func $new (canon resource.new $s))
    (func (export "make") (param "n" u32) (result (own $s)) (canon lift (core func $new)))
    (func (export "get") (param "s" (borrow $s)) (result u32) (canon lift (core func $m "get")))
    {self.lift("pass", host, 0)} {self.lift("swap", inner, 0)})
  (instance $a (instantiate $A (with "h" (instance $h))))
  (component $B
    {outside}
    (import "a" (instance $a (export "s" (type $s (sub resource))) {u.imported}
      (export "pass" (func {host})) (export "swap" (func {inner}))))
    (alias export $a "s" (type $s)) {u.aliases("a")}
    {self.core(1, {"pass": '$a "pass"', "swap": '$a "swap"'})}
    {self.lift("pass", host, 1)} {self.lift("swap", inner, 1)})
  (instance $b (instantiate $B (with "h" (instance $h)) (with "a" (instance $a))))
  (instance $x (export "s" (type $a "s")) {u.bundled("a")}
    (export "make" (func $a "make")) (export "get" (func $a "get")) (export "swap" (func $b "swap")))
  (export "x" (instance $x))
  (export "pass" (func $b "pass")))"""

    def core(self, level: int, called: dict[str, str]) -> str:
        """Return the core of an instance: what it does not pass on it gives back."""
        types = {"pass": self.host, "swap": self.inner}
        lowers = " ".join(
            f"(core func ${name} (canon lower (func {callee}) {self.options(level)}))"
            for name, callee in called.items()
        )
        imports = " ".join(f'(import "" "{name}" (func ${name} {lowered(types[name])}))' for name in called)
        given = " ".join(f'(export "{name}" (func ${name}))' for name in called)
        bodies = "\n      ".join(
            f'(func (export "{name}") {lifted(type)} {body(type, name if name in called else None)})'
            for name, type in types.items()
        )
        return f"""(core module $Memory (memory (export "memory") 1){REALLOC})
    (core instance $memory (instantiate $Memory))
    {lowers}
    (core module $M {imports}
      (import "memory" "memory" (memory 1))
      (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (func (export "destructor") (param i32))
      (func (export "get") (param i32) (result i32) (local.get 0))
      {bodies})
    (core instance $m (instantiate $M (with "memory" (instance $memory)) (with "" (instance {given}))))"""

    def lift(self, name: str, signature: str, level: int) -> str:
        """Return an exported lift."""
        return f'(func (export "{name}") {signature} (canon lift (core func $m "{name}") {self.options(level)}))'

    def options(self, level: int) -> str:
        """Return the canonical options."""
        place = '(memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))'
        return f"{place} string-encoding={self.encodings[level].value}"


def flat(type: ValType) -> tuple[list[str], list[str]]:
    """Core parameters and results."""
    one = [CORE[part] for part in Shapes().of(type).flat]
    return (one if len(one) <= 16 else ["i32"]), one


def lowered(type: ValType) -> str:
    parameters, results = flat(type)
    if len(results) > 1:
        return f"(param {' '.join([*parameters, 'i32'])})"
    return f"(param {' '.join(parameters)}) (result {' '.join(results)})"


def lifted(type: ValType) -> str:
    parameters, results = flat(type)
    return f"(param {' '.join(parameters)}) (result {'i32' if len(results) > 1 else ' '.join(results)})"


def body(type: ValType, callee: str | None) -> str:
    """Pass the parameters on, or give back what came."""
    parameters, results = flat(type)
    given = " ".join(f"(local.get {number})" for number in range(len(parameters)))
    if len(results) <= 1:
        return given if callee is None else f"(call ${callee} {given})"
    shape = Shapes().of(type)
    room = f"(call $realloc (i32.const 0) (i32.const 0) (i32.const {shape.align}) (i32.const {shape.size}))"
    if callee is not None:
        at = len(parameters)
        return f"(local i32) (local.set {at} {room}) (call ${callee} {given} (local.get {at})) (local.get {at})"
    assert isinstance(type, List)
    return f"""(local i32) (local.set 2 {room})
        (i32.store (local.get 2) (local.get 0)) (i32.store offset=4 (local.get 2) (local.get 1)) (local.get 2)"""


# -- runs ------------------------------------------------------------------------------------

NUMBER = 7
RESOURCE = wc.ResourceType.host(NUMBER)


@dataclass
class Run:
    """One instance, with a host that tells what it gets and gives it back."""

    data: bytes
    sites: Sites
    log: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = wasmtime.Store(engine(optimised=False))
        self.store.set_epoch_deadline(1_000_000)
        component = wc.Component(self.store.engine, self.data)
        outside: Any = component.type.imports(self.store.engine)["h"].ty
        type = outside.exports(self.store.engine)["f"].ty
        linker = wc.Linker(self.store.engine)
        with linker.root() as root, root.add_instance("h") as inner:
            inner.add_resource("r", RESOURCE, lambda _store, rep: self.log.append(("drop", rep)))
            inner.add_func("f", lambda _store, value: self.back(type.result, value))
        self.instance = linker.instantiate(self.store, component)

    def back(self, type: Any, value: Any) -> Any:
        shown = from_value(type, value, self)
        self.log.append(shown)
        return to_value(type, shown, self)

    def function(self, *path: str) -> wc.Func:
        index = None
        for name in path:
            index = self.instance.get_export_index(self.store, name, index)
        assert index is not None
        function = self.instance.get_func(self.store, index)
        assert function is not None
        return function

    def handle(self, value: Any) -> Any:
        """Make the object that a value tells."""
        if "rep" in value:
            return wc.ResourceHost.own(value["rep"], NUMBER)
        return self.function("x", "make")(self.store, value["guest"])

    def number(self, handle: Any) -> Any:
        """Tell which object a handle is of."""
        if isinstance(handle, wc.ResourceHost):
            return {"rep": handle.rep}
        if handle.type == RESOURCE:
            return {"rep": handle.to_host(self.store).rep}
        told = self.function("x", "get")(self.store, handle)
        handle.drop(self.store)
        return {"guest": told}

    def call(self, path: tuple[str, ...], value: Any) -> Any:
        function = self.function(*path)
        (_, parameter), *_ = function.type(self.store).params
        try:
            got = function(self.store, to_value(parameter, value, self))
        except wasmtime.WasmtimeError as error:
            return read_failure(str(error), self.sites).trap
        return from_value(parameter, got, self)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    host=types([HOSTS]),
    inner=types([HOSTS, GUESTS]),
    encodings=st.tuples(st.sampled_from(Encoding), st.sampled_from(Encoding)),
    data=st.data(),
)
def test_values_pass_the_boundary_as_unfused(
    host: ValType, inner: ValType, encodings: tuple[Encoding, Encoding], data: st.DataObject
) -> None:
    passing = Passing(host, List(inner), encodings)
    calls = [(("pass",), data.draw(values(host))), (("x", "swap"), data.draw(values(passing.inner)))]
    component = wat(passing.text())
    fused = fuse(component)
    with tagged():
        runs = Run(component, {}), Run(fused.data, dict(fused.sites))
        seen = [([run.call(*call) for call in calls], run.log) for run in runs]
    assert seen[1] == seen[0]
    assert seen[0][0] == [value for _, value in calls], "what is passed comes back"
