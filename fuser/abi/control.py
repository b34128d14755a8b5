"""May-leave flags, exception barriers and context slots: what guards a call across instances.

Each guard is emitted only where a guest could tell that it is missing (`fuser/abi/reach.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fuser.abi.layout import Shapes
from fuser.abi.library import Library
from fuser.abi.reach import context_slots, leaving, throwing
from fuser.code import Code, Writer
from fuser.handles.interface import Party
from fuser.program import ContextSlot, Instance, Program
from fuser.symbols import Function, Global, Private, Written
from fuser.traps import Trap
from fuser.wasm.types import I32, FunctionType, ValueType


@dataclass(frozen=True, eq=False)
class Control:
    """What adapters of one fusion share."""

    leaving: frozenset[Instance] = frozenset()
    """Instances whose may-leave flag matters."""
    throwing: frozenset[Instance] = frozenset()
    """Instances whose code can throw."""
    using_context: frozenset[Instance] = frozenset()
    """Instances that have context slots."""
    library: Library = field(default_factory=Library)
    shapes: Shapes = field(default_factory=Shapes)
    _flags: dict[Instance, Global] = field(default_factory=dict)
    _slots: dict[int, Global] = field(default_factory=dict)
    _outers: dict[int, Global] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program) -> Control:
        """Find out which guards a program needs."""
        slots = tuple(context_slots(program))
        control = cls(leaving(program), throwing(program), frozenset(one.instance for one in slots))
        for one in slots:
            control.context(one.slot)
        return control

    # -- may-leave ------------------------------------------------------------

    def flag(self, party: Party) -> Global | None:
        """Return the flag of an instance, 1 while it may leave; None where nobody could tell."""
        if not isinstance(party, Instance) or party not in self.leaving:
            return None
        return self._flags.setdefault(party, Global(f"may leave {party.label}", I32, Private(1)))

    def check_leave(self, party: Party, code: Code) -> None:
        """Emit: trap where the instance may not leave now (lowered imports, `new`, `drop`)."""
        flag = self.flag(party)
        if flag is not None:
            code.global_get(flag)
            code.op("i32.eqz")
            code.trap_if(Trap.CANNOT_LEAVE)

    @contextmanager
    def staying(self, party: Party, code: Code) -> Iterator[None]:
        """Emit the body with the instance's may-leave flag off.

        It is on before: nobody enters an instance while its own realloc or post-return runs.
        """
        flag = self.flag(party)
        if flag is not None:
            code.i32(0)
            code.global_set(flag)
        yield
        if flag is not None:
            code.i32(1)
            code.global_set(flag)

    # -- exceptions ---------------------------------------------------------------

    def throws(self, party: Party) -> bool:
        """Whether an exception could come out of a call of this party's code."""
        return isinstance(party, Instance) and party in self.throwing

    @contextmanager
    def barrier(self, party: Party, code: Code, *results: ValueType) -> Iterator[None]:
        """Emit the body, arguments and call, so that no exception passes."""
        if not self.throws(party):
            yield
            return
        with code.block(*results) as done:
            with code.block() as caught:
                with code.try_(caught, *results):
                    yield
                code.branch(done)
            code.trap(Trap.UNCAUGHT_EXCEPTION)

    # -- context slots ---------------------------------------------------------------

    def has_context(self, party: Party) -> bool:
        """Whether code of this party can see context slots."""
        return isinstance(party, Instance) and party in self.using_context

    def context(self, slot: int) -> Global:
        """Return the global that is a context slot of the running task."""
        return self._slots.setdefault(slot, Global(f"context {slot}", I32, Private()))

    @property
    def slots(self) -> tuple[Global, ...]:
        """The context slots that there are."""
        return tuple(slot for _, slot in sorted(self._slots.items()))

    def context_function(self, item: ContextSlot) -> Function:
        """Return `context.get` or `context.set` as a function."""
        variable = self.context(item.slot)

        def get(code: Code) -> None:
            code.global_get(variable)

        def set_(code: Code) -> None:
            code.get(0)
            code.global_set(variable)

        if item.operation == "get":
            return Function(f"context.get {item.slot}", FunctionType((), (I32,)), Written(get))
        return Function(f"context.set {item.slot}", FunctionType((I32,)), Written(set_))

    @contextmanager
    def task(self, party: Party, code: Code) -> Iterator[None]:
        """Emit the body as a task of its own: slots start at 0 and are put back behind it."""
        saved = self._save(code) if self.has_context(party) else []
        yield
        for slot, local in saved:
            code.get(local)
            code.global_set(self.context(slot))

    # -- calls without values to translate ------------------------------------------------

    def guarded(self, party: Party, function: Function) -> Function:
        """Return a guest's realloc or destructor as another instance's code calls it."""
        if not self.throws(party) and not self.has_context(party):
            return function

        def write(code: Code) -> None:
            with self.task(party, code), self.barrier(party, code, *function.type.results):
                _call(code, function)

        return self._wrapped("guarded", function, write)

    def host_call(self, party: Party, function: Function) -> Function:
        """Return a host function as the instance calls it: only while it may leave."""
        if self.flag(party) is None:
            return function

        def write(code: Code) -> None:
            self.check_leave(party, code)
            _call(code, function)

        return self._wrapped(("host call", party), function, write)

    def host_realloc(self, party: Party, function: Function) -> Function:
        """Return a guest's realloc as the host calls it: it may not leave, and is a task of its own."""
        if self.flag(party) is None and not self.has_context(party):
            return function

        def write(code: Code) -> None:
            with self.staying(party, code), self.task(party, code):
                _call(code, function)

        return self._wrapped("host realloc", function, write)

    def host_entry(self, party: Party, function: Function, *, post_return: bool = False) -> Function:
        """Return a lifted function as the host calls it: a task of its own.

        Where a post-return follows (`host_post_return`), the task's slots stay for it.
        """
        if not self.has_context(party):
            return function

        def write(code: Code) -> None:
            if not post_return:
                with self.task(party, code):
                    _call(code, function)
                return
            saved = self._save(code)
            _call(code, function)
            for slot, local in saved:
                code.get(local)
                code.global_set(self._outer(slot))

        return self._wrapped(("host entry", post_return), function, write)

    def host_post_return(self, party: Party, function: Function) -> Function:
        """Return a post-return as the host calls it: it may not leave, and ends the task."""
        if self.flag(party) is None and not self.has_context(party):
            return function

        def write(code: Code) -> None:
            with self.staying(party, code):
                _call(code, function)
            if self.has_context(party):
                for slot, variable in sorted(self._slots.items()):
                    code.global_get(self._outer(slot))
                    code.global_set(variable)

        return self._wrapped("host post-return", function, write)

    def _wrapped(self, key: object, function: Function, write: Writer) -> Function:
        name = key if isinstance(key, str) else "host call"
        return self.library.function((key, function), f"{name} {function.name}", function.type, write)

    def _outer(self, slot: int) -> Global:
        """Return where a slot of the caller's task waits for the post-return."""
        return self._outers.setdefault(slot, Global(f"outer context {slot}", I32, Private()))

    def _save(self, code: Code) -> list[tuple[int, int]]:
        """Emit: put every slot into a local and begin at 0."""
        saved = []
        for slot, variable in sorted(self._slots.items()):
            local = code.local(I32)
            code.global_get(variable)
            code.set(local)
            code.i32(0)
            code.global_set(variable)
            saved.append((slot, local))
        return saved


def _call(code: Code, function: Function) -> None:
    """Emit: call with the parameters of the body's own function."""
    for index in range(len(function.type.parameters)):
        code.get(index)
    code.call(function)
