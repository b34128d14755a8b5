"""The core form: the fused module with the type of its world, so that tools can wrap it.

The custom section is what wit-component reads: a component whose one export is the type of
a package with the world in it, and how strings are encoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuser.component import tree
from fuser.component.encode import encode
from fuser.component.tree import ExternName, Reference, Sort
from fuser.draft import Merged
from fuser.program import (
    DeclaredType,
    Encoding,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    InstanceType,
    Program,
    ResourceType,
    StaticResource,
    TypeBound,
)
from fuser.types import FuncType
from fuser.wasm.encode import custom
from fuser.wrap.mentions import mentioned
from fuser.wrap.plan import HostLower, OutsideType, Plan, ResourceOperation, RootLift
from fuser.wrap.scope import Scope, bounds

PACKAGE, WORLD = "root:component", "root"
VERSION = 4
"""Of the section's format."""
ENCODINGS = {Encoding.UTF8: 0, Encoding.UTF16: 1, Encoding.LATIN1_UTF16: 2}


def core_form(program: Program, plan: Plan, merged: Merged) -> bytes:
    """Return the merged module with its world's type behind it; offsets in it stay."""
    return merged.data + custom(f"component-type:{WORLD}", _world(program, _encoding(plan)))


def gaps(program: Program, plan: Plan, merged: Merged) -> tuple[str, ...]:
    """Say what of the core form only our own wrapper can do: imports that it supplies, and worlds beyond WIT.

    There is nothing to say of most modules.
    """
    supplied = ((item.origin, plan.supplies.get(item.origin)) for item in merged.imports)
    exported = frozenset(plan.exported.values())
    made = (
        f"{origin.module} {origin.name} is of the wrapper's own making"
        for origin, supply in supplied
        if not isinstance(supply, HostLower)
        and not (
            isinstance(supply, ResourceOperation) and (isinstance(supply.type, OutsideType) or supply.type in exported)
        )
    )
    return (*made, *_beyond_wit(program))


def _beyond_wit(program: Program) -> Iterator[str]:
    """Say what of the root's imports and exports has no form in WIT, in which the reference tools think."""
    exports = tuple((name, _type(item)) for name, item in program.exports)
    for name, type in exports:
        if isinstance(type, TypeBound):
            yield f"WIT worlds do not export types such as `{name}`"
    for name, type in (*program.imports, *exports):
        if "=" in name:
            yield f"WIT has no imports by location or package such as `{name}`"
        yield from _beyond_names(name, type)
    for name in _taken_for_own(program):
        yield f"WIT takes the resource types of `{name}` that exports mention for the exported ones, not the imported"


def _taken_for_own(program: Program) -> tuple[str, ...]:
    """Return the interfaces both imported and exported of which exports mention the imported resource types."""
    exported = dict(program.exports).keys()
    mentions = mentioned(ExportedInstance(program.exports)).names
    # The first import to declare a resource type is its interface; others use it from there.
    first: dict[ResourceType, str] = {}
    for path, bound in bounds(InstanceType(program.imports)):
        if isinstance(bound.type, StaticResource):
            first.setdefault(bound.type.type, path[0])
    return tuple(dict.fromkeys(name for resource, name in first.items() if name in exported and resource in mentions))


def _beyond_names(name: str, type: ExternType) -> Iterator[str]:
    if isinstance(type, FuncType) and ":" in name:
        yield f"WIT has no functions with names of interfaces such as `{name}`"
    elif isinstance(type, InstanceType):
        for inner, part in type.exports:
            if isinstance(part, InstanceType):
                yield f"WIT has no interfaces in interfaces such as `{inner}` in `{name}`"
            else:
                yield from _beyond_names(inner, part)


def _encoding(plan: Plan) -> Encoding:
    """Return the one encoding of all that passes through memory."""
    lowers = (supply for supply in plan.supplies.values() if isinstance(supply, HostLower))
    users: list[RootLift | HostLower] = [*plan.lifts.values(), *lowers]
    return next((one.encoding for one in users if one.memory is not None), Encoding.UTF8)


def _world(program: Program, encoding: Encoding) -> bytes:
    package = Scope()
    world = package.add(tree.TypeDefinition(_component_type(program)))
    package.add(tree.ExportDeclaration(ExternName(f"{PACKAGE}/{WORLD}"), tree.ItemExtern(Sort.COMPONENT, world)))
    outer = Scope()
    outer.definitions.append(tree.Custom("wit-component-encoding", bytes([VERSION, ENCODINGS[encoding]])))
    type = outer.add(tree.TypeDefinition(tree.ComponentType(tuple(package.definitions))))
    outer.add(tree.Export(ExternName(WORLD), Reference(Sort.TYPE, type.index)))
    return encode(outer.component())


def _component_type(program: Program) -> tree.ComponentType:
    scope = Scope()
    for name, type in program.imports:
        extern = scope.extern(type)
        scope.declare(type, scope.add(tree.Import(ExternName(name), extern)))
    for name, item in program.exports:
        type = _type(item)
        if isinstance(type, TypeBound) and isinstance(type.type, FuncType | DeclaredType):
            continue  # nothing mentions it, and no world in WIT has it: see `gaps`
        extern = scope.extern(type)
        scope.declare(type, scope.add(tree.ExportDeclaration(ExternName(name), extern)))
    return tree.ComponentType(tuple(scope.definitions))


def _type(item: ExportItem) -> ExternType:
    match item:
        case ExportedFunction(type=type):
            return type
        case ExportedInstance(items=items):
            return InstanceType(tuple((name, _type(part)) for name, part in items))
        case TypeBound():
            return item
