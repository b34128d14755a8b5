"""One fused core module as a component with the imports and exports of the input's root.

Order of the definitions: imports, holder, resource types, what the core modules import,
core modules, lifts and exports. References only go backwards, which this order allows
without fix-ups: lowers and destructors go through the holder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fuser.component import tree
from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.tree import ExternName, Reference, Sort
from fuser.draft import Merged, MergedImport
from fuser.errors import InvalidOutput
from fuser.program import Encoding, ExportedFunction, ExportedInstance, HostFunction, Program, TypeBound
from fuser.symbols import Function, Global, Imported, Memory, Symbol, Table
from fuser.wrap.exports import (
    export_instance,
    export_type,
    exported_bounds,
    exported_functions,
    exported_resources,
)
from fuser.wrap.holder import holder_module, memory_module
from fuser.wrap.keepers import Keepers
from fuser.wrap.plan import (
    CanonicalType,
    Held,
    Holder,
    HostLower,
    KeeperType,
    ModuleExport,
    OutsideType,
    Plan,
    ResourceOperation,
    RootLift,
)
from fuser.wrap.scope import Scope

SORTS: dict[type[Symbol], Sort] = {
    Function: Sort.CORE_FUNC,
    Memory: Sort.CORE_MEMORY,
    Table: Sort.CORE_TABLE,
    Global: Sort.CORE_GLOBAL,
}
ENCODINGS: dict[Encoding, tree.OptionKind] = {
    Encoding.UTF16: "utf16",
    Encoding.LATIN1_UTF16: "latin1+utf16",
}


def wrap(program: Program, plan: Plan, merged: Merged) -> bytes:
    """Return the component; raises InvalidOutput where the plan lacks what the module imports."""
    wrapper = _Wrapper(program, plan, Keepers(_keeper_types(plan, merged)))
    wrapper.import_all()
    wrapper.hold(merged.contents)
    wrapper.define_types()
    wrapper.keep()
    for module in plan.modules:
        wrapper.modules[module.name] = wrapper.instantiate(module.merged)
    wrapper.take_exports(merged, wrapper.instantiate(merged))
    wrapper.export_all()
    return encode(wrapper.scope.component())


@dataclass
class _Wrapper:
    """The root scope, and where in it things are."""

    program: Program
    plan: Plan
    keepers: Keepers
    scope: Scope = field(default_factory=Scope)
    imports: dict[str, Reference] = field(default_factory=dict)
    holder: Reference | None = None
    types: dict[CanonicalType, Reference] = field(default_factory=dict)
    modules: dict[str, Reference] = field(default_factory=dict)
    """Core instances of further modules."""
    held: dict[Symbol, Reference] = field(default_factory=dict)
    """The holder's memories, and its trampolines by their target."""
    exports: dict[Symbol, tuple[Reference, str]] = field(default_factory=dict)
    """Where the fused module exports a symbol."""
    taken: dict[Symbol, Reference] = field(default_factory=dict)

    # -- before the modules ------------------------------------------------------

    def import_all(self) -> None:
        """Import what the program's root imports."""
        offered = {kept.offered for kept in self.plan.kept}
        for name, type in self.program.imports:
            if name in offered:
                continue
            item = self.scope.add(tree.Import(ExternName(name), self.scope.extern(type)))
            self.scope.declare(type, item)
            self.imports[name] = item

    def hold(self, contents: Mapping[Memory, bytes]) -> None:
        """Instantiate the holder and the memories that have data; take memories and trampolines."""
        if self.plan.holder is None:
            return
        empty = []
        for memory in self.plan.holder.memories:
            if memory.symbol in contents:
                instance = self._instantiate(memory_module(memory, contents[memory.symbol]))
                self.held[memory.symbol] = self._take(Sort.CORE_MEMORY, instance, memory.name)
            else:
                empty.append(memory)
        self._hold(replace(self.plan.holder, memories=tuple(empty)))

    def _hold(self, holder: Holder) -> None:
        if not (holder.memories or holder.trampolines):
            return
        self.holder = self._instantiate(holder_module(holder))
        for memory in holder.memories:
            self.held[memory.symbol] = self._take(Sort.CORE_MEMORY, self.holder, memory.name)
        for trampoline in holder.trampolines:
            self.held[trampoline.target] = self._take(Sort.CORE_FUNC, self.holder, trampoline.name)

    def _instantiate(self, module: bytes) -> Reference:
        return self.scope.add(tree.CoreInstantiate(self.scope.add(tree.CoreModule(module)), ()))

    def define_types(self) -> None:
        """Define the resource types that the root exports, and the keepers."""
        for resource, type in self.plan.exported.items():
            self.scope.bind(resource, self._type(type))
        for resource in exported_resources(self.program):
            if self.scope.find(resource) is None:
                # No function passes it, so the host can have no handle to drop.
                self.scope.bind(resource, self._type(CanonicalType(resource, resource.label)))
        self.keepers.define(self.scope)

    def _type(self, type: CanonicalType) -> Reference:
        if type not in self.types:
            destructor = None if type.destructor is None else self._held(type.destructor)
            self.types[type] = self.scope.add(tree.TypeDefinition(tree.ResourceDefinition(destructor)))
        return self.types[type]

    def keep(self) -> None:
        """Instantiate the instances that stay un-fused."""
        imports, exports = dict(self.program.imports), dict(self.program.exports)
        for kept in self.plan.kept:
            item = exports[kept.given]
            assert isinstance(item, ExportedInstance)
            functions = {function: self._lift_held(function) for function in exported_functions(item)}
            given = export_instance(self.scope, item, functions)
            component = self.scope.add(tree.NestedComponent(parse(kept.data)))
            arguments = (*((name, self.imports[name]) for name in kept.imports), (kept.given, given))
            instance = self.scope.add(tree.Instantiate(component, arguments))
            offered = self.scope.alias(Sort.INSTANCE, instance, (kept.offered,))
            self.scope.declare(imports[kept.offered], offered)
            self.imports[kept.offered] = offered

    def _lift_held(self, function: ExportedFunction) -> Reference:
        """Lift a function before the fused module is there: from the holder."""
        lift = self.plan.lifts[function]
        items = (None if part is None else self._held(part) for part in _items(lift))
        options = _options(lift.encoding, *items)
        return self.scope.add(tree.CanonLift(self._held(lift.function), options, self.scope.function(function.type)))

    # -- core modules ----------------------------------------------------------------

    def instantiate(self, merged: Merged) -> Reference:
        """Instantiate a core module with what the plan supplies."""
        bundles: dict[str, list[tuple[str, Reference]]] = {}
        for item in merged.imports:
            bundles.setdefault(item.origin.module, []).append((item.origin.name, self._supply(item)))
        arguments = tuple((name, self.scope.add(tree.CoreBundle(tuple(items)))) for name, items in bundles.items())
        module = self.scope.add(tree.CoreModule(merged.data))
        return self.scope.add(tree.CoreInstantiate(module, arguments))

    def _supply(self, item: MergedImport) -> Reference:
        sort = SORTS[type(item.symbol)]
        match self.plan.supplies.get(item.origin):
            case Held() if isinstance(item.symbol, Memory):
                return self._held(item.symbol)
            case Held(name=name):
                assert self.holder is not None
                return self._take(sort, self.holder, name)
            case ModuleExport(module=module, name=name):
                return self._take(sort, self.modules[module], name)
            case HostLower() as lower:
                return self._lower(lower)
            case ResourceOperation() as operation:
                return self._operation(operation)
            case None:
                raise InvalidOutput(f"nothing supplies the import {_text(item.origin)} of the fused module")

    def _lower(self, lower: HostLower) -> Reference:
        memory = None if lower.memory is None else self._held(lower.memory)
        realloc = None if lower.realloc is None else self._held(lower.realloc)
        options = _options(lower.encoding, memory, realloc, None)
        return self.scope.add(tree.CanonLower(self._host(lower.function), options))

    def _host(self, function: HostFunction) -> Reference:
        name, *path = function.path
        item = self.imports[name]
        return self.scope.alias(Sort.FUNC, item, tuple(path)) if path else item

    def _operation(self, operation: ResourceOperation) -> Reference:
        match operation.type:
            case OutsideType(type=resource):
                index = self.scope.resource(resource)
            case CanonicalType() as type:
                index = self._type(type)
            case KeeperType() as type:
                return self.keepers.operation(self.scope, type, operation.operation)
        return self.scope.add(tree.CanonResource(operation.operation, index))

    # -- after the modules -------------------------------------------------------------

    def take_exports(self, merged: Merged, instance: Reference) -> None:
        """Say where the fused module's exports are found."""
        for name, symbol in merged.exports:
            self.exports.setdefault(symbol, (instance, name))

    def export_all(self) -> None:
        """Export what the program's root exports."""
        given = {kept.given for kept in self.plan.kept}
        for name, item in self.program.exports:
            if name in given:
                continue
            match item:
                case TypeBound():
                    export_type(self.scope, name, item)
                case ExportedFunction():
                    self.scope.add(tree.Export(ExternName(name), self._lift(item)))
                case ExportedInstance():
                    self._export_instance(name, item)

    def _export_instance(self, name: str, item: ExportedInstance) -> None:
        functions = {function: self._lift(function) for function in exported_functions(item)}
        instance = export_instance(self.scope, item, functions)
        exported = self.scope.add(tree.Export(ExternName(name), instance))
        self.scope.declare_exports(exported_bounds(item), exported)

    def _lift(self, function: ExportedFunction) -> Reference:
        lift = self.plan.lifts[function]
        core = self._export(lift.function)
        options = _options(lift.encoding, *(self._maybe(part) for part in _items(lift)))
        return self.scope.add(tree.CanonLift(core, options, self.scope.function(function.type)))

    def _maybe(self, symbol: Function | Memory | None) -> Reference | None:
        return None if symbol is None else self._export(symbol)

    def _export(self, symbol: Function | Memory) -> Reference:
        """Return an export of the fused module, or a memory of the holder."""
        if isinstance(symbol, Memory) and symbol in self.held:
            return self.held[symbol]
        if symbol not in self.taken:
            if symbol not in self.exports:
                raise InvalidOutput(f"the fused module does not export {symbol.name}")
            self.taken[symbol] = self._take(SORTS[type(symbol)], *self.exports[symbol])
        return self.taken[symbol]

    def _held(self, symbol: Function | Memory) -> Reference:
        if symbol not in self.held:
            raise InvalidOutput(f"the holder does not have {symbol.name}")
        return self.held[symbol]

    def _take(self, sort: Sort, instance: Reference, name: str) -> Reference:
        return self.scope.add(tree.AliasExport(sort, instance, name))


def _keeper_types(plan: Plan, merged: Merged) -> Iterable[tuple[KeeperType, ResourceOperation]]:
    for module in (*(module.merged for module in plan.modules), merged):
        for item in module.imports:
            match plan.supplies.get(item.origin):
                case ResourceOperation(type=KeeperType() as type) as operation:
                    yield type, operation
                case _:
                    pass


def _items(lift: RootLift) -> tuple[Memory | None, Function | None, Function | None]:
    return lift.memory, lift.realloc, lift.post_return


def _options(
    encoding: Encoding, memory: Reference | None, realloc: Reference | None, post_return: Reference | None
) -> tuple[tree.Option, ...]:
    """Return canonical options; utf8 is the default."""
    items: tuple[tuple[tree.OptionKind, Reference | None], ...] = (
        ("memory", memory),
        ("realloc", realloc),
        ("post-return", post_return),
    )
    encodings = (tree.Option(ENCODINGS[encoding]),) if encoding in ENCODINGS else ()
    return encodings + tuple(tree.Option(kind, item) for kind, item in items if item is not None)


def _text(origin: Imported) -> str:
    return f"{origin.module} {origin.name}"
