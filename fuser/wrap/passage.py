"""How values pass between the host and a guest (CanonicalABI.md, "Flattening").

A lift or lower may name a memory or a realloc that its type has no use for; the wrapper
asks for them only where values really pass through them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fuser.abi.flatten import parameter_shape, result_shape, returned_in_memory, spilled
from fuser.abi.layout import CasesShape, FieldsShape, ListShape, Shape, Shapes, TextShape
from fuser.types import FuncType


@dataclass(frozen=True)
class Passage:
    """What passes in a call of one type, and how."""

    handles: bool
    """Whether the type mentions a handle."""
    memory: bool
    lifted_realloc: bool
    """Whether the caller puts parameters into the callee's memory."""
    lowered_realloc: bool
    """Whether the callee puts results into the caller's memory, beside the result area."""
    needs_exchange: bool
    """Whether handles pass, and one lies in memory or the result does."""


def passage(type: FuncType, shapes: Shapes) -> Passage:
    """Return how the values of a call of this type pass."""
    parameters, result = parameter_shape(type, shapes), result_shape(type, shapes)
    lists = _lists(parameters)
    given = spilled(parameters) or bool(lists)
    received = result is not None and bool(_lists(result))
    handles = parameters.handles or (result is not None and result.handles)
    handle_in_memory = any(one.handles for one in lists) or (spilled(parameters) and parameters.handles)
    return Passage(
        handles=handles,
        memory=given or received or returned_in_memory(result),
        lifted_realloc=given,
        lowered_realloc=received,
        needs_exchange=handles and (handle_in_memory or returned_in_memory(result)),
    )


def _lists(shape: Shape) -> list[Shape]:
    """Return the lists and strings in a shape that are not themselves in a list."""
    found: list[Shape] = []
    seen: set[int] = set()
    left: list[Shape] = [shape]
    while left:
        one = left.pop()
        if isinstance(one, ListShape | TextShape):
            found.append(one)
        elif id(one) not in seen:
            seen.add(id(one))
            left.extend(_parts(one))
    return found


def _parts(shape: Shape) -> list[Shape]:
    match shape:
        case FieldsShape(items=items):
            return [part for _, part in items]
        case CasesShape(payloads=payloads):
            return [payload for payload in payloads if payload is not None]
        case _:
            return []
