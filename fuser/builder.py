"""What a strategy asks for, made and written down.

A `ProgramBuilder` makes symbols of one program's output, records each use as a need and
says in `supplies` what the wrapper must give to every import that it handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from fuser.abi.adapter import Side
from fuser.code import Code, MemoryArgument, Part, Reference, Writer
from fuser.errors import InvalidOutput, Malformed, NotApplicable, NotViable
from fuser.handles.interface import Builder, Canonical, Need, Needs
from fuser.handles.uses import exported_types
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    Instance,
    InstanceType,
    Lift,
    Lower,
    Options,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
    behind,
    needed,
)
from fuser.symbols import Function, Global, Guest, Imported, Memory, Private, Region, Symbol, Written
from fuser.wasm.syntax import PAGE
from fuser.wasm.types import I32, FunctionType, ValueType
from fuser.wrap.plan import (
    CanonicalType,
    KeeperType,
    ModuleExport,
    Operation,
    OutsideType,
    ResourceOperation,
    Supply,
    WrapperType,
)

ALIGNMENT = 16
OPERATIONS: tuple[tuple[Operation, FunctionType], ...] = (
    ("new", FunctionType((I32,), (I32,))),
    ("rep", FunctionType((I32,), (I32,))),
    ("drop", FunctionType((I32,))),
)
TO_NOTHING = FunctionType((I32,))
REALLOC = "cabi_realloc"
State = TypeVar("State", Memory, Global)


@dataclass(eq=False)
class Symbols:
    """One symbol for each item of the guests, and for each core function that the canon section makes."""

    bind: Callable[[Lower | Builtin | ContextSlot], Function]
    """Makes the function for a lower, builtin or context slot; called once for each."""
    direct: Mapping[CoreExport, CoreFunction] = field(default_factory=dict)
    """Guests' functions that only pass on to another (`Program.direct`)."""
    _guests: dict[CoreExport, Function | Memory] = field(default_factory=dict)
    _bound: dict[Lower | Builtin | ContextSlot, Function] = field(default_factory=dict)

    def function(self, item: CoreFunction) -> Function:
        """Return the function that a core function is in the output, seen through what only passes on."""
        item = behind(item, self.direct)
        if not isinstance(item, CoreExport):
            return self._bound[item] if item in self._bound else self._bind(item)
        symbol = self._guest(item)
        assert isinstance(symbol, Function)
        return symbol

    def _bind(self, item: Lower | Builtin | ContextSlot) -> Function:
        """Make a function after all that it is made of: chains of lowers over lifts of lowers may be long."""
        pending = [item]
        while pending:
            parts = (behind(part, self.direct) for part in needed(pending[-1]))
            missing = [part for part in parts if not isinstance(part, CoreExport) and part not in self._bound]
            if missing:
                pending += missing
            elif (made := pending.pop()) not in self._bound:
                self._bound[made] = self.bind(made)
        return self._bound[item]

    def memory(self, item: CoreExport) -> Memory:
        """Return the memory that a core export is in the output."""
        symbol = self._guest(item)
        assert isinstance(symbol, Memory)
        return symbol

    def side(self, end: Lift | Lower) -> Side:
        """Return a guest's side of a call, with its own options."""
        options = end.options
        memory = None if options.memory is None else self.memory(options.memory)
        realloc = None if options.realloc is None else self.function(options.realloc)
        post_return = None if options.post_return is None else self.function(options.post_return)
        return Side(end.instance, end.type, options.encoding, memory, realloc, post_return)

    def _guest(self, item: CoreExport) -> Function | Memory:
        if item not in self._guests:
            self._guests[item] = _guest_symbol(item)
        return self._guests[item]


def reallocs_of(program: Program, instance: Instance) -> tuple[CoreFunction, ...]:
    """Return the functions by which an instance is asked for memory.

    Those that its lifts and lowers name; else what its core modules export under the name
    that binding generators give to it.
    """
    named = [one.realloc for one in _options(program, instance) if one.realloc is not None]
    if named:
        return tuple(dict.fromkeys(named))
    cores = [core for core in program.core_instances if core.instance is instance]
    found = [(core, core.module.exported.get(REALLOC)) for core in cores]
    items = [
        CoreExport(core, "func", export.index) for core, export in found if export is not None and export.sort == "func"
    ]
    return tuple(item for item in items if item.instance.module.body(item.index) is not None)


def _options(program: Program, instance: Instance) -> list[Options]:
    lifts = [lift.options for lift in program.lifts if lift.instance is instance]
    return lifts + [lower.options for lower in program.lowers if lower.instance is instance]


def _guest_symbol(item: CoreExport) -> Function | Memory:
    module, origin = item.instance.module, Guest(item.instance, item.index)
    name = f"{item.sort} {item.index} of core instance {item.instance.id}"
    if item.sort == "memory":
        return Memory(name, origin, module.memory_types[item.index].address)
    assert item.sort == "func"
    return Function(name, module.function_type(item.index), origin)


@dataclass(eq=False)
class ProgramBuilder:
    """The builder of one program's output (implements `Builder`)."""

    program: Program
    symbols: Symbols
    guard: Callable[[ResourceType, Function], Function]
    """Makes a destructor a call across instances."""
    needs: Needs = field(default_factory=Needs)
    supplies: dict[Imported, Supply] = field(default_factory=dict)
    reserved: list[Region] = field(default_factory=list)
    modules: dict[str, FurtherModule] = field(default_factory=dict)
    further: FurtherModule | None = None
    """The module that functions go to, where it is not the fused one."""
    exported: dict[ResourceType, CanonicalType] = field(init=False)
    """The wrapper's types for those that the root exports, in the program's order."""
    _types: dict[object, Canonical] = field(default_factory=dict)
    _destructors: dict[ResourceType, Function | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give each exported resource type its type in the wrapper."""
        exported = exported_types(self.program)
        self.exported = {
            type: CanonicalType(type, type.label, self._destructor(type))
            for type in self.program.resources
            if type in exported
        }

    def supply(self, origin: Imported, what: Supply) -> None:
        """Say what the wrapper gives to an import; two things of one name would be mixed up silently."""
        if self.supplies.setdefault(origin, what) != what:
            raise InvalidOutput(f"two imports of the name {origin.module} {origin.name}")

    # -- symbols of the output ---------------------------------------------------

    def memory(self, name: str, pages: int = 1) -> Memory:
        """Make a private memory that no guest reaches."""
        self.needs.add(Need.MEMORY, name)
        return self._own(Memory(name, Private(pages)))

    def cell(self, name: str, type: ValueType, start: int = 0) -> Global:
        """Make a private mutable global."""
        self.needs.add(Need.CELL, name)
        return self._own(Global(name, type, Private(start)))

    def _own(self, symbol: State) -> State:
        """Note what belongs to the further module, where functions go to one."""
        if self.further is not None:
            self.further.owned.add(symbol)
        return symbol

    def function(self, name: str, type: FunctionType, write: Writer) -> Function:
        """Make a function; `write` runs once, if it is reachable."""
        if self.further is None:
            return Function(name, type, Written(write))
        origin = Imported(self.further.name, f"{name}#{len(self.further.functions)}")
        self.supply(origin, ModuleExport(origin.module, origin.name))
        return self.further.add(Function(name, type, origin), write)

    # -- guests ------------------------------------------------------------------

    def reserve(self, instance: Instance, size: int) -> Region:
        """Reserve bytes in a guest's memory; raises NotApplicable where it has none of its own."""
        item = self._memory_item(instance)
        if item is None:
            name = instance.label or instance.id
            raise NotApplicable(f"{name} has no memory of its own in which {size} bytes could be reserved")
        memory = self.symbols.memory(item)
        before = [region.start + region.size for region in self.reserved if region.memory is memory]
        end = before[-1] if before else item.instance.module.memory_types[item.index].minimum * PAGE
        region = Region(memory, -(-end // ALIGNMENT) * ALIGNMENT, size)
        self.reserved.append(region)
        self.needs.add(Need.RESERVE, f"{size} bytes in the memory of {instance.label or instance.id}")
        return region

    def destructor(self, type: ResourceType) -> Function | None:
        """Return the definer's destructor as a call across instances, rep → nothing."""
        function = self._destructor(type)
        if function is not None:
            self.needs.add(Need.GUEST, f"destructor of {type.label}")
        return function

    def realloc(self, instance: Instance) -> Function | None:
        """Return the realloc that the instance's own lifts or lowers name, or a core module of it exports."""
        for item in reallocs_of(self.program, instance):
            self.needs.add(Need.GUEST, f"realloc of {instance.label or instance.id}")
            return self.symbols.function(item)
        return None

    def memory_of(self, instance: Instance) -> Memory | None:
        """Return the linear memory that the instance's own lifts or lowers name, or that it defines first."""
        item = self._named_memory(instance) or self._memory_item(instance)
        return None if item is None else self.symbols.memory(item)

    def _named_memory(self, instance: Instance) -> CoreExport | None:
        memories = (options.memory for options in _options(self.program, instance))
        return next((memory for memory in memories if memory is not None), None)

    def _memory_item(self, instance: Instance) -> CoreExport | None:
        """Find the memory that is the instance's own: one that it names, else the first that it defines."""
        named = self._named_memory(instance)
        if named is not None:
            return named if named.instance.instance is instance else None
        for core in self.program.core_instances:
            if core.instance is instance and core.module.defined("memory"):
                return CoreExport(core, "memory", core.module.imported("memory"))
        return None

    def _destructor(self, type: ResourceType) -> Function | None:
        if type not in self._destructors:
            core = type.destructor
            self._destructors[type] = None if core is None else self.guard(type, self._callable(type, core))
        return self._destructors[type]

    def _callable(self, type: ResourceType, core: CoreFunction) -> Function:
        """Return a destructor; one that is no guest's code (lowered, say) is found when code is written.

        Such a function is made with the handles, which are not planned yet.
        """
        if isinstance(behind(core, self.program.direct), CoreExport):
            return self.symbols.function(core)

        def write(code: Code) -> None:
            code.get(0)
            code.call(self.symbols.function(core))

        return Function(f"destructor of {type.label}", TO_NOTHING, Written(write))

    # -- types of the wrapper --------------------------------------------------------

    def outside(self, type: ResourceType) -> Canonical:
        """Return the wrapper's view of a resource that the root imports: only `drop` exists."""
        if type not in self._types:
            where, name = _imported_as(self.program, type)
            self._types[type] = self._operations(OutsideType(type), where, name)
        return self._types[type]

    def canonical(self, key: object, drop: Function | None, label: str) -> Canonical:
        """Make (once per key) a resource type of the wrapper, in the wrapper's one table."""
        self.needs.add(Need.CANONICAL, label)
        if key not in self._types:
            self._types[key] = self._canonical(key, drop, label)
        return self._types[key]

    def keeper(self, key: object, drop: Function | None, label: str, table: object) -> Canonical:
        """Make (once per key) a type whose table is its own nested component's."""
        assert isinstance(table, Hashable)
        self.needs.add(Need.KEEPER, label)
        if key not in self._types:
            operations = self._operations(KeeperType(key, label, table), "keeper", self._fresh(label))
            self._types[key] = _with_destructor(operations, drop, label)
        return self._types[key]

    def _canonical(self, key: object, drop: Function | None, label: str) -> Canonical:
        """Make a type; the host runs the destructor of an exported one, the fused module of any other."""
        if isinstance(key, ResourceType) and key in self.exported:
            where, name = _exported_as(self.program, key)
            return self._operations(self.exported[key], f"[export]{where}", name)
        operations = self._operations(CanonicalType(key, label), "canonical", self._fresh(label))
        return _with_destructor(operations, drop, label)

    def _operations(self, type: WrapperType, module: str, name: str) -> Canonical:
        """Make the imports for the operations of a type, named as wit-component names them."""
        made: dict[Operation, Function] = {}
        for operation, function_type in OPERATIONS:
            origin = Imported(module, f"[resource-{operation}]{name}")
            self.supply(origin, ResourceOperation(operation, type))
            made[operation] = Function(f"{origin.module} {origin.name}", function_type, origin)
        return Canonical(made["new"], made["rep"], made["drop"])

    def _fresh(self, label: str) -> str:
        return f"{label}#{len(self._types)}"

    # -- further modules ------------------------------------------------------------

    def module(self, name: str) -> Builder:
        """Return a builder whose functions go to a core module of their own."""
        self.needs.add(Need.MODULE, name)
        inner = copy(self)  # what is recorded stays common
        inner.further = self.modules.setdefault(name, FurtherModule(name))
        return inner

    def need(self, need: Need, why: str) -> None:
        """Record a need that no other method shows."""
        self.needs.add(need, why)


@dataclass(eq=False)
class FurtherModule:
    """A core module beside the fused one: what it exports, by the symbol that others call.

    It is instantiated before the fused module, so its functions may call each other and
    imports, but no guest's function and no function of the fused module; the memories and
    cells that they use must have been made by the module's own builder. Anything else
    would be copied, with a state of its own, so it is refused.
    """

    name: str
    owned: set[Memory | Global] = field(default_factory=set)
    functions: dict[Function, Function] = field(default_factory=dict)
    """The function that the fused module imports → the one that is written."""

    def add(self, outer: Function, write: Writer) -> Function:
        """Add a function by the symbol that the fused module imports; return that symbol."""
        self.functions[outer] = Function(outer.name, outer.type, Written(partial(self._write, write)))
        return outer

    @property
    def exports(self) -> tuple[tuple[str, Symbol], ...]:
        """The exports of the module's draft."""
        return tuple(
            (outer.origin.name, inner) for outer, inner in self.functions.items() if isinstance(outer.origin, Imported)
        )

    def _write(self, write: Writer, code: Code) -> None:
        """Write a body of the module, where its own functions are no imports."""
        write(code)
        code.parts = [self._own(part) for part in code.parts]

    def _own(self, part: Part) -> Part:
        """Return a part of a body as it is in this module."""
        symbol = _mentioned(part)
        if symbol is None or symbol in self.owned:
            return part
        if isinstance(symbol, Function) and symbol in self.functions:
            return Reference(self.functions[symbol])
        if isinstance(symbol.origin, Imported):
            return part
        whose = "a guest" if isinstance(symbol.origin, Guest) else "the fused module"
        raise NotViable(f"module {self.name} would have to reach {symbol.name} of {whose}", "Builder.module")


@dataclass(frozen=True)
class Foreign:
    """The state of all further modules, those that are made later too."""

    modules: Mapping[str, FurtherModule]

    def __contains__(self, symbol: object) -> bool:
        return any(symbol in module.owned for module in self.modules.values())


def _mentioned(part: Part) -> Symbol | None:
    match part:
        case Reference(symbol):
            return symbol
        case MemoryArgument(memory=memory):
            return memory
        case _:
            return None


def _with_destructor(type: Canonical, destructor: Function | None, label: str) -> Canonical:
    """Return a type whose drop runs a destructor, called by the fused module itself."""
    if destructor is None:
        return type

    def write(code: Code) -> None:
        code.get(0)
        code.call(type.rep)
        code.get(0)
        code.call(type.drop)
        code.call(destructor)

    return replace(type, drop=Function(f"drop {label}", TO_NOTHING, Written(write)))


# -- names at the root ----------------------------------------------------------------


def _imported_as(program: Program, type: ResourceType) -> tuple[str, str]:
    """Return the instance (its path, `$root` for none) and the name by which the root imports a type."""
    return _named(_imported(program.imports), type)


def _exported_as(program: Program, type: ResourceType) -> tuple[str, str]:
    """Return the instance (its path, `$root` for none) and the name by which the root exports a type."""
    return _named(_exported(program.exports), type)


NamedResource = tuple[str, str, StaticResource]


def _named(found: Iterator[NamedResource], type: ResourceType) -> tuple[str, str]:
    where = next(((path, name) for path, name, resource in found if resource.type is type), None)
    if where is None:
        raise Malformed(
            f"a function of the root passes the resource {type.label}, which the root does not name", type.offset
        )
    return where


def _imported(items: Iterable[tuple[str, ExternType]], path: tuple[str, ...] = ()) -> Iterator[NamedResource]:
    for name, item in items:
        if isinstance(item, InstanceType):
            yield from _imported(item.exports, (*path, name))
        elif isinstance(item, TypeBound) and isinstance(item.type, StaticResource):
            yield "#".join(path) or "$root", name, item.type


def _exported(items: Iterable[tuple[str, ExportItem]], path: tuple[str, ...] = ()) -> Iterator[NamedResource]:
    for name, item in items:
        if isinstance(item, ExportedInstance):
            yield from _exported(item.items, (*path, name))
        elif isinstance(item, TypeBound) and isinstance(item.type, StaticResource):
            yield "#".join(path) or "$root", name, item.type
