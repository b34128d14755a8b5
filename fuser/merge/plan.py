"""Everything that is fixed before the first byte of the output is written."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from fuser.draft import Draft
from fuser.errors import LimitExceeded
from fuser.merge.ahead import placed_ahead
from fuser.merge.constants import Constants, needs_order
from fuser.merge.guests import Guests, Segments
from fuser.merge.spaces import Key, Resolver, Spaces
from fuser.merge.stand_ins import StandIns
from fuser.merge.starts import Starts, plan_starts, start_code
from fuser.merge.types import TypeSpace
from fuser.merge.written import Found, find, register_types
from fuser.program import CoreInstance
from fuser.symbols import Function, Guest
from fuser.wasm.module import Module
from fuser.wasm.syntax import PAGE, SORTS, Sort
from fuser.wasm.types import FunctionType

START_TYPE = FunctionType()

# What the engine takes in one module; more than that is refused here, where it can be told why.
_MOST: Mapping[Sort, tuple[str, int]] = {
    "func": ("functions", 1_000_000),
    "table": ("tables", 100),
    "memory": ("memories", 100),
    "global": ("globals", 1_000_000),
    "tag": ("tags", 1_000_000),
}
_MOST_TYPES = 1_000_000
_MOST_SEGMENTS = 100_000
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Plan:
    """A draft with every index known."""

    draft: Draft
    found: Found
    types: TypeSpace
    spaces: Spaces
    guests: Guests
    starts: Starts

    @cached_property
    def replay(self) -> bytes:
        """Code that replays what the guests did at instantiation; empty where segments suffice."""
        return start_code(self.starts, self.guests, self.draft.slots)

    @cached_property
    def start(self) -> int | None:
        """Index of the start function: the guests' only one, or one that is written last."""
        if not self.replay:
            return None
        only = self.starts.only
        if only is not None and only.module.start is not None:
            return self.spaces.item(only, "func", only.module.start)
        return self.spaces.size["func"]

    @property
    def writes_start(self) -> bool:
        """Whether a start function of our own follows all others."""
        return self.start == self.spaces.size["func"]

    @property
    def written(self) -> list[Function]:
        """The written functions, by rising index."""
        return [symbol for symbol in self.spaces.own["func"] if isinstance(symbol, Function)]

    @property
    def data_segments(self) -> int:
        """How many data segments the module has."""
        return sum(_data_segments(instance, self.guests.ahead) for instance in self.draft.core_instances)

    @cached_property
    def reserved(self) -> Mapping[Key, int]:
        """Pages that a memory must have at least for the regions reserved in it."""
        pages: dict[Key, int] = {}
        for region in self.draft.reserved:
            key = self.spaces.resolver.symbol(region.memory)
            pages[key] = max(pages.get(key, 0), -(-(region.start + region.size) // PAGE))
        return pages


def plan(draft: Draft) -> Plan:
    """Find and number everything in the output."""
    instances = draft.core_instances
    # One small module instantiated very often is a small input and a huge output.
    size = sum(map(_size, instances))
    if size > _MOST_BYTES:
        raise LimitExceeded(f"{size} bytes of code and data in the fused module, where an engine takes {_MOST_BYTES}")
    resolver = Resolver(draft)
    found = find(draft, resolver)
    # The largest module comes first: where its indices stay, its code is passed over fastest.
    first = sorted(instances, key=_code_size, reverse=True)[:1]
    largest_first = tuple(dict.fromkeys((*first, *instances)))
    placed: dict[Sort, Sequence[CoreInstance]] = dict.fromkeys(SORTS, largest_first)
    if needs_order(instances):
        placed["global"] = instances
    types = TypeSpace()
    for instance in largest_first:
        types.numbers(instance.module)
    _add_types(found, types)
    spaces = Spaces(resolver)
    spaces.number(found.symbols, placed)
    constants = Constants(spaces)
    ahead = placed_ahead(draft, resolver)
    guests = Guests(spaces, types, constants, StandIns(constants), _segments(instances, ahead), ahead)
    for instance in instances:
        constants.learn(instance, guests.renumbering(instance))
    planned = Plan(draft, found, types, spaces, guests, plan_starts(instances, guests))
    _check_limits(planned)
    return planned


def _size(instance: CoreInstance) -> int:
    return instance.module.code_size + instance.module.data_size


def _code_size(instance: CoreInstance) -> int:
    return instance.module.code_size


def _segments(instances: Sequence[CoreInstance], ahead: Container[CoreInstance]) -> dict[CoreInstance, Segments]:
    segments: dict[CoreInstance, Segments] = {}
    elements = data = 0
    for instance in instances:
        own, count = len(instance.module.segments), _data_segments(instance, ahead)
        numbers = range(data, data + own) if count == own else [data] * own
        segments[instance] = Segments(range(elements, elements + len(instance.module.elements)), numbers)
        elements += len(instance.module.elements)
        data += count
    return segments


def _data_segments(instance: CoreInstance, ahead: Container[CoreInstance]) -> int:
    return 1 if instance in ahead else len(instance.module.segments)


def _add_types(found: Found, types: TypeSpace) -> None:
    """Give the types of our own functions and code their indices."""
    for symbol in found.symbols:
        if isinstance(symbol, Function) and not isinstance(symbol.origin, Guest):
            types.function(symbol.type)
    register_types(found.code.values(), types)
    types.function(START_TYPE)


def _check_limits(plan: Plan) -> None:
    modules = [instance.module for instance in plan.draft.core_instances]
    counts = [(plan.spaces.size[sort], *_MOST[sort]) for sort in SORTS]
    counts += [
        (plan.types.size, "types", _MOST_TYPES),
        (sum(len(module.elements) for module in modules), "element segments", _MOST_SEGMENTS),
        (plan.data_segments, "data segments", _MOST_SEGMENTS),
    ]
    for count, what, most in counts:
        if count > most:
            place = _place_of(modules, what, most)
            raise LimitExceeded(f"{count} {what} in the fused module, where an engine takes {most}", place)


def _place_of(modules: Sequence[Module], what: str, most: int) -> int | None:
    """Return the offset of the module that brings the first memory or table too many, or of the last one."""
    if what not in ("memories", "tables") or not modules:
        return None
    sizes = accumulate(len(module.memories if what == "memories" else module.tables) for module in modules)
    return next((module.base for module, size in zip(modules, sizes, strict=True) if size > most), modules[-1].base)
