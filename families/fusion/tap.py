"""Instrumenting a composed component so that every object made and destroyed is told.

A root import `oracle-tap: func(event: u32, rep: u32)` is threaded to every component that
defines a resource. There each `canon resource.new` tells after it made, each destructor
before it runs, and a type without destructor gets one that only tells. Guest code stays as
it is, and so do the names under which it imports its built-ins. The same instrumented
binary is run unfused and fused, so whatever the tap costs or shifts, it does to both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from families.fusion.snippets import DESTRUCTOR, NEW, TAP, destructor_module, new_module
from fuser.component.encode import WHOLE_SECTIONS, encode
from fuser.component.parse import parse
from fuser.component.tree import (
    SECTION_OF,
    AliasExport,
    AliasOuter,
    CanonLower,
    CanonResource,
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
    Names,
    NestedComponent,
    Reference,
    ResourceDefinition,
    Section,
    Sort,
    TypeDefinition,
    appended,
    width,
)
from fuser.component.walk import references, rewrite
from fuser.errors import Unsupported
from fuser.types import Primitive

MADE, DESTROYED = 0, 1
"""An event is twice the number of the resource definition, plus one of these."""


@dataclass(frozen=True)
class Tapped:
    """An instrumented component; `resources` are the labels of its definitions, by number."""

    data: bytes
    resources: tuple[str, ...]


def tap(data: bytes) -> Tapped:
    """Instrument a component; raises what `parse` raises, and Unsupported where the tap cannot be threaded.

    That is where a component that defines resources is itself passed to or exported from
    another: its type would have to change with it.
    """
    labels: list[str] = []
    scope = _Scope(None, labels)
    return Tapped(encode(scope.component(parse(data))), tuple(labels))


class _Consumer(NamedTuple):
    """Under which names a core module first imports a core function."""

    module: str
    name: str


@dataclass
class _Scope:
    """One component while it is rewritten: old indices to new ones, and what is told about them."""

    parent: _Scope | None
    labels: list[str]
    """Of all resource definitions so far, in the whole file."""
    written: list[Definition] = field(default_factory=list)
    moved: dict[Sort, list[int]] = field(default_factory=lambda: defaultdict(list))
    size: dict[Sort, int] = field(default_factory=lambda: defaultdict(int))
    resources: dict[int, int] = field(default_factory=dict)
    """Number of the resource definition by old type index."""
    tapped: set[int] = field(default_factory=set)
    """Old indices of the components that want the tap."""
    tap_function: Reference | None = None
    tap_instance: Reference | None = None

    # -- writing -------------------------------------------------------------------

    def component(self, component: Component) -> Component:
        """Return the component rewritten; `tap_function` says afterwards whether it wants the tap."""
        consumers = _consumers(component)
        for definition in component:
            self._definition(definition, consumers)
        return Component(tuple(_sections(self.written)))

    def insert(self, definition: Definition) -> Reference:
        """Write a new definition and return its reference."""
        self.written.append(definition)
        sort = appended(definition)
        assert sort is not None
        reference = Reference(sort, self.size[sort])
        self.size[sort] += 1
        return reference

    def _keep(self, definition: Definition) -> None:
        """Write a definition of the original, its references moved."""
        sort = appended(definition)
        self.written.append(rewrite(definition, self._new))
        if sort is not None:
            start, count = self.size[sort], width(definition)
            self.moved[sort] += range(start, start + count)
            self.size[sort] += count

    def _replace(self, reference: Reference) -> None:
        """Let the original's next index of this sort mean something written already."""
        self.moved[reference.sort].append(reference.index)

    def _new(self, reference: Reference, level: int = 0) -> Reference:
        if level > 0:
            return reference  # inside a type, whose own indices stay
        scope = self._up(-level)
        return replace(reference, index=scope.moved[reference.sort][reference.index])

    def _up(self, count: int) -> _Scope:
        scope = self
        for _ in range(count):
            assert scope.parent is not None
            scope = scope.parent
        return scope

    # -- definitions -----------------------------------------------------------------

    def _definition(self, definition: Definition, consumers: dict[int, _Consumer]) -> None:
        index = len(self.moved[Sort.TYPE])
        match definition:
            case TypeDefinition(type=ResourceDefinition(destructor)):
                self.resources[index] = len(self.labels)
                self.labels.append(f"resource {len(self.labels)}")
                self._resource(self.resources[index], destructor)
            case CanonResource(operation="new"):
                self._new_builtin(definition, consumers)
            case NestedComponent():
                self._nested(definition)
            case Instantiate():
                self._instantiate(definition)
            case Names():
                if self._known(definition):
                    self._keep(definition)
            case _:
                self._follow(definition, index)
                self._keep(definition)

    def _known(self, definition: Definition) -> bool:
        return all(reference.index < len(self.moved[reference.sort]) for reference in references(definition))

    def _follow(self, definition: Definition, index: int) -> None:
        """Carry on what is known of a resource or a component to an alias of it."""
        match definition:
            case Export(item=Reference(Sort.TYPE, target)) if target in self.resources:
                self.resources[index] = self.resources[target]
            case AliasOuter(count, Reference(Sort.COMPONENT, target)):
                if target in self._up(count).tapped:
                    self.tapped.add(len(self.moved[Sort.COMPONENT]))
            case Export(item=Reference(Sort.COMPONENT, target)) if target in self.tapped:
                raise Unsupported("exporting a component that defines resources", definition.offset)

    def _resource(self, number: int, destructor: Reference | None) -> None:
        module = self.insert(
            CoreModule(destructor_module(2 * number + DESTROYED, guest=destructor is not None))
        )
        arguments = [(TAP, self._tap_instance())]
        if destructor is not None:
            arguments.append(("", self.insert(CoreBundle(((DESTRUCTOR, self._new(destructor)),)))))
        wrapped = self._exported(module, arguments, DESTRUCTOR)
        self._replace(self.insert(TypeDefinition(ResourceDefinition(wrapped))))

    def _new_builtin(self, definition: CanonResource, consumers: dict[int, _Consumer]) -> None:
        number = self.resources.get(definition.type.index)
        if number is None:
            raise Unsupported("resource.new of a type that its component did not define", definition.offset)
        names = consumers.get(len(self.moved[Sort.CORE_FUNC]), _Consumer("", NEW))
        if names.name.startswith("[resource-new]"):
            label = f"{names.module.removeprefix('[export]')}#{names.name.removeprefix('[resource-new]')}"
            self.labels[number] = label
        real = self.insert(rewrite(definition, self._new))
        module = self.insert(CoreModule(new_module(2 * number + MADE, *names)))
        bundle = self.insert(CoreBundle(((names.name, real),)))
        self._replace(self._exported(module, [(TAP, self._tap_instance()), (names.module, bundle)], NEW))

    def _exported(self, module: Reference, arguments: list[tuple[str, Reference]], name: str) -> Reference:
        instance = self.insert(CoreInstantiate(module, tuple(arguments)))
        return self.insert(AliasExport(Sort.CORE_FUNC, instance, name))

    def _nested(self, definition: NestedComponent) -> None:
        inner = _Scope(self, self.labels)
        component = inner.component(definition.component)
        if inner.tap_function is not None:
            self.tapped.add(len(self.moved[Sort.COMPONENT]))
        self._replace(self.insert(NestedComponent(component)))

    def _instantiate(self, definition: Instantiate) -> None:
        for _, argument in definition.arguments:
            if argument.sort is Sort.COMPONENT and argument.index in self.tapped:
                raise Unsupported("passing on a component that defines resources", definition.offset)
        moved = rewrite(definition, self._new)
        if definition.component.index in self.tapped:
            moved = replace(moved, arguments=(*moved.arguments, (TAP, self._tap())))
        self._replace(self.insert(moved))

    # -- the tap ----------------------------------------------------------------------

    def _tap(self) -> Reference:
        """Return the imported function, importing it where it is first wanted."""
        if self.tap_function is None:
            type = FunctionType((("event", Primitive.U32), ("rep", Primitive.U32)), None)
            extern = ItemExtern(Sort.FUNC, self.insert(TypeDefinition(type)))
            self.tap_function = self.insert(Import(ExternName(TAP), extern))
        return self.tap_function

    def _tap_instance(self) -> Reference:
        """Return a core instance that exports the tap as a core function."""
        if self.tap_instance is None:
            lowered = self.insert(CanonLower(self._tap(), ()))
            self.tap_instance = self.insert(CoreBundle(((TAP, lowered),)))
        return self.tap_instance


def _consumers(component: Component) -> dict[int, _Consumer]:
    """Map core functions to the names under which the first core module imports them from a bundle."""
    bundles: dict[int, CoreBundle] = {}
    consumers: dict[int, _Consumer] = {}
    count = 0
    for definition in component:
        if isinstance(definition, CoreInstantiate):
            for module, instance in definition.arguments:
                if instance.index in bundles:
                    for name, item in bundles[instance.index].items:
                        if item.sort is Sort.CORE_FUNC:
                            consumers.setdefault(item.index, _Consumer(module, name))
        elif isinstance(definition, CoreBundle):
            bundles[count] = definition
        count += appended(definition) is Sort.CORE_INSTANCE
    return consumers


def _sections(definitions: list[Definition]) -> Iterator[Section]:
    """Group neighbours of one section id; modules, components and customs stand alone."""
    group: list[Definition] = []
    for definition in definitions:
        id = SECTION_OF[type(definition)]
        if group and (id in WHOLE_SECTIONS or SECTION_OF[type(group[0])] != id):
            yield Section(SECTION_OF[type(group[0])], tuple(group))
            group = []
        group.append(definition)
    if group:
        yield Section(SECTION_OF[type(group[0])], tuple(group))
