"""LEB128 integers, shortest form (core spec, "Values – Integers")."""

from __future__ import annotations

from functools import lru_cache

PATTERN = rb"[\x80-\xff]{0,4}+[\x00-\x7f]"
"""An integer of at most five bytes, for `re`; padded ones are legal."""


@lru_cache(maxsize=1 << 16)
def unsigned(value: int) -> bytes:
    """Encode a non-negative integer; mostly one that was encoded before."""
    if value < 0:
        raise ValueError(f"{value} has no unsigned encoding")
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


@lru_cache(maxsize=1 << 16)
def signed(value: int) -> bytes:
    """Encode an integer with sign."""
    encoded = bytearray()
    while not -0x40 <= value < 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value & 0x7F)
    return bytes(encoded)
