"""Faults in how values are checked, copied and translated, and in the order of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fuser.abi import adapter, checks, patterns, strings, utf8, values
from fuser.abi.adapter import Adapter, _Body
from fuser.abi.control import Control
from fuser.abi.layout import FlagsShape, Shape
from fuser.abi.library import End, Library, Route
from fuser.abi.patterns import Pattern
from fuser.abi.strings import _Transcoder
from fuser.abi.utf8 import CHECKER
from fuser.abi.values import Location, Translator
from fuser.code import Code
from fuser.handles.interface import Party
from fuser.symbols import Function, Memory
from fuser.traps import Trap
from fuser.types import Primitive
from fuser.wasm.types import F32, F64, ValueType
from tests.mutants.fault import Emitter, Patch, add, fault, instead, nothing, unchecked

# -- memories ---------------------------------------------------------------------


def _swapped(original: Emitter, library: Library, route: Route) -> Function:
    made: Function = original(library, Route(route.target, route.source))
    return made


add(
    "memories-swapped",
    "Copies go from the receiver's memory to the sender's",
    "lists strings",
    instead(strings, "copier", _swapped),
    instead(values, "copier", _swapped),
)
add(
    "realloc-unaligned", "What realloc returns may be unaligned", "realloc-misaligned", nothing(checks, "check_aligned")
)
add("ranges-unchecked", "No list is checked against its memory", "list-beyond", nothing(values, "check_range"))
add("length-wraps", "A list's size in bytes wraps around", "list-wraps", nothing(Translator, "_check_count"))


@fault(Translator, "_copy_list", "lists resource_with_lists")
def list_one_short(original: Emitter, translator: Translator, element: Shape, pointer: int, count: int) -> int:
    """A list arrives without its last element."""
    new: int = original(translator, element, pointer, count)
    code = translator.code
    code.get(count)
    code.get(count)
    code.i32(0)
    code.op("i32.ne", "i32.sub")
    code.set(count)
    return new


def _page_for_each(original: Emitter, code: Code, end: End, align: int, size: Callable[[], None]) -> Any:
    if end.memory is not None:
        code.i32(1)
        code.memory_grow(end.memory)
        code.op("drop")
    return original(code, end, align, size)


add(
    "page-for-each-block",
    "A guest's memory grows by a page for each block that is asked of it",
    "lists strings",
    *(instead(module, "allocate", _page_for_each) for module in (adapter, strings, values)),
)


# -- numbers ------------------------------------------------------------------------

add("narrow-not-cut", "Bits above a number's width pass", "dirty-values", nothing(Translator, "_narrow"))
add("char-unchecked", "Any number is a char", "char-surrogate", unchecked(Trap.INVALID_CHAR))
add("discriminant-unchecked", "Any discriminant passes", "enum-out-of-range", unchecked(Trap.INVALID_DISCRIMINANT))


@fault(Translator, "_scalar", "dirty-values")
def bool_not_normalised(
    original: Emitter, translator: Translator, primitive: Primitive, source: Location, target: Location
) -> None:
    """A bool keeps its byte."""
    original(translator, Primitive.U8 if primitive is Primitive.BOOL else primitive, source, target)


@fault(Translator, "_flags", "dirty-values")
def flags_not_cut(_original: Emitter, translator: Translator, shape: FlagsShape, *places: Location) -> None:
    """Bits beyond the flags pass."""
    translator._scalar(Primitive.U32 if shape.size == 4 else Primitive.U16, *places)


def _whole_bytes(original: Emitter, code: Code, pattern: Pattern, *places: Any) -> None:
    original(code, replace(pattern, most=bytes([255] * len(pattern.most))), *places)


add(
    "vector-keeps-bools",
    "A bool keeps its byte where a list is copied by the vector",
    "dirty-values",
    instead(patterns, "_copy_vector", _whole_bytes),
)


def _canonical_nan(original: Emitter, translator: Translator, primitive: Primitive) -> None:
    if primitive not in (Primitive.F32, Primitive.F64):
        original(translator, primitive)
        return
    code, wide = translator.code, primitive is Primitive.F64
    value = code.local(F64 if wide else F32)
    code.set(value)
    code.get(value)
    if wide:
        code.i64(0x7FF8 << 48)
        code.op("f64.reinterpret_i64")
    else:
        code.i32(0x7FC0 << 16)
        code.op("f32.reinterpret_i32")
    code.get(value)
    code.get(value)
    code.op("f64.eq" if wide else "f32.eq", "select")


add(
    "nan-made-canonical",
    "A NaN loses its payload",
    "dirty-values",
    Patch(values, "_WHOLE", values._WHOLE - {Primitive.F32, Primitive.F64}),
    instead(Translator, "_narrow", _canonical_nan),
)

# -- strings ------------------------------------------------------------------------


def _no_check(_original: Emitter, library: Library, memory: Memory) -> Function:
    return library.function(("no check", memory), "no check", CHECKER, lambda _code: None)


add("utf8-unchecked", "UTF-8 is copied as it is", "utf8-invalid", instead(strings, "utf8_checker", _no_check))
add(
    "utf8-surrogates-pass",
    "UTF-8 may have surrogates where it is checked by the vector",
    "utf8-surrogate",
    Patch(utf8, "_BY_HIGH_OF_SECOND", bytes(bits & ~utf8._SURROGATE for bits in utf8._BY_HIGH_OF_SECOND)),
)
add(
    "string-ranges-unchecked",
    "No string is checked against its memory",
    "string-beyond",
    nothing(strings, "check_range"),
)
add("utf16-unchecked", "UTF-16 is copied as it is", "utf16-invalid", instead(strings, "utf16_checker", _no_check))
add("latin1-tag-lost", "No length says that it counts UTF-16", "strings-latin1", Patch(strings, "UTF16_TAG", 0))
add("buffer-not-shrunk", "Room for the worst case is kept", "post-return-counted", nothing(_Transcoder, "_shrink"))

# -- the order of a call ----------------------------------------------------------------

add("post-return-forgotten", "No post-return is called", "post-return-counted", nothing(_Body, "_post_return"))


@fault(_Body, "_post_return", "post-return-counted")
def post_return_twice(original: Emitter, body: _Body, returned: tuple[int, ...]) -> None:
    """Each post-return is called twice."""
    original(body, returned)
    original(body, returned)


@fault(_Body, "_results", "post-return-counted resource_with_lists")
def post_return_early(original: Emitter, body: _Body, returned: tuple[int, ...]) -> Any:
    """Results are read after post-return."""
    if body.adapter.callee.post_return is not None:
        body._post_return(returned)
    return original(body, returned)


@contextmanager
def _no_guard(_control: Control, _party: Party, _code: Code, *_results: ValueType) -> Iterator[None]:
    yield


add("exception-passes", "An exception leaves its instance", "exception-stays", Patch(Control, "barrier", _no_guard))
add("context-shared", "All tasks share the context slots", "context-slots", Patch(Control, "task", _no_guard))


@fault(Control, "_save", "context-slots")
def context_not_put_back(original: Emitter, control: Control, code: Code) -> list[tuple[int, int]]:
    """The caller finds the callee's context slots."""
    original(control, code)
    return []


@contextmanager
def _for_good(control: Control, party: Party, code: Code) -> Iterator[None]:
    flag = control.flag(party)
    if flag is not None:
        code.i32(0)
        code.global_set(flag)
    yield


add(
    "leaving-never-again",
    "An instance may not leave after a realloc",
    "leaves-again",
    Patch(Control, "staying", _for_good),
)
add(
    "own-lift-entered",
    "An instance can call its own lift",
    "calls-itself",
    Patch(Adapter, "enters_itself", property(lambda _adapter: False)),
)
