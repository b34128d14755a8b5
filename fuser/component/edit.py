"""Definitions put into, taken out of or moved within a component, with all later indices renumbered.

References to what stood in the original keep their original indices while editing;
`insert` and `append` return new references, to be used in further definitions. `finish`
numbers everything, outer aliases of nested components and types included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fuser.component.encode import WHOLE_SECTIONS
from fuser.component.tree import (
    SECTION_OF,
    Component,
    Definition,
    Names,
    Reference,
    Section,
    Sort,
    appended,
    width,
)
from fuser.component.walk import rewrite

NEW = 1 << 40
"""Indices of references that are yet to be numbered begin here, beyond any in a binary."""


@dataclass
class _Entry:
    """A definition under edit; `defines` is its first reference as references mention it."""

    definition: Definition
    defines: Reference | None
    group: int
    """Neighbours of one group share a section, as they did in the original."""
    before: list[_Entry]
    removed: bool = False


class Editor:
    """An edit of one component; positions are those of the original's definitions, from 0."""

    def __init__(self, component: Component) -> None:
        self._component = component
        self._redirected: dict[Reference, Reference] = {}
        self._fresh = 0
        self._entries: list[_Entry] = []
        counts: Counter[Sort] = Counter()
        for group, section in enumerate(component.sections):
            for definition in section.definitions:
                self._entries.append(_Entry(definition, _first(definition, counts), group, []))
        self._last = _Entry(Definition(), None, -1, [])

    def __len__(self) -> int:
        """Return how many definitions the original has."""
        return len(self._entries)

    def definition(self, position: int) -> Definition:
        """Return the definition at a position, as replaced so far."""
        return self._entries[position].definition

    def defines(self, position: int) -> Reference | None:
        """Return the reference that the original's definition at a position defines."""
        return self._entries[position].defines

    def insert(self, position: int, definition: Definition) -> Reference:
        """Insert before a position (after what was inserted there earlier); return what is defined."""
        entry = self._entries[position] if position < len(self._entries) else self._last
        reference = self._new(definition)
        entry.before.append(_Entry(definition, reference, -1, []))
        return reference

    def append(self, definition: Definition) -> Reference:
        """Insert at the end; return what is defined."""
        return self.insert(len(self._entries), definition)

    def replace(self, position: int, definition: Definition) -> None:
        """Replace a definition by another one that defines the same sort and number of items."""
        old = self._entries[position].definition
        if (appended(old), width(old)) != (appended(definition), width(definition)):
            raise ValueError("a definition can only be replaced by one of its sort")
        self._entries[position].definition = definition

    def remove(self, position: int) -> None:
        """Remove a definition; its references must be gone or redirected when finishing."""
        self._entries[position].removed = True

    def redirect(self, old: Reference, new: Reference) -> None:
        """Let the original's definitions refer to another item instead; inserted ones do not."""
        self._redirected[old] = new

    def finish(self, order: Sequence[int] | None = None) -> Component:
        """Return the edited component; `order` permutes the original's positions.

        Raises ValueError where a definition refers to something removed or not before it.
        """
        positions = range(len(self._entries)) if order is None else order
        entries = [
            entry
            for place in (*(self._entries[position] for position in positions), self._last)
            for entry in (*place.before, place)
            if entry is not self._last and not entry.removed
        ]
        numbering: dict[Reference, int] = {}
        counts: Counter[Sort] = Counter()
        renumbered = []
        for entry in entries:
            _number(entry, counts, numbering)
            renumbered.append((entry, self._renumbered(entry, numbering)))
        sections = []
        for key, group in groupby(enumerate(renumbered), key=_section_key):
            sections.append(Section(key[0], tuple([definition for _, (_, definition) in group])))
        return Component(tuple(sections), self._component.offset)

    def _new(self, definition: Definition) -> Reference:
        sort = appended(definition)
        assert sort is not None, "names and custom sections are not inserted"
        first = NEW + self._fresh
        self._fresh += width(definition)
        return Reference(sort, first)

    def _renumbered(self, entry: _Entry, numbering: dict[Reference, int]) -> Definition:
        def at(reference: Reference, level: int) -> Reference:
            if level:
                return reference
            target = reference
            if entry.group >= 0:
                target = self._redirected.get(reference, reference)
            if target not in numbering:
                raise ValueError(f"{target.sort.value} {target.index} is not defined before its use")
            number = numbering[target]
            return reference if number == reference.index else Reference(reference.sort, number)

        definition = entry.definition
        if isinstance(definition, Names):
            definition = _still_named(definition, numbering)
        return rewrite(definition, at)


def _first(definition: Definition, counts: Counter[Sort]) -> Reference | None:
    sort = appended(definition)
    if sort is None:
        return None
    counts[sort] += width(definition)
    return Reference(sort, counts[sort] - width(definition))


def _still_named(names: Names, numbering: dict[Reference, int]) -> Names:
    """Return names without those of removed items, in the new order."""
    maps = tuple(
        [
            (sort, tuple(sorted([one for one in entries if one[0] in numbering], key=lambda one: numbering[one[0]])))
            for sort, entries in names.maps
        ]
    )
    return replace(names, maps=maps)


def _number(entry: _Entry, counts: Counter[Sort], numbering: dict[Reference, int]) -> None:
    """Give the items of a definition the next numbers."""
    if entry.defines is None:
        return
    sort, first = entry.defines.sort, entry.defines.index
    for place in range(width(entry.definition)):
        numbering[Reference(sort, first + place)] = counts[sort]
        counts[sort] += 1


def _section_key(numbered: tuple[int, tuple[_Entry, Definition]]) -> tuple[int, int, int]:
    """Return what neighbours in one section share; whole sections share nothing."""
    position, (entry, definition) = numbered
    id = SECTION_OF[type(definition)]
    return id, entry.group, position if id in WHOLE_SECTIONS else -1
