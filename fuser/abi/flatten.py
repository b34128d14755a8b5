"""The core types of lifted and lowered functions (CanonicalABI.md, "Flattening")."""

from __future__ import annotations

from typing import Literal

from fuser.abi.layout import MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS, FieldsShape, Shape, Shapes
from fuser.types import FuncType
from fuser.wasm.types import I32, FunctionType

Way = Literal["lift", "lower"]


def core_type(type: FuncType, way: Way, shapes: Shapes | None = None) -> FunctionType:
    """Return the core function type that a lift expects, or that a lower makes.

    Over 16 core parameters become one pointer; over one core result, a lift returns a
    pointer and a lower takes one more parameter.
    """
    shapes = shapes or Shapes()
    parameters = parameter_shape(type, shapes).flat
    if len(parameters) > MAX_FLAT_PARAMETERS:
        parameters = (I32,)
    result = result_shape(type, shapes)
    results = () if result is None else result.flat
    if len(results) <= MAX_FLAT_RESULTS:
        return FunctionType(parameters, results)
    return FunctionType(parameters, (I32,)) if way == "lift" else FunctionType((*parameters, I32), ())


def parameter_shape(type: FuncType, shapes: Shapes) -> FieldsShape:
    """Return the shape of all parameters as one tuple."""
    return shapes.fields(tuple(part for _, part in type.parameters))


def result_shape(type: FuncType, shapes: Shapes) -> Shape | None:
    """Return the shape of the result."""
    return None if type.result is None else shapes.of(type.result)


def spilled(shape: FieldsShape) -> bool:
    """Whether parameters of this shape are passed in memory."""
    return len(shape.flat) > MAX_FLAT_PARAMETERS


def returned_in_memory(shape: Shape | None) -> bool:
    """Whether a result of this shape is passed in memory."""
    return shape is not None and len(shape.flat) > MAX_FLAT_RESULTS
