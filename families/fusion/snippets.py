"""The small core modules that instrumenting inserts, byte by byte (core spec, Binary Format)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fuser.wasm.leb import signed, unsigned

TAP = "oracle-tap"
"""Import name of the function that is told, in components and in these modules."""
DESTRUCTOR = "destructor"
NEW = "new"

_PREAMBLE = b"\0asm\x01\0\0\0"
_I32 = 0x7F
_TELL = b"\x60\x02\x7f\x7f\x00"  # (i32, i32) -> ()
_DESTROY = b"\x60\x01\x7f\x00"  # (i32) -> ()
_MAKE = b"\x60\x01\x7f\x01\x7f"  # (i32) -> i32
_REP = b"\x20\x00"  # local.get 0
_CALL_TELL, _CALL_GUEST = b"\x10\x00", b"\x10\x01"
_END = b"\x0b"


def destructor_module(event: int, *, guest: bool) -> bytes:
    """Export a destructor that tells, then runs the guest's, which it imports, if there is one."""
    body = _i32(event) + _REP + _CALL_TELL + (_REP + _CALL_GUEST if guest else b"")
    imports = [(TAP, TAP, 0), *([("", DESTRUCTOR, 1)] if guest else [])]
    return _module((_TELL, _DESTROY), imports, body, DESTRUCTOR)


def new_module(event: int, module: str, name: str) -> bytes:
    """Export a `resource.new` that calls the real one, imported under the guest's names, then tells."""
    body = _REP + _CALL_GUEST + _i32(event) + _REP + _CALL_TELL
    return _module((_TELL, _MAKE), [(TAP, TAP, 0), (module, name, 1)], body, NEW)


def _module(types: Sequence[bytes], imports: Sequence[tuple[str, str, int]], body: bytes, export: str) -> bytes:
    """One function of the last type after the imported ones."""
    code = b"\x00" + body + _END
    return _PREAMBLE + b"".join(
        (
            _section(1, types),
            _section(2, (_name(module) + _name(name) + b"\x00" + unsigned(type) for module, name, type in imports)),
            _section(3, [unsigned(len(types) - 1)]),
            _section(7, [_name(export) + b"\x00" + unsigned(len(imports))]),
            _section(10, [unsigned(len(code)) + code]),
        )
    )


def _section(id: int, items: Iterable[bytes]) -> bytes:
    items = list(items)
    body = unsigned(len(items)) + b"".join(items)
    return bytes([id]) + unsigned(len(body)) + body


def _name(name: str) -> bytes:
    data = name.encode()
    return unsigned(len(data)) + data


def _i32(value: int) -> bytes:
    return b"\x41" + signed(value)
