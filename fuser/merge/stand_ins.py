"""What a table begins with until code puts another guest's object there.

A table's initial value may be an object in a global that its module imports. In the output
tables precede all globals, so the start function fills the table with the object itself.
Until then nothing can look, and any value of the type will do: null where that is allowed,
an array without elements, and a struct made anew whose fields are such values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fuser.errors import LimitExceeded, Malformed
from fuser.merge.constants import END, Constants
from fuser.program import CoreExport, CoreInstance
from fuser.wasm.instructions import decode
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.module import Module
from fuser.wasm.opcodes import PLAIN, Immediate
from fuser.wasm.reader import Reader
from fuser.wasm.rewrite import Renumbering, replace
from fuser.wasm.syntax import Slice, StructType
from fuser.wasm.types import ValueType

_LONGEST = 1 << 18

Part = bytes | CoreExport | tuple["Part", ...]
"""Code; a global whose value stands here; or several of them one after the other."""

_OPERANDS = {"ref.i31": 1, "any.convert_extern": 1, "extern.convert_any": 1}
_OPERANDS |= {f"{type}.{name}": 2 for type in ("i32", "i64") for name in ("add", "sub", "mul")}
_ARRAYS = {"array.new": 2, "array.new_default": 1}


@dataclass
class StandIns:
    """Makes values that stand in for objects; knows how the guests' globals are made."""

    constants: Constants
    _made: dict[CoreExport, Part] = field(default_factory=dict)

    def value(self, instance: CoreInstance, type: ValueType, expression: Slice, renumbering: Renumbering) -> bytes:
        """Return a constant expression, with its `end`, of the type of one that names objects."""
        if type.nullable:
            return _null(type, renumbering) + END
        code: list[bytes] = []
        left: list[Part] = [self._part(instance, expression, renumbering)]
        size = 0
        while left:
            part = left.pop()
            size += len(part) if isinstance(part, bytes) else 1
            if size > _LONGEST:
                place = instance.module.base + expression.start
                raise LimitExceeded("too many objects in a constant expression", place)
            if isinstance(part, bytes):
                code.append(part)
            elif isinstance(part, CoreExport):
                left.append(self._object(part))
            else:
                left += reversed(part)
        return b"".join(code) + END

    def _object(self, item: CoreExport) -> Part:
        """Return how the object in a global is made."""
        if item not in self._made:
            if item not in self.constants.objects:
                raise Malformed("an initial value names a global that may change", item.instance.module.base)
            self._made[item] = self._part(*self.constants.objects[item])
        return self._made[item]

    def _part(self, instance: CoreInstance, expression: Slice, renumbering: Renumbering) -> Part:
        """Return a value that stands in for that of an expression."""
        module = instance.module
        reader = module.reader(expression)
        stack: list[Part] = []
        while reader.position < expression.end - 1:
            start = reader.position
            operation, uses = decode(reader)
            code = replace(Reader(module.data, start, reader.position, module.base), uses, renumbering)
            name = operation.name
            if name == "global.get":
                stack.append(self.constants.global_value(instance, uses[0].value))
            elif name == "struct.new":
                fields = _fields(module, uses[0].value)
                operands = _take(stack, len(fields), reader)
                stack.append((*_nulled(fields, operands, renumbering), code))
            elif name in _ARRAYS or name == "array.new_fixed":
                _take(stack, _ARRAYS.get(name) or Reader(module.data, uses[0].end).u32(), reader)
                type = renumbering[Immediate.TYPE][uses[0].value]
                stack.append(PLAIN["array.new_fixed"] + unsigned(type) + unsigned(0))
            else:
                stack.append((*_take(stack, _OPERANDS.get(name, 0), reader), code))
        return tuple(stack)


def _fields(module: Module, type: int) -> list[ValueType]:
    made = module.types[type].composite
    if not isinstance(made, StructType):
        raise Malformed(f"type {type} is not a struct type", module.base)
    return [one.type for one in made.fields]


def _take(stack: list[Part], count: int, reader: Reader) -> list[Part]:
    """Take operands off the stack."""
    first = len(stack) - count
    if first < 0:
        reader.fail("an operation without its operands in a constant expression")
    taken = stack[first:]
    del stack[first:]
    return taken


def _nulled(types: Sequence[ValueType], operands: Sequence[Part], renumbering: Renumbering) -> list[Part]:
    """Put null in the place of each operand whose field may be null."""
    pairs = zip(types, operands, strict=True)
    return [_null(type, renumbering) if type.nullable else operand for type, operand in pairs]


def _null(type: ValueType, renumbering: Renumbering) -> bytes:
    assert type.heap is not None
    heap = type.heap if type.heap < 0 else renumbering[Immediate.TYPE][type.heap]
    return PLAIN["ref.null"] + signed(heap)
