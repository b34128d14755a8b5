"""Instrumenting a composed component so that every object made and destroyed is told, and the size of memories.

A root import `oracle-tap: func(event: u32, rep: u32)` is threaded to every component that
defines a resource. There each `canon resource.new` tells after it made, each destructor
before it runs, and a type without destructor gets one that only tells. Guest code stays as
it is, and so do the names under which it imports its built-ins. The same instrumented
binary is run unfused and fused, so whatever the tap costs or shifts, it does to both.
Memories are the matter of `pages`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from families.fusion.pages import probe
from families.fusion.snippets import DESTRUCTOR, NEW, TAP, destructor_module, new_module
from fuser.component.edit import Editor
from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.tree import (
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
    NestedComponent,
    Reference,
    ResourceDefinition,
    Sort,
    TypeDefinition,
)
from fuser.errors import Unsupported
from fuser.types import Primitive

MADE, DESTROYED = 0, 1
"""An event is twice the number of the resource definition, plus one of these."""
_BUILTIN = "[resource-new]"
_EXPORTED = "[export]"


@dataclass(frozen=True)
class Tapped:
    """An instrumented component."""

    data: bytes
    resources: tuple[str, ...]
    """Labels of its resource definitions, by number."""
    memories: tuple[str, ...]
    """The functions that it exports to tell the size of each guest's memory, in pages."""

    @property
    def tells(self) -> bool:
        """Whether there is anything that it could tell."""
        return bool(self.resources or self.memories)


def tap(data: bytes, *, memories: bool = True) -> Tapped:
    """Instrument a component, with or without probes of memories.

    Raises what `parse` raises, and Unsupported where the tap cannot be threaded: where a
    component that defines resources is itself passed to or exported from another, its type
    would have to change with it.
    """
    labels: list[str] = []
    component = _Tapping(parse(data), None, labels).component()
    component, probes = probe(component) if memories else (component, ())
    return Tapped(encode(component), _distinct(labels), probes)


class _Consumer(NamedTuple):
    """Under which names a core module first imports a core function."""

    module: str
    name: str


@dataclass
class _Tapping:
    """One component under edit; references are those of the original."""

    original: Component
    parent: _Tapping | None
    labels: list[str]
    """Of all resource definitions so far, in the whole file."""
    resources: dict[Reference, int] = field(default_factory=dict)
    """Number of the resource definition behind a type."""
    wanting: set[Reference] = field(default_factory=set)
    """Components that want the tap."""
    imported: Reference | None = None
    """The tap, once something wanted it."""
    bundled: Reference | None = None
    """A core instance that exports the tap."""

    def __post_init__(self) -> None:
        self.editor = Editor(self.original)
        self.consumers = _consumers(self.editor)

    def component(self) -> Component:
        """Return the component instrumented; `imported` says afterwards whether it wants the tap."""
        for position in range(len(self.editor)):
            definition, reference = self.editor.definition(position), self.editor.defines(position)
            if reference is not None:
                self._definition(position, definition, reference)
        return self.editor.finish()

    def _definition(self, position: int, definition: Definition, reference: Reference) -> None:
        match definition:
            case TypeDefinition(type=ResourceDefinition(destructor)):
                self._resource(position, reference, destructor)
            case CanonResource(operation="new"):
                self._new(position, definition, reference)
            case NestedComponent(component):
                self._nested(position, component, reference)
            case Instantiate():
                self._instantiate(position, definition)
            case Export(item=item) if item in self.resources:
                self.resources[reference] = self.resources[item]
            case Export(item=item) if item in self.wanting:
                raise Unsupported("exporting a component that defines resources", definition.offset)
            case AliasOuter(count, target) if target in self._up(count).wanting:
                self.wanting.add(reference)

    def _up(self, count: int) -> _Tapping:
        scope = self
        for _ in range(count):
            assert scope.parent is not None
            scope = scope.parent
        return scope

    # -- resources -----------------------------------------------------------------

    def _resource(self, position: int, reference: Reference, destructor: Reference | None) -> None:
        number = self.resources[reference] = len(self.labels)
        self.labels.append(f"resource {number}")
        arguments = [(TAP, self._tap_instance(position))]
        if destructor is not None:
            arguments.append(("", self.editor.insert(position, CoreBundle(((DESTRUCTOR, destructor),)))))
        code = destructor_module(2 * number + DESTROYED, guest=destructor is not None)
        wrapped = self._instance_of(position, code, arguments, DESTRUCTOR)
        self.editor.replace(position, TypeDefinition(ResourceDefinition(wrapped)))

    def _new(self, position: int, definition: CanonResource, reference: Reference) -> None:
        number = self.resources.get(definition.type)
        if number is None:
            raise Unsupported("resource.new of a type that its component did not define", definition.offset)
        consumer = self.consumers.get(reference, _Consumer("", NEW))
        if consumer.name.startswith(_BUILTIN):
            interface, name = consumer.module.removeprefix(_EXPORTED), consumer.name.removeprefix(_BUILTIN)
            self.labels[number] = f"{interface}#{name}"
        after = position + 1
        bundle = self.editor.insert(after, CoreBundle(((consumer.name, reference),)))
        arguments = [(TAP, self._tap_instance(after)), (consumer.module, bundle)]
        code = new_module(2 * number + MADE, consumer.module, consumer.name)
        self.editor.redirect(reference, self._instance_of(after, code, arguments, NEW))

    def _instance_of(self, position: int, code: bytes, arguments: list[tuple[str, Reference]], name: str) -> Reference:
        """Insert a module and an instance of it; return its exported function."""
        module = self.editor.insert(position, CoreModule(code))
        instance = self.editor.insert(position, CoreInstantiate(module, tuple(arguments)))
        return self.editor.insert(position, AliasExport(Sort.CORE_FUNC, instance, name))

    # -- components ------------------------------------------------------------------

    def _nested(self, position: int, component: Component, reference: Reference) -> None:
        inner = _Tapping(component, self, self.labels)
        self.editor.replace(position, NestedComponent(inner.component()))
        if inner.imported is not None:
            self.wanting.add(reference)

    def _instantiate(self, position: int, definition: Instantiate) -> None:
        if any(argument in self.wanting for _, argument in definition.arguments):
            raise Unsupported("passing on a component that defines resources", definition.offset)
        if definition.component in self.wanting:
            arguments = (*definition.arguments, (TAP, self._tap(position)))
            self.editor.replace(position, replace(definition, arguments=arguments))

    # -- the tap -----------------------------------------------------------------------

    def _tap(self, position: int) -> Reference:
        """Return the imported function, importing it where it is first wanted."""
        if self.imported is None:
            type = FunctionType((("event", Primitive.U32), ("rep", Primitive.U32)), None)
            extern = ItemExtern(Sort.FUNC, self.editor.insert(position, TypeDefinition(type)))
            self.imported = self.editor.insert(position, Import(ExternName(TAP), extern))
        return self.imported

    def _tap_instance(self, position: int) -> Reference:
        """Return a core instance that exports the tap as a core function."""
        if self.bundled is None:
            lowered = self.editor.insert(position, CanonLower(self._tap(position), ()))
            self.bundled = self.editor.insert(position, CoreBundle(((TAP, lowered),)))
        return self.bundled


def _consumers(editor: Editor) -> dict[Reference, _Consumer]:
    """Map core functions to the names under which the first core module imports them from a bundle."""
    bundles: dict[Reference, CoreBundle] = {}
    consumers: dict[Reference, _Consumer] = {}
    for position in range(len(editor)):
        definition, reference = editor.definition(position), editor.defines(position)
        if isinstance(definition, CoreBundle) and reference is not None:
            bundles[reference] = definition
        elif isinstance(definition, CoreInstantiate):
            for module, instance in definition.arguments:
                for name, item in bundles[instance].items if instance in bundles else ():
                    consumers.setdefault(item, _Consumer(module, name))
    return consumers


def _distinct(labels: list[str]) -> tuple[str, ...]:
    """Tell labels that several definitions have apart by a number."""
    counts: dict[str, int] = {}
    distinct = []
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
        distinct.append(f"{label}({counts[label]})" if labels.count(label) > 1 else label)
    return tuple(distinct)
