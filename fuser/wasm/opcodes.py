"""Every operation of core WebAssembly that the fuser reads, with its immediates.

The set is what the reference engine accepts by default: the 3.0 instruction set, threads
and wide arithmetic. Anything else is unknown and refused. Numbers from the core spec's
"Binary Format – Instructions" and the two proposals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from fuser.wasm.leb import unsigned


class Immediate(Enum):
    """What follows an opcode."""

    TYPE = auto()
    FUNCTION = auto()
    TABLE = auto()
    MEMORY = auto()
    GLOBAL = auto()
    TAG = auto()
    ELEMENT = auto()
    DATA = auto()
    LOCAL = auto()
    LABEL = auto()
    NUMBER = auto()
    """An unsigned 32-bit number that is no index of a module: a field, a count."""
    LABELS = auto()
    """The vector and the default label of `br_table`."""
    LANE = auto()
    BYTES_4 = auto()
    BYTES_8 = auto()
    BYTES_16 = auto()
    S32 = auto()
    S64 = auto()
    ZERO = auto()
    """A reserved zero byte."""
    MEMORY_ARGUMENT = auto()
    BLOCK_TYPE = auto()
    HEAP_TYPE = auto()
    VALUE_TYPES = auto()
    """The vector of result types of a typed `select`."""
    CAST_FLAGS = auto()
    CATCHES = auto()
    """The vector of catch clauses of `try_table`."""


@dataclass(frozen=True)
class Operation:
    """One operation; `code` is its opcode with the shortest sub-opcode."""

    name: str
    code: bytes
    immediates: tuple[Immediate, ...] = ()


def _numeric(type: str, names: str) -> str:
    return " ".join(f"{type}.{name}" for name in names.split())


_COMPARE = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"
_COMPARE_FLOAT = "eq ne lt gt le ge"
_INTEGER = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
_FLOAT = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"
_EXTENDED_LOAD_64 = "load8_s load8_u load16_s load16_u load32_s load32_u"
_ATOMIC_WIDTHS = (
    ("i32", "", ""),
    ("i64", "", ""),
    ("i32", "8", "_u"),
    ("i32", "16", "_u"),
    ("i64", "8", "_u"),
    ("i64", "16", "_u"),
    ("i64", "32", "_u"),
)
_ATOMICS = " ".join(
    [f"{type}.atomic.load{width}{end}" for type, width, end in _ATOMIC_WIDTHS]
    + [f"{type}.atomic.store{width}" for type, width, _ in _ATOMIC_WIDTHS]
    + [
        f"{type}.atomic.rmw{width}.{change}{end}"
        for change in ("add", "sub", "and", "or", "xor", "xchg", "cmpxchg")
        for type, width, end in _ATOMIC_WIDTHS
    ],
)

_I = Immediate
_MEMARG = (_I.MEMORY_ARGUMENT,)

# (prefix or None, first opcode, names in order; `-` is an unassigned opcode, immediates of each)
_RUNS: tuple[tuple[int | None, int, str, tuple[Immediate, ...]], ...] = (
    (None, 0x00, "unreachable nop", ()),
    (None, 0x02, "block loop if", (_I.BLOCK_TYPE,)),
    (None, 0x05, "else", ()),
    (None, 0x08, "throw", (_I.TAG,)),
    (None, 0x0A, "throw_ref end", ()),
    (None, 0x0C, "br br_if", (_I.LABEL,)),
    (None, 0x0E, "br_table", (_I.LABELS,)),
    (None, 0x0F, "return", ()),
    (None, 0x10, "call", (_I.FUNCTION,)),
    (None, 0x11, "call_indirect", (_I.TYPE, _I.TABLE)),
    (None, 0x12, "return_call", (_I.FUNCTION,)),
    (None, 0x13, "return_call_indirect", (_I.TYPE, _I.TABLE)),
    (None, 0x14, "call_ref return_call_ref", (_I.TYPE,)),
    (None, 0x1A, "drop select", ()),
    (None, 0x1C, "select_t", (_I.VALUE_TYPES,)),
    (None, 0x1F, "try_table", (_I.BLOCK_TYPE, _I.CATCHES)),
    (None, 0x20, "local.get local.set local.tee", (_I.LOCAL,)),
    (None, 0x23, "global.get global.set", (_I.GLOBAL,)),
    (None, 0x25, "table.get table.set", (_I.TABLE,)),
    (None, 0x28, "i32.load i64.load f32.load f64.load", _MEMARG),
    (None, 0x2C, _numeric("i32", "load8_s load8_u load16_s load16_u"), _MEMARG),
    (None, 0x30, _numeric("i64", _EXTENDED_LOAD_64), _MEMARG),
    (None, 0x36, "i32.store i64.store f32.store f64.store", _MEMARG),
    (None, 0x3A, "i32.store8 i32.store16 i64.store8 i64.store16 i64.store32", _MEMARG),
    (None, 0x3F, "memory.size memory.grow", (_I.MEMORY,)),
    (None, 0x41, "i32.const", (_I.S32,)),
    (None, 0x42, "i64.const", (_I.S64,)),
    (None, 0x43, "f32.const", (_I.BYTES_4,)),
    (None, 0x44, "f64.const", (_I.BYTES_8,)),
    (None, 0x45, _numeric("i32", "eqz " + _COMPARE), ()),
    (None, 0x50, _numeric("i64", "eqz " + _COMPARE), ()),
    (None, 0x5B, _numeric("f32", _COMPARE_FLOAT), ()),
    (None, 0x61, _numeric("f64", _COMPARE_FLOAT), ()),
    (None, 0x67, _numeric("i32", _INTEGER), ()),
    (None, 0x79, _numeric("i64", _INTEGER), ()),
    (None, 0x8B, _numeric("f32", _FLOAT), ()),
    (None, 0x99, _numeric("f64", _FLOAT), ()),
    (None, 0xA7, _numeric("i32", "wrap_i64 trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u"), ()),
    (None, 0xAC, _numeric("i64", "extend_i32_s extend_i32_u"), ()),
    (None, 0xAE, _numeric("i64", "trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u"), ()),
    (None, 0xB2, _numeric("f32", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u"), ()),
    (None, 0xB6, "f32.demote_f64", ()),
    (None, 0xB7, _numeric("f64", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u"), ()),
    (None, 0xBB, "f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64", ()),
    (None, 0xBE, "f32.reinterpret_i32 f64.reinterpret_i64 i32.extend8_s i32.extend16_s", ()),
    (None, 0xC2, _numeric("i64", "extend8_s extend16_s extend32_s"), ()),
    (None, 0xD0, "ref.null", (_I.HEAP_TYPE,)),
    (None, 0xD1, "ref.is_null", ()),
    (None, 0xD2, "ref.func", (_I.FUNCTION,)),
    (None, 0xD3, "ref.eq ref.as_non_null", ()),
    (None, 0xD5, "br_on_null br_on_non_null", (_I.LABEL,)),
    # -- garbage collection -----------------------------------------------------
    (0xFB, 0x00, "struct.new struct.new_default", (_I.TYPE,)),
    (0xFB, 0x02, "struct.get struct.get_s struct.get_u struct.set", (_I.TYPE, _I.NUMBER)),
    (0xFB, 0x06, "array.new array.new_default", (_I.TYPE,)),
    (0xFB, 0x08, "array.new_fixed", (_I.TYPE, _I.NUMBER)),
    (0xFB, 0x09, "array.new_data", (_I.TYPE, _I.DATA)),
    (0xFB, 0x0A, "array.new_elem", (_I.TYPE, _I.ELEMENT)),
    (0xFB, 0x0B, "array.get array.get_s array.get_u array.set", (_I.TYPE,)),
    (0xFB, 0x0F, "array.len", ()),
    (0xFB, 0x10, "array.fill", (_I.TYPE,)),
    (0xFB, 0x11, "array.copy", (_I.TYPE, _I.TYPE)),
    (0xFB, 0x12, "array.init_data", (_I.TYPE, _I.DATA)),
    (0xFB, 0x13, "array.init_elem", (_I.TYPE, _I.ELEMENT)),
    (0xFB, 0x14, "ref.test ref.test_null ref.cast ref.cast_null", (_I.HEAP_TYPE,)),
    (0xFB, 0x18, "br_on_cast br_on_cast_fail", (_I.CAST_FLAGS, _I.LABEL, _I.HEAP_TYPE, _I.HEAP_TYPE)),
    (0xFB, 0x1A, "any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u", ()),
    # -- saturating truncation, bulk memory, tables, wide arithmetic -------------------------------
    (0xFC, 0x00, _numeric("i32", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"), ()),
    (0xFC, 0x04, _numeric("i64", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"), ()),
    (0xFC, 0x08, "memory.init", (_I.DATA, _I.MEMORY)),
    (0xFC, 0x09, "data.drop", (_I.DATA,)),
    (0xFC, 0x0A, "memory.copy", (_I.MEMORY, _I.MEMORY)),
    (0xFC, 0x0B, "memory.fill", (_I.MEMORY,)),
    (0xFC, 0x0C, "table.init", (_I.ELEMENT, _I.TABLE)),
    (0xFC, 0x0D, "elem.drop", (_I.ELEMENT,)),
    (0xFC, 0x0E, "table.copy", (_I.TABLE, _I.TABLE)),
    (0xFC, 0x0F, "table.grow table.size table.fill", (_I.TABLE,)),
    (0xFC, 0x13, _numeric("i64", "add128 sub128 mul_wide_s mul_wide_u"), ()),
    # -- vectors --------------------------------------------------------------------
    (0xFD, 0x00, "v128.load v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u", _MEMARG),
    (0xFD, 0x05, "v128.load32x2_s v128.load32x2_u v128.load8_splat v128.load16_splat", _MEMARG),
    (0xFD, 0x09, "v128.load32_splat v128.load64_splat v128.store", _MEMARG),
    (0xFD, 0x0C, "v128.const i8x16.shuffle", (_I.BYTES_16,)),
    (0xFD, 0x0E, "i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat", ()),
    (0xFD, 0x13, "f32x4.splat f64x2.splat", ()),
    (0xFD, 0x15, _numeric("i8x16", "extract_lane_s extract_lane_u replace_lane"), (_I.LANE,)),
    (0xFD, 0x18, _numeric("i16x8", "extract_lane_s extract_lane_u replace_lane"), (_I.LANE,)),
    (0xFD, 0x1B, _numeric("i32x4", "extract_lane replace_lane"), (_I.LANE,)),
    (0xFD, 0x1D, _numeric("i64x2", "extract_lane replace_lane"), (_I.LANE,)),
    (0xFD, 0x1F, _numeric("f32x4", "extract_lane replace_lane"), (_I.LANE,)),
    (0xFD, 0x21, _numeric("f64x2", "extract_lane replace_lane"), (_I.LANE,)),
    (0xFD, 0x23, _numeric("i8x16", _COMPARE), ()),
    (0xFD, 0x2D, _numeric("i16x8", _COMPARE), ()),
    (0xFD, 0x37, _numeric("i32x4", _COMPARE), ()),
    (0xFD, 0x41, _numeric("f32x4", _COMPARE_FLOAT), ()),
    (0xFD, 0x47, _numeric("f64x2", _COMPARE_FLOAT), ()),
    (0xFD, 0x4D, _numeric("v128", "not and andnot or xor bitselect any_true"), ()),
    (0xFD, 0x54, _numeric("v128", "load8_lane load16_lane load32_lane load64_lane"), (*_MEMARG, _I.LANE)),
    (0xFD, 0x58, _numeric("v128", "store8_lane store16_lane store32_lane store64_lane"), (*_MEMARG, _I.LANE)),
    (0xFD, 0x5C, "v128.load32_zero v128.load64_zero", _MEMARG),
    (0xFD, 0x5E, "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4", ()),
    (0xFD, 0x60, _numeric("i8x16", "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u"), ()),
    (0xFD, 0x67, _numeric("f32x4", "ceil floor trunc nearest"), ()),
    (0xFD, 0x6B, _numeric("i8x16", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"), ()),
    (0xFD, 0x74, "f64x2.ceil f64x2.floor", ()),
    (0xFD, 0x76, "i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc i8x16.avgr_u", ()),
    (0xFD, 0x7C, _numeric("i16x8", "extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u"), ()),
    (0xFD, 0x7E, _numeric("i32x4", "extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u"), ()),
    (0xFD, 0x80, _numeric("i16x8", "abs neg q15mulr_sat_s all_true bitmask"), ()),
    (0xFD, 0x85, _numeric("i16x8", "narrow_i32x4_s narrow_i32x4_u"), ()),
    (0xFD, 0x87, _numeric("i16x8", "extend_low_i8x16_s extend_high_i8x16_s"), ()),
    (0xFD, 0x89, _numeric("i16x8", "extend_low_i8x16_u extend_high_i8x16_u"), ()),
    (0xFD, 0x8B, _numeric("i16x8", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"), ()),
    (0xFD, 0x94, "f64x2.nearest", ()),
    (0xFD, 0x95, _numeric("i16x8", "mul min_s min_u max_s max_u"), ()),
    (0xFD, 0x9B, _numeric("i16x8", "avgr_u extmul_low_i8x16_s extmul_high_i8x16_s"), ()),
    (0xFD, 0x9E, _numeric("i16x8", "extmul_low_i8x16_u extmul_high_i8x16_u"), ()),
    (0xFD, 0xA0, "i32x4.abs i32x4.neg - i32x4.all_true i32x4.bitmask", ()),
    (0xFD, 0xA7, _numeric("i32x4", "extend_low_i16x8_s extend_high_i16x8_s"), ()),
    (0xFD, 0xA9, _numeric("i32x4", "extend_low_i16x8_u extend_high_i16x8_u"), ()),
    (0xFD, 0xAB, "i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add - - i32x4.sub - - - i32x4.mul", ()),
    (0xFD, 0xB6, _numeric("i32x4", "min_s min_u max_s max_u dot_i16x8_s"), ()),
    (0xFD, 0xBC, _numeric("i32x4", "extmul_low_i16x8_s extmul_high_i16x8_s"), ()),
    (0xFD, 0xBE, _numeric("i32x4", "extmul_low_i16x8_u extmul_high_i16x8_u"), ()),
    (0xFD, 0xC0, "i64x2.abs i64x2.neg - i64x2.all_true i64x2.bitmask", ()),
    (0xFD, 0xC7, _numeric("i64x2", "extend_low_i32x4_s extend_high_i32x4_s"), ()),
    (0xFD, 0xC9, _numeric("i64x2", "extend_low_i32x4_u extend_high_i32x4_u"), ()),
    (0xFD, 0xCB, "i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add - - i64x2.sub - - - i64x2.mul", ()),
    (0xFD, 0xD6, _numeric("i64x2", "eq ne lt_s gt_s le_s ge_s"), ()),
    (0xFD, 0xDC, _numeric("i64x2", "extmul_low_i32x4_s extmul_high_i32x4_s"), ()),
    (0xFD, 0xDE, _numeric("i64x2", "extmul_low_i32x4_u extmul_high_i32x4_u"), ()),
    (0xFD, 0xE0, "f32x4.abs f32x4.neg -", ()),
    (0xFD, 0xE3, _numeric("f32x4", "sqrt add sub mul div min max pmin pmax"), ()),
    (0xFD, 0xEC, "f64x2.abs f64x2.neg -", ()),
    (0xFD, 0xEF, _numeric("f64x2", "sqrt add sub mul div min max pmin pmax"), ()),
    (0xFD, 0xF8, "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u", ()),
    (0xFD, 0xFA, "f32x4.convert_i32x4_s f32x4.convert_i32x4_u", ()),
    (0xFD, 0xFC, "i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero", ()),
    (0xFD, 0xFE, "f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u", ()),
    (0xFD, 0x100, "i8x16.relaxed_swizzle", ()),
    (0xFD, 0x101, _numeric("i32x4", "relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u"), ()),
    (0xFD, 0x103, _numeric("i32x4", "relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero"), ()),
    (0xFD, 0x105, "f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd", ()),
    (0xFD, 0x109, "i8x16.relaxed_laneselect i16x8.relaxed_laneselect", ()),
    (0xFD, 0x10B, "i32x4.relaxed_laneselect i64x2.relaxed_laneselect", ()),
    (0xFD, 0x10D, "f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max", ()),
    (0xFD, 0x111, "i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s", ()),
    (0xFD, 0x113, "i32x4.relaxed_dot_i8x16_i7x16_add_s", ()),
    # -- threads ------------------------------------------------------------------------
    (0xFE, 0x00, "memory.atomic.notify memory.atomic.wait32 memory.atomic.wait64", _MEMARG),
    (0xFE, 0x03, "atomic.fence", (_I.ZERO,)),
    (0xFE, 0x10, _ATOMICS, _MEMARG),
)


def _operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(name, _code(prefix, first + step), immediates)
        for prefix, first, names, immediates in _RUNS
        for step, name in enumerate(names.split())
        if name != "-"
    )


def _code(prefix: int | None, number: int) -> bytes:
    return bytes([number]) if prefix is None else bytes([prefix]) + unsigned(number)


PREFIXES = frozenset({0xFB, 0xFC, 0xFD, 0xFE})
"""First bytes of two-part opcodes: a u32 sub-opcode follows."""

OPERATIONS: tuple[Operation, ...] = _operations()
"""Every known operation, by rising opcode within a prefix."""

BY_CODE: Mapping[bytes, Operation] = {operation.code: operation for operation in OPERATIONS}
"""Operations by opcode bytes."""

PLAIN: Mapping[str, bytes] = {operation.name: operation.code for operation in OPERATIONS}
"""Opcode bytes by text-format name, without immediates.

Where one name has several opcodes: `select_t`, `ref.test_null` and `ref.cast_null`.
"""
