"""What a program does with its resource types, read off the linked program.

Everything here is conservative: a lower counts as called though its caller may never
call it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fuser.program import (
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    HostFunction,
    Instance,
    Lift,
    Lower,
    Program,
    ResourceType,
    ResourceUse,
)
from fuser.types import (
    Borrow,
    FuncType,
    Own,
    ValType,
    parts,
)


def handle_types(types: Iterator[ValType]) -> Iterator[Own | Borrow]:
    """Yield every handle type inside the types, each object once, in no particular depth."""
    seen: set[int] = set()
    left = list(types)
    while left:
        type = left.pop()
        if id(type) in seen:
            continue
        seen.add(id(type))
        if isinstance(type, Own | Borrow):
            yield type
        left.extend(parts(type))


def parameters(type: FuncType) -> Iterator[ValType]:
    """Yield the types of the parameters."""
    return (parameter for _, parameter in type.parameters)


def exported_functions(program: Program) -> Iterator[Lift]:
    """Yield the lifts that the root exports, in order."""
    left: list[ExportItem] = [item for _, item in reversed(program.exports)]
    while left:
        item = left.pop()
        if isinstance(item, ExportedFunction):
            yield item.lift
        elif isinstance(item, ExportedInstance):
            left.extend(inner for _, inner in reversed(item.items))


def exported_types(program: Program) -> frozenset[ResourceType]:
    """Return the resource types of the program that functions pass across its root.

    A function of the host passes one only where the host is an instance that stays un-fused.
    """
    types = [lift.type for lift in exported_functions(program)]
    types += [lower.type for lower in program.lowers if _callee(lower) is OUTSIDE]
    return frozenset(
        handle.resource.type
        for type in types
        for handle in handle_types(_signature(type))
        if handle.resource.type.definer is not None
    )


def borrowed_uses(program: Program) -> frozenset[ResourceUse]:
    """Return the uses of which a borrow may lie in the holder's table: those of non-definers."""
    return frozenset(
        program.use_of[lift.instance, handle.resource]
        for lift in program.lifts
        for handle in handle_types(parameters(lift.type))
        if isinstance(handle, Borrow) and handle.resource.type.definer is not lift.instance
    )


def _signature(type: FuncType) -> Iterator[ValType]:
    yield from parameters(type)
    if type.result is not None:
        yield type.result


OUTSIDE = None
"""Stands for the world among the instances that a call may reach."""


@dataclass(frozen=True)
class Reach:
    """Which instances' code may run while an instance's code runs."""

    calls: Mapping[Instance | None, tuple[Instance | None, ...]]
    _reached: dict[Instance | None, frozenset[Instance | None]] = field(default_factory=dict)

    @staticmethod
    def of(program: Program) -> Reach:
        """Read the calls between instances: lowered functions, destructors, and the world's own calls."""
        calls: dict[Instance | None, dict[Instance | None, None]] = {OUTSIDE: {}}
        calls.update({instance: {} for instance in program.instances})
        for lower in program.lowers:
            calls[lower.instance][_callee(lower)] = None
        for builtin in program.builtins:
            if builtin.operation == "drop":
                calls[builtin.use.instance][builtin.use.type.definer] = None
        for lift in exported_functions(program):
            calls[OUTSIDE][lift.instance] = None
        for type in exported_types(program):
            calls[OUTSIDE][type.definer] = None
        return Reach({caller: tuple(callees) for caller, callees in calls.items()})

    def reaches(self, start: Instance | None, target: Instance) -> bool:
        """Whether code of `target` may run when code of `start` is called."""
        if start not in self._reached:
            self._reached[start] = self._walk(start)
        return target in self._reached[start]

    def _walk(self, start: Instance | None) -> frozenset[Instance | None]:
        seen: set[Instance | None] = set()
        left = [start]
        while left:
            here = left.pop()
            if here not in seen:
                seen.add(here)
                left.extend(self.calls[here])
        return frozenset(seen)


def _callee(lower: Lower) -> Instance | None:
    return OUTSIDE if isinstance(lower.callee, HostFunction) else lower.callee.instance
