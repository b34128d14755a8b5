"""Canonical definitions: lifts, lowers and built-ins, with their options checked (spec, CanonicalABI)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fuser.abi.flatten import core_type, parameter_shape, result_shape, returned_in_memory, spilled
from fuser.component import tree
from fuser.errors import Malformed, TypeMismatch, Unsupported
from fuser.link.core import core_signature
from fuser.link.state import State
from fuser.link.values import Function, Scope, resource_of
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreFunction,
    Encoding,
    Lift,
    Lower,
    Options,
    StaticResource,
)
from fuser.types import FuncType
from fuser.wasm.types import I32, FunctionType

REALLOC_TYPE = FunctionType((I32, I32, I32, I32), (I32,))
CORE_FUNCTION = (CoreExport, Lower, Builtin, ContextSlot)


@dataclass(frozen=True)
class _Given:
    """Canonical options as written, by kind."""

    encodings: tuple[Encoding, ...]
    items: dict[str, tree.Reference]


def canon_lift(state: State, scope: Scope, definition: tree.CanonLift) -> Function:
    """Evaluate a lift."""
    offset = definition.offset
    type = scope.take(definition.type, FuncType, "a function type", offset)
    _refuse_asynchronous(type, offset)
    function = _core_function(scope, definition.function, offset)
    options = _options(state, scope, definition.options, offset)  # first: with a 64-bit memory all types differ
    expected = core_type(type, "lift", state.shapes)
    if core_signature(state, function) != expected:
        raise TypeMismatch("the core function is not of the type that is lifted", offset)
    if options.post_return is not None:
        returned = FunctionType(expected.results)
        if core_signature(state, options.post_return) != returned:
            raise TypeMismatch("the post-return function does not take the core results", offset)
    _check_needs(state, type, options, lift=True, offset=offset)
    id = len(state.lifts)
    label = state.labels.of("lift", id, _core_name(function))
    state.lifts.append(Lift(id, scope.instance, function, type, options, label, offset))
    state.mention(scope.instance, type)
    return Function(state.lifts[-1], type)


def canon_lower(state: State, scope: Scope, definition: tree.CanonLower) -> Lower:
    """Evaluate a lower; its type is the one that this scope sees."""
    offset = definition.offset
    function = scope.take(definition.function, Function, "a function", offset)
    _refuse_asynchronous(function.type, offset)
    options = _options(state, scope, definition.options, offset)
    if options.post_return is not None:
        raise Malformed("a lower has no post-return", offset)
    _check_needs(state, function.type, options, lift=False, offset=offset)
    callee = function.callee
    if isinstance(callee, Lift) and not state.types.spelled_alike(function.type, callee.type):
        raise Unsupported("a call between types whose fields, cases or flags differ in case", offset)
    label = function.label or (callee.label if isinstance(callee, Lift) else "#".join(callee.path))
    lower = Lower(len(state.lowers), scope.instance, callee, function.type, options, label, offset)
    state.lowers.append(lower)
    state.mention(scope.instance, function.type)
    return lower


def canon_resource(state: State, scope: Scope, definition: tree.CanonResource) -> Builtin:
    """Evaluate `resource.new`, `resource.drop` or `resource.rep`."""
    offset = definition.offset
    resource = resource_of(scope.resource(definition.type, offset))
    use = state.use(scope.instance, resource)
    if definition.operation != "drop" and not use.defines:
        raise Malformed(f"resource.{definition.operation} of a resource that is not local", offset)
    id = len(state.builtins)
    builtin = Builtin(id, definition.operation, use, state.labels.of("builtin", id, ""), offset)
    state.builtins.append(builtin)
    return builtin


def canon_context(state: State, scope: Scope, definition: tree.CanonContext) -> ContextSlot:
    """Evaluate `context.get` or `context.set`; the reference engine has slot 0 only."""
    if definition.slot:
        raise Malformed("context slots other than 0", definition.offset)
    state.contexts += 1
    return ContextSlot(state.contexts - 1, definition.operation, definition.slot, scope.instance)


def define_resource(state: State, scope: Scope, type: tree.ResourceDefinition, offset: int | None) -> StaticResource:
    """Evaluate the definition of a resource type: a new one for every instance."""
    destructor = None
    if type.destructor is not None:
        destructor = _core_function(scope, type.destructor, offset)
        if core_signature(state, destructor) != FunctionType((I32,)):
            raise TypeMismatch("a destructor does not take one i32", offset)
    return state.resource(scope.instance, destructor, None, offset)


def _core_function(scope: Scope, reference: tree.Reference, offset: int | None) -> CoreFunction:
    value = scope.get(reference, offset)
    assert isinstance(value, CORE_FUNCTION), "the space of core functions holds nothing else"
    return value


def _core_name(function: CoreFunction) -> str:
    """Return the first name that a core function is exported under by its own module."""
    if isinstance(function, CoreExport):
        return function.instance.module.function_names.get(function.index, "")
    return ""


def _refuse_asynchronous(type: FuncType, offset: int | None) -> None:
    if type.asynchronous:
        raise Unsupported("async functions", offset)


# -- options -------------------------------------------------------------------------


def _options(state: State, scope: Scope, options: Iterable[tree.Option], offset: int | None) -> Options:
    given = _given(options, offset)
    return Options(
        given.encodings[0] if given.encodings else Encoding.UTF8,
        _memory(scope, given.items.get("memory"), offset),
        _realloc(state, scope, given, offset),
        _optional_function(scope, given.items.get("post-return"), offset),
    )


def _given(options: Iterable[tree.Option], offset: int | None) -> _Given:
    encodings = []
    items: dict[str, tree.Reference] = {}
    for option in options:
        if option.item is None:
            encodings.append(Encoding(option.kind))
        elif option.kind in items:
            raise Malformed(f"canonical option {option.kind} given twice", offset)
        else:
            items[option.kind] = option.item
    if len(encodings) > 1:
        raise Malformed("two string encodings", offset)
    return _Given(tuple(encodings), items)


def _memory(scope: Scope, reference: tree.Reference | None, offset: int | None) -> CoreExport | None:
    if reference is None:
        return None
    memory = scope.take(reference, CoreExport, "a memory", offset)
    limits = memory.instance.module.memory_types[memory.index]
    if limits.wide:
        raise Unsupported("64-bit memories as canonical options", offset)
    if limits.shared:
        raise TypeMismatch("a shared memory as canonical option", offset)
    return memory


def _realloc(state: State, scope: Scope, given: _Given, offset: int | None) -> CoreFunction | None:
    function = _optional_function(scope, given.items.get("realloc"), offset)
    if function is None:
        return None
    if "memory" not in given.items:
        raise Malformed("canonical option realloc without memory", offset)
    if core_signature(state, function) != REALLOC_TYPE:
        raise TypeMismatch("the realloc function has another core type", offset)
    return function


def _optional_function(scope: Scope, reference: tree.Reference | None, offset: int | None) -> CoreFunction | None:
    return None if reference is None else _core_function(scope, reference, offset)


def _check_needs(state: State, type: FuncType, options: Options, *, lift: bool, offset: int | None) -> None:
    """Check that values in memory have a memory, and those written there by us a realloc."""
    parameters, result = parameter_shape(type, state.shapes), result_shape(type, state.shapes)
    given = parameters.pointers or spilled(parameters)
    taken = result is not None and (result.pointers or returned_in_memory(result))
    written = given if lift else result is not None and result.pointers
    if (given or taken) and options.memory is None:
        raise Malformed("canonical option memory is required", offset)
    if written and options.realloc is None:
        raise Malformed("canonical option realloc is required", offset)
