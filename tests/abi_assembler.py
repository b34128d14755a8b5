"""A core module from written functions alone: enough of a merge to run adapters by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from fuser.code import Code, MemoryArgument, Reference, TrapSite, TypeReference
from fuser.symbols import Function, Global, Imported, Memory, Private, Symbol, Written
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.types import FunctionType


class Assembler:
    """Numbers what its exports reach and writes the module; `sites` maps offsets to traps."""

    def __init__(self, exports: Sequence[tuple[str, Symbol]]) -> None:
        self.exports = exports
        self.types: list[FunctionType] = []
        self.imported: list[Function] = []
        self.written: list[tuple[Function, Code]] = []
        self.memories: list[Memory] = []
        self.globals: list[Global] = []
        self.known: set[Symbol] = set()
        self.sites: dict[int, str] = {}
        for _, symbol in exports:
            self._reach(symbol)

    def _reach(self, symbol: Symbol) -> None:
        if symbol in self.known:
            return
        self.known.add(symbol)
        if isinstance(symbol, Memory):
            self.memories.append(symbol)
        elif isinstance(symbol, Global):
            self.globals.append(symbol)
        elif isinstance(symbol, Function) and isinstance(symbol.origin, Imported):
            self._type(symbol.type)
            self.imported.append(symbol)
        elif isinstance(symbol, Function):
            assert isinstance(symbol.origin, Written)
            self._type(symbol.type)
            code = Code(symbol.type)
            self.written.append((symbol, code))
            symbol.origin.write(code)
            for part in code.parts:
                if isinstance(part, Reference):
                    self._reach(part.symbol)
                elif isinstance(part, MemoryArgument):
                    self._reach(part.memory)
                elif isinstance(part, TypeReference):
                    self._type(part.type)

    def _type(self, type: FunctionType) -> int:
        if type not in self.types:
            self.types.append(type)
        return self.types.index(type)

    def _index(self, symbol: Symbol) -> int:
        if isinstance(symbol, Memory):
            return self.memories.index(symbol)
        if isinstance(symbol, Global):
            return self.globals.index(symbol)
        functions = [*self.imported, *(function for function, _ in self.written)]
        assert isinstance(symbol, Function)
        return functions.index(symbol)

    def module(self) -> bytes:
        types = [b"\x60" + _types(one.parameters) + _types(one.results) for one in self.types]
        imports = [
            _name(one.origin.module) + _name(one.origin.name) + b"\x00" + unsigned(self._type(one.type))
            for one in self.imported
            if isinstance(one.origin, Imported)
        ]
        kinds = {Function: b"\x00", Memory: b"\x02", Global: b"\x03"}
        sections = [
            (1, types),
            (2, imports),
            (3, [unsigned(self._type(function.type)) for function, _ in self.written]),
            (5, [b"\x00" + unsigned(_start(one)) for one in self.memories]),
            (6, [bytes([one.type.code, 1, 0x41]) + signed(_start(one)) + b"\x0b" for one in self.globals]),
            (7, [_name(name) + kinds[type(one)] + unsigned(self._index(one)) for name, one in self.exports]),
        ]
        out = b"\x00asm\x01\x00\x00\x00" + b"".join(_section(number, items) for number, items in sections)
        return out + self._code(len(out))

    def _code(self, base: int) -> bytes:
        rendered = [self._body(code) for _, code in self.written]
        size = len(unsigned(len(rendered))) + sum(len(body) for body, _ in rendered)
        head = b"\x0a" + unsigned(size) + unsigned(len(rendered))
        at = base + len(head)
        for body, sites in rendered:
            self.sites.update({at + offset: trap for offset, trap in sites})
            at += len(body)
        return head + b"".join(body for body, _ in rendered)

    def _body(self, code: Code) -> tuple[bytes, list[tuple[int, str]]]:
        out = bytearray(unsigned(len(code.locals)))
        for local in code.locals:
            out += b"\x01" + bytes([local.code])
        sites = []
        for part in code.parts:
            match part:
                case bytes():
                    out += part
                case Reference():
                    out += unsigned(self._index(part.symbol))
                case TypeReference():
                    out += unsigned(self._type(part.type))
                case MemoryArgument():
                    out += unsigned(part.align | 0x40) + unsigned(self._index(part.memory))
                    out += unsigned(part.offset)
                case TrapSite():
                    sites.append((len(out), part.trap.value))
                    if out.endswith(b"\x04\x40"):  # the engine reports the `if` of a conditional trap
                        sites.append((len(out) - 2, part.trap.value))
                    out += b"\x00"
        out += b"\x0b"
        prefix = unsigned(len(out))
        return prefix + bytes(out), [(len(prefix) + offset, trap) for offset, trap in sites]


def _start(symbol: Memory | Global) -> int:
    assert isinstance(symbol.origin, Private)
    return symbol.origin.start


def _types(types: Sequence[object]) -> bytes:
    return unsigned(len(types)) + bytes(one.code for one in types)  # type: ignore[attr-defined]


def _name(text: str) -> bytes:
    return unsigned(len(text.encode())) + text.encode()


def _section(number: int, items: Sequence[bytes]) -> bytes:
    body = unsigned(len(items)) + b"".join(items)
    return bytes([number]) + unsigned(len(body)) + body if items else b""
