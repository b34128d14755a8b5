"""What is in a random tree of components: the types of items, and when one may stand for another."""

from __future__ import annotations

from dataclasses import dataclass

from tests.structure_guests import HOLDER, Module


@dataclass(frozen=True)
class Function:
    """A component function of one parameter and a result."""

    parameter: str
    result: str


@dataclass(frozen=True)
class Holder:
    """An instance with a resource type `r`, `mk` and `get`; what else it has does not matter."""


@dataclass(frozen=True)
class Bundle:
    """An instance with named items."""

    items: tuple[tuple[str, Item], ...]


@dataclass(frozen=True)
class Component:
    """A component with named imports and exports."""

    imports: tuple[tuple[str, Item], ...]
    exports: tuple[tuple[str, Item], ...]


Item = Function | Holder | Bundle | Component | Module


@dataclass(frozen=True)
class Known:
    """An item of a scope by its name in the text."""

    name: str
    item: Item
    cost: int = 1


def fits(given: Item, wanted: Item) -> bool:
    """Whether an item may be given where another one is imported (spec, Subtyping)."""
    match given, wanted:
        case Bundle(), Bundle():
            items = dict(given.items)
            # What is hidden still is there for the engine, which exports no component from the root.
            hides = leaves(wanted) and not leaves(given)
            return not hides and all(name in items and fits(items[name], item) for name, item in wanted.items)
        case Component(), Component():
            wanted_imports = dict(wanted.imports)
            return fits(Bundle(given.exports), Bundle(wanted.exports)) and all(
                name in wanted_imports and fits(wanted_imports[name], item) for name, item in given.imports
            )
        case Module(), Module():
            return set(given.imports) <= set(wanted.imports) and set(wanted.exports) <= set(given.exports)
        case _:
            return given == wanted


SORTS: dict[type[Item], str] = {
    Function: "func",
    Holder: "instance",
    Bundle: "instance",
    Component: "component",
    Module: "core module",
}


def declared(item: Item) -> str:
    """Return the text of an item's type, as an import declares it."""
    match item:
        case Function():
            return f'(func (param "x" {item.parameter}) (result {item.result}))'
        case Holder():
            return HOLDER
        case Bundle(items):
            return f"(instance{''.join(_declared('export', items))})"
        case Component(imports, exports):
            return f"(component{''.join(_declared('import', imports))}{''.join(_declared('export', exports))})"
        case Module():
            return item.declared


def _declared(word: str, items: tuple[tuple[str, Item], ...]) -> list[str]:
    return [f' ({word} "{name}" {declared(item)})' for name, item in items]


# -- what an item has in it ---------------------------------------------------------


def stays_out(item: Item) -> bool:
    """Whether an item is left out of instances: a component there that mentions a resource makes the engine panic."""
    match item:
        case Component():
            return has_resource(item)
        case Bundle(items):
            return any(stays_out(inner) for _, inner in items)
        case _:
            return False


def has_resource(item: Item) -> bool:
    match item:
        case Bundle(items):
            return any(has_resource(inner) for _, inner in items)
        case Component(imports, exports):
            return any(has_resource(inner) for _, inner in (*imports, *exports))
        case _:
            return isinstance(item, Holder)


def leaves(item: Item) -> bool:
    """Whether the root may export an item: no components and modules."""
    match item:
        case Bundle(items):
            return all(leaves(inner) for _, inner in items)
        case _:
            return isinstance(item, Function | Holder)
