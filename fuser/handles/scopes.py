"""The stack of open calls: borrow scopes, lenders and borrows received from outside.

Synchronous calls nest, so everything that one call must undo lies in one frame. An
adapter marks the top when it begins, pushes its scope (a count of the borrows that the
callee still holds; a borrow entry names the scope by its address) and whatever comes in
lists, and goes back to the mark when the call is over. A call whose handles are all
scalars and reach their definers keeps everything in locals and never comes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fuser.code import Code
from fuser.handles.interface import Builder
from fuser.symbols import Function, Global, Memory
from fuser.traps import Trap
from fuser.wasm.types import I32, FunctionType

WORD = 4


@dataclass(frozen=True, eq=False)
class Stack:
    """A private stack of words; address 0 stays unused, so that a scope of 0 means none."""

    memory: Memory
    top: Global
    grow: Function

    @staticmethod
    def make(build: Builder) -> Stack:
        """Make the stack of a program, empty."""
        memory = build.memory("open calls", 1)

        def grow(code: Code) -> None:
            code.i32(1)
            code.memory_grow(memory)
            code.i32(-1)
            code.op("i32.eq")
            code.trap_if(Trap.TABLE_FULL)

        top = build.cell("open calls top", I32, WORD)
        return Stack(memory, top, build.function("open calls grow", FunctionType(), grow))

    def mark(self, code: Code, local: int) -> None:
        """Emit: keep the top in a local."""
        code.global_get(self.top)
        code.set(local)

    def push(self, code: Code, word: Callable[[], None]) -> None:
        """Emit: push the word that `word` emits, which must not touch the stack."""
        code.global_get(self.top)
        code.memory_size(self.memory)
        code.i32(16)
        code.op("i32.shl", "i32.ge_u")
        with code.if_():
            code.call(self.grow)
        code.global_get(self.top)
        word()
        code.access("i32.store", self.memory, 0, 2)
        code.global_get(self.top)
        code.i32(WORD)
        code.op("i32.add")
        code.global_set(self.top)

    def count(self, code: Code, scope: int, amount: int) -> None:
        """Emit: change the count of the scope whose address is in a local."""
        code.get(scope)
        code.get(scope)
        self.held(code)
        code.i32(amount)
        code.op("i32.add")
        code.access("i32.store", self.memory, 0, 2)

    def held(self, code: Code) -> None:
        """Emit: pop the address of a scope, push how many borrows are left in it."""
        code.access("i32.load", self.memory, 0, 2)

    @contextmanager
    def each(self, code: Code, cursor: int, step: int) -> Iterator[None]:
        """Emit a loop over the words from the address in a local up to the top.

        The body finds the address of `step` words in `cursor`, which it leaves alone.
        """
        with code.block() as done, code.loop() as again:
            code.get(cursor)
            code.global_get(self.top)
            code.op("i32.ge_u")
            code.branch_if(done)
            yield
            code.get(cursor)
            code.i32(step * WORD)
            code.op("i32.add")
            code.set(cursor)
            code.branch(again)

    def word(self, code: Code, cursor: int, number: int) -> None:
        """Emit: push the word of this number at the address in a local."""
        code.get(cursor)
        code.access("i32.load", self.memory, number * WORD, 2)

    def unwind(self, code: Code, mark: int) -> None:
        """Emit: drop everything above the mark in a local."""
        code.get(mark)
        code.global_set(self.top)
