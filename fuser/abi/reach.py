"""What the guests of an instance can do, as far as adapters must be ready for it.

Answers may say "can" where a guest never will; they never say "cannot" where one might.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeGuard

from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreFunction,
    CoreInstance,
    CoreItem,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    HostFunction,
    Instance,
    Lift,
    Lower,
    Program,
    behind,
    named_items,
)
from fuser.wasm.calls import CallGraph
from fuser.wasm.module import Module
from fuser.wasm.types import F32, F64, I32, I64, V128, FunctionType

Exit = Lower | Builtin

_NUMBERS = frozenset({I32, I64, F32, F64, V128})


def leaving(program: Program) -> frozenset[Instance]:
    """Return the instances that might try to leave while their may-leave flag is off.

    The flag is off while an adapter calls the instance's realloc, and while the host has
    its post-return called (CanonicalABI.md, `canon_lower`, `canon_lift`); leaving means a
    call of a lowered import, `resource.new` or `resource.drop`.
    """
    return _reaching(GuestCode(program), called_while_off(program))


def asking(program: Program) -> frozenset[Instance]:
    """Return the instances of whose root lifts a realloc might ask for the representation of a handle.

    It may while it may not leave, and then sees whether parameters before its own are there already.
    """
    lifts = ((lift.instance, lift.options.realloc) for lift in root_lifts(program))
    called = ((instance, realloc) for instance, realloc in lifts if realloc is not None)
    return _reaching(GuestCode(program, is_question), called)


def _reaching(code: GuestCode, functions: Iterable[tuple[Instance, CoreFunction]]) -> frozenset[Instance]:
    """Return the instances of which these functions might reach an exit."""
    called: dict[Instance, list[CoreFunction]] = defaultdict(list)
    for instance, function in functions:
        called[instance].append(function)
    return frozenset(instance for instance, functions in called.items() if code.leaves(instance, functions))


def called_while_off(program: Program) -> Iterator[tuple[Instance, CoreFunction]]:
    """Yield the functions that run while their instance's may-leave flag is off."""
    uses: tuple[Lift | Lower, ...] = (*program.lifts, *program.lowers)
    for use in uses:
        if use.options.realloc is not None:
            yield use.instance, use.options.realloc
    for lift in root_lifts(program):
        if lift.options.post_return is not None:
            yield lift.instance, lift.options.post_return


def root_lifts(program: Program) -> Iterator[Lift]:
    """Yield the lifts that the root exports."""
    pending: list[ExportItem] = [item for _, item in reversed(program.exports)]
    while pending:
        item = pending.pop()
        if isinstance(item, ExportedFunction):
            yield item.lift
        elif isinstance(item, ExportedInstance):
            pending += [part for _, part in reversed(item.items)]


def throwing(program: Program) -> frozenset[Instance]:
    """Return the instances whose code can throw: exceptions need a tag, and none crosses in."""
    return frozenset(one.instance for one in program.core_instances if one.module.tag_types)


def context_slots(program: Program) -> Iterator[ContextSlot]:
    """Yield the accesses to context slots that code has, or that are lifted or given as options themselves."""
    imported = (item for one in program.core_instances for item in imported_items(program, one))
    named = (behind(item, program.direct) for item in named_items(program))
    return (item for item in chain(imported, named) if isinstance(item, ContextSlot))


def imported_items(program: Program, core_instance: CoreInstance) -> Iterator[CoreItem]:
    """Yield what the imports of a core instance come down to, seen through what only passes on."""
    return (behind(item, program.direct) for item in core_instance.imports)


def started(program: Program) -> Iterator[HostFunction]:
    """Yield the host functions that start functions might call, through any instances."""
    code, seen = GuestCode(program), set[tuple[Instance, CoreFunction]]()
    pending: list[tuple[Instance, CoreFunction]] = [
        (one.instance, CoreExport(one, "func", one.module.start))
        for one in program.core_instances
        if one.module.start is not None
    ]
    while pending:
        instance, function = pending.pop()
        if (instance, function) in seen:
            continue
        seen.add((instance, function))
        for item in code.exits(instance, [function]):
            match item:
                case Lower(callee=Lift() as lift):
                    pending.append((lift.instance, lift.function))
                case Builtin(operation="drop", use=use) if use.type.definer and use.type.destructor:
                    pending.append((use.type.definer, use.type.destructor))
                case Lower(callee=HostFunction() as host):
                    yield host


def is_exit(item: CoreItem) -> TypeGuard[Exit]:
    """Whether a core function leaves its instance when called."""
    return isinstance(item, Lower) or (isinstance(item, Builtin) and item.operation != "rep")


def is_question(item: CoreItem) -> TypeGuard[Exit]:
    """Whether a core function asks for the representation of a handle, which is no way to leave."""
    return isinstance(item, Builtin) and item.operation == "rep"


@dataclass
class GuestCode:
    """The calls between the core functions of each component instance."""

    program: Program
    wanted: Callable[[CoreItem], TypeGuard[Exit]] = is_exit
    """What is looked for among the functions that are not core code."""
    core_instances: dict[Instance, list[CoreInstance]] = field(init=False)
    graphs: dict[Module, CallGraph] = field(default_factory=dict)
    imported: dict[Module, tuple[int, ...]] = field(default_factory=dict)
    """Of each module's imports, the positions of functions."""
    referenced: dict[Module, Mapping[FunctionType, list[int]]] = field(default_factory=dict)
    """The functions of each module to which there may be references, by type."""

    def __post_init__(self) -> None:
        """Sort the core instances by the instance that they belong to."""
        self.core_instances = defaultdict(list)
        for core_instance in self.program.core_instances:
            self.core_instances[core_instance.instance].append(core_instance)

    def leaves(self, instance: Instance, functions: Iterable[CoreFunction]) -> bool:
        """Whether a call of these functions might leave the instance."""
        return any(True for _ in self.exits(instance, functions))

    def exits(self, instance: Instance, functions: Iterable[CoreFunction]) -> Iterator[Exit]:
        """Yield by what a call of these functions might leave the instance."""
        pending: list[CoreItem] = [behind(one, self.program.direct) for one in functions]
        exits = self._exits(instance)
        if not exits and not any(map(self.wanted, pending)):
            return
        opaque = self._opaque(instance)
        seen: set[CoreItem] = set()
        through: set[FunctionType] = set()
        while pending:
            # A shim that all calls are seen through has no table any more that would tell.
            item = behind(pending.pop(), self.program.direct)
            if item in seen:
                continue
            seen.add(item)
            if not isinstance(item, CoreExport):
                if self.wanted(item):
                    yield item
                continue
            pending += self._called(item)
            for type in self._indirect_types(item):
                if type in through:
                    continue
                through.add(type)
                if opaque or not _only_numbers(type):
                    yield from exits
                else:
                    pending += self._referenced(instance, type)

    def _called(self, item: CoreExport) -> Iterator[CoreFunction]:
        """Yield what a core function calls directly; for an imported one, what it stands for."""
        core_instance, module = item.instance, item.instance.module
        if item.index < module.imported("func"):
            yield self._import(core_instance, item.index)
            return
        for index in self._graph(module).calls(item.index).direct:
            yield CoreExport(core_instance, "func", index)

    def _graph(self, module: Module) -> CallGraph:
        return self.graphs.setdefault(module, CallGraph(module))

    def _import(self, core_instance: CoreInstance, index: int) -> CoreFunction:
        module = core_instance.module
        if module not in self.imported:
            self.imported[module] = tuple(at for at, one in enumerate(module.imports) if one.sort == "func")
        return core_instance.imports[self.imported[module][index]]

    def _indirect_types(self, item: CoreExport) -> list[FunctionType]:
        """Return the types with which a core function calls through tables and references."""
        module = item.instance.module
        return [module.type_of_function(type) for type in self._graph(module).calls(item.index).indirect]

    def _referenced(self, instance: Instance, type: FunctionType) -> Iterator[CoreFunction]:
        """Yield the functions of a type that a table or reference of the instance may hold."""
        for core_instance in self.core_instances[instance]:
            module = core_instance.module
            if module not in self.referenced:
                self.referenced[module] = _referenced(module)
            for index in self.referenced[module].get(type, ()):
                yield CoreExport(core_instance, "func", index)

    def _opaque(self, instance: Instance) -> bool:
        """Whether references are made in ways that are not looked into: by constant expressions."""
        return any(
            any(segment.functions is None for segment in one.module.elements)
            or any(table.start is not None for table in one.module.tables)
            or any(variable.type.type not in _NUMBERS for variable in one.module.globals)
            for one in self.core_instances[instance]
        )

    def _exits(self, instance: Instance) -> list[Exit]:
        items = (item for one in self.core_instances[instance] for item in imported_items(self.program, one))
        return [item for item in items if self.wanted(item)]


def _referenced(module: Module) -> Mapping[FunctionType, list[int]]:
    """Return, by type, the functions of a module to which there may be references.

    Those are the ones that a segment places, and the ones that code may make
    references to, which in a valid module are placed by a segment or exported.
    """
    indices = {index for segment in module.elements for index in segment.functions or ()}
    indices |= {export.index for export in module.exports if export.sort == "func"}
    by_index: dict[int, list[int]] = defaultdict(list)
    for index in sorted(indices):
        by_index[module.function_types[index]].append(index)
    found: dict[FunctionType, list[int]] = defaultdict(list)
    for type, functions in by_index.items():
        found[module.type_of_function(type)] += functions
    return found


def _only_numbers(type: FunctionType) -> bool:
    return _NUMBERS.issuperset((*type.parameters, *type.results))
