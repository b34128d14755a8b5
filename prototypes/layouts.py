"""What a component stores in an object before it calls `resource.new` with its address.

A static analysis of the code that leads to each call (`prototypes.objects`), with how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fuser.builder import reallocs_of
from fuser.program import Builtin, CoreExport, CoreFunction, CoreInstance, Program, ResourceType
from fuser.wasm.calls import CallGraph
from fuser.wasm.types import I32, FunctionType
from prototypes.objects import Address, Parameter, Store, Value, handed_over


@dataclass(frozen=True)
class Site:
    """One call of `resource.new` and what is known of its argument there."""

    function: int
    """Index of the function with the call."""
    size: int | None
    """Bytes that were asked for; None where the argument is no allocation that was seen."""
    stores: tuple[Store, ...] = ()
    escapes: bool = False
    """Whether its address was put elsewhere, too."""
    known: bool = False
    """Whether the component's own realloc leads to that function, too."""

    @property
    def covered(self) -> bool:
        """Whether every byte of the object was seen to be written."""
        written = {byte for store in self.stores for byte in range(store.offset, store.offset + store.size)}
        return self.size is not None and 0 < self.size <= MAXIMUM_SIZE and written == set(range(self.size))

    @property
    def doubt(self) -> str:
        """Say why the layout is not certain; nothing where it is."""
        if self.size is None:
            return "its argument is not seen to be allocated"
        if not self.known:
            return "what allocates its argument is not what realloc leads to"
        if self.escapes:
            return "its address is put elsewhere, too"
        return "" if self.covered else f"not all of its {self.size} bytes are seen to be written"

    def __str__(self) -> str:
        """Return the finding in words."""
        fields = ", ".join(f"{store.size} bytes at {store.offset}" for store in self.stores) or "nothing"
        certain = f"unsure: {self.doubt}" if self.doubt else "certain"
        size = "unknown size" if self.size is None else f"{self.size} bytes"
        return f"function {self.function}: {size}, {fields} stored before the call ({certain})"


MAXIMUM_SIZE = 4096
"""Bytes of an object beyond which its layout is not looked into."""

MAXIMUM_LAYERS = 8
"""Functions that just hand their parameter on to `resource.new`, one calling the other, that are seen through."""


def sites(program: Program, type: ResourceType) -> tuple[Site, ...]:
    """Find the `resource.new` calls of a type in its definer, in the order of the code.

    Functions that hand their only parameter on count as `resource.new` themselves.
    """
    cores = tuple(core for core in program.core_instances if core.instance is type.definer)
    search = _Search(cores, type, _open(program, cores))
    for _ in range(MAXIMUM_LAYERS):
        before = len(search.makers)
        found = [(core, site) for core in cores for site in search.calls(core)]
        if len(search.makers) == before:
            break
    known = {core: CallGraph(core.module).reach(_reallocs(program, core)).functions for core in cores}
    return tuple(_site(function, value, known[core]) for core, (function, value) in found)


def _site(function: int, argument: Value, known: frozenset[int]) -> Site:
    if not isinstance(argument, Address) or argument.offset:
        return Site(function, None)
    made = argument.object
    stores = sorted(set(made.stores), key=lambda store: (store.offset, store.size))
    return Site(function, made.size, tuple(stores), made.escapes, made.allocator in known)


def _open(program: Program, cores: tuple[CoreInstance, ...]) -> frozenset[CoreExport]:
    """Return the functions that may be called from where no call of them is seen: lifted, or in a table."""
    found = {lift.function for lift in program.lifts if isinstance(lift.function, CoreExport)}
    for core in cores:
        for element in core.module.elements:
            functions = element.functions or ()
            found |= {item for index in functions if isinstance(item := _function(core, index), CoreExport)}
    return frozenset(found)


def _function(core: CoreInstance, index: int) -> CoreFunction:
    """Return what a function index of a core instance stands for."""
    if index >= core.module.imported("func"):
        return CoreExport(core, "func", index)
    pairs = zip(core.module.imports, core.imports, strict=True)
    return [item for one, item in pairs if one.sort == "func"][index]


def _reallocs(program: Program, core: CoreInstance) -> list[int]:
    """Return the functions of a core instance by which its component is asked for memory."""
    assert core.instance is not None
    items = reallocs_of(program, core.instance)
    return [item.index for item in items if isinstance(item, CoreExport) and item.instance is core]


@dataclass(eq=False)
class _Search:
    """The functions found so far that make objects of a type from their parameter."""

    cores: tuple[CoreInstance, ...]
    type: ResourceType
    open: frozenset[CoreExport]
    makers: set[CoreExport] = field(default_factory=set)
    _graphs: dict[CoreInstance, CallGraph] = field(default_factory=dict)

    def calls(self, core: CoreInstance) -> Iterator[tuple[int, Value]]:
        """Yield functions that call a maker, with its argument; those that are makers are only noted."""
        graph = self._graphs.setdefault(core, CallGraph(core.module))
        targets = frozenset(self._targets(core))
        for function in range(core.module.imported("func"), core.module.count("func") if targets else 0):
            item = CoreExport(core, "func", function)
            if item in self.makers or not targets.intersection(graph.calls(function).direct):
                continue
            values = tuple(handed_over(core.module, function, targets))
            if values == (Parameter(0),) and item not in self.open and _passes_one(core, function):
                self.makers.add(item)
            else:
                yield from ((function, value) for value in values)

    def _targets(self, core: CoreInstance) -> Iterator[int]:
        functions = (item for one, item in zip(core.module.imports, core.imports, strict=True) if one.sort == "func")
        for index, item in enumerate(functions):
            if self._is_new(item) or item in self.makers:
                yield index
        yield from (item.index for item in self.makers if item.instance is core)

    def _is_new(self, item: CoreFunction) -> bool:
        return isinstance(item, Builtin) and item.operation == "new" and item.use.type is self.type


def _passes_one(core: CoreInstance, function: int) -> bool:
    """Whether a function has the type of `resource.new`."""
    return core.module.function_type(function) == FunctionType((I32,), (I32,))
