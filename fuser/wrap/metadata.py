"""The core form: the fused module with the type of its world, so that tools can wrap it.

The custom section is what wit-component reads: a component whose one export is the type of
a package with the world in it, and how strings are encoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuser.abi.reach import started
from fuser.component import tree
from fuser.component.encode import encode
from fuser.component.tree import ExternName, Reference, Sort
from fuser.draft import Merged
from fuser.program import (
    DeclaredType,
    Encoding,
    Program,
    TypeBound,
)
from fuser.symbols import Memory
from fuser.types import FuncType
from fuser.wasm.encode import custom
from fuser.wrap.holding import MEMORY
from fuser.wrap.plan import HostLower, OutsideType, Plan, ResourceOperation, RootLift
from fuser.wrap.scope import Scope
from fuser.wrap.worlds import beyond_wit, type_of

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
    return (*made, *_misnamed(plan), *_early(program, plan), *beyond_wit(program))


def _misnamed(plan: Plan) -> Iterator[str]:
    """Say that the one memory could not have the name by which the tools know it."""
    if any(isinstance(symbol, Memory) and name != MEMORY for name, symbol in plan.exports):
        yield f"the root exports a function `{MEMORY}`, which is the name of the memory"


def _early(program: Program, plan: Plan) -> Iterator[str]:
    """Say what start functions call before the tools have it ready: what needs the memory."""
    lowers = [supply for supply in plan.supplies.values() if isinstance(supply, HostLower)]
    late = {lower.function for lower in lowers if lower.memory is not None or lower.realloc is not None}
    early: dict[str, None] = {}
    for host in started(program):
        if host in late:
            early["#".join(host.path)] = None
    for name in early:
        yield f"a start function may call `{name}`, which the tools make ready after it"


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
        type = type_of(item)
        if isinstance(type, TypeBound) and isinstance(type.type, FuncType | DeclaredType):
            continue  # nothing mentions it, and no world in WIT has it: see `gaps`
        extern = scope.extern(type)
        scope.declare(type, scope.add(tree.ExportDeclaration(ExternName(name), extern)))
    return tree.ComponentType(tuple(scope.definitions))
