"""Bytes from one memory to another as they are, ranges checked before."""

from __future__ import annotations

from fuser.abi.library import Library, Route
from fuser.code import Code
from fuser.symbols import Function, Memory
from fuser.wasm.types import I32, FunctionType

COPIER = FunctionType((I32, I32, I32), ())
"""Target address, source address, bytes."""

_TARGET, _SOURCE, _SIZE = 0, 1, 2
_WORDS = (("v128.load", "v128.store", 16), ("i64.load", "i64.store", 8), ("i32.load", "i32.store", 4))
_SHORT = 32
"""Up to so many bytes, two words that overlap are faster than a call of the engine."""


def copier(library: Library, route: Route) -> Function:
    """Return the function that copies bytes from the route's source to its target; two memories."""
    source, target = route.source.memory, route.target.memory
    assert source is not None
    assert target is not None

    def write(code: Code) -> None:
        code.get(_SIZE)
        code.i32(_SHORT)
        code.op("i32.gt_u")
        with code.if_():
            for local in (_TARGET, _SOURCE, _SIZE):
                code.get(local)
            code.memory_copy(target, source)
            code.return_()
        for load, store, size in _WORDS:
            code.get(_SIZE)
            code.i32(size)
            code.op("i32.ge_u")
            with code.if_():
                _copy_word(code, (source, target), (load, store))
                _copy_word(code, (source, target), (load, store), ("i32.sub", size))
                code.return_()
        code.get(_SIZE)
        with code.if_():
            # One to three bytes: the first, the middle and the last.
            byte = "i32.load8_u", "i32.store8"
            _copy_word(code, (source, target), byte)
            _copy_word(code, (source, target), byte, ("i32.shr_u", 1))
            _copy_word(code, (source, target), byte, ("i32.sub", 1))

    return library.function(("copy", source, target), "copy", COPIER, write)


def _copy_word(
    code: Code, memories: tuple[Memory, Memory], access: tuple[str, str], at: tuple[str, int] | None = None
) -> None:
    """Emit: copy one word, from the start or from where an operation on the size says."""
    for local in (_TARGET, _SOURCE):
        code.get(local)
        if at is not None:
            code.get(_SIZE)
            code.i32(at[1])
            code.op(at[0], "i32.add")
    code.access(access[0], memories[0])
    code.access(access[1], memories[1])
