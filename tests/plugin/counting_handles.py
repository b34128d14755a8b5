"""The faithful tables with a limit on how many objects are made: an example of a plug-in.

Mechanism: each `resource.new` counts in a private global and traps past the limit.

Invariants: those of the faithful tables.

Not handled: objects that the host makes.

Source: this example.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from fuser.code import Code
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need
from fuser.program import Builtin, Program
from fuser.symbols import Global
from fuser.traps import Trap
from fuser.wasm.types import I32


@dataclass(frozen=True)
class Counting:
    """The faithful tables; option: `limit`, the number of objects that may be made."""

    name: ClassVar[str] = "counting"
    claim: ClassVar[Claim] = Claim(
        path="X", locus="meld", needs=frozenset({Need.MEMORY, Need.CELL, Need.GUEST}), references=("this example",)
    )
    limit: int = 1000

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given."""
        del build
        return Arrangement(program)

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables and one count."""
        return CountingHandles(program, build, limit=self.limit)


@dataclass(eq=False)
class CountingHandles(CanonicalHandles):
    """Counts what is made."""

    limit: int = field(kw_only=True)
    made: Global = field(init=False)

    def __post_init__(self) -> None:
        """Make the count."""
        super().__post_init__()
        self.made = self.build.cell("objects made", I32)

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Count, then do as ever."""
        if builtin.operation == "new":
            code.global_get(self.made)
            code.i32(self.limit)
            code.op("i32.ge_u")
            code.trap_if(Trap.TABLE_FULL)
            code.global_get(self.made)
            code.i32(1)
            code.op("i32.add")
            code.global_set(self.made)
        super().builtin(builtin, code)
