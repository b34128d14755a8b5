"""What the fused module exports, and what the holder has of it, while the boundary is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, MutableMapping
from dataclasses import dataclass, field

from fuser.code import Code
from fuser.errors import Unsupported
from fuser.symbols import Function, Guest, Imported, Memory, Symbol, Table, Written
from fuser.wasm.syntax import Limits
from fuser.wrap.holder import TABLE
from fuser.wrap.plan import Held, HeldMemory, Holder, Supply, Trampoline

HOLDER = "$holder"
"""The module name under which the fused module imports what the holder has; no name of the root's is like it."""


MEMORY = "memory"
"""The name by which tools know the memory of a core module."""


def fresh(name: str, taken: Container[str], numbers: Counter[str]) -> str:
    """Return a name, numbered where it is taken; `numbers` remembers the last number of each."""
    unique = name
    while unique in taken:
        numbers[name] += 1
        unique = f"{name} {numbers[name]}"
    return unique


@dataclass(eq=False)
class Exports:
    """The exports of the fused module, in order; each symbol has one name."""

    exact: bool
    """Whether the names mean something to tools, as those of the core form do."""
    functions: Container[str] = frozenset()
    """Names of functions that are to come, which the memory leaves to them."""
    names: dict[str, Symbol] = field(default_factory=dict)
    _known: set[Symbol] = field(default_factory=set)
    _numbers: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, symbol: Symbol | None, *, again: bool = False) -> None:
        """Export a symbol; `again`: under this name too, where it has one already.

        Raises Unsupported where an exact name is taken.
        """
        if symbol is None or (symbol in self._known and not again):
            return
        if self.exact and name in self.names:
            raise Unsupported(f"the core form would have two exports called {name}")
        self.names[fresh(name, self.names, self._numbers)] = symbol
        self._known.add(symbol)

    def memory(self, symbol: Memory) -> None:
        """Export the memory, numbered where its name is that of a function."""
        self.add(fresh(MEMORY, self.functions, self._numbers), symbol)


@dataclass(eq=False)
class Holding:
    """A holder under construction."""

    supplies: MutableMapping[Imported, Supply]
    _memories: dict[Memory, HeldMemory] = field(default_factory=dict)
    """By the symbol that guests' code uses."""
    _trampolines: dict[Function, Trampoline] = field(default_factory=dict)

    def memory(self, memory: Memory, limits: Limits) -> Memory:
        """Put a memory into the holder; return it as the fused module imports it."""
        if memory not in self._memories:
            origin = Imported(HOLDER, f"memory{len(self._memories)}")
            self.supplies[origin] = Held(origin.name)
            symbol = Memory(memory.name, origin, memory.address)
            self._memories[memory] = HeldMemory(origin.name, symbol, limits)
        return self._memories[memory].symbol

    def trampoline(self, target: Function) -> None:
        """Make a function of the fused module callable before it is instantiated."""
        self._trampolines.setdefault(target, Trampoline(f"call{len(self._trampolines)}", target))

    def symbol(self, memory: Memory) -> Memory:
        """Return a memory as the fused module has it: held or its own."""
        return self._memories[memory].symbol if memory in self._memories else memory

    def guests(self) -> dict[Guest, Memory]:
        """Return the guests' memories that are held."""
        held = self._memories.items()
        return {guest.origin: one.symbol for guest, one in held if isinstance(guest.origin, Guest)}

    def holder(self) -> Holder | None:
        """Return the holder, if one is needed."""
        if not self._memories and not self._trampolines:
            return None
        table = None
        if self._trampolines:
            origin = Imported(HOLDER, TABLE)
            self.supplies[origin] = Held(TABLE)
            table = Table("trampolines", origin, tuple(map(_entry, self._trampolines)))
        return Holder(tuple(self._memories.values()), tuple(self._trampolines.values()), table)


def _entry(target: Function) -> Function:
    """Return what stands for a function in the table: itself, where an indirect call takes it for what it looks like.

    A guest's own type may be of a recursion group or open to subtypes, and is then another one.
    """
    if not isinstance(target.origin, Guest):
        return target
    module = target.origin.instance.module
    if module.plain_types[module.function_types[target.origin.index]] is not None:
        return target

    def write(code: Code) -> None:
        for parameter in range(len(target.type.parameters)):
            code.get(parameter)
        code.call(target)

    return Function(target.name, target.type, Written(write))
