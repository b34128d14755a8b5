"""Names of what the root's imports and exports mention (spec, Explainer, "Import and Export Definitions").

Types with fields, cases or labels must have one among them, and so must resource types. One component
shows that by itself. Of several, one may know a type by an import that another satisfies.
"""

from __future__ import annotations

from collections.abc import Iterator

from fuser.program import (
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
from fuser.types import Borrow, Enumeration, Flags, FuncType, Named, Own, Record, ValType, Variant, parts

Known = set[ValType | ResourceType]


def nameless(program: Program) -> str | None:
    """Return the first import or export that mentions a type which none up to it names."""
    known: Known = set()
    items = (*program.imports, *program.exports)
    return next((name for name, item in items for part in _leaves(item) if _is_nameless(part, known)), None)


def _leaves(item: ExternType | ExportItem) -> Iterator[FuncType | TypeBound]:
    """Yield the functions and types in an import or export, in order."""
    match item:
        case InstanceType(exports=items) | ExportedInstance(items=items):
            for _, part in items:
                yield from _leaves(part)
        case ExportedFunction(type=type) | TypeBound(type=FuncType() as type):
            yield type
        case _:
            yield item


def _is_nameless(item: FuncType | TypeBound, known: Known) -> bool:
    """Whether an item mentions what is not known; from now on its own name is."""
    match item:
        case TypeBound(type=StaticResource(type=resource)):
            known.add(resource)
            return False
        case TypeBound(type=Named() as named):
            behind = _behind(named.type, known)
            mentioned = [] if behind in known else list(parts(behind))
            known.add(named)
        case FuncType(parameters=parameters, result=result):
            mentioned = [part for _, part in parameters] + ([] if result is None else [result])
        case _:
            return False  # the type of instances or components, which shows itself what it mentions
    return _mentions_nameless(mentioned, known)


def _mentions_nameless(pending: list[ValType], known: Known) -> bool:
    seen: set[ValType] = set()
    while pending:
        type = _behind(pending.pop(), known)
        match type:
            case Own(resource) | Borrow(resource) if resource.type not in known:
                return True
            case Record() | Variant() | Enumeration() | Flags():
                return True
            case _ if type not in known and type not in seen:
                pending += parts(type)
        seen.add(type)
    return False


def _behind(type: ValType, known: Known) -> ValType:
    """Return what is behind names that are not known."""
    while isinstance(type, Named) and type not in known:
        type = type.type
    return type
