"""The linked program: what a composed component does, with every reference resolved.

`link` makes it by interpreting the component abstractly; a strategy sees nothing else;
`merge`, `abi` and `wrap` turn it into code. Everything refers by object; ids are
dense numbers in creation order, for tables and for messages.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from fuser.component import tree
from fuser.types import FuncType, ResourceName, ValType
from fuser.wasm.module import Module


class Encoding(Enum):
    """How a lift or lower represents strings."""

    UTF8 = "utf8"
    UTF16 = "utf16"
    LATIN1_UTF16 = "latin1+utf16"


# -- instances --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Instance:
    """One component instance: a handle table, a may-leave flag, and a definer of resources."""

    id: int
    parent: Instance | None
    label: str
    """Where it came from, e.g. `leaf` or `component 3`; for messages and labels only."""


@dataclass(frozen=True, eq=False)
class CoreInstance:
    """One instantiation of a core module, at its place in the order of execution.

    `imports` has one resolved item per import of `module`, in its order.
    """

    id: int
    instance: Instance
    module: Module
    imports: tuple[CoreItem, ...]


@dataclass(frozen=True)
class CoreExport:
    """An item of a core instance: the definer's own, never a re-export.

    `sort` as in core exports: func, table, memory, global or tag.
    """

    instance: CoreInstance
    sort: Literal["func", "table", "memory", "global", "tag"]
    index: int


# -- resources --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ResourceType:
    """A runtime resource type: one per definition per instantiation of its component.

    `definer` is None for a type that the outside (a root import) defines.
    `destructor` is a core function of the definer, taking the rep.
    """

    id: int
    definer: Instance | None
    label: str
    destructor: CoreFunction | None
    offset: int | None = None


@dataclass(frozen=True, eq=False)
class StaticResource:
    """A resource type as one component instance sees it.

    A `(sub resource)` import makes a new one in the importer, as a definition does in
    the definer; `eq` bounds, aliases and exports keep theirs. wasmtime tags table
    entries with (holder, static resource): two imports of one runtime type differ.
    """

    type: ResourceType
    label: str
    """The name it has there, e.g. `example:floats/test#float`; never used to resolve."""


@dataclass(frozen=True, eq=False)
class ResourceUse:
    """A static resource in the hands of one instance: what a handle-table entry is tagged with.

    `id` numbers the uses of one instance from 0. There is one object per (instance, resource).
    """

    id: int
    instance: Instance
    resource: StaticResource

    @property
    def type(self) -> ResourceType:
        """The runtime type."""
        return self.resource.type

    @property
    def defines(self) -> bool:
        """Whether the holder is the definer, who sees reps where others see handles."""
        return self.resource.type.definer is self.instance


# -- functions --------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    """Canonical options of a lift or lower, resolved."""

    encoding: Encoding = Encoding.UTF8
    memory: CoreExport | None = None
    realloc: CoreFunction | None = None
    post_return: CoreFunction | None = None


@dataclass(frozen=True, eq=False)
class Lift:
    """A core function seen as a component function of `instance`."""

    id: int
    instance: Instance
    function: CoreFunction
    type: FuncType
    options: Options
    label: str
    """How it is exported where it was lifted first, e.g. `example:floats/test#[method]float.get`."""
    offset: int | None = None


@dataclass(frozen=True, eq=False)
class HostFunction:
    """A function that the root imports; `path` is the import name, then names inside it."""

    id: int
    path: tuple[str, ...]
    type: FuncType


@dataclass(frozen=True, eq=False)
class Lower:
    """A component function seen as a core function by `instance`.

    `type` is the function's type as the caller's instance declares it: its handles are
    the caller's static resources, those of `callee.type` the callee's.
    """

    id: int
    instance: Instance
    callee: Lift | HostFunction
    type: FuncType
    options: Options
    label: str
    offset: int | None = None


@dataclass(frozen=True, eq=False)
class Builtin:
    """`resource.new`, `resource.drop` or `resource.rep` as a core function of an instance."""

    id: int
    operation: Literal["new", "drop", "rep"]
    use: ResourceUse
    label: str
    """As the first core module that receives it imports it: `MODULE NAME`, else empty."""
    offset: int | None = None


@dataclass(frozen=True, eq=False)
class ContextSlot:
    """`context.get` or `context.set` of one slot."""

    id: int
    operation: Literal["get", "set"]
    slot: int
    instance: Instance


CoreFunction = CoreExport | Lower | Builtin | ContextSlot
"""Anything that can stand where a core function is called for; a CoreExport of sort func."""

CoreItem = CoreFunction
"""What an import of a core module resolves to; a CoreExport may be of any sort."""


# -- the outside --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class InstanceType:
    """The type of an imported or exported instance: named items in order."""

    exports: tuple[tuple[str, ExternType], ...]


@dataclass(frozen=True, eq=False)
class DeclaredType:
    """The type of an instance, of a component or of core items, as the input declares it.

    Nothing that runs is of such a type: the root only exports it, so it is carried as it
    is. `around` resolves what it takes from the scopes around it, by level and reference as
    `component.walk.rewrite` gives them.
    """

    definition: tree.TypeDefinition | tree.CoreType
    around: Mapping[tuple[int, tree.Reference], Around]


@dataclass(frozen=True, eq=False)
class CoreMember:
    """The core type at a position of a recursion group; `group` is None within the group itself."""

    group: DeclaredType | None
    position: int


BoundType = ValType | FuncType | StaticResource | DeclaredType
Around = BoundType | CoreMember


@dataclass(frozen=True, eq=False)
class TypeBound:
    """A type import or export: equal to a type, or a resource (fresh, or one seen before).

    For a value type this is the `Named` object that later types refer to. Types of
    functions, instances and components are exported only. A resource may have a name, which
    handle types that mean it under that name refer to.
    """

    type: BoundType
    name: ResourceName | None = None


ExternType = FuncType | InstanceType | TypeBound


@dataclass(frozen=True, eq=False)
class ExportedInstance:
    """An instance that the root exports: named items in order."""

    items: tuple[tuple[str, ExportItem], ...]


@dataclass(frozen=True, eq=False)
class ExportedFunction:
    """A function that the root exports, with its type as the root's exports name it."""

    lift: Lift
    type: FuncType


ExportItem = ExportedFunction | ExportedInstance | TypeBound


@dataclass(frozen=True)
class Program:
    """A composed component, linked."""

    instances: tuple[Instance, ...]
    core_instances: tuple[CoreInstance, ...]
    """In the order in which they are instantiated."""
    resources: tuple[ResourceType, ...]
    uses: tuple[ResourceUse, ...]
    lifts: tuple[Lift, ...]
    lowers: tuple[Lower, ...]
    builtins: tuple[Builtin, ...]
    imports: tuple[tuple[str, ExternType], ...]
    """Root imports in order."""
    exports: tuple[tuple[str, ExportItem], ...]
    """Root exports in order."""
    use_of: Mapping[tuple[Instance, StaticResource], ResourceUse] = field(repr=False)
    """The use of every static resource that a type of an instance's lifts, lowers or builtins mentions."""
    left_out: tuple[int, ...] = ()
    """Of several inputs, the numbers of those that nothing is taken from."""
    direct: Mapping[CoreExport, CoreFunction] = field(default_factory=dict, repr=False)
    """Core functions that only pass on to another one, and that one (`devirtualise`)."""


def unfinished(type: DeclaredType, finished: Container[object]) -> Iterator[DeclaredType]:
    """Yield a declared type and those that it takes, each after those that it takes itself.

    Whoever iterates is to finish each before asking for the next; no recursion, as one may
    take another over any number of steps.
    """
    pending = [type]
    while pending:
        current = pending[-1]
        if current in finished:
            pending.pop()
        elif missing := [one for one in map(_declared, current.around.values()) if one and one not in finished]:
            pending += missing
        else:
            yield current


def _declared(item: Around) -> DeclaredType | None:
    declared = item.group if isinstance(item, CoreMember) else item
    return declared if isinstance(declared, DeclaredType) else None


def needed(item: CoreFunction) -> tuple[CoreFunction, ...]:
    """Return what a core function is made of: for a lower over a lift, all that its adapter may call."""
    if not (isinstance(item, Lower) and isinstance(item.callee, Lift)):
        return ()
    lift = item.callee
    parts = (lift.function, item.options.realloc, lift.options.realloc, lift.options.post_return)
    return tuple(part for part in parts if part is not None)


def named_items(program: Program) -> Iterator[CoreItem]:
    """Yield the core items that the component level names: what is lifted, options and destructors."""
    for lift in program.lifts:
        options = lift.options
        named = (lift.function, options.memory, options.realloc, options.post_return)
        yield from (item for item in named if item is not None)
    for lower in program.lowers:
        yield from (item for item in (lower.options.memory, lower.options.realloc) if item is not None)
    yield from (one.destructor for one in program.resources if one.destructor is not None)


def behind(item: CoreItem, direct: Mapping[CoreExport, CoreFunction]) -> CoreItem:
    """Return what is called or used in the end where an item is named; `direct` is a program's."""
    return direct.get(item, item) if isinstance(item, CoreExport) else item
