"""Instantiation of components, interpreted abstractly (spec, Explainer, "Instance Definitions").

Every instantiation walks the definitions anew, so that resource types, tables and core
instances are its own. Nested instantiations run on a stack of ours, not Python's: chains
of components may be longer than any recursion limit.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from fuser.component import tree
from fuser.component.tree import Component, Definition, Reference, Sort
from fuser.errors import Malformed, UnresolvedImport
from fuser.link.bind import Binding, Outside, bind, bind_exports
from fuser.link.canon import canon_context, canon_lift, canon_lower, canon_resource, define_resource
from fuser.link.core import core_bundle, core_instantiate
from fuser.link.declare import declare
from fuser.link.state import INSTANCE_STEPS, State
from fuser.link.types import VALUE_TYPES
from fuser.link.values import (
    Ascribed,
    Closure,
    ComponentTypeValue,
    Function,
    InstanceValue,
    NamedResource,
    ResourceValue,
    Scope,
    Value,
    called,
    instance_of,
    name_of,
    resource_of,
)
from fuser.link.views import View
from fuser.program import Instance, Lift


@dataclass(frozen=True)
class Request:
    """A component to instantiate; `outside` gives what `arguments` do not, where there is an outside."""

    state: State
    closure: Closure
    arguments: Mapping[str, Value]
    outside: Outside | None
    parent: Instance | None
    name: str | None
    offset: int | None
    names: Mapping[str, str] = field(default_factory=dict)
    """What imports are called outside, where that is not their own name."""


@dataclass(frozen=True)
class Made:
    """A walked component: what it imported and exports, as seen from inside, and its view."""

    imports: Mapping[str, Value]
    exports: Mapping[str, Value]
    view: View
    places: Mapping[str, int | None]
    """Where each export is defined in the input."""


Walk = Generator[Request, Made, Made]


def run(walk: Walk) -> Made:
    """Run a walk and all walks that it requests."""
    stack = [walk]
    made: Made | None = None
    while True:
        try:
            request = next(stack[-1]) if made is None else stack[-1].send(made)
        except StopIteration as stop:
            made = stop.value
            stack.pop()
            if not stack:
                assert made is not None, "a walk returns what it made"
                return made
        else:
            stack.append(instantiate(request))
            made = None


def instantiate(request: Request) -> Walk:
    """Walk the definitions of a component once."""
    state = request.state
    component = request.closure.component
    state.step(request.offset, INSTANCE_STEPS)
    own, names = _names(component)
    instance = state.instance(request.parent, request.name or own)
    scope = Scope(instance, request.closure.scope, names=names)
    walk = _Walker(state, scope, request)
    for definition in component:
        state.step(definition.offset)
        if isinstance(definition, tree.Instantiate):
            yield from walk.nested(definition)
        else:
            walk.define(definition)
    return Made(walk.imports, walk.exports, walk.view, walk.places)


def _names(component: Component) -> tuple[str | None, Mapping[Reference, str]]:
    """Return a component's own name and those of its instances and components."""
    own: str | None = None
    names: dict[Reference, str] = {}
    for definition in component:
        if isinstance(definition, tree.Names):
            own = definition.component
            for sort, entries in definition.maps:
                if sort in (Sort.INSTANCE, Sort.COMPONENT):
                    names.update(entries)
    return own, names


class _Walker:
    """One walk over the definitions of a component."""

    def __init__(self, state: State, scope: Scope, request: Request) -> None:
        self.state = state
        self.scope = scope
        self.request = request
        self.view = View(state.types)
        self.binding = Binding(state, scope, self.view)
        self.imports: dict[str, Value] = {}
        self.exports: dict[str, Value] = {}
        self.places: dict[str, int | None] = {}

    def define(self, definition: Definition) -> None:
        """Evaluate one definition into the scope."""
        match definition:
            case tree.Import():
                self.scope.append(self._import(definition))
            case tree.Export():
                self.scope.append(self._export(definition))
            case tree.CoreModule():
                self.scope.append(self.state.modules.of(definition))
            case tree.CoreInstantiate():
                self.scope.append(core_instantiate(self.state, self.scope, definition))
            case tree.CoreBundle():
                self.scope.append(core_bundle(self.scope, definition))
            case tree.NestedComponent(component):
                self.scope.append(Closure(component, self.scope, self._next_name(Sort.COMPONENT)))
            case tree.Bundle():
                self.scope.append(self._bundle(definition))
            case tree.TypeDefinition(tree.ResourceDefinition() as type):
                self.scope.append(define_resource(self.state, self.scope, type, definition.offset))
            case tree.Custom() | tree.Names():
                pass
            case _:
                self._canon(definition)

    def _canon(self, definition: Definition) -> None:
        match definition:
            case tree.CanonLift():
                self.scope.append(canon_lift(self.state, self.scope, definition))
            case tree.CanonLower():
                self.scope.append(canon_lower(self.state, self.scope, definition))
            case tree.CanonResource():
                self.scope.append(canon_resource(self.state, self.scope, definition))
            case tree.CanonContext():
                self.scope.append(canon_context(self.state, self.scope, definition))
            case _:
                declare(self.state, self.scope, definition)

    # -- imports and exports ---------------------------------------------------------

    def _import(self, definition: tree.Import) -> Value:
        name = definition.name.name
        if name in self.imports:
            raise Malformed(f"two imports of the name `{name}`", definition.offset)
        actual = self.request.arguments.get(name, self.request.outside)
        if actual is None:
            raise UnresolvedImport(f"nothing provides the import `{name}`", self.request.offset)
        called = self.request.names.get(name, name)
        self.imports[name] = bind(self.binding.at(definition, called), definition.type, actual)
        return self.imports[name]

    def _export(self, definition: tree.Export) -> Value:
        name = definition.name.name
        if name in self.exports:
            raise Malformed(f"two exports of the name `{name}`", definition.offset)
        value = self.scope.get(definition.item, definition.offset)
        if definition.type is not None:
            binding = Binding(self.state, self.scope, View(self.state.types), opaque=False)
            bound = bind(binding.at(definition, name), definition.type, value)
            value = _relabelled(bound, value)
        elif isinstance(value, VALUE_TYPES):
            value = self.state.types.named(name, value)
        elif isinstance(value, ResourceValue):
            value = NamedResource(resource_of(value), called(name, name_of(value)))
        self.exports[name] = value
        self.places[name] = definition.offset
        self._learn(name, value)
        return value

    def _learn(self, name: str, value: Value) -> None:
        """Take labels from an export of what this instance itself defines."""
        items = value.items.items() if isinstance(value, InstanceValue) else ((name, value),)
        place = name if isinstance(value, InstanceValue) else "$root"
        for item_name, item in items:
            label = f"{place}#{item_name}"
            if isinstance(item, Function) and isinstance(item.callee, Lift):
                if item.callee.instance is self.scope.instance:
                    self.state.labels.learn("lift", item.callee.id, label)
            elif isinstance(item, ResourceValue):
                type = resource_of(item).type
                if type.definer is self.scope.instance:
                    self.state.labels.learn("resource", type.id, label)

    # -- instances ---------------------------------------------------------------------

    def _next_name(self, sort: Sort) -> str | None:
        """Return the name that the name section gives the next item of a sort."""
        return self.scope.names.get(Reference(sort, len(self.scope.spaces.get(sort, []))))

    def _bundle(self, definition: tree.Bundle) -> InstanceValue:
        items: dict[str, Value] = {}
        for name, reference in definition.items:
            if name.name in items:
                raise Malformed(f"two exports of the name `{name.name}`", definition.offset)
            items[name.name] = self.scope.get(reference, definition.offset)
        return instance_of(items, definition.offset)

    def nested(self, definition: tree.Instantiate) -> Generator[Request, Made, None]:
        """Evaluate an instantiation of a component."""
        offset = definition.offset
        arguments: dict[str, Value] = {}
        for name, reference in definition.arguments:
            if name in arguments:
                raise Malformed(f"two arguments of the name `{name}`", offset)
            arguments[name] = self.scope.get(reference, offset)
        component = self.scope.get(definition.component, offset)
        ascriptions: list[ComponentTypeValue] = []
        while isinstance(component, Ascribed):
            ascriptions.append(component.type)
            component = component.component
        assert isinstance(component, Closure), "the space of components holds nothing else"
        called = self._next_name(Sort.INSTANCE) or component.name
        made = yield Request(self.state, component, arguments, None, self.scope.instance, called, offset)
        exports = {one: made.view.item(value) for one, value in made.exports.items()}
        result = instance_of(exports, offset)
        for type in reversed(ascriptions):
            result = self._ascribe(type, arguments, result, offset)
        self.scope.append(result)

    def _ascribe(
        self,
        type: ComponentTypeValue,
        arguments: Mapping[str, Value],
        result: InstanceValue,
        offset: int | None,
    ) -> InstanceValue:
        """Show the instance of a component as a declared type of that component does."""
        scope = Scope(self.scope.instance, type.scope)
        inside = View(self.state.types)
        imports = Binding(self.state, scope, inside, offset=offset)
        exports = Binding(self.state, scope, View(self.state.types), offset=offset)
        items: dict[str, Value] = {}
        for declaration in type.declared.declarations:
            if isinstance(declaration, tree.Import):
                imported = declaration.name.name
                if imported not in arguments:
                    raise UnresolvedImport(f"nothing provides the import `{imported}`", offset)
                bound = bind(imports.at(declaration, imported), declaration.type, arguments[imported])
                scope.append(bound)
            else:
                items |= bind_exports(exports, (declaration,), result)
        return instance_of({one: inside.item(item) for one, item in items.items()}, offset)


def _relabelled(bound: Value, item: Value) -> Value:
    """Keep the label under which a function was imported: an export is no import of it."""
    if isinstance(bound, Function) and isinstance(item, Function):
        return Function(bound.callee, bound.type, item.label)
    return bound
