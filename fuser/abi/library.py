"""Functions that adapters of one fusion share: transcoders, checks, conversions of large types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fuser.code import Code
from fuser.program import Encoding
from fuser.symbols import Function, Memory, Written
from fuser.wasm.types import FunctionType


@dataclass(frozen=True)
class End:
    """Where the values of one side of a call lie, and how its strings are written.

    `realloc` is what an adapter calls, guards included; None where nothing is allocated.
    """

    memory: Memory | None
    encoding: Encoding
    realloc: Function | None


@dataclass(frozen=True)
class Route:
    """From the end where values are lifted to the end where they are lowered."""

    source: End
    target: End
    outside: bool = False
    """Whether one end is the outside's, where the engine lifts or lowers once more."""

    @property
    def shared(self) -> bool:
        """Whether both ends are one memory: pointers then mean the same on both sides.

        Two instances share nothing; only the outside may read and write in a guest's memory.
        """
        return self.source.memory is not None and self.source.memory is self.target.memory


@dataclass
class Library:
    """What was made so far, by what it does."""

    functions: dict[tuple[object, ...], Function] = field(default_factory=dict)

    def function(
        self, key: tuple[object, ...], name: str, type: FunctionType, write: Callable[[Code], None]
    ) -> Function:
        """Return the function of this key, made at first request."""
        found = self.functions.get(key)
        if found is None:
            found = self.functions[key] = Function(name, type, Written(write))
        return found
