"""Constant expressions of guests, where imported globals have become the output's own.

A constant expression may name imported immutable globals. Those of other guests are local
in the output, and by the rules without garbage collection no constant expression may
name them; so the value is written in their place. Only objects of the collected heap,
which have an identity, are still named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fuser.merge.spaces import Spaces
from fuser.program import CoreExport, CoreInstance
from fuser.wasm.instructions import decode, decode_all
from fuser.wasm.leb import signed
from fuser.wasm.module import Module
from fuser.wasm.opcodes import Operation
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Renumbering, replace
from fuser.wasm.syntax import Slice

END = b"\x0b"

# A number alone, as nearly every offset is.
_NUMBER = re.compile(
    rb"(?:[\x41\x42][\x80-\xff]{0,9}+[\x00-\x7f]|\x43[\x00-\xff]{4}|\x44[\x00-\xff]{8})\x0b",
)


def is_number(data: bytes, expression: Slice) -> bool:
    """Whether a constant expression is a number alone."""
    return _NUMBER.fullmatch(data, expression.start, expression.end) is not None


def references(module: Module, expression: Slice) -> set[int]:
    """Return the functions of which a constant expression makes references."""
    operations = decode_all(module.reader(expression))
    return {uses[0].value for operation, uses in operations if operation.name == "ref.func"}


def needs_order(instances: Iterable[CoreInstance]) -> bool:
    """Whether a global's value may name another global, which must precede it.

    That is one of the same guest, or an immutable reference of another guest.
    """
    return any(_imports_reference(instance.module) or _names_own(instance.module) for instance in instances)


def _imports_reference(module: Module) -> bool:
    imported = module.global_types[: module.imported("global")]
    return any(type.type.heap is not None and not type.mutable for type in imported)


def _names_own(module: Module) -> bool:
    imported = module.imported("global")
    return any(
        operation.name == "global.get" and uses[0].value >= imported
        for variable in module.globals
        if not is_number(module.data, variable.start)
        for operation, uses in decode_all(module.reader(variable.start))
    )


@dataclass
class Constants:
    """Rewrites constant expressions; knows the values of the guests' immutable globals."""

    spaces: Spaces
    values: dict[CoreExport, bytes | None] = field(default_factory=dict)
    """Code of the value; None where the global has an identity and must be named."""
    objects: dict[CoreExport, tuple[CoreInstance, Slice, Renumbering]] = field(default_factory=dict)
    """How the globals that must be named are made."""

    def learn(self, instance: CoreInstance, renumbering: Renumbering) -> None:
        """Note the values of an instance's globals; instances come in order of instantiation."""
        module = instance.module
        for index, variable in enumerate(module.globals, module.imported("global")):
            if not variable.type.mutable:
                value = self._value(instance, variable.start, renumbering)
                key = CoreExport(instance, "global", index)
                self.values[key] = value
                if value is None:
                    self.objects[key] = instance, variable.start, renumbering

    def expression(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering) -> bytes:
        """Return a constant expression for the output, with its `end`."""
        return self.code(instance, expression, renumbering) + END

    def code(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering) -> bytes:
        """Return a constant expression without its `end`."""
        data = instance.module.data
        if is_number(data, expression):
            return data[expression.start : expression.end - 1]
        reader = instance.module.reader(expression)
        parts: list[bytes] = []
        while reader.position < expression.end - 1:
            start = reader.position
            operation, uses = decode(reader)
            value = None
            if operation.name == "global.get":
                value = self._imported_value(instance, uses[0].value)
            here = Reader(data, start, reader.position, instance.module.base)
            parts.append(replace(here, uses, renumbering) if value is None else value)
        return b"".join(parts)

    def names_objects(self, instance: CoreInstance, expression: Slice) -> bool:
        """Whether a constant expression names a global that has an identity."""
        return any(
            operation.name == "global.get" and self._imported_value(instance, uses[0].value) is None
            for operation, uses in decode_all(instance.module.reader(expression))
        )

    def global_value(self, instance: CoreInstance, index: int) -> bytes | CoreExport:
        """Return the value of a global; the definer's global itself where it has an identity."""
        item = self.spaces.resolver.item(instance, "global", index)
        assert isinstance(item, CoreExport)
        return self.values.get(item) or item

    def _imported_value(self, instance: CoreInstance, index: int) -> bytes | None:
        """Return the value of an imported global; None where it must be named."""
        return self._known(instance, index) if index < instance.module.imported("global") else None

    def _value(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering) -> bytes | None:
        """Evaluate an initial value; None where it is an object of the collected heap."""
        reader = instance.module.reader(expression)
        stack: list[bytes] = []
        while reader.position < expression.end - 1:
            start = reader.position
            operation, uses = decode(reader)
            value: bytes | None = None
            if operation.name == "global.get":
                value = self._known(instance, uses[0].value)
            elif operation.name in _COMPUTED:
                value = _compute(operation, stack, reader)
            elif operation.name in _LITERAL:
                here = Reader(reader.data, start, reader.position, reader.base)
                value = replace(here, uses, renumbering)
            if value is None:
                return None
            stack.append(value)
        if len(stack) != 1:
            reader.fail("constant expression of more or fewer values than one", expression.start)
        return stack[0]

    def _known(self, instance: CoreInstance, index: int) -> bytes | None:
        if index >= instance.module.count("global"):
            return None
        value = self.global_value(instance, index)
        return None if isinstance(value, CoreExport) else value


_LITERAL = frozenset({"i32.const", "i64.const", "f32.const", "f64.const", "v128.const", "ref.null", "ref.func"})
_COMPUTED = {
    f"{type}.{name}": (code, bits)
    for type, code, bits in (("i32", b"\x41", 32), ("i64", b"\x42", 64))
    for name in ("add", "sub", "mul")
}


def _compute(operation: Operation, stack: list[bytes], reader: Reader) -> bytes:
    """Take two constants off the stack and return the result's code."""
    code, bits = _COMPUTED[operation.name]
    if len(stack) < 2 or any(value[:1] != code for value in stack[-2:]):
        reader.fail(f"`{operation.name}` without its operands in a constant expression")
    other, one = (Reader(stack.pop(), 1).s64() for _ in range(2))
    match operation.name[4:]:
        case "add":
            result = one + other
        case "sub":
            result = one - other
        case _:
            result = one * other
    result &= (1 << bits) - 1
    return code + signed(result - (result >> (bits - 1) << bits))
