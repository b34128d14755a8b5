"""The sections of the output, each from the plan."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import chain

from fuser.errors import LimitExceeded
from fuser.merge.guests import Buffer
from fuser.merge.plan import START_TYPE, Plan
from fuser.merge.spaces import Key, sort_of
from fuser.program import CoreExport
from fuser.symbols import Function, Global, Guest, Memory, Private, Symbol, Table
from fuser.wasm import encode
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.names import function_names, name_section
from fuser.wasm.sections import FUNCTION_ELEMENT
from fuser.wasm.syntax import (
    SORTS,
    Element,
    Export,
    FunctionUse,
    GlobalType,
    ImportType,
    Limits,
    TableType,
)
from fuser.wasm.types import F32, F64, FUNCREF, I32, I64

_END = b"\x0b"
_ZERO = b"\x41\x00\x0b"


def types(plan: Plan) -> bytes:
    """Return the type section."""
    return encode.vector_section(1, map(encode.recursive_group, plan.types.groups))


def imports(plan: Plan) -> bytes:
    """Return the import section, sort by sort."""
    held = _held_limits(plan)
    return encode.vector_section(
        2,
        (
            encode.import_(origin.module, origin.name, held.get(symbol) or _import_type(plan, symbol))
            for sort in SORTS
            for origin, symbol in plan.spaces.imported[sort]
        ),
    )


def _held_limits(plan: Plan) -> dict[Symbol, Limits]:
    """Return the limits of the guests' memories that are imported."""
    resolver = plan.spaces.resolver
    return {
        memory: _grown(plan, guest.instance.module.memory_types[guest.index], resolver.symbol(memory))
        for guest, memory in plan.draft.held.items()
    }


def _import_type(plan: Plan, symbol: Symbol) -> ImportType:
    match symbol:
        case Function(type=type):
            return FunctionUse(plan.types.function(type))
        case Table(elements=elements):
            return TableType(FUNCREF, Limits(len(elements)))
        case Memory(address=address):
            return Limits(0, address=address)
        case Global(type=type):
            return GlobalType(type, mutable=True)


def functions(plan: Plan) -> bytes:
    """Return the function section."""
    guests = chain.from_iterable(map(plan.guests.function_types, plan.spaces.placed["func"]))
    written = (plan.types.function(function.type) for function in plan.written)
    start = [plan.types.function(START_TYPE)] if plan.writes_start else []
    return encode.vector_section(3, map(unsigned, chain(guests, written, start)))


def tables(plan: Plan) -> bytes:
    """Return the table section."""
    guests = chain.from_iterable(map(plan.guests.tables, plan.spaces.placed["table"]))
    return encode.vector_section(4, chain(guests, map(_own_table, plan.spaces.own["table"])))


def _own_table(symbol: Symbol) -> bytes:
    assert isinstance(symbol, Table)
    assert isinstance(symbol.origin, Private)
    start, maximum = symbol.origin.start, symbol.origin.maximum
    return encode.table(TableType(FUNCREF, Limits(max(start, len(symbol.elements)), maximum)), None)


def memories(plan: Plan) -> bytes:
    """Return the memory section."""
    limits = [*_guest_memories(plan), *map(_own_memory, plan.spaces.own["memory"])]
    return encode.vector_section(5, map(encode.limits, limits))


def _guest_memories(plan: Plan) -> Iterator[Limits]:
    for instance in plan.spaces.placed["memory"]:
        for index, limits in enumerate(instance.module.memories, instance.module.imported("memory")):
            if Guest(instance, index) not in plan.draft.held:
                yield _grown(plan, limits, CoreExport(instance, "memory", index))


def _grown(plan: Plan, limits: Limits, key: Key) -> Limits:
    """Return limits that cover what is reserved in the memory."""
    minimum = max(limits.minimum, plan.reserved.get(key, 0))
    if limits.maximum is not None and minimum > limits.maximum:
        raise LimitExceeded(f"a guest's memory of at most {limits.maximum} pages, where {minimum} are needed")
    return Limits(minimum, limits.maximum, limits.shared, limits.address)


def _own_memory(symbol: Symbol) -> Limits:
    assert isinstance(symbol, Memory)
    assert isinstance(symbol.origin, Private)
    return Limits(symbol.origin.start, symbol.origin.maximum, address=symbol.address)


def tags(plan: Plan) -> bytes:
    """Return the tag section."""
    return encode.vector_section(13, chain.from_iterable(map(plan.guests.tags, plan.spaces.placed["tag"])))


def globals(plan: Plan) -> bytes:
    """Return the global section."""
    numbered = (
        pair
        for instance in plan.spaces.placed["global"]
        for pair in zip(plan.spaces.defined(instance, "global"), plan.guests.globals(instance), strict=True)
    )
    guests = (variable for _, variable in sorted(numbered))
    return encode.vector_section(6, chain(guests, map(_own_global, plan.spaces.own["global"])))


def _own_global(symbol: Symbol) -> bytes:
    assert isinstance(symbol, Global)
    assert isinstance(symbol.origin, Private)
    start = symbol.origin.start
    match symbol.type:
        case type if type == I32:
            value = b"\x41" + signed(_wrapped(start, 32))
        case type if type == I64:
            value = b"\x42" + signed(_wrapped(start, 64))
        case type if type == F32:
            value = b"\x43" + struct.pack("<f", start)
        case type if type == F64:
            value = b"\x44" + struct.pack("<d", start)
        case type:
            raise AssertionError(f"{symbol.name}: no initial value of type {type}")
    return encode.global_type(GlobalType(symbol.type, mutable=True)) + value + _END


def _wrapped(value: int, bits: int) -> int:
    """Read a number as the signed one of the same bits."""
    half = 1 << (bits - 1)
    return (value + half) % (2 * half) - half


def exports(plan: Plan) -> bytes:
    """Return the export section."""
    return encode.vector_section(
        7,
        (
            encode.export(Export(name, sort_of(symbol), plan.spaces.symbol(symbol)))
            for name, symbol in plan.draft.exports
        ),
    )


def start(plan: Plan) -> bytes:
    """Return the start section."""
    return b"" if plan.start is None else encode.section(8, unsigned(plan.start))


def elements(plan: Plan) -> bytes:
    """Return the element section; to be called when the code has been rewritten.

    Guests' segments come first, in the order of instantiation, then what fills our
    own tables, then a declaration of the functions whose references lost their licence.
    """
    guests = (
        plan.guests.element(instance, one, active=instance in plan.starts.early)
        for instance in plan.draft.core_instances
        for one in instance.module.elements
    )
    filled = (_fill(plan, symbol) for symbol in plan.found.symbols if isinstance(symbol, Table))
    declared = Element("declarative", 0, None, FUNCTION_ELEMENT, tuple(sorted(plan.guests.declared)), None)
    rest = [encode.element(declared, None, None)] if declared.functions else []
    return encode.vector_section(9, chain(guests, filter(None, filled), rest))


def _fill(plan: Plan, symbol: Table) -> bytes:
    if not symbol.elements:
        return b""
    numbers = tuple(map(plan.spaces.symbol, symbol.elements))
    one = Element("active", plan.spaces.symbol(symbol), None, FUNCTION_ELEMENT, numbers, None)
    return encode.element(one, _ZERO, None)


def data_count(plan: Plan) -> bytes:
    """Return the data count section, which code that names data segments needs."""
    modules = [instance.module for instance in plan.draft.core_instances]
    placed_by_code = any(instance not in plan.starts.early for instance in plan.starts.replayed)
    if not placed_by_code and all(module.data_count is None for module in modules):
        return b""
    return encode.section(12, unsigned(plan.data_segments))


def data(plan: Plan) -> list[Buffer]:
    """Return the data section in pieces, in the order of instantiation."""
    instances = plan.draft.core_instances
    pieces = [piece for one in instances for piece in plan.guests.data(one, active=one in plan.starts.early)]
    return _data_section(plan.data_segments, pieces) if pieces else []


def contents(plan: Plan) -> dict[Memory, bytes]:
    """Return the data section of each module that defines a held memory whose data is placed ahead."""
    sections = ((memory, one.module.segments) for one, memory in plan.guests.ahead.items())
    return {memory: b"".join(_data_section(len(section), section.pieces)) for memory, section in sections}


def _data_section(count: int, pieces: Sequence[Buffer]) -> list[Buffer]:
    head = unsigned(count)
    return [b"\x0b", unsigned(len(head) + sum(map(len, pieces))), head, *pieces]


def names(plan: Plan) -> bytes:
    """Return the name section: guests' names with the id of their core instance before them."""
    return name_section(_names(plan))


def _names(plan: Plan) -> Iterator[tuple[int, bytes]]:
    for index, (_, symbol) in enumerate(plan.spaces.imported["func"]):
        yield index, symbol.name.encode()
    named = {instance.module: function_names(instance.module) for instance in plan.spaces.placed["func"]}
    for instance in plan.spaces.placed["func"]:
        imported, count = instance.module.imported("func"), instance.module.count("func")
        numbers, prefix = plan.spaces.numbers(instance, "func"), b"%d:" % instance.id
        names = named[instance.module].items()
        yield from sorted((numbers[index], prefix + name) for index, name in names if imported <= index < count)
    for function in plan.written:
        yield plan.spaces.symbol(function), function.name.encode()
    if plan.writes_start:
        yield plan.spaces.size["func"], b"start"
