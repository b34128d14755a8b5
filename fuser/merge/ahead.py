"""Data that is in its memory before the fused module is there.

A memory that the wrapper holds is imported by the fused module, and what an engine copies into an
imported memory it cannot lay out when it compiles. wasmtime writes code for each segment then: for
the tens of thousands of a Go program that takes longer than compiling the rest. So the module that
defines such a memory has the segments too, where nobody could tell the difference.
"""

from __future__ import annotations

from collections.abc import Mapping

from fuser.draft import Draft
from fuser.merge.spaces import Resolver
from fuser.program import CoreInstance
from fuser.symbols import Memory
from fuser.wasm.data import Run
from fuser.wasm.module import Module
from fuser.wasm.syntax import PAGE


def placed_ahead(draft: Draft, resolver: Resolver) -> Mapping[CoreInstance, Memory]:
    """Return the instances all of whose segments go with the held memory they write to.

    Of those that write to a memory it is the first, and all it has are active segments at
    numbers. Once code has run, i.e. a start function or what fills a table, the memory must be
    its own, which that code has not seen, and placing the segments must not trap.
    """
    unwritten = {resolver.symbol(memory): memory for memory in draft.held.values()}
    ahead: dict[CoreInstance, Memory] = {}
    late = False
    for instance in draft.core_instances:
        module = instance.module
        late = late or any(table.start is not None for table in module.tables)
        plain = all(isinstance(part, Run) for part in module.segments.parts)  # into one memory, then
        for index in module.segments.memories:
            memory = unwritten.pop(resolver.item(instance, "memory", index), None)
            if memory is not None and plain and not (late and _may_show(module)):
                ahead[instance] = memory
        late = late or module.start is not None
    return ahead


def _may_show(module: Module) -> bool:
    """Whether code that ran before could tell when the segments are placed."""
    return bool(module.imported("memory")) or module.segments.reach > module.memories[0].minimum * PAGE
