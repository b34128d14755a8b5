"""Who is who in the output: every item of every guest and every symbol, resolved and numbered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeVar

from fuser.draft import Draft
from fuser.program import Builtin, ContextSlot, CoreExport, CoreInstance, CoreItem, Lower, behind
from fuser.symbols import Function, Global, Guest, Imported, Memory, Symbol, Table
from fuser.wasm.syntax import SORTS, Sort

Item = TypeVar("Item")
Key = CoreExport | tuple[Sort, Imported] | Symbol
"""What makes an item of the output one: the definer's item, the import, or the symbol itself."""

_SORTS: Mapping[type[Symbol], Sort] = {Function: "func", Memory: "memory", Global: "global", Table: "table"}


def sort_of(symbol: Symbol) -> Sort:
    """Return the sort of a symbol."""
    return _SORTS[type(symbol)]


@dataclass
class Resolver:
    """Finds the item behind a symbol, or behind an index of a guest."""

    draft: Draft
    _imports: dict[tuple[CoreInstance, Sort], list[CoreItem]] = field(default_factory=dict)

    def symbol(self, symbol: Symbol) -> Key:
        """Return the key of a symbol."""
        if isinstance(symbol.origin, Guest):
            return self.item(symbol.origin.instance, sort_of(symbol), symbol.origin.index)
        if isinstance(symbol.origin, Imported):
            return sort_of(symbol), symbol.origin
        return symbol

    def item(self, instance: CoreInstance, sort: Sort, index: int) -> Key:
        """Return the key of an item by its index in a guest's own index space."""
        item: CoreItem = CoreExport(instance, sort, index)
        if index < instance.module.imported(sort):
            item = self.imports(instance, sort)[index]
        item = behind(item, self.draft.direct)
        if not isinstance(item, CoreExport):
            return self.symbol(self.draft.bound[item])
        instance, index = item.instance, item.index
        if sort == "memory":
            held = self.draft.held.get(Guest(instance, index))
            if held is not None:
                return self.symbol(held)
        return item

    def imports(self, instance: CoreInstance, sort: Sort) -> list[CoreItem]:
        """Return what the imports of a sort resolve to, by index."""
        where = instance, sort
        if where not in self._imports:
            pairs = zip(instance.module.imports, instance.imports, strict=True)
            self._imports[where] = [item for one, item in pairs if one.sort == sort]
        return self._imports[where]

    def bound(self, instance: CoreInstance) -> Iterable[Function]:
        """Yield the functions that stand for the canonical functions a guest imports."""
        for one in instance.imports:
            item = behind(one, self.draft.direct)
            if isinstance(item, Lower | Builtin | ContextSlot):
                yield self.draft.bound[item]


@dataclass
class Spaces:
    """The index spaces of the output."""

    resolver: Resolver
    imported: dict[Sort, list[tuple[Imported, Symbol]]] = field(default_factory=dict)
    own: dict[Sort, list[Symbol]] = field(default_factory=dict)
    """What the fuser made itself, after the guests' items."""
    _guests: dict[tuple[CoreInstance, Sort], Sequence[int]] = field(default_factory=dict)
    """New index of each item that a guest defines."""
    _symbols: dict[Key, int] = field(default_factory=dict)
    size: dict[Sort, int] = field(default_factory=dict)
    placed: dict[Sort, Sequence[CoreInstance]] = field(default_factory=dict)
    """The order in which the guests' items of each sort are numbered."""
    turned: dict[CoreInstance, int] = field(default_factory=dict)
    """How many functions of an instance, its first ones, come after its others."""

    def number(self, symbols: Iterable[Symbol], guests: Mapping[Sort, Sequence[CoreInstance]]) -> None:
        """Give out all indices: imports first, then guests, then the symbols.

        The order of the guests is the given one, but for functions: there those of the first one
        keep their numbers if the others allow it, so that hardly a call in it needs rewriting.
        """
        found: dict[Key, Symbol] = {}
        for symbol in symbols:
            found.setdefault(self.resolver.symbol(symbol), symbol)
        for sort in SORTS:
            ours = [(key, symbol) for key, symbol in found.items() if sort_of(symbol) == sort]
            self.imported[sort] = [(key[1], symbol) for key, symbol in ours if isinstance(key, tuple)]
            self.own[sort] = [symbol for key, symbol in ours if key is symbol]
            self.size[sort] = 0
            for origin, _ in self.imported[sort]:
                self._symbols[sort, origin] = self._take(sort)
            self.placed[sort] = self._place_functions(*guests[sort]) if sort == "func" else guests[sort]
            if sort == "global":
                self._number_imported(guests[sort][:1])
            for instance in self.placed[sort]:
                self._number_guest(instance, sort)
            for symbol in self.own[sort]:
                self._symbols[symbol] = self._take(sort)

    def _place_functions(self, *guests: CoreInstance) -> Sequence[CoreInstance]:
        """Put as many guests before the first one as it imports functions, less those that the output imports.

        Where they have more functions than that, the first one's begin with a later one of
        them, and end with those that found their numbers taken.
        """
        if not guests:
            return guests
        first, *others = guests
        room = first.module.imported("func") - self.size["func"]
        sizes = accumulate((one.module.defined("func") for one in others), initial=0)
        before = next((count for count, size in enumerate(sizes) if size >= room), None)
        if before is None:
            return guests
        turned = sum(one.module.defined("func") for one in others[:before]) - room
        if turned >= first.module.defined("func"):
            return guests
        self.turned[first] = turned
        return (*others[:before], first, *others[before:])

    def _number_imported(self, guests: Sequence[CoreInstance]) -> None:
        """Give globals the numbers under which guests import them: where modules share everything, they are hundreds.

        None precedes what its value is made of: where that matters, the first guest is the one
        that is instantiated first, and imports none.
        """
        for instance in guests:
            for index in range(instance.module.imported("global")):
                key = self.resolver.item(instance, "global", index)
                if key not in self._symbols:
                    self._symbols[key] = self._take("global")

    def _number_guest(self, instance: CoreInstance, sort: Sort) -> None:
        module = instance.module
        first, count = self.size[sort], module.count(sort)
        imported = module.imported(sort)
        turned = self.turned.get(instance, 0)
        if sort == "func" and turned:
            end = first + count - imported
            self._guests[instance, sort] = [*range(end - turned, end), *range(first, end - turned)]
            self.size[sort] = end
            return
        some = sort in ("memory", "global")  # of which some may have their numbers
        keys = [self.resolver.item(instance, sort, index) for index in range(imported, count)] if some else []
        if self._symbols.keys().isdisjoint(keys):
            self._guests[instance, sort] = range(first, first + count - imported)
            self.size[sort] += count - imported
            return
        self._guests[instance, sort] = [
            self._symbols[key] if key in self._symbols else self._take(sort) for key in keys
        ]

    def _take(self, sort: Sort) -> int:
        self.size[sort] += 1
        return self.size[sort] - 1

    def turn(self, instance: CoreInstance, items: Sequence[Item]) -> Sequence[Item]:
        """Return something of each function that an instance defines, in the output's order."""
        turned = self.turned.get(instance, 0)
        return (*items[turned:], *items[:turned]) if turned else items

    def defined(self, instance: CoreInstance, sort: Sort) -> Sequence[int]:
        """Return the new index of every item that a guest defines."""
        return self._guests[instance, sort]

    # -- answers -------------------------------------------------------------------

    def symbol(self, symbol: Symbol) -> int:
        """Return the index of a symbol."""
        return self._index(self.resolver.symbol(symbol))

    def item(self, instance: CoreInstance, sort: Sort, index: int) -> int:
        """Return the new index of an item of a guest."""
        return self._index(self.resolver.item(instance, sort, index))

    def numbers(self, instance: CoreInstance, sort: Sort) -> Sequence[int]:
        """Return the new index of every item of a guest's index space."""
        imported = instance.module.imported(sort)
        if not imported:
            return self._guests[instance, sort]
        return [
            *(self.item(instance, sort, index) for index in range(imported)),
            *self._guests[instance, sort],
        ]

    def _index(self, key: Key) -> int:
        if isinstance(key, CoreExport):
            return self._guests[key.instance, key.sort][key.index - key.instance.module.imported(key.sort)]
        return self._symbols[key]
