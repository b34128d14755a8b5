"""What goes into the merge and what comes out of it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from fuser.program import Builtin, ContextSlot, CoreExport, CoreFunction, CoreInstance, Lower
from fuser.symbols import Function, Global, Guest, Imported, Memory, Region, Symbol, Table
from fuser.traps import Trap


@dataclass(frozen=True)
class Draft:
    """One core module to be: guests, and what their component-level imports became.

    Written functions are found from `bound`, `exports` and each other; what nothing
    reaches is not emitted.
    """

    core_instances: tuple[CoreInstance, ...]
    bound: Mapping[Lower | Builtin | ContextSlot, Function]
    """What a guest calls where it imports a lowered function or a builtin."""
    exports: tuple[tuple[str, Symbol], ...]
    tables: tuple[Table, ...] = ()
    """Imported or private tables that an active segment of this module fills."""
    reserved: tuple[Region, ...] = ()
    """Pages added at the initial end of guests' memories."""
    slots: tuple[Global, ...] = ()
    """Context slots: each start function is a task of its own, which begins with 0 in them."""
    roots: tuple[Function, ...] = ()
    """Written functions to emit though nothing in the module reaches them."""
    direct: Mapping[CoreExport, CoreFunction] = field(default_factory=dict)
    """Guests' functions that only pass on to another function, which is called instead."""
    held: Mapping[Guest, Memory] = field(default_factory=dict)
    """Guests' own memories that the wrapper's holder defines (origin `Imported`): the module
    imports each under that origin, with the limits of the guest's definition."""
    foreign: Container[Symbol] = frozenset()
    """State of other modules beside this one, which no code of this one may mention; it may
    grow while functions are written."""


@dataclass(frozen=True)
class MergedImport:
    """An import of the merged module."""

    origin: Imported
    symbol: Function | Memory | Global | Table


@dataclass(frozen=True)
class Merged:
    """A merged core module."""

    data: bytes
    imports: tuple[MergedImport, ...]
    exports: tuple[tuple[str, Symbol], ...]
    sites: tuple[tuple[int, Trap], ...]
    """Offset of each trap site's `unreachable` in `data`, ascending; of an `if` right before it, too."""
    contents: Mapping[Memory, bytes] = field(default_factory=dict)
    """The data section of the module that defines a held memory, for those that do not begin empty."""
