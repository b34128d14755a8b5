"""Types in the manner of WIT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from fuser.component import tree
from fuser.link.types import parts_of
from fuser.program import BoundType, DeclaredType, StaticResource
from fuser.types import (
    Borrow,
    Enumeration,
    Flags,
    FuncType,
    List,
    Named,
    Own,
    Primitive,
    Record,
    Result,
    ValType,
    Variant,
)

WORDS_LIMIT = 60
"""Words of a type that are shown: types share parts, and may be huge written out."""
DEPTH_LIMIT = 8


def type_text(type: ValType) -> str:
    """Write a type in the manner of WIT, by its name where it has one, cut off where it is long."""
    words = list(islice(_words(type, 0), WORDS_LIMIT + 1))
    return "".join(words if len(words) <= WORDS_LIMIT else [*words[:WORDS_LIMIT], "…"])


def function_text(type: FuncType) -> str:
    """Write a function type in the manner of WIT."""
    parameters = ", ".join(f"{name}: {type_text(part)}" for name, part in type.parameters)
    result = "" if type.result is None else f" -> {type_text(type.result)}"
    return f"{'async ' if type.asynchronous else ''}func({parameters}){result}"


def _words(type: ValType, depth: int) -> Iterator[str]:
    if depth > DEPTH_LIMIT:
        yield "…"
        return
    match type:
        case Primitive():
            yield type.value
        case Named(label):
            yield label
        case Own(resource):
            yield f"own<{resource.label}>"
        case Borrow(resource):
            yield f"borrow<{resource.label}>"
        case Record(fields) | Variant(fields):
            yield f"{type.__class__.__name__.lower()} {{"
            yield from _fields(fields, depth)
            yield "}"
        case Enumeration(names) | Flags(names):
            yield "enum {" if isinstance(type, Enumeration) else "flags {"
            for index, name in enumerate(names):
                yield f"{', ' if index else ''}{name}"
            yield "}"
        case Result():
            yield from _result(type, depth)
        case _:
            yield from _container(type, depth)


def _fields(fields: Iterable[tuple[str, ValType | None]], depth: int) -> Iterator[str]:
    for index, (name, part) in enumerate(fields):
        yield f"{', ' if index else ''}{name}"
        if part is not None:
            yield ": "
            yield from _words(part, depth + 1)


def _result(type: Result, depth: int) -> Iterator[str]:
    """Write a result: what is not there is left out, or `_` before an error."""
    yield "result"
    if type.ok is not None or type.error is not None:
        yield "<"
        yield from ("_",) if type.ok is None else _words(type.ok, depth + 1)
        if type.error is not None:
            yield ", "
            yield from _words(type.error, depth + 1)
        yield ">"


def _container(type: ValType, depth: int) -> Iterator[str]:
    yield f"{type.__class__.__name__.lower()}<"
    for index, part in enumerate(parts_of(type)):
        if index:
            yield ", "
        yield from _words(part, depth + 1)
    if isinstance(type, List) and type.length is not None:
        yield f", {type.length}"
    yield ">"


def bound_text(bound: BoundType) -> str:
    """Write what a type that is imported or exported stands for."""
    match bound:
        case StaticResource(type=resource):
            return f"resource {resource.id}"
        case FuncType():
            return function_text(bound)
        case DeclaredType(definition):
            return _declared_text(definition)
        case _:
            return type_text(bound.type if isinstance(bound, Named) else bound)


def _declared_text(definition: tree.TypeDefinition | tree.CoreType) -> str:
    """Write what a carried type imports and exports: names, and what each is."""
    assert isinstance(definition.type, tree.InstanceType | tree.ComponentType), "of core types nothing is exported"
    words = []
    for one in definition.type.declarations:
        if isinstance(one, tree.Import | tree.ExportDeclaration):
            way = "import" if isinstance(one, tree.Import) else "export"
            words.append(f"{way} {one.name.name}: {tree.sort_of(one.type).value}")
    shown = "; ".join(words if len(words) <= WORDS_LIMIT else [*words[:WORDS_LIMIT], "…"])
    kind = "instance" if isinstance(definition.type, tree.InstanceType) else "component"
    return f"{kind} {{{shown}}}"
