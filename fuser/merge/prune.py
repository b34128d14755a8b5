"""Core instances that nothing can reach: mostly shims whose calls have become direct, and their fix-ups.

Each has a table, and an engine takes a hundred of them in one module. An instance may go
where nobody uses an item of it, and its instantiation does nothing that anybody could see:
it runs no start function, writes to no table or memory of an instance that stays, and
cannot trap. Whatever cannot be told stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from fuser.program import CoreExport, CoreInstance, CoreItem, Program, behind, named_items
from fuser.wasm.instructions import decode, decode_all
from fuser.wasm.module import Module
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import PAGE, Limits, Slice, Sort

MOST_PAGES = 65536
"""Pages of the largest 32-bit memory; of a larger one an engine may not have the addresses."""
MOST_ELEMENTS = 10_000_000
"""Elements of the largest table that every engine makes (WebAssembly JavaScript Interface, "Limits")."""

_ARRAYS = frozenset({"array.new", "array.new_default"})


def prune(program: Program) -> Program:
    """Return the program without the core instances that nothing can reach."""
    live = _Live(program)
    for item in named_items(program):
        live.use(item)
    for instance in program.core_instances:
        if instance.module.start is not None:
            live.keep(instance)
        for target in _written(instance):
            live.writers.setdefault(target, []).append(instance)
    live.spread()
    for instance in program.core_instances:
        if instance not in live.kept and not (_fits(instance.module) and _can_be_made(instance.module)):
            live.keep(instance)
            live.spread()
    return replace(program, core_instances=tuple(one for one in program.core_instances if one in live.kept))


@dataclass
class _Live:
    """What stays, and what still is to be looked at because of it."""

    program: Program
    kept: dict[CoreInstance, None] = field(default_factory=dict)
    writers: dict[CoreInstance, list[CoreInstance]] = field(default_factory=dict)
    """Those whose segments write to an instance's tables and memories."""
    left: list[CoreInstance] = field(default_factory=list)

    def use(self, item: CoreItem | None) -> None:
        """Keep the instance that an item comes down to, if it is one's."""
        item = item and behind(item, self.program.direct)
        if isinstance(item, CoreExport):
            self.keep(item.instance)

    def keep(self, instance: CoreInstance) -> None:
        """Keep an instance."""
        if instance not in self.kept:
            self.kept[instance] = None
            self.left.append(instance)

    def spread(self) -> None:
        """Keep what the kept ones use, and what writes to them."""
        while self.left:
            instance = self.left.pop()
            for item in instance.imports:
                self.use(item)
            for writer in self.writers.get(instance, ()):
                self.keep(writer)


def _written(instance: CoreInstance) -> Iterator[CoreInstance]:
    """Yield the other instances to whose tables and memories an instance's active segments write."""
    module = instance.module
    targets: dict[Sort, set[int]] = {
        "table": {one.table for one in module.elements if one.mode == "active"},
        "memory": set(module.segments.memories),
    }
    for sort, indices in targets.items():
        pairs = zip(module.imports, instance.imports, strict=True)
        imported = [item for one, item in pairs if one.sort == sort]
        for item in (imported[index] for index in sorted(indices) if index < len(imported)):
            assert isinstance(item, CoreExport)
            yield item.instance


def _fits(module: Module) -> bool:
    """Whether all active segments lie at constant places within what is there from the beginning."""
    elements = (
        _within(module, one.offset, len(one.functions or one.expressions or ()), module.table_types[one.table].limits)
        for one in module.elements
        if one.mode == "active"
    )
    data = (
        _within(module, one.offset, one.contents.end - one.contents.start, module.memory_types[one.memory], PAGE)
        for one in module.segments
        if one.offset is not None
    )
    return all(elements) and all(data)


def _can_be_made(module: Module) -> bool:
    """Whether what is made at instantiation has a size and a kind that no engine refuses."""
    values = chain(
        (one.start for one in module.globals),
        (one.start for one in module.tables),
        *(one.expressions or () for one in module.elements),  # those of passive segments are evaluated, too
    )
    return not (
        any(limits.shared or limits.minimum > MOST_PAGES for limits in module.memories)
        or any(table.type.limits.minimum > MOST_ELEMENTS for table in module.tables)
        or any(_has_length(module, value) for value in values if value is not None)
    )


def _has_length(module: Module, value: Slice) -> bool:
    """Whether an initial value holds an array whose length is computed: too long a one traps."""
    return any(operation.name in _ARRAYS for operation, _ in decode_all(module.reader(value)))


def _within(module: Module, offset: Slice | None, length: int, limits: Limits, unit: int = 1) -> bool:
    """Whether an offset is one constant and what lies there is within the minimum."""
    if offset is None:
        return True
    reader = module.reader(offset)
    operation, _ = decode(reader)
    if operation.name not in ("i32.const", "i64.const") or reader.position != offset.end - 1:
        return False
    bits = 32 if operation.name == "i32.const" else 64
    start = Reader(module.data, offset.start + 1).s64() % (1 << bits)
    return start + length <= limits.minimum * unit
