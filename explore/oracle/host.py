"""A deterministic host for whatever a component imports.

Every function answers with what the fixture says, else with the zero of its type; every
imported resource is an object numbered in the order of making. All of it is traced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import wasmtime
from wasmtime import component as wc

from explore.family import Json
from explore.oracle.special import Special, add_special
from explore.oracle.values import BadValue, NoHandle, from_value, to_value, zero

_KEPT = 2000
"""Events kept word by word; the rest is counted and hashed."""


@dataclass
class Trace:
    """Events in order, bounded in size; the end of a long one is one hash."""

    events: list[str] = field(default_factory=list)
    more: int = 0

    def __post_init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, event: str) -> None:
        """Append an event."""
        if len(self.events) < _KEPT:
            self.events.append(event)
        else:
            self.more += 1
            self._hash.update(event.encode() + b"\n")

    def finish(self) -> tuple[str, ...]:
        """Return the events, the last one standing for those not kept."""
        kind = self.events[-1].split(" ")[0] if self.events else ""
        rest = (f"{kind} … and {self.more} more events, sha256 {self._hash.hexdigest()[:16]}",)
        return (*self.events, *(rest if self.more else ()))


class UnsupportedImport(Exception):
    """An import that no host function can stand for."""


@dataclass
class Host:
    """The other side of a component's imports during one run."""

    answers: Mapping[str, Json] = field(default_factory=dict)
    """By `FUNCTION` or `INSTANCE#FUNCTION`: a value, or `{"each": [values, the last one repeated]}`."""
    specials: Mapping[str, Special] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    handles: list[Any] = field(default_factory=list)
    _resources: list[wc.ResourceType] = field(default_factory=list)
    _objects: int = 0

    # -- handles, as `values` asks for them --------------------------------------

    def number(self, handle: Any) -> Json:
        """Return `{"handle": N}` for a guest's object, `{"object": rep}` for one of ours."""
        if self._ours(handle.type) is not None:
            return {"object": handle.to_host(self._store).rep}
        self.handles.append(handle)
        return {"handle": len(self.handles) - 1}

    def handle(self, value: Json) -> Any:
        """Return the handle that `number` gave this JSON for; raises NoHandle, or BadValue."""
        number = value.get("handle") if isinstance(value, dict) else None
        if not isinstance(number, int):
            raise BadValue(f"{value!r} is no handle")
        if not 0 <= number < len(self.handles):
            raise NoHandle(f"{value!r} is no handle that came out")
        return self.handles[number]

    def object(self, type: wc.OwnType | wc.BorrowType, number: int) -> Any:
        """Return one of our objects, given away or lent; raises BadValue where the type is not ours."""
        resource = self._ours(type.ty)
        if resource is None:
            raise BadValue(f"object {number}: its type is not one that the component imports")
        make = wc.ResourceHost.own if isinstance(type, wc.OwnType) else wc.ResourceHost.borrow
        return make(number, resource)

    def _ours(self, type: wc.ResourceType) -> int | None:
        """Return the number of a resource of ours, as an instance's types have it."""
        return next((number for number in range(len(self._resources)) if type == wc.ResourceType.host(number)), None)

    # -- definitions ---------------------------------------------------------------

    def define(self, linker: wc.Linker, component: wc.Component, store: wasmtime.Store) -> None:
        """Define every import of a component; raises UnsupportedImport."""
        self._store = store
        with linker.root() as root:
            for name, extern in component.type.imports(store.engine).items():
                self._define(root, name, extern.ty, name, store.engine)

    def _define(self, place: wc.LinkerInstance, name: str, type: Any, path: str, engine: wasmtime.Engine) -> None:
        if isinstance(type, wc.ComponentInstanceType):
            with place.add_instance(name) as inner:
                for item, extern in type.exports(engine).items():
                    self._define(inner, item, extern.ty, f"{path}#{item}", engine)
        elif isinstance(type, wc.FuncType):
            special = self.specials.get(path)
            if special is not None:
                add_special(place, name, special)
            else:
                place.add_func(name, self._function(path, type))
        elif isinstance(type, wc.ResourceType):
            place.add_resource(name, wc.ResourceType.host(self._resource(type)), self._destructor(path))
        elif not isinstance(type, wc.ValType):
            raise UnsupportedImport(f"{path} is neither a function nor a type nor an instance of such")

    def _resource(self, type: wc.ResourceType) -> int:
        """Return the number of an imported resource; one seen under two names is one."""
        for number, known in enumerate(self._resources):
            if known == type:
                return number
        self._resources.append(type)
        return len(self._resources) - 1

    def _destructor(self, path: str) -> Callable[[Any, int], None]:
        return lambda _store, rep: self.trace.add(f"host drop {path} {rep}")

    def _function(self, path: str, type: wc.FuncType) -> Callable[..., Any]:
        parameters, result = type.params, type.result
        answers = _answers(self.answers.get(path))

        def call(store: Any, *arguments: Any) -> Any:
            outer, self._store = self._store, store  # the caller's store is one during the call only
            try:
                return answer_to(arguments)
            finally:
                self._store = outer

        def answer_to(arguments: tuple[Any, ...]) -> Any:
            shown = [from_value(type, value, self) for (_, type), value in zip(parameters, arguments, strict=True)]
            self.trace.add(f"host {path}({', '.join(json.dumps(item) for item in shown)})")
            if result is None:
                return None
            answer = next(answers, None)
            return zero(result, self._make) if answer is None else to_value(result, answer, self)

        return call

    def _make(self, type: wc.OwnType) -> wc.ResourceHost:
        self._objects += 1
        return wc.ResourceHost.own(self._objects, self._resource(type.ty))


def _answers(answer: Json) -> Iterator[Json]:
    """One answer for ever, or each of a list and then its last for ever."""
    each = answer.get("each") if isinstance(answer, dict) else None
    values = each if isinstance(each, list) and each else [answer]
    yield from values[:-1]
    while True:
        yield values[-1]
