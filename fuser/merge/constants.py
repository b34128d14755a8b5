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

from fuser.errors import LimitExceeded
from fuser.merge.spaces import Spaces
from fuser.program import CoreExport, CoreInstance
from fuser.wasm.instructions import decode
from fuser.wasm.leb import signed
from fuser.wasm.opcodes import Operation
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Renumbering, replace
from fuser.wasm.syntax import Slice

END = b"\x0b"
_LONGEST_ANEW, _DEEPEST_ANEW = 1 << 18, 100

# A number alone, as nearly every offset is.
_NUMBER = re.compile(
    rb"(?:[\x41\x42][\x80-\xff]{0,9}+[\x00-\x7f]|\x43[\x00-\xff]{4}|\x44[\x00-\xff]{8})\x0b",
)


def is_number(data: bytes, expression: Slice) -> bool:
    """Whether a constant expression is a number alone."""
    return _NUMBER.fullmatch(data, expression.start, expression.end) is not None


def needs_order(instances: Iterable[CoreInstance]) -> bool:
    """Whether a guest imports an immutable reference global, which must precede its users."""
    return any(
        type.type.heap is not None and not type.mutable
        for instance in instances
        for type in instance.module.global_types[: instance.module.imported("global")]
    )


@dataclass
class Constants:
    """Rewrites constant expressions; knows the values of the guests' immutable globals."""

    spaces: Spaces
    values: dict[CoreExport, bytes | None] = field(default_factory=dict)
    """Code of the value; None where the global has an identity and must be named."""
    objects: dict[CoreExport, tuple[CoreInstance, Slice, Renumbering]] = field(default_factory=dict)
    """How the globals that must be named are made."""
    _made_anew: dict[CoreExport, bytes] = field(default_factory=dict)
    _depth: int = 0

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
        return self._code(instance, expression, renumbering, alike=False)

    def alike(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering) -> bytes:
        """Return an expression, with its `end`, of the same type that names no global: objects are made anew.

        So a table, which precedes all globals, can begin with something until code puts the
        object itself there.
        """
        return self._code(instance, expression, renumbering, alike=True) + END

    def _code(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering, *, alike: bool) -> bytes:
        data = instance.module.data
        if is_number(data, expression):
            return data[expression.start : expression.end - 1]
        reader = instance.module.reader(expression)
        parts: list[bytes] = []
        anew = 0
        while reader.position < expression.end - 1:
            start = reader.position
            operation, uses = decode(reader)
            value = None
            if operation.name == "global.get":
                value = self._imported_value(instance, uses[0].value)
                if value is None and alike:
                    value = self._anew(instance, uses[0].value, reader.offset)
                    anew += len(value)
                    if anew > _LONGEST_ANEW:
                        raise LimitExceeded("too many objects in a constant expression", reader.offset)
            here = Reader(data, start, reader.position, instance.module.base)
            parts.append(replace(here, uses, renumbering) if value is None else value)
        return b"".join(parts)

    def _anew(self, instance: CoreInstance, index: int, offset: int) -> bytes:
        """Return the code of an object like that of an imported global; globals nest no deeper than they are many."""
        item = self.spaces.resolver.item(instance, "global", index)
        assert isinstance(item, CoreExport)
        known = self.values.get(item) or self._made_anew.get(item)
        if known is not None:
            return known
        self._depth += 1
        if self._depth > _DEEPEST_ANEW:
            raise LimitExceeded("objects of objects nested too deep in a constant expression", offset)
        self._made_anew[item] = code = self._code(*self.objects[item], alike=True)
        self._depth -= 1
        return code

    def names_objects(self, instance: CoreInstance, expression: Slice) -> bool:
        """Whether a constant expression names a global that has an identity."""
        reader = instance.module.reader(expression)
        while reader.position < expression.end - 1:
            operation, uses = decode(reader)
            if operation.name == "global.get" and self._imported_value(instance, uses[0].value) is None:
                return True
        return False

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
        item = self.spaces.resolver.item(instance, "global", index)
        assert isinstance(item, CoreExport)
        return self.values.get(item)


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
