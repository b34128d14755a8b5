"""Value types from the tree, their equality, and views of them from another scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fuser import types
from fuser.component import tree
from fuser.component.tree import Reference
from fuser.errors import LimitExceeded, Malformed, Unsupported
from fuser.link.values import NAMES_LIMIT, Scope, name_of, resource_of
from fuser.program import StaticResource
from fuser.types import FuncType, Named, Primitive, ResourceName, ValType, plain

DEPTH_LIMIT = 100
"""Nesting of value types, as in the reference engine."""
WEIGHT_LIMIT = 1_000_000
"""Parts of a type written out as a tree, as in the reference engine."""


@dataclass(frozen=True)
class Facts:
    """What is known of a type."""

    key: int
    """Equal for equal types."""
    spelling: int
    """Equal for equal types in which fields, variant cases and flags agree in case, too."""
    depth: int
    weight: int
    """Parts, counted as in a tree."""
    names: int
    """How many names stand above the plain type."""
    borrows: bool
    """Whether a borrow lies inside."""


@dataclass
class Types:
    """Facts about every type that was made; types are equal where their keys are.

    Handles are equal where they are of one runtime resource type (spec, Explainer,
    "Type Checking": resource types are generative, everything else is structural).
    """

    facts: dict[ValType, Facts] = field(default_factory=dict)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    functions: dict[FuncType, int] = field(default_factory=dict)

    def equal(self, one: ValType, other: ValType) -> bool:
        """Whether two value types are the same, names aside."""
        return self._of(one).key == self._of(other).key

    def same_function(self, one: FuncType, other: FuncType) -> bool:
        """Whether two function types are the same, parameter names included but not their case."""
        return self.functions[one] == self.functions[other]

    def spelled_alike(self, one: FuncType, other: FuncType) -> bool:
        """Whether the fields, variant cases and flags of two equal function types agree in case, too."""
        pairs = zip((*one.parameters, ("", one.result)), (*other.parameters, ("", other.result)), strict=True)
        return all(
            type is None or of is None or self._of(type).spelling == self._of(of).spelling
            for (_, type), (_, of) in pairs
        )

    def note(self, type: ValType, offset: int | None = None) -> ValType:
        """Record a type whose parts are recorded, and return it."""
        parts = [self._of(part) for part in parts_of(type)]
        if isinstance(type, Named):
            self.facts[type] = replace(parts[0], names=parts[0].names + 1)
            return type
        depth = 1 + max((part.depth for part in parts), default=0)
        weight = 1 + sum(part.weight for part in parts)
        if depth > DEPTH_LIMIT:
            raise LimitExceeded(f"a value type is nested more than {DEPTH_LIMIT} deep", offset)
        if weight > WEIGHT_LIMIT:
            raise LimitExceeded(f"a value type has more than {WEIGHT_LIMIT} parts", offset)
        borrows = isinstance(type, types.Borrow) or any(part.borrows for part in parts)
        structure, labels = _structure(type), _labels(type)
        lower = tuple(map(str.lower, labels))
        spelled = lower if isinstance(type, types.Enumeration) else labels
        key = self._number((*structure, lower, *(part.key for part in parts)))
        spelling = self._number((*structure, spelled, *(part.spelling for part in parts)))
        self.facts[type] = Facts(key, spelling, depth, weight, 0, borrows)
        return type

    def named(self, label: str, type: ValType) -> Named:
        """Give a type a further name; after many it is the plain type's."""
        inner = plain(type) if self._of(type).names >= NAMES_LIMIT else type
        named = Named(label, inner)
        self.note(named)
        return named

    def function(self, type: FuncType, offset: int | None = None) -> FuncType:
        """Record a function type, and return it."""
        if type.result is not None and self._of(type.result).borrows:
            raise Malformed("a function result contains a borrow", offset)
        parameters = tuple((name.lower(), self._of(part).key) for name, part in type.parameters)
        result = None if type.result is None else self._of(type.result).key
        self.functions[type] = self._number(("func", type.asynchronous, parameters, result))
        return type

    def _of(self, type: ValType) -> Facts:
        if type not in self.facts:
            assert isinstance(type, Primitive), "types are recorded as they are made"
            self.note(type)
        return self.facts[type]

    def _number(self, structure: tuple[object, ...]) -> int:
        return self.numbers.setdefault(structure, len(self.numbers))


# -- the parts of a type -------------------------------------------------------------


def parts_of(type: ValType) -> tuple[ValType, ...]:
    """Return the types that a type is made of, left to right."""
    match type:
        case types.Record(fields):
            return tuple(part for _, part in fields)
        case types.Tuple(items):
            return items
        case types.Variant(cases):
            return tuple(part for _, part in cases if part is not None)
        case types.Option(some):
            return (some,)
        case types.Result(ok, error):
            return tuple(part for part in (ok, error) if part is not None)
        case types.List(element):
            return (element,)
        case types.Map(key, value):
            return key, value
        case Named(type=inner):
            return (inner,)
        case _:
            return ()


def _structure(type: ValType) -> tuple[object, ...]:
    """Return what tells a type from others with the same parts and labels."""
    match type:
        case Primitive():
            return ("primitive", type)
        case types.Variant(cases):
            return ("variant", tuple(part is None for _, part in cases))
        case types.Result(ok, error):
            return ("result", ok is None, error is None)
        case types.List(length=length):
            return ("list", length)
        case types.Own(resource) | types.Borrow(resource):
            return (type.__class__.__name__, resource.type.id)
        case _:
            return (type.__class__.__name__,)


def _labels(type: ValType) -> tuple[str, ...]:
    """Return the labels of a type; those that differ in case alone are the same (spec, Explainer)."""
    match type:
        case types.Record(parts) | types.Variant(parts):
            return tuple(name for name, _ in parts)
        case types.Enumeration(names) | types.Flags(names):
            return names
        case _:
            return ()


def rebuild(
    type: ValType,
    at: Callable[[ValType], ValType],
    handle: Callable[[types.Own | types.Borrow], ValType],
) -> ValType:
    """Return a type of the same kind with `at` of every part and `handle` of every handle."""
    match type:
        case types.Record(fields):
            return types.Record(tuple([(name, at(part)) for name, part in fields]))
        case types.Tuple(items):
            return types.Tuple(tuple([at(item) for item in items]))
        case types.Variant(cases):
            return types.Variant(tuple([(name, None if part is None else at(part)) for name, part in cases]))
        case types.Option(some):
            return types.Option(at(some))
        case types.Result(ok, error):
            return types.Result(None if ok is None else at(ok), None if error is None else at(error))
        case types.List(element, length):
            return types.List(at(element), length)
        case types.Map(key, value):
            return types.Map(at(key), at(value))
        case types.Own() | types.Borrow():
            return handle(type)
        case Named(label, inner):
            return Named(label, at(inner))
        case _:
            return type


# -- from the tree --------------------------------------------------------------------


@dataclass(frozen=True)
class TypeReader:
    """Evaluates type definitions of the tree in a scope."""

    types: Types
    scope: Scope
    offset: int | None

    def value(self, type: tree.ValueType) -> ValType:
        """Return the value type that is meant; Malformed where an index is of another kind."""
        if isinstance(type, Primitive):
            return type
        value = self.scope.get(type, self.offset)
        if not isinstance(value, VALUE_TYPES):
            raise Malformed(f"type {type.index} is not a value type", self.offset)
        return value

    def defined(self, type: tree.DefinedType) -> ValType:
        """Return the value type that is defined."""
        return self.types.note(self._defined(type), self.offset)

    def function(self, type: tree.FunctionType) -> FuncType:
        """Return the function type that is defined."""
        parameters = tuple([(name, self.value(part)) for name, part in type.parameters])
        self._distinct([name for name, _ in parameters], "parameter")
        result = None if type.result is None else self.value(type.result)
        return self.types.function(FuncType(parameters, result, type.asynchronous), self.offset)

    def _defined(self, type: tree.DefinedType) -> ValType:
        match type:
            case Primitive():
                return type
            case tree.RecordType(fields):
                self._distinct([name for name, _ in fields], "field")
                return types.Record(tuple([(name, self.value(part)) for name, part in fields]))
            case tree.VariantType(cases):
                self._distinct([name for name, _ in cases], "case")
                return types.Variant(tuple([(name, self._optional(part)) for name, part in cases]))
            case tree.EnumType(cases):
                self._distinct(cases, "case")
                return types.Enumeration(cases)
            case tree.FlagsType(labels):
                self._distinct(labels, "label")
                return types.Flags(labels)
            case tree.HandleType("own", resource):
                return types.Own(*self.resource(resource))
            case tree.HandleType(_, resource):
                return types.Borrow(*self.resource(resource))
            case _:
                return self._container(type)

    def _container(self, type: tree.DefinedType) -> ValType:
        match type:
            case tree.TupleType(items):
                return types.Tuple(tuple([self.value(item) for item in items]))
            case tree.OptionType(some):
                return types.Option(self.value(some))
            case tree.ResultType(ok, error):
                return types.Result(self._optional(ok), self._optional(error))
            case tree.ListType(element, None):
                return types.List(self.value(element))
            case tree.ListType():
                raise Unsupported("lists of fixed length", self.offset)
            case tree.MapType():
                raise Unsupported("maps", self.offset)
        raise AssertionError(type)

    def resource(self, reference: Reference) -> tuple[StaticResource, ResourceName | None]:
        """Return the resource type that a reference means, and its name."""
        value = self.scope.resource(reference, self.offset)
        return resource_of(value), name_of(value)

    def _optional(self, type: tree.ValueType | None) -> ValType | None:
        return None if type is None else self.value(type)

    def _distinct(self, names: list[str] | tuple[str, ...], what: str) -> None:
        if len({name.lower() for name in names}) != len(names):
            raise Malformed(f"two {what}s of one name", self.offset)


VALUE_TYPES = (
    Primitive,
    types.Record,
    types.Tuple,
    types.Variant,
    types.Enumeration,
    types.Flags,
    types.Option,
    types.Result,
    types.List,
    types.Map,
    types.Own,
    types.Borrow,
    types.Named,
)
