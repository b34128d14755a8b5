"""Calls through a shim's table, where the table's content is known beforehand.

wit-component breaks the cycle between a lowered function and the memory it names by a
shim: a module whose functions each call one constant slot of a private table, which a
fix-up module fills by an active segment. Nothing here knows those modules by name.
A function is seen through where
* it does nothing but pass its parameters on to a constant slot of a table;
* the modules that have the table use it for nothing but indirect calls, and fill the
  slot exactly once, by an active segment at a constant offset;
* no start function runs between the table's making and its filling, so that no call can
  find the slot empty (such a call traps);
* the function in the slot has the caller's type.
Everything else stays as it is: only speed depends on this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fuser.merge.prune import prune
from fuser.program import CoreExport, CoreFunction, CoreInstance, CoreItem, Program, needed
from fuser.wasm.calls import only_called_through
from fuser.wasm.instructions import decode
from fuser.wasm.leb import PATTERN as LEB
from fuser.wasm.module import Module
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import Element, Slice, Sort
from fuser.wasm.types import FunctionType


@dataclass(frozen=True)
class Trampoline:
    """A function that passes its parameters on to slot `slot` of table `table`."""

    function: int
    type: FunctionType
    table: int
    slot: int


def devirtualise(program: Program) -> Program:
    """Return the program with `direct` set: for each function seen through, what it comes down to.

    Core instances that nothing can reach then are left out.
    """
    direct: dict[CoreExport, CoreFunction] = {}
    known = _Known(program.core_instances)
    for instance in program.core_instances:
        for trampoline in known.trampolines(instance):
            target = known.target(instance, trampoline)
            if target is not None:
                direct[CoreExport(instance, "func", trampoline.function)] = target
    ending = _ending(direct)
    return prune(replace(program, direct=_last({one: direct[one] for one in direct if one in ending})))


def _ending(direct: Mapping[CoreExport, CoreFunction]) -> set[CoreFunction]:
    """Return what comes down to guests' code or the host in the end: nothing that goes round in a ring.

    A ring may lead through lowers over lifts of trampolines; there the tables are what ends it.
    """
    ending: set[CoreFunction] = set()
    entered: set[CoreFunction] = set()
    pending: list[CoreFunction] = list(direct)
    while pending:
        function = pending[-1]
        parts = (direct[function],) if isinstance(function, CoreExport) and function in direct else needed(function)
        if function not in entered:
            entered.add(function)
            pending += [part for part in parts if part not in entered]
        else:
            pending.pop()
            if all(part in ending for part in parts):
                ending.add(function)
    return ending


def _last(direct: Mapping[CoreExport, CoreFunction]) -> dict[CoreExport, CoreFunction]:
    """Follow trampolines to trampolines, which must end somewhere."""
    ends: dict[CoreExport, CoreFunction] = {}
    for function in direct:
        path: list[CoreExport] = []
        target: CoreFunction = function
        while isinstance(target, CoreExport) and target in direct and target not in ends:
            path.append(target)
            target = direct[target]
        end = ends.get(target, target) if isinstance(target, CoreExport) else target
        ends |= dict.fromkeys(path, end)
    return ends


@dataclass(frozen=True)
class _Filled:
    """What a slot holds: the function, and its type as the filling module states it."""

    function: CoreItem
    type: FunctionType


@dataclass
class _Known:
    """What is known of tables and trampolines, found once."""

    instances: Sequence[CoreInstance]
    _trampolines: dict[Module, tuple[Trampoline, ...]] = field(default_factory=dict)
    _tables: dict[CoreExport, dict[int, _Filled]] = field(default_factory=dict)
    _has: dict[CoreInstance, list[CoreItem]] = field(default_factory=dict)
    _users: dict[CoreExport, list[tuple[CoreInstance, int]]] = field(default_factory=dict)
    _private: dict[tuple[Module, int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note which instances have which table, by which of their indices."""
        self._places = {instance: place for place, instance in enumerate(self.instances)}
        for instance in self.instances:
            self._has[instance] = _items(instance, "table")
            for index, table in enumerate(self._has[instance]):
                assert isinstance(table, CoreExport)
                self._users.setdefault(table, []).append((instance, index))

    def trampolines(self, instance: CoreInstance) -> tuple[Trampoline, ...]:
        """Return the trampolines of an instance's module."""
        module = instance.module
        if module not in self._trampolines:
            self._trampolines[module] = tuple(_trampolines(module)) if module.table_types else ()
        return self._trampolines[module]

    def target(self, instance: CoreInstance, trampoline: Trampoline) -> CoreFunction | None:
        """Return the function that a trampoline calls, if it can be no other."""
        table = self._has[instance][trampoline.table]
        assert isinstance(table, CoreExport)
        if table not in self._tables:
            self._tables[table] = self._contents(table)
        filled = self._tables[table].get(trampoline.slot)
        if filled is None or filled.type != trampoline.type:
            return None
        return filled.function

    def _contents(self, table: CoreExport) -> dict[int, _Filled]:
        """Return what the slots of a table are known to hold; nothing where anything is unusual."""
        users = self._users[table]
        definer = table.instance.module
        if definer.tables[table.index - definer.imported("table")].start is not None:
            return {}
        slots: dict[int, _Filled | None] = {}
        last = table.instance
        for user, index in users:
            for segment in user.module.elements:
                if segment.mode == "active" and segment.table == index:
                    first = _constant(user.module, segment)
                    if first is None:
                        return {}
                    for slot, filled in enumerate(_fillings(user, segment), first):
                        slots[slot] = None if slot in slots else filled
                    last = user
        if self._runs_between(table.instance, last):
            return {}
        # Last, for it looks at all code.
        if not all(self._only_called(user.module, index) for user, index in users):
            return {}
        return {slot: filled for slot, filled in slots.items() if filled is not None}

    def _only_called(self, module: Module, table: int) -> bool:
        """Whether a module's code uses a table for nothing but indirect calls."""
        where = module, table
        if where not in self._private:
            self._private[where] = only_called_through(module, table)
        return self._private[where]

    def _runs_between(self, first: CoreInstance, last: CoreInstance) -> bool:
        """Whether a start function runs after one instance is made and before another is."""
        between = self.instances[self._places[first] : self._places[last]]
        return any(instance.module.start is not None for instance in between)


def _items(instance: CoreInstance, sort: Sort) -> list[CoreItem]:
    """Return the definer's item behind each index of a sort."""
    module = instance.module
    pairs = zip(module.imports, instance.imports, strict=True)
    imported = [item for one, item in pairs if one.sort == sort]
    return [*imported, *(CoreExport(instance, sort, index) for index in range(len(imported), module.count(sort)))]


def _constant(module: Module, segment: Element) -> int | None:
    """Return the offset of a segment where it is one i32 constant."""
    assert segment.offset is not None
    reader = module.reader(segment.offset)
    operation, _ = decode(reader)
    if operation.name != "i32.const" or reader.position != segment.offset.end - 1:
        return None
    return Reader(module.data, segment.offset.start + 1).s32() & 0xFFFFFFFF


def _fillings(user: CoreInstance, segment: Element) -> list[_Filled | None]:
    """Return what a segment puts into its slots, None where that is not known."""
    if segment.functions is None:
        return [None] * len(segment.expressions or ())
    functions = _items(user, "func")
    filled: list[_Filled | None] = []
    for index in segment.functions:
        item, type = functions[index], user.module.plain_types[user.module.function_types[index]]
        filled.append(None if type is None or not isinstance(item, CoreFunction) else _Filled(item, type))
    return filled


# -- trampolines -----------------------------------------------------------------


# Its shape alone, for of what is as short there may be half a million functions.
_TRAMPOLINE = re.compile(rb"\x00(?:\x20%b)*+\x41%b[\x11\x13]%b%b\x0b" % (LEB, LEB, LEB, LEB))


def _trampolines(module: Module) -> Iterator[Trampoline]:
    types = module.plain_types
    # Two or six bytes for each parameter, and no more than twenty-five for the rest.
    longest = [0 if type is None else 6 * len(type.parameters) + 25 for type in types]
    first = module.imported("func")
    for function, (index, body) in enumerate(zip(module.functions, module.bodies, strict=True), first):
        type = types[index]
        if type is None or body.end - body.start > longest[index]:
            continue
        if _TRAMPOLINE.fullmatch(module.data, *body):
            found = _trampoline(module, function, type, body)
            if found is not None:
                yield found


def _trampoline(module: Module, function: int, type: FunctionType, body: Slice) -> Trampoline | None:
    reader = module.reader(body)
    if reader.u32():
        return None
    for parameter in range(len(type.parameters)):
        if reader.byte() != 0x20 or reader.u32() != parameter:
            return None
    if reader.byte() != 0x41:
        return None
    slot = reader.s32() & 0xFFFFFFFF
    if reader.byte() not in (0x11, 0x13) or not _is(module, reader.u32(), type):
        return None
    table = reader.u32()
    if reader.bytes(1) != b"\x0b" or not reader.done or table >= module.count("table"):
        return None
    return Trampoline(function, type, table, slot)


def _is(module: Module, index: int, type: FunctionType) -> bool:
    return index < len(module.types) and module.plain_types[index] == type
