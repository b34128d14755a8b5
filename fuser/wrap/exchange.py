"""The exchange: a memory of the fused module that the host reads and writes.

Where handles lie in memory, numbers of the wrapper's table must not show in a guest's
memory. So such a function is lifted or lowered with the exchange, as utf8, and an
ordinary adapter translates between it and the guest: the world is one more party.

Room is given by a bump pointer and taken back by marks. What lies above `top` is free;
`left` is what `top` is while code of guests runs, so what the host allocated for a call of
an export begins there, whatever call let the host in: a lowered function, of this memory
or not, or a destructor. Results stay readable above `top`: the host reads them before
anything else can run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fuser.abi.adapter import Side
from fuser.abi.flatten import core_type, result_shape, returned_in_memory
from fuser.abi.layout import Shape, Shapes
from fuser.code import Code
from fuser.handles.interface import World
from fuser.program import Encoding
from fuser.symbols import Function, Global, Memory, Private, Written
from fuser.traps import Trap
from fuser.types import FuncType
from fuser.wasm.syntax import PAGE_BITS
from fuser.wasm.types import I32, I64, FunctionType

START = 16
"""The first address; 0 stays unused, as guests do it."""

REALLOC = FunctionType((I32, I32, I32, I32), (I32,))
OLD, OLD_SIZE, ALIGN, SIZE = range(4)


@dataclass(frozen=True, eq=False)
class Exchange:
    """The memory, its bump pointers and its realloc."""

    memory: Memory
    top: Global
    left: Global
    realloc: Function

    def side(self, type: FuncType) -> Side:
        """Return the outside's side of a call, its values in this memory."""
        return Side(World(), type, Encoding.UTF8, self.memory, self.realloc, None)

    def host(self, label: str, type: FuncType, lowered: Function) -> Function:
        """Return a host function, lowered with this memory, in the form of a lifted one."""
        core = core_type(type, "lift")
        result = _memory_result(type)

        def write(code: Code) -> None:
            place = None if result is None else self._place(code, result)
            self._settle(code)
            _arguments(code, core)
            if place is not None:
                code.get(place)
            code.call(lowered)
            if place is not None:
                code.get(place)

        return Function(f"host {label}", core, Written(write))

    def scoped(self, adapter: Function) -> Function:
        """Return an adapter to a host function, giving back what it took."""

        def write(code: Code) -> None:
            mark = self._mark(code, self.top)
            _arguments(code, adapter.type)
            code.call(adapter)
            self._release(code, mark)

        return Function(f"{adapter.name} (exchange)", adapter.type, Written(write))

    def export(self, type: FuncType, adapter: Function) -> Function:
        """Return the core function to lift with this memory, for an adapter to the guest's."""
        core = core_type(type, "lift")
        result = _memory_result(type)

        def write(code: Code) -> None:
            mark = self._mark(code, self.left)
            place = None if result is None else self._place(code, result)
            self._settle(code)
            _arguments(code, core)
            if place is not None:
                code.get(place)
            code.call(adapter)
            if place is not None:
                code.get(place)
            self._release(code, mark)

        return Function(f"{adapter.name} (export)", core, Written(write))

    def _settle(self, code: Code) -> None:
        """Emit: what was given so far stays while others run."""
        code.global_get(self.top)
        code.global_set(self.left)

    def _mark(self, code: Code, pointer: Global) -> int:
        mark = code.local(I32)
        code.global_get(pointer)
        code.set(mark)
        return mark

    def _release(self, code: Code, mark: int) -> None:
        for pointer in (self.top, self.left):
            code.get(mark)
            code.global_set(pointer)

    def _place(self, code: Code, shape: Shape) -> int:
        """Emit: allocate room for a result and return the local that has its address."""
        place = code.local(I32)
        for number in (0, 0, shape.align, shape.size):
            code.i32(number)
        code.call(self.realloc)
        code.set(place)
        return place


def make_exchange(memory: Memory) -> Exchange:
    """Make an exchange in a memory that nothing else uses."""
    top = Global("exchange top", I32, Private(START))
    left = Global("exchange left", I32, Private(START))
    realloc = Function("exchange realloc", REALLOC, Written(_realloc(memory, top)))
    return Exchange(memory, top, left, realloc)


def _realloc(memory: Memory, top: Global) -> Callable[[Code], None]:
    def write(code: Code) -> None:
        at, end = code.local(I32), code.local(I64)
        _align(code, top)
        code.tee(at)
        code.op("i64.extend_i32_u")
        code.get(SIZE)
        code.op("i64.extend_i32_u", "i64.add")
        code.set(end)
        _ensure(code, memory, end)
        code.get(end)
        code.op("i32.wrap_i64")
        code.global_set(top)
        code.get(OLD)
        with code.if_():
            code.get(at)
            code.get(OLD)
            code.get(OLD_SIZE)
            code.memory_copy(memory, memory)
        code.get(at)

    return write


def _align(code: Code, top: Global) -> None:
    """Emit: push `top`, rounded up to the alignment."""
    code.global_get(top)
    code.get(ALIGN)
    code.op("i32.add")
    code.i32(1)
    code.op("i32.sub")
    code.i32(0)
    code.get(ALIGN)
    code.op("i32.sub", "i32.and")


def _ensure(code: Code, memory: Memory, end: int) -> None:
    """Emit: grow the memory to `end` (i64) and trap where that fails or passes 4 GiB."""
    missing = code.local(I64)
    code.get(end)
    code.i64((1 << PAGE_BITS) - 1)
    code.op("i64.add")
    code.i64(PAGE_BITS)
    code.op("i64.shr_u")
    code.memory_size(memory)
    code.op("i64.extend_i32_u", "i64.sub")
    code.tee(missing)
    code.i64(0)
    code.op("i64.gt_s")
    with code.if_():
        code.get(missing)
        code.op("i32.wrap_i64")
        code.memory_grow(memory)
        code.i32(-1)
        code.op("i32.eq")
        code.trap_if(Trap.MEMORY_OUT_OF_BOUNDS)


def _memory_result(type: FuncType) -> Shape | None:
    """Return the shape of the result if it is returned in memory."""
    shape = result_shape(type, Shapes())
    return shape if returned_in_memory(shape) else None


def _arguments(code: Code, type: FunctionType) -> None:
    for index in range(len(type.parameters)):
        code.get(index)
