"""Host functions of the oracle's own, which are called tens of thousands of times in a run.

The bindings read a function's type anew at each call. Here it is known, so its arguments are
taken as the engine hands them over, which is four times as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import create_string_buffer
from typing import Any

from wasmtime import WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime import component as wc
from wasmtime.component import _linker as linking
from wasmtime.component._enter import catch_exceptions

Special = Callable[..., None]
"""Takes numbers of type u32, returns nothing."""


def add_special(place: wc.LinkerInstance, name: str, special: Special) -> None:
    """Define an imported function of numbers; an exception in it ends the run, as in any function of the host."""
    text = name.encode()
    index = linking.FUNCTIONS.allocate(special)
    error = ffi.wasmtime_component_linker_instance_add_func(
        place.ptr(), create_string_buffer(text), len(text), _called, index, linking.func_finalize
    )
    if error:
        raise WasmtimeError._from_ptr(error)  # noqa: SLF001 -- the bindings' own way


@ffi.wasmtime_component_func_callback_t  # type: ignore[untyped-decorator]
def _called(index: int | None, context: Any, _type: Any, given: Any, count: int, _results: Any, _expected: int) -> Any:
    special = linking.FUNCTIONS.get(index or 0)
    return catch_exceptions(context, lambda _store: special(*[given[number].of.u32 for number in range(count)]))
