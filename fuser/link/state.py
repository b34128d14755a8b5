"""What interpretation accumulates: the parts of the program, in order of creation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from fuser.abi.layout import Shapes
from fuser.component import tree
from fuser.errors import LimitExceeded
from fuser.link.core_types import CoreTypes
from fuser.link.types import Types, parts_of
from fuser.program import (
    Builtin,
    CoreFunction,
    CoreInstance,
    HostFunction,
    Instance,
    Lift,
    Lower,
    ResourceType,
    ResourceUse,
    StaticResource,
)
from fuser.types import Borrow, FuncType, Own, ValType
from fuser.wasm.module import Module, parse_module

STEP_LIMIT = 500_000
"""Definitions and declarations that may be evaluated: nesting can share exponentially."""

INSTANCE_STEPS = 10
"""What an instantiation counts for, beside its definitions."""

Kind = Literal["instance", "resource", "lift", "builtin"]


@dataclass
class Labels:
    """Names for what is made before it is named.

    A first interpretation learns them, by number of creation; a second one, which makes
    the same things in the same order, is given them.
    """

    known: dict[tuple[Kind, int], str] = field(default_factory=dict)
    learned: dict[tuple[Kind, int], str] = field(default_factory=dict)

    def of(self, kind: Kind, id: int, otherwise: str) -> str:
        """Return the label of the `id`-th thing of a kind."""
        return self.known.get((kind, id), otherwise)

    def learn(self, kind: Kind, id: int, label: str) -> None:
        """Remember a label; the first one stays."""
        self.learned.setdefault((kind, id), label)


@dataclass
class Modules:
    """Core modules, parsed once per definition."""

    parsed: dict[int, Module] = field(default_factory=dict)
    """By identity of the definition, which the component keeps alive."""
    positions: dict[Module, defaultdict[str, list[int]]] = field(default_factory=dict)

    def of(self, definition: tree.CoreModule) -> Module:
        """Return the module that a definition holds."""
        if id(definition) not in self.parsed:
            self.parsed[id(definition)] = parse_module(definition.data, definition.offset or 0)
        return self.parsed[id(definition)]

    def imports(self, module: Module, sort: str) -> list[int]:
        """Return the positions of a module's imports of one sort, in their order."""
        if module not in self.positions:
            by_sort = self.positions[module] = defaultdict(list)
            for position, one in enumerate(module.imports):
                by_sort[one.sort].append(position)
        return self.positions[module][sort]


@dataclass
class State:
    """The parts of the program made so far."""

    labels: Labels
    modules: Modules
    types: Types = field(default_factory=Types)
    shapes: Shapes = field(default_factory=Shapes)
    core_types: CoreTypes = field(default_factory=CoreTypes)
    instances: list[Instance] = field(default_factory=list)
    core_instances: list[CoreInstance] = field(default_factory=list)
    resources: list[ResourceType] = field(default_factory=list)
    lifts: list[Lift] = field(default_factory=list)
    lowers: list[Lower] = field(default_factory=list)
    builtins: list[Builtin] = field(default_factory=list)
    hosts: list[HostFunction] = field(default_factory=list)
    uses: dict[tuple[Instance, StaticResource], ResourceUse] = field(default_factory=dict)
    counts: dict[Instance, int] = field(default_factory=dict)
    """How many uses each instance has."""
    visited: set[tuple[Instance, ValType]] = field(default_factory=set)
    contexts: int = 0
    """How many context built-ins there are."""
    steps: int = 0
    left_out: tuple[int, ...] = ()
    """Which of several inputs nothing is taken from."""
    input: int | None = None
    """Which of several inputs is walked: what an error is about."""

    def step(self, offset: int | None, weight: int = 1) -> None:
        """Count an evaluation; raises LimitExceeded after too many of them."""
        self.steps += weight
        if self.steps > STEP_LIMIT:
            raise LimitExceeded("too many definitions once everything is instantiated", offset)

    def instance(self, parent: Instance | None, name: str | None) -> Instance:
        """Make a component instance."""
        id = len(self.instances)
        label = name or self.labels.of("instance", id, f"component {id}")
        self.instances.append(Instance(id, parent, label))
        return self.instances[-1]

    def resource(
        self,
        definer: Instance | None,
        destructor: CoreFunction | None,
        label: str | None,
        offset: int | None,
    ) -> StaticResource:
        """Make a runtime resource type and its definer's view of it."""
        id = len(self.resources)
        label = label or self.labels.of("resource", id, f"resource {id}")
        self.resources.append(ResourceType(id, definer, label, destructor, offset))
        return StaticResource(self.resources[-1], label)

    def use(self, instance: Instance, resource: StaticResource) -> ResourceUse:
        """Return the use of a resource by an instance, made at its first mention."""
        key = instance, resource
        if key not in self.uses:
            id = self.counts.get(instance, 0)
            self.counts[instance] = id + 1
            self.uses[key] = ResourceUse(id, instance, resource)
        return self.uses[key]

    def mention(self, instance: Instance, type: FuncType) -> None:
        """Make the uses of all resources in a function type, left to right."""
        for _, part in type.parameters:
            self._mention(instance, part)
        if type.result is not None:
            self._mention(instance, type.result)

    def _mention(self, instance: Instance, type: ValType) -> None:
        pending = [type]
        while pending:
            current = pending.pop()
            if (instance, current) in self.visited:
                continue
            self.visited.add((instance, current))
            if isinstance(current, Own | Borrow):
                self.use(instance, current.resource)
            pending += reversed(parts_of(current))
