"""Values carried over: lifted from one side's core values or memory, lowered into the other's.

Lifting and lowering are interleaved, part by part: the two sides share no memory, and a
trap ends both, so nobody sees the difference. What lifting normalises (CanonicalABI.md,
`load`, `lift_flat`) is normalised here once; NaN payloads pass unchanged, as the spec
allows and the reference engine does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from fuser.abi.checks import allocate, check_aligned, check_range
from fuser.abi.copies import copier
from fuser.abi.layout import (
    MAX_FLAT_PARAMETERS,
    CasesShape,
    FieldsShape,
    FlagsShape,
    HandleShape,
    ListShape,
    ScalarShape,
    Shape,
    TextShape,
)
from fuser.abi.library import Library, Route
from fuser.abi.patterns import copy_vectors, pattern_of
from fuser.abi.places import Location, Place, Slots, load_pair, part_of, push, push_address, store_pair, storing
from fuser.abi.strings import transcoder
from fuser.code import Code, Label
from fuser.symbols import Function
from fuser.traps import Trap
from fuser.types import Primitive
from fuser.wasm.types import F32, F64, I32, I64, FunctionType, ValueType

INLINE_WEIGHT = 16
"""Types with more parts than this are converted by a function of their own, from memory to memory."""

INLINE_FLAT_WEIGHT = 64
"""Likewise variants from core values to core values: to hand these over costs more."""

I32_BITS = 32

CONVERTER = FunctionType((I32, I32), ())
"""Source address, target address."""

LIST_COPIER = FunctionType((I32, I32), (I32,))
"""Source address and count, to the target address."""


@dataclass
class Translator:
    """Emits the conversion of values into one body.

    `pass_handle` emits: the sender's number on the stack becomes the receiver's; it is
    called once per occurrence of a handle, in the order of the type.
    """

    code: Code
    route: Route
    library: Library
    pass_handle: Callable[[], None]

    def translate(self, shape: Shape, source: Location, target: Location) -> None:
        """Emit the conversion of one value."""
        match source, target:
            case Place(), Place() if shape.weight > INLINE_WEIGHT and not shape.handles:
                push_address(self.code, source)
                push_address(self.code, target)
                self.code.call(converter(self.library, self.route, shape))
            case Slots(), Slots() if source.own(shape) and passes_unchanged(shape, self.route):
                for (from_, _), (to, _) in zip(source.slots, target.slots, strict=True):
                    self.code.get(from_)
                    self.code.set(to)
            case Slots(), Slots() if (
                isinstance(shape, CasesShape) and shape.weight > INLINE_FLAT_WEIGHT and not shape.handles
            ):
                for local, _ in source.slots:
                    self.code.get(local)
                self.code.call(flat_converter(self.library, self.route, shape, (source.types, target.types)))
                for local, _ in reversed(target.slots):
                    self.code.set(local)
            case _:
                with self.code.temporaries():
                    self.inline(shape, source, target)

    def inline(self, shape: Shape, source: Location, target: Location) -> None:
        """Emit the conversion of one value here, whatever its size; of its parts as may be."""
        match shape:
            case ScalarShape():
                self._scalar(shape.primitive, source, target)
            case FlagsShape():
                self._flags(shape, source, target)
            case HandleShape():
                with storing(self.code, target, "i32.store", I32):
                    push(self.code, source, "i32.load", I32)
                    self.pass_handle()
            case TextShape():
                self._text(source, target)
            case FieldsShape():
                self._fields(shape, source, target)
            case CasesShape():
                self._cases(shape, source, target)
            case ListShape():
                self._list(shape, source, target)
            case _:
                raise AssertionError(f"not a shape: {shape!r}")

    # -- numbers ------------------------------------------------------------

    def _scalar(self, primitive: Primitive, source: Location, target: Location) -> None:
        load, store, core = SCALARS[primitive]
        with storing(self.code, target, store, core):
            push(self.code, source, load, core)
            if primitive is Primitive.BOOL:
                self.code.op("i32.eqz", "i32.eqz")
            elif primitive is Primitive.CHAR:
                self._check_char()
            elif isinstance(source, Slots):
                self._narrow(primitive)

    def _narrow(self, primitive: Primitive) -> None:
        """Emit: reduce a core value to the width of its type, as its bytes in memory are."""
        if primitive in _MASKS:
            self.code.i32(_MASKS[primitive])
            self.code.op("i32.and")
        elif primitive in _EXTENSIONS:
            self.code.op(_EXTENSIONS[primitive])

    def _check_char(self) -> None:
        """Emit: trap unless the number on the stack is a Unicode scalar value; it stays."""
        code = self.code
        char = code.local(I32)
        code.tee(char)
        # Surrogates come to lie above all others, and wrap around.
        code.i32(0xD800)
        code.op("i32.xor")
        code.i32(0x800)
        code.op("i32.sub")
        code.i32(0x110000 - 0x800)
        code.op("i32.ge_u")
        code.trap_if(Trap.INVALID_CHAR)
        code.get(char)

    def _flags(self, shape: FlagsShape, source: Location, target: Location) -> None:
        load, store = _UNSIGNED[shape.size]
        with storing(self.code, target, store, I32):
            push(self.code, source, load, I32)
            filled = 8 * shape.size if isinstance(source, Place) else I32_BITS
            if shape.count < filled:
                self.code.i32((1 << shape.count) - 1)
                self.code.op("i32.and")

    # -- records and variants -------------------------------------------------

    def _fields(self, shape: FieldsShape, source: Location, target: Location) -> None:
        position = 0
        for offset, item in shape.items:
            self.translate(item, part_of(source, offset, position, item), part_of(target, offset, position, item))
            position += len(item.flat)

    def _cases(self, shape: CasesShape, source: Location, target: Location) -> None:
        code = self.code
        tag = code.local(I32)
        load, store = _UNSIGNED[shape.tag_size]
        push(self.code, source, load, I32)
        code.tee(tag)
        code.i32(len(shape.payloads))
        code.op("i32.ge_u")
        code.trap_if(Trap.INVALID_DISCRIMINANT)
        with storing(self.code, target, store, I32):
            code.get(tag)

        def payload(part: Shape) -> None:
            at = shape.payload_offset
            self.translate(part, part_of(source, at, 1, part), part_of(target, at, 1, part))

        self._switch(tag, shape.payloads, payload)

    def _switch(self, tag: int, payloads: tuple[Shape | None, ...], emit: Callable[[Shape], None]) -> None:
        """Emit the conversion of the payload that the tag says; equal ones share an arm."""
        code = self.code
        arms, arm_of = _arms(payloads)
        if not arms:
            return
        if len(arms) == 1 and None not in payloads:
            emit(arms[0])
        elif len(payloads) == 2:
            self._either(tag, payloads, emit)
        else:
            with code.block() as done:
                blocks = [ExitStack() for _ in arms]
                labels: list[Label] = [block.enter_context(code.block()) for block in blocks][::-1]
                code.get(tag)
                code.branch_table([done if arm is None else labels[arm] for arm in arm_of], done)
                for arm, block in zip(arms, reversed(blocks), strict=True):
                    block.close()
                    emit(arm)
                    code.branch(done)

    def _either(self, tag: int, payloads: tuple[Shape | None, ...], emit: Callable[[Shape], None]) -> None:
        first, second = payloads
        self.code.get(tag)
        if first is None:
            with self.code.if_():
                emit_if(second, emit)
            return
        self.code.op("i32.eqz")
        with self.code.if_():
            emit(first)
            if second is not None:
                self.code.else_()
                emit(second)

    # -- strings and lists ------------------------------------------------------

    def _text(self, source: Location, target: Location) -> None:
        pointer, length = load_pair(self.code, source)
        if not self.route.shared:
            self.code.get(pointer)
            self.code.get(length)
            self.code.call(transcoder(self.library, self.route))
            self.code.set(length)
            self.code.set(pointer)
        store_pair(self.code, target, pointer, length)

    def _list(self, shape: ListShape, source: Location, target: Location) -> None:
        pointer, count = load_pair(self.code, source)
        if self.route.shared:
            assert not shape.handles, "a list of handles does not pass through one memory"
            store_pair(self.code, target, pointer, count)
            return
        new = self._copy_list(shape.element, pointer, count)
        store_pair(self.code, target, new, count)

    def _copy_list(self, element: Shape, pointer: int, count: int) -> int:
        """Emit the copy of all elements; return a local with their new address."""
        if element.handles:
            return self.copy_list(element, pointer, count)
        new = self.code.local(I32)
        self.code.get(pointer)
        self.code.get(count)
        self.code.call(list_copier(self.library, self.route, element))
        self.code.set(new)
        return new

    def copy_list(self, element: Shape, pointer: int, count: int) -> int:
        """Emit the copy of all elements here; return a local with their new address."""
        code, ends = self.code, self.route
        assert ends.source.memory is not None
        assert ends.target.memory is not None
        self._check_count(count, element.size)
        code.get(count)
        if element.size > 1:
            code.i32(element.size)
            code.op("i32.mul")
        size = code.local(I32)
        code.set(size)
        if ends.outside:  # the engine, where it reads for the host, looks at the range first
            check_range(code, ends.source.memory, pointer, size, Trap.LIST_OUT_OF_BOUNDS)
        check_aligned(code, pointer, element.align)
        if not ends.outside:
            check_range(code, ends.source.memory, pointer, size, Trap.LIST_OUT_OF_BOUNDS)
        new = allocate(code, ends.target, element.align, lambda: code.get(size))
        check_range(code, ends.target.memory, new, size, Trap.LIST_OUT_OF_BOUNDS)
        if element.dense:
            for local in (new, pointer, size):
                code.get(local)
            code.call(copier(self.library, ends))
        elif element.size:
            self._copy_elements(element, pointer, new, size)
        return new

    def _check_count(self, count: int, size: int) -> None:
        """Emit: trap where so many elements of `size` bytes make 2³² bytes or more."""
        if size <= 1:
            return
        self.code.get(count)
        self.code.i32((2**32 - 1) // size)
        self.code.op("i32.gt_u")
        self.code.trap_if(Trap.LIST_OUT_OF_BOUNDS)

    def _copy_elements(self, element: Shape, pointer: int, new: int, size: int) -> None:
        code, ends = self.code, self.route
        assert ends.source.memory is not None
        assert ends.target.memory is not None
        source, target, end = code.local(I32), code.local(I32), code.local(I32)
        code.get(new)
        code.set(target)
        code.get(pointer)
        code.tee(source)
        code.get(size)
        code.op("i32.add")
        code.set(end)
        read, write = Place(ends.source.memory, source), Place(ends.target.memory, target)
        pattern = pattern_of(element)
        if pattern is not None:
            copy_vectors(code, pattern, read, write, end)
        code.get(source)
        code.get(end)
        code.op("i32.ne")
        with code.if_(), code.loop() as again:
            self.translate(element, read, write)
            _advance(code, target, element.size)
            _advance(code, source, element.size)
            code.get(source)
            code.get(end)
            code.op("i32.ne")
            code.branch_if(again)


def passes_unchanged(shape: Shape, route: Route) -> bool:
    """Whether the core values of a value are on both sides the same, without a check."""
    if route.outside:
        return not shape.handles and (route.shared or not shape.pointers)
    if isinstance(shape, FieldsShape):
        return len(shape.flat) <= MAX_FLAT_PARAMETERS and all(passes_unchanged(part, route) for _, part in shape.items)
    if isinstance(shape, FlagsShape):
        return shape.count == I32_BITS
    return isinstance(shape, ScalarShape) and shape.primitive in _WHOLE


def converter(library: Library, route: Route, shape: Shape) -> Function:
    """Return the function that converts a handle-free shape from memory to memory."""

    def write(code: Code) -> None:
        assert route.source.memory is not None
        assert route.target.memory is not None
        translator = Translator(code, route, library, _no_handle)
        translator.inline(shape, Place(route.source.memory, 0), Place(route.target.memory, 1))

    return library.function(("convert", route, shape), "convert", CONVERTER, write)


def flat_converter(
    library: Library, route: Route, shape: Shape, types: tuple[tuple[ValueType, ...], tuple[ValueType, ...]]
) -> Function:
    """Return the function that converts a handle-free shape from core values to core values, of these types."""
    given, made = types

    def write(code: Code) -> None:
        target = Slots(tuple((code.local(type), type) for type in made))
        Translator(code, route, library, _no_handle).inline(shape, Slots(tuple(enumerate(given))), target)
        for local, _ in target.slots:
            code.get(local)

    return library.function(("convert flat", route, shape, types), "convert", FunctionType(given, made), write)


def list_copier(library: Library, route: Route, element: Shape) -> Function:
    """Return the function that copies a list of a handle-free shape; dense ones of one layout share it."""

    def write(code: Code) -> None:
        code.get(Translator(code, route, library, _no_handle).copy_list(element, 0, 1))

    what = (element.size, element.align) if element.dense else element
    return library.function(("copy list", route, what), "copy list", LIST_COPIER, write)


def _no_handle() -> None:
    raise AssertionError("a type with handles is converted inline")


def emit_if(payload: Shape | None, emit: Callable[[Shape], None]) -> None:
    """Emit the payload's conversion where there is a payload."""
    if payload is not None:
        emit(payload)


def _arms(payloads: tuple[Shape | None, ...]) -> tuple[list[Shape], list[int | None]]:
    """Return the distinct payloads in order, and for each case the number of its arm.

    Payloads with handles are never shared: each occurrence is a hand-off of its own.
    """
    arms: list[Shape] = []
    known: dict[Shape, int] = {}
    arm_of: list[int | None] = []
    for payload in payloads:
        if payload is None:
            arm_of.append(None)
        elif payload in known and not payload.handles:
            arm_of.append(known[payload])
        else:
            known[payload] = len(arms)
            arm_of.append(len(arms))
            arms.append(payload)
    return arms, arm_of


def _advance(code: Code, local: int, step: int) -> None:
    code.get(local)
    code.i32(step)
    code.op("i32.add")
    code.set(local)


SCALARS: dict[Primitive, tuple[str, str, ValueType]] = {
    Primitive.BOOL: ("i32.load8_u", "i32.store8", I32),
    Primitive.S8: ("i32.load8_s", "i32.store8", I32),
    Primitive.U8: ("i32.load8_u", "i32.store8", I32),
    Primitive.S16: ("i32.load16_s", "i32.store16", I32),
    Primitive.U16: ("i32.load16_u", "i32.store16", I32),
    Primitive.S32: ("i32.load", "i32.store", I32),
    Primitive.U32: ("i32.load", "i32.store", I32),
    Primitive.S64: ("i64.load", "i64.store", I64),
    Primitive.U64: ("i64.load", "i64.store", I64),
    Primitive.F32: ("f32.load", "f32.store", F32),
    Primitive.F64: ("f64.load", "f64.store", F64),
    Primitive.CHAR: ("i32.load", "i32.store", I32),
}
"""Load, store and core type."""

_WHOLE = frozenset({Primitive.S32, Primitive.U32, Primitive.S64, Primitive.U64, Primitive.F32, Primitive.F64})
"""Every core value of their core type is one of them."""

_MASKS = {Primitive.U8: 0xFF, Primitive.U16: 0xFFFF}
_EXTENSIONS = {Primitive.S8: "i32.extend8_s", Primitive.S16: "i32.extend16_s"}
_UNSIGNED = {
    1: ("i32.load8_u", "i32.store8"),
    2: ("i32.load16_u", "i32.store16"),
    4: ("i32.load", "i32.store"),
}
