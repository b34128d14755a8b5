"""What a scope sees of an item whose type it declares (spec, Subtyping, and Explainer, "Type Checking").

An import, a declared instance or component, and an ascribed export all show an item
through a declared type: functions get the declared type, `sub resource` makes a new
static resource of the same runtime type, `eq` keeps what it is equal to, and instances
show no more than what is declared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fuser.component.tree import (
    Definition,
    EqualExtern,
    ExportDeclaration,
    Extern,
    ItemExtern,
    ModuleExport,
    ModuleImport,
    ModuleType,
    Reference,
    Sort,
    SubResourceExtern,
)
from fuser.errors import LimitExceeded, Malformed, TypeMismatch, UnresolvedImport, Unsupported
from fuser.link.declare import declare
from fuser.link.state import State
from fuser.link.types import VALUE_TYPES
from fuser.link.values import (
    NESTING_LIMIT,
    Ascribed,
    Closure,
    ComponentTypeValue,
    CoreTypeValue,
    Function,
    InstanceTypeValue,
    InstanceValue,
    NamedResource,
    OutsideInstance,
    ResourceValue,
    Scope,
    TypeValue,
    Value,
    called,
    instance_of,
    name_of,
    resource_of,
)
from fuser.link.views import View
from fuser.program import HostFunction, StaticResource
from fuser.types import FuncType, ValType
from fuser.wasm.module import Module


@dataclass(frozen=True)
class Outside:
    """Stands for whatever the outside gives the root."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Items bound to declared types of one scope.

    `view` learns what stands for each bound type outside the scope; `opaque` says whether
    `sub resource` may hide what a resource is, as it does in imports.
    """

    state: State
    scope: Scope
    view: View
    path: tuple[str, ...] = ()
    offset: int | None = None
    opaque: bool = True

    def at(self, definition: Definition, name: str) -> Binding:
        """Return the same for an import or export of a name."""
        offset = definition.offset or self.offset
        return Binding(self.state, self.scope, self.view, (*self.path, name), offset, self.opaque)

    def within(self, scope: Scope) -> Binding:
        """Return the same for a scope inside."""
        return Binding(self.state, scope, self.view, self.path, self.offset, self.opaque)

    @property
    def label(self) -> str:
        """How the item is called: `ns:pkg/iface#name`, or `$root#name` outside of instances."""
        return f"{'/'.join(self.path[:-1]) or '$root'}#{self.path[-1]}"

    def mismatch(self, what: str) -> TypeMismatch:
        """Return the error of an item that is not what is declared."""
        return TypeMismatch(f"`{'` `'.join(self.path)}` is not {what}", self.offset)


def bind(binding: Binding, extern: Extern, actual: Value | Outside) -> Value:
    """Return what the scope sees of an item; TypeMismatch where it is not what is declared."""
    match extern:
        case SubResourceExtern():
            return _bind_resource(binding, actual)
        case EqualExtern(type):
            return _bind_equal(binding, type, actual)
        case ItemExtern(Sort.FUNC, type):
            return _bind_function(binding, type, actual)
        case ItemExtern(Sort.INSTANCE, type):
            return _bind_instance(binding, type, actual)
        case ItemExtern(Sort.COMPONENT, type):
            return _bind_component(binding, type, actual)
        case ItemExtern(_, type):
            return _bind_module(binding, type, actual)


def _bind_resource(binding: Binding, actual: Value | Outside) -> NamedResource:
    name = called(binding.path[-1], None)
    if isinstance(actual, Outside):
        return NamedResource(binding.state.resource(None, None, binding.label, binding.offset), name)
    if not isinstance(actual, ResourceValue):
        raise binding.mismatch("a resource type")
    if not binding.opaque:
        raise binding.mismatch("an unknown resource type: an export cannot hide what it is")
    given = resource_of(actual)
    seen = StaticResource(given.type, binding.label)
    binding.view.resources[seen] = given
    binding.view.names[name] = name_of(actual)
    return NamedResource(seen, name)


def _bind_equal(binding: Binding, type: Reference, actual: Value | Outside) -> TypeValue:
    declared = binding.scope.get(type, binding.offset)
    if isinstance(declared, VALUE_TYPES):
        return _bind_value_type(binding, declared, actual)
    if isinstance(declared, ResourceValue):
        return _bind_same_resource(binding, declared, actual)
    if isinstance(actual, Outside):
        raise Unsupported("imported types that are neither value nor resource types", binding.offset)
    if isinstance(declared, FuncType | InstanceTypeValue | ComponentTypeValue):
        if not isinstance(actual, declared.__class__):
            raise binding.mismatch("the type that is declared")
        return declared
    raise Malformed("a type is declared equal to what is no type", binding.offset)


def _bind_same_resource(binding: Binding, declared: ResourceValue, actual: Value | Outside) -> NamedResource:
    resource = resource_of(declared)
    name = called(binding.path[-1], name_of(declared))
    if not isinstance(actual, Outside):
        if not isinstance(actual, ResourceValue) or resource_of(actual).type is not resource.type:
            raise binding.mismatch("the resource type that is declared")
        # A component's type may come from inside an instance, and mean what that one imports.
        binding.view.resources.setdefault(resource, resource_of(actual))
        binding.view.names[name] = name_of(actual)
    return NamedResource(resource, name)


def _bind_value_type(binding: Binding, declared: ValType, actual: Value | Outside) -> ValType:
    named = binding.state.types.named(binding.path[-1], declared)
    if isinstance(actual, Outside):
        return named
    if not isinstance(actual, VALUE_TYPES) or not binding.state.types.equal(declared, actual):
        raise binding.mismatch("the type that is declared")
    binding.view.named[named] = actual
    return named


def _bind_function(binding: Binding, type: Reference, actual: Value | Outside) -> Function:
    declared = binding.scope.take(type, FuncType, "a function type", binding.offset)
    if isinstance(actual, Outside):
        hosts = binding.state.hosts
        hosts.append(HostFunction(len(hosts), binding.path, declared))
        return Function(hosts[-1], declared, binding.label)
    if not isinstance(actual, Function):
        raise binding.mismatch("a function")
    if not binding.state.types.same_function(actual.type, declared):
        raise binding.mismatch("a function of the declared type")
    return Function(actual.callee, declared, binding.label)


# -- instances ---------------------------------------------------------------------


def _bind_instance(binding: Binding, type: Reference, actual: Value | Outside) -> InstanceValue:
    declared = binding.scope.take(type, InstanceTypeValue, "an instance type", binding.offset)
    if not isinstance(actual, InstanceValue | Outside):
        raise binding.mismatch("an instance")
    if len(binding.path) > NESTING_LIMIT:
        raise LimitExceeded(f"instances nested more than {NESTING_LIMIT} deep", binding.offset)
    scope = Scope(binding.scope.instance, declared.scope)
    inner = binding.within(scope)
    return instance_of(bind_exports(inner, declared.declared.declarations, actual), binding.offset)


def bind_exports(
    binding: Binding, declarations: Iterable[Definition], actual: InstanceValue | Outside
) -> dict[str, Value]:
    """Walk the declarations of an instance type, or of a component type whose imports are bound."""
    items: dict[str, Value] = {}
    for declaration in declarations:
        binding.state.step(declaration.offset)
        if isinstance(declaration, ExportDeclaration):
            name = declaration.name.name
            if name in items:
                raise Malformed(f"two exports of the name `{name}`", declaration.offset)
            inner = binding.at(declaration, name)
            given = _item(inner, actual, name)
            items[name] = bind(inner, declaration.type, given)
            if isinstance(given, Outside) and isinstance(actual, OutsideInstance):
                actual.items[name] = binding.view.item(items[name])
            binding.scope.append(items[name])
        else:
            declare(binding.state, binding.scope, declaration)
    return items


def _item(binding: Binding, actual: InstanceValue | Outside, name: str) -> Value | Outside:
    if isinstance(actual, Outside):
        return actual
    if name not in actual.items:
        if isinstance(actual, OutsideInstance):
            return Outside()
        path = "` `".join(binding.path)
        raise UnresolvedImport(f"nothing provides `{path}`", binding.offset)
    return actual.items[name]


# -- components and modules -----------------------------------------------------------


def _bind_component(binding: Binding, type: Reference, actual: Value | Outside) -> Ascribed:
    declared = binding.scope.take(type, ComponentTypeValue, "a component type", binding.offset)
    if isinstance(actual, Outside):
        raise Unsupported("components imported by the root", binding.offset)
    if not isinstance(actual, Closure | Ascribed):
        raise binding.mismatch("a component")
    return Ascribed(actual, declared)


def _bind_module(binding: Binding, type: Reference, actual: Value | Outside) -> Module:
    declared = binding.scope.take(type, CoreTypeValue, "a core type", binding.offset).module
    if isinstance(actual, Outside):
        raise Unsupported("core modules imported by the root", binding.offset)
    if not isinstance(actual, Module):
        raise binding.mismatch("a core module")
    if not _module_matches(declared, actual):
        raise binding.mismatch("a core module of the declared type")
    return actual


def _module_matches(declared: ModuleType, actual: Module) -> bool:
    """Whether names and sorts match; types do where the module is instantiated."""
    needs = {(one.module, one.name, f"core {one.sort}") for one in actual.imports}
    offers = {(one.name, f"core {one.sort}") for one in actual.exports}
    given: set[tuple[str, str, str]] = set()
    wanted: set[tuple[str, str]] = set()
    for one in declared.declarations:
        if isinstance(one, ModuleImport):
            given.add((one.module, one.name, one.type.sort.value))
        elif isinstance(one, ModuleExport):
            wanted.add((one.name, one.type.sort.value))
    return needs <= given and wanted <= offers
