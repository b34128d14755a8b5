"""A program with some functions and resource types replaced by others.

A program's values refer to each other by identity, so whoever replaces one rebuilds all
that lead to it. Every object is rebuilt once, so what was one object stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from fuser.program import (
    Around,
    BoundType,
    Builtin,
    ContextSlot,
    CoreExport,
    CoreFunction,
    CoreInstance,
    CoreMember,
    DeclaredType,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    HostFunction,
    Instance,
    InstanceType,
    Lift,
    Lower,
    Options,
    Program,
    ResourceType,
    ResourceUse,
    StaticResource,
    TypeBound,
    unfinished,
)
from fuser.types import (
    Borrow,
    FuncType,
    List,
    Map,
    Named,
    Option,
    Own,
    Record,
    Result,
    Tuple,
    ValType,
    Variant,
    parts,
)

Node = TypeVar("Node")


@dataclass(eq=False)
class Rewiring:
    """What is replaced: lifts where they are called, and resource types everywhere."""

    lifts: Mapping[Lift, Lift]
    types: Mapping[ResourceType, ResourceType]
    removed: frozenset[Instance]
    outside: Mapping[Lift, tuple[str, ...]] = field(default_factory=dict)
    """Lifts that become functions of the host where they are called, by these paths."""
    _declared: dict[DeclaredType, DeclaredType] = field(default_factory=dict)
    _made: dict[int, object] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)
    """Keeps the originals alive, so that their identities stay theirs."""

    def program(self, program: Program) -> Program:
        """Rebuild a program; raises KeyError where a removed instance is still wanted."""
        uses = {self.use(use): None for use in program.uses if use.instance not in self.removed}
        return Program(
            instances=tuple(one for one in program.instances if one not in self.removed),
            core_instances=tuple(self.core(one) for one in program.core_instances if one.instance not in self.removed),
            resources=tuple(self.resource(type) for type in program.resources if type not in self.types),
            uses=tuple(uses),
            lifts=tuple(self.lift(lift) for lift in program.lifts if lift.instance not in self.removed),
            lowers=tuple(self.lower(lower) for lower in program.lowers if lower.instance not in self.removed),
            builtins=tuple(
                self.builtin(builtin) for builtin in program.builtins if builtin.use.instance not in self.removed
            ),
            imports=tuple((name, self.extern(type)) for name, type in program.imports),
            exports=self.items(program.exports),
            left_out=program.left_out,
            use_of={(use.instance, use.resource): use for use in uses},
            direct={
                self.item(item): self.function(behind)
                for item, behind in program.direct.items()
                if item.instance.instance not in self.removed
            },
        )

    # -- core ---------------------------------------------------------------------

    def core(self, core: CoreInstance) -> CoreInstance:
        """Rebuild a core instance with its imports."""
        return self._once(core, lambda: replace(core, imports=tuple(map(self.function, core.imports))))

    def function(self, function: CoreFunction) -> CoreFunction:
        """Rebuild a core function or item."""
        match function:
            case CoreExport():
                return self.item(function)
            case Lower():
                return self.lower(function)
            case Builtin():
                return self.builtin(function)
            case ContextSlot():
                return function

    def item(self, item: CoreExport) -> CoreExport:
        """Rebuild an item of a core instance."""
        return replace(item, instance=self.core(item.instance))

    def options(self, options: Options) -> Options:
        """Rebuild the functions and the memory of canonical options."""
        memory = options.memory
        return Options(
            options.encoding,
            None if memory is None else self.item(memory),
            None if options.realloc is None else self.function(options.realloc),
            None if options.post_return is None else self.function(options.post_return),
        )

    # -- functions -------------------------------------------------------------------

    def lift(self, lift: Lift) -> Lift:
        """Rebuild a lift, or the one that stands for it."""
        lift = self.lifts.get(lift, lift)
        return self._once(
            lift,
            lambda: replace(
                lift,
                function=self.function(lift.function),
                type=self.signature(lift.type),
                options=self.options(lift.options),
            ),
        )

    def _callee(self, callee: Lift | HostFunction) -> Lift | HostFunction:
        if isinstance(callee, HostFunction):
            return self._once(callee, lambda: replace(callee, type=self.signature(callee.type)))
        return self.host(callee) if callee in self.outside else self.lift(callee)

    def host(self, lift: Lift) -> HostFunction:
        """Return the function of the host that a lift becomes."""
        return self._once(lift, lambda: HostFunction(lift.id, self.outside[lift], self.signature(lift.type)))

    def lower(self, lower: Lower) -> Lower:
        """Rebuild a lower with its callee."""
        callee = lower.callee
        return self._once(
            lower,
            lambda: replace(
                lower,
                callee=self._callee(callee),
                type=self.signature(lower.type),
                options=self.options(lower.options),
            ),
        )

    def builtin(self, builtin: Builtin) -> Builtin:
        """Rebuild a builtin with its use."""
        return self._once(builtin, lambda: replace(builtin, use=self.use(builtin.use)))

    # -- the outside -------------------------------------------------------------------

    def extern(self, type: ExternType) -> ExternType:
        """Rebuild what the root imports."""
        match type:
            case FuncType():
                return self.signature(type)
            case InstanceType():
                made = tuple((name, self.extern(part)) for name, part in type.exports)
                return self._once(type, lambda: InstanceType(made))
            case TypeBound():
                return self._bound(type)

    def _bound(self, bound: TypeBound) -> TypeBound:
        return self._once(bound, lambda: replace(bound, type=self._bounded(bound.type)))

    def _bounded(self, type: BoundType) -> BoundType:
        match type:
            case StaticResource():
                return self.static(type)
            case FuncType():
                return self.signature(type)
            case DeclaredType():
                return self.declared(type)
            case _:
                return self.value(type)

    def declared(self, type: DeclaredType) -> DeclaredType:
        """Rebuild a type that is carried as the input declares it."""
        for one in unfinished(type, self._declared):
            around = {place: self._around(item) for place, item in one.around.items()}
            self._declared[one] = replace(one, around=around)
        return self._declared[type]

    def _around(self, item: Around) -> Around:
        match item:
            case DeclaredType():
                return self._declared[item]
            case CoreMember(group, position):
                return CoreMember(None if group is None else self._declared[group], position)
            case _:
                return self._bounded(item)

    def items(self, items: tuple[tuple[str, ExportItem], ...]) -> tuple[tuple[str, ExportItem], ...]:
        """Rebuild what the root or an instance exports."""
        return tuple((name, self._item(item)) for name, item in items)

    def _item(self, item: ExportItem) -> ExportItem:
        match item:
            case ExportedFunction():
                return self._once(item, lambda: ExportedFunction(self.lift(item.lift), self.signature(item.type)))
            case ExportedInstance():
                return self._once(item, lambda: ExportedInstance(self.items(item.items)))
            case TypeBound():
                return self._bound(item)

    # -- resources and types ------------------------------------------------------------

    def resource(self, type: ResourceType) -> ResourceType:
        """Rebuild a resource type, or the one that stands for it."""
        type = self.types.get(type, type)
        destructor = type.destructor
        if destructor is None:
            return type
        return self._once(type, lambda: replace(type, destructor=self.function(destructor)))

    def static(self, resource: StaticResource) -> StaticResource:
        """Rebuild a resource type as an instance sees it."""
        type = self.resource(resource.type)
        return resource if type is resource.type else self._once(resource, lambda: replace(resource, type=type))

    def use(self, use: ResourceUse) -> ResourceUse:
        """Rebuild a use."""
        return self._once(use, lambda: replace(use, resource=self.static(use.resource)))

    def signature(self, type: FuncType) -> FuncType:
        """Rebuild a function type, if there are resources in it."""
        if all(self._optional(part) is part for part in (*(part for _, part in type.parameters), type.result)):
            return type
        return self._once(
            type,
            lambda: replace(
                type,
                parameters=tuple((name, self.value(part)) for name, part in type.parameters),
                result=self._optional(type.result),
            ),
        )

    def value(self, type: ValType) -> ValType:
        """Rebuild a value type, if there are resources in it: others keep their identity."""
        return self._once(type, lambda: self._value(type))

    def _value(self, type: ValType) -> ValType:
        if not isinstance(type, Own | Borrow) and all(self._optional(part) is part for part in parts(type)):
            return type
        match type:
            case Own() | Borrow():
                return replace(type, resource=self.static(type.resource))
            case Record():
                return Record(tuple((name, self.value(part)) for name, part in type.fields))
            case Tuple():
                return Tuple(tuple(map(self.value, type.items)))
            case Variant():
                return Variant(tuple((name, self._optional(part)) for name, part in type.cases))
            case Option():
                return Option(self.value(type.some))
            case Result():
                return Result(self._optional(type.ok), self._optional(type.error))
            case List():
                return replace(type, element=self.value(type.element))
            case Map():
                return Map(self.value(type.key), self.value(type.value))
            case Named():
                return replace(type, type=self.value(type.type))
            case _:
                return type

    def _optional(self, type: ValType | None) -> ValType | None:
        return None if type is None else self.value(type)

    def _once(self, node: object, make: Callable[[], Node]) -> Node:
        if id(node) not in self._made:
            self._kept.append(node)
            self._made[id(node)] = make()
        return cast("Node", self._made[id(node)])
