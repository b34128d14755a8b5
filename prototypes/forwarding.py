"""What a straight-line core function does, found by executing it on symbols.

Sound and small: a body is understood only if it consists of locals, constants and calls.
Anything else – arithmetic, memory, globals, branches – is a reason, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fuser.program import Builtin, ContextSlot, CoreExport, CoreFunction, Lower
from fuser.wasm.instructions import decode, read_value_type
from fuser.wasm.syntax import Slice

MAXIMUM_DEPTH = 16
"""Calls inside calls that are followed before the prover gives up."""

MAXIMUM_STEPS = 10_000
"""Operations that one proof executes before it gives up."""


@dataclass(frozen=True)
class Parameter:
    """The value of a parameter of the function under proof."""

    index: int


@dataclass(frozen=True)
class Zero:
    """The start value of a local that is not a parameter."""


@dataclass(frozen=True)
class Outcome:
    """The only result of the call of this number."""

    call: int


@dataclass(frozen=True)
class Constant:
    """A number, as it is written."""

    code: bytes


Value = Parameter | Zero | Constant | Outcome
Import = Lower | Builtin | ContextSlot


class Unproven(Exception):
    """The function does something that is not understood; the message says what."""


@dataclass(frozen=True)
class Effect:
    """One call of something outside, with its arguments."""

    target: Import
    arguments: tuple[Value, ...]


@dataclass(frozen=True)
class Trace:
    """All that a function does: its calls in order, and what it returns."""

    effects: tuple[Effect, ...]
    results: tuple[Value, ...]


def _does(operation: str) -> str:
    """Say in words what an operation that is not understood does."""
    kind = operation.partition(".")[0]
    if operation.startswith("global."):
        return "keeps state"
    if ".load" in operation or ".store" in operation or kind == "memory":
        return "uses memory"
    return "computes" if kind in ("i32", "i64", "f32", "f64", "v128") else "does more than call"


def trace(function: CoreFunction) -> Trace:
    """Execute a core function on symbols; raises Unproven."""
    walk = _Walk()
    arguments = tuple(Parameter(index) for index in range(_arity(function)))
    results = _run(function, arguments, walk, 0)
    return Trace(tuple(walk.effects), results)


@dataclass
class _Walk:
    """What one proof has seen so far."""

    effects: list[Effect] = field(default_factory=list)
    steps: int = 0

    def step(self) -> None:
        """Count an operation."""
        self.steps += 1
        if self.steps > MAXIMUM_STEPS:
            raise Unproven("it does too much to follow")


def _arity(function: CoreFunction) -> int:
    if not isinstance(function, CoreExport):
        raise Unproven("it is itself an import")
    return len(function.instance.module.function_type(function.index).parameters)


def _run(function: CoreFunction, arguments: tuple[Value, ...], walk: _Walk, depth: int) -> tuple[Value, ...]:
    """Run a function: a guest's body is followed, anything else becomes an effect."""
    if depth > MAXIMUM_DEPTH:
        raise Unproven("it calls too deep to follow")
    if not isinstance(function, CoreExport):
        raise Unproven("it is itself an import")
    return _Body(function, list(arguments), walk, depth).run()


class _Body:
    """One activation of a guest's function."""

    def __init__(self, function: CoreExport, frame: list[Value], walk: _Walk, depth: int) -> None:
        self.instance = function.instance
        self.module = function.instance.module
        self.type = self.module.function_type(function.index)
        self.frame = frame
        self.walk = walk
        self.depth = depth
        self.stack: list[Value] = []
        body = self.module.body(function.index)
        if body is None:
            raise Unproven("it is itself an import")
        self.reader = self.module.reader(body)
        for _ in range(self.reader.u32()):
            count = self.reader.u32()
            read_value_type(self.reader)
            if count > 64:
                raise Unproven("it has very many locals")
            self.frame += [Zero()] * count

    def run(self) -> tuple[Value, ...]:
        """Execute to the end."""
        while True:
            self.walk.step()
            start = self.reader.position
            operation, uses = decode(self.reader)
            match operation.name:
                case "local.get":
                    self.stack.append(self.frame[self._local(start)])
                case "local.set":
                    self.frame[self._local(start)] = self.stack.pop()
                case "local.tee":
                    self.frame[self._local(start)] = self.stack[-1]
                case "i32.const" | "i64.const":
                    self.stack.append(Constant(self.module.bytes(Slice(start, self.reader.position))))
                case "call":
                    self._call(uses[0].value)
                case "end" | "return":
                    count = len(self.type.results)
                    return tuple(self.stack[len(self.stack) - count :])
                case "nop":
                    pass
                case name:
                    raise Unproven(f"it {_does(name)} (`{name}`)")

    def _local(self, start: int) -> int:
        """Return the immediate of the one-byte operation that starts there."""
        return self.module.reader(Slice(start + 1, self.reader.position)).u32()

    def _call(self, index: int) -> None:
        type = self.module.function_type(index)
        count = len(type.parameters)
        arguments = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        imported = self.module.imported("func")
        if index >= imported:
            inner = CoreExport(self.instance, "func", index)
            self.stack += _run(inner, arguments, self.walk, self.depth + 1)
            return
        target = self._import(index)
        if isinstance(target, CoreExport):
            self.stack += _run(target, arguments, self.walk, self.depth + 1)
            return
        if len(type.results) > 1:
            raise Unproven("it calls what returns several values")
        self.walk.effects.append(Effect(target, arguments))
        if type.results:
            self.stack.append(Outcome(len(self.walk.effects) - 1))

    def _import(self, index: int) -> CoreFunction:
        """Return what the import of this function index resolves to."""
        functions = [
            item
            for declared, item in zip(self.module.imports, self.instance.imports, strict=True)
            if declared.sort == "func"
        ]
        return functions[index]
