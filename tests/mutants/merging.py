"""Faults in how core modules become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fuser.merge import plan
from fuser.merge.guests import Guests
from fuser.merge.spaces import Spaces
from fuser.merge.starts import Starts
from fuser.program import CoreInstance
from fuser.wasm.opcodes import Immediate
from fuser.wasm.rewrite import Renumbering
from fuser.wasm.syntax import Element, Sort
from tests.mutants.fault import Emitter, fault

Instances = tuple[CoreInstance, ...]


@fault(plan, "plan_starts", "starts-in-order")
def starts_reversed(original: Emitter, instances: Instances, *rest: Any) -> Starts:
    """Start functions run last to first."""
    starts: Starts = original(instances, *rest)
    return replace(starts, replayed=starts.replayed[::-1])


@fault(plan, "plan_starts", "starts-in-order")
def start_run_twice(original: Emitter, instances: Instances, *rest: Any) -> Starts:
    """The first start function runs again after the others."""
    starts: Starts = original(instances, *rest)
    return replace(starts, replayed=starts.replayed + starts.replayed[:1])


@fault(plan, "plan_starts", "starts-in-order")
def segments_before_starts(original: Emitter, instances: Instances, *rest: Any) -> Starts:
    """All segments are written before the first start function."""
    starts: Starts = original(instances, *rest)
    return replace(starts, early=frozenset(instances))


@fault(Guests, "_numbers", "passive-segments")
def segments_shared(original: Emitter, guests: Guests, instance: CoreInstance) -> Renumbering:
    """The instances of a module share their segments, and what was dropped."""
    first = next(one for one in guests.segments if one.module is instance.module)
    numbers, others = dict(original(guests, instance)), original(guests, first)
    shared = (Immediate.DATA, Immediate.ELEMENT)
    return {kind: others[kind] if kind in shared else found for kind, found in numbers.items()}


@fault(Guests, "element", "flavorful")
def elements_reversed(original: Emitter, guests: Guests, instance: CoreInstance, one: Element, **named: Any) -> Any:
    """Element segments list their functions last to first."""
    functions = None if one.functions is None else tuple(reversed(one.functions))
    return original(guests, instance, replace(one, functions=functions), **named)


def _shared(sort: Sort, words: str) -> None:
    def numbers(original: Emitter, spaces: Spaces, instance: CoreInstance, wanted: Sort) -> Sequence[int]:
        first = instance
        if wanted == sort:
            first = next(one for one, _ in spaces._guests if one.module is instance.module)
        found: Sequence[int] = original(spaces, first, wanted)
        return found

    numbers.__name__, numbers.__doc__ = f"{words}_shared", f"The instances of a module share their {words}."
    fault(Spaces, "numbers", "two-instances passive-segments")(numbers)


_shared("global", "globals")
_shared("memory", "memories")
_shared("table", "tables")
