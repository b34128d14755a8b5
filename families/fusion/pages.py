"""Instrumenting a component so that the size of every guest's memory can be asked for.

Behind each instance of a core module that defines a memory stands a probe: a core module
that imports the memory and returns its size, lifted, and exported outward from component
to component up to the root. There a component of its own calls them all, and the root
exports only that one's functions: a strategy that leaves an instance un-fused need not
export functions of it. Guest code stays as it is. What a probe returns is what the guest's
own `memory.size` would, so pages that a fuser adds to a guest's memory are seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from families.fusion.snippets import MEMORY, PAGES, pages_module, with_memory_exported
from fuser.component.edit import Editor
from fuser.component.tree import (
    AliasExport,
    AliasOuter,
    CanonLift,
    CanonLower,
    Component,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    Definition,
    Export,
    ExternName,
    FunctionType,
    Import,
    Instantiate,
    ItemExtern,
    NestedComponent,
    Reference,
    Sort,
    TypeDefinition,
)
from fuser.types import Primitive
from fuser.wasm.module import Module, parse_module
from fuser.wasm.syntax import Limits

MOST = 100
"""Probes of one component at most: no engine takes more memories in one module, and instances can multiply."""


def probe(component: Component) -> tuple[Component, tuple[str, ...]]:
    """Return the component with probes, and the functions that the root exports for them, one for each memory.

    Not reached are memories of a core module or component that is given as an argument.
    """
    probing = _Probing(component, None)
    return probing.component(), tuple(map(_name, range(len(probing.probes))))


def _name(number: int) -> str:
    return f"oracle-pages-{number}"


@dataclass(frozen=True)
class _Exported:
    """A memory that a core module defines, and the name under which it now exports it."""

    name: str
    type: Limits


@dataclass
class _Probing:
    """One component under edit; references are those of the original."""

    original: Component
    parent: _Probing | None
    modules: dict[Reference, tuple[_Exported, ...]] = field(default_factory=dict)
    components: dict[Reference, int] = field(default_factory=dict)
    """How many probes a component exports."""
    probes: list[Reference] = field(default_factory=list)
    """The functions of all probes so far."""
    type: Reference | None = None
    """The type of a probe, once there is one."""

    def __post_init__(self) -> None:
        self.editor = Editor(self.original)

    def component(self) -> Component:
        """Return the component instrumented."""
        for position in range(len(self.editor)):
            definition, reference = self.editor.definition(position), self.editor.defines(position)
            if reference is not None:
                self._definition(position, definition, reference)
        self._export(self.probes if self.parent is not None else self._collected())
        return self.editor.finish()

    def _definition(self, position: int, definition: Definition, reference: Reference) -> None:
        match definition:
            case CoreModule(data):
                self._module(position, data, reference)
            case CoreInstantiate(module):
                for exported in self.modules.get(module, ()):
                    self._probe(position + 1, reference, exported)
            case NestedComponent(component):
                inner = _Probing(component, self)
                self.editor.replace(position, NestedComponent(inner.component()))
                self.components[reference] = len(inner.probes)
            case Instantiate(component):
                for number in range(self.components.get(component, 0)):
                    self._pass_on(position + 1, reference, _name(number))
            case Export(item=item):
                self._same(reference, self, item)
            case AliasOuter(count, target):
                self._same(reference, self._up(count), target)

    def _same(self, reference: Reference, scope: _Probing, item: Reference) -> None:
        """Remember that a reference means a known item of this or an outer component."""
        if item in scope.modules:
            self.modules[reference] = scope.modules[item]
        if item in scope.components:
            self.components[reference] = scope.components[item]

    def _up(self, count: int) -> _Probing:
        scope = self
        for _ in range(count):
            assert scope.parent is not None
            scope = scope.parent
        return scope

    def _module(self, position: int, data: bytes, reference: Reference) -> None:
        module = parse_module(data)
        if not module.memories:
            return
        found = []
        for index in range(module.imported("memory"), module.count("memory")):
            name = _exported_as(module, index)
            if name is None:
                name = _unused(module, index)
                data = with_memory_exported(data, index, name)
            found.append(_Exported(name, module.memory_types[index]))
        self.editor.replace(position, CoreModule(data))
        self.modules[reference] = tuple(found)

    def _probe(self, position: int, instance: Reference, exported: _Exported) -> None:
        if len(self.probes) == MOST:
            return
        memory = self.editor.insert(position, AliasExport(Sort.CORE_MEMORY, instance, exported.name))
        bundle = self.editor.insert(position, CoreBundle(((MEMORY, memory),)))
        module = self.editor.insert(position, CoreModule(pages_module(exported.type)))
        probe = self.editor.insert(position, CoreInstantiate(module, (("", bundle),)))
        pages = self.editor.insert(position, AliasExport(Sort.CORE_FUNC, probe, PAGES))
        if self.type is None:
            self.type = self.editor.insert(position, TypeDefinition(FunctionType((), Primitive.U32)))
        self.probes.append(self.editor.insert(position, CanonLift(pages, (), self.type)))

    def _pass_on(self, position: int, instance: Reference, name: str) -> None:
        if len(self.probes) < MOST:
            self.probes.append(self.editor.insert(position, AliasExport(Sort.FUNC, instance, name)))

    def _collected(self) -> list[Reference]:
        """Return functions of one component that calls all probes."""
        if not self.probes:
            return []
        end, names = len(self.editor), list(map(_name, range(len(self.probes))))
        component = self.editor.insert(end, NestedComponent(_collector(names)))
        arguments = tuple(zip(names, self.probes, strict=True))
        instance = self.editor.insert(end, Instantiate(component, arguments))
        return [self.editor.insert(end, AliasExport(Sort.FUNC, instance, name)) for name in names]

    def _export(self, functions: list[Reference]) -> None:
        for number, function in enumerate(functions):
            self.editor.insert(len(self.editor), Export(ExternName(_name(number)), function))


def _collector(names: Sequence[str]) -> Component:
    """Return a component that imports functions of a number, and exports functions that call them."""
    editor = Editor(Component(()))
    add = editor.append
    type = add(TypeDefinition(FunctionType((), Primitive.U32)))
    for name in names:
        lowered = add(CanonLower(add(Import(ExternName(name), ItemExtern(Sort.FUNC, type))), ()))
        add(Export(ExternName(name), add(CanonLift(lowered, (), type))))
    return editor.finish()


def _exported_as(module: Module, index: int) -> str | None:
    return next((one.name for one in module.exports if one.sort == "memory" and one.index == index), None)


def _unused(module: Module, index: int) -> str:
    """Return a name for a memory that nothing is exported under."""
    names = {one.name for one in module.exports}
    name = f"oracle-memory-{index}"
    while name in names:
        name += "-"
    return name
