"""What the wrapper gives to a fused core module, and what it lifts out of it.

The builder (`fuser/builder.py`) records a `Supply` for each `Imported` symbol that it
hands out; `fuser/wrap/boundary.py` adds those of host functions and says how each
exported function is lifted; `fuser/wrap/wrapper.py` writes the component from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fuser.program import Encoding, ExportedFunction, HostFunction, ResourceType
from fuser.symbols import Function, Guest, Imported, Memory, Symbol, Table
from fuser.wasm.syntax import Limits

if TYPE_CHECKING:
    from fuser.draft import Merged

Operation = Literal["new", "rep", "drop"]

# -- resource types of the wrapper ----------------------------------------------


@dataclass(frozen=True)
class OutsideType:
    """A resource type that the root imports; the wrapper can only drop its handles."""

    type: ResourceType


@dataclass(frozen=True, eq=False)
class CanonicalType:
    """A resource type that the wrapper defines (`Builder.canonical`).

    Where `key` is a ResourceType that the root exports, it is the exported type.
    `destructor` (rep → nothing) is called by the host through the holder, so each type
    that has one costs a trampoline. The host needs it only where it may drop a handle
    itself, i.e. for exported types; elsewhere the wrapper is the sole holder and
    `rep`, `drop` and a call of the destructor in the fused module do the same.
    """

    key: object
    label: str
    destructor: Function | None = None


@dataclass(frozen=True, eq=False)
class KeeperType:
    """A resource type whose table is that of a nested component (`Builder.keeper`).

    Types with one `table` (compared by equality) live in one nested component. They have
    no destructor: `Canonical.drop` of a keeper is `rep`, `drop`, then the destructor, all
    called by the fused module.
    """

    key: object
    label: str
    table: object


WrapperType = OutsideType | CanonicalType | KeeperType


# -- supplies --------------------------------------------------------------------


@dataclass(frozen=True)
class ResourceOperation:
    """`resource.new`, `resource.rep` or `resource.drop` of a type of the wrapper."""

    operation: Operation
    type: WrapperType


@dataclass(frozen=True)
class HostLower:
    """A host function, lowered with these options.

    `memory` must be one of the holder's, `realloc` one of its trampolines.
    """

    function: HostFunction
    encoding: Encoding = Encoding.UTF8
    memory: Memory | None = None
    realloc: Function | None = None


@dataclass(frozen=True, eq=False)
class ExtraModule:
    """A further core module (`Builder.module`), instantiated before the fused one.

    Its imports are supplied as the fused module's are, but for the exports of later modules.
    """

    name: str
    merged: Merged


@dataclass(frozen=True)
class ModuleExport:
    """An export of a further core module."""

    module: str
    name: str


@dataclass(frozen=True)
class Held:
    """A memory, the table, or a trampoline of the holder, by its export name."""

    name: str


Supply = HostLower | ResourceOperation | ModuleExport | Held


# -- the holder --------------------------------------------------------------------


@dataclass(frozen=True)
class HeldMemory:
    """A memory of the holder."""

    name: str
    symbol: Memory
    limits: Limits


@dataclass(frozen=True)
class Trampoline:
    """A function of the holder that calls an entry of its table."""

    name: str
    target: Function


@dataclass(frozen=True)
class Holder:
    """A core module without imports, instantiated first.

    A lower needs its memory and realloc, and a resource type its destructor, before the
    fused module can be instantiated. So the holder has those memories, and a table that
    the fused module fills with the functions that its trampolines call.
    """

    memories: tuple[HeldMemory, ...] = ()
    trampolines: tuple[Trampoline, ...] = ()
    table: Table | None = None
    """Imported by the fused module, whose `elements` are the trampolines' targets."""


# -- lifts ---------------------------------------------------------------------------


@dataclass(frozen=True)
class RootLift:
    """How an exported function is lifted; symbols are exports of the fused module or held."""

    function: Function
    encoding: Encoding = Encoding.UTF8
    memory: Memory | None = None
    realloc: Function | None = None
    post_return: Function | None = None


@dataclass(frozen=True)
class KeptComponent:
    """An instance that stays un-fused: a component of its own inside the output.

    It is instantiated after the holder and before the core modules, so what it is given is
    lifted from the holder's trampolines.
    """

    given: str
    """Name of an instance that the program exports and it imports."""
    offered: str
    """Name of an instance that it exports and the program imports."""
    imports: tuple[str, ...]
    """The root's imports that it imports too, under their names."""
    data: bytes
    merged: Merged
    """Its core module."""


@dataclass(frozen=True)
class Plan:
    """All that the wrapper needs beside the program and the merged module."""

    supplies: Mapping[Imported, Supply]
    lifts: Mapping[ExportedFunction, RootLift]
    exported: Mapping[ResourceType, CanonicalType] = field(default_factory=dict)
    """The wrapper's types for those that the root exports."""
    holder: Holder | None = None
    modules: tuple[ExtraModule, ...] = ()
    kept: tuple[KeptComponent, ...] = ()
    held: Mapping[Guest, Memory] = field(default_factory=dict)
    """Guests' memories that the holder has: the draft's `held`."""
    exports: tuple[tuple[str, Symbol], ...] = ()
    """What the fused module exports for the wrapper: the draft's `exports`."""
