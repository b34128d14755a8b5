"""A component that re-exports an interface by forwarding every call: one more link in a chain.

It imports an instance and exports the same items. The resource types are the imported
ones; each function is lifted from a core function that calls the lowered original and
then drops the borrows it was given, as a component must that did not define the type.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fuser.component.text import binary
from fuser.component.tree import (
    SECTION_OF,
    AliasExport,
    CanonLift,
    CanonLower,
    CanonResource,
    Component,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    DefinedType,
    Definition,
    Export,
    ExportDeclaration,
    ExternName,
    FunctionType,
    HandleType,
    Import,
    InstanceType,
    ItemExtern,
    ListType,
    Option,
    Reference,
    Section,
    Sort,
    SubResourceExtern,
    TypeDefinition,
    ValueType,
    appended,
)
from fuser.component.walk import rewrite
from fuser.types import Primitive

_FLAT = {
    Primitive.F32: ("f32",),
    Primitive.F64: ("f64",),
    Primitive.S64: ("i64",),
    Primitive.U64: ("i64",),
    Primitive.STRING: ("i32", "i32"),
}
_MOST_PARAMETERS = 16
_RESULT_AREA = 16
_LOWERED, _DROP = "lowered", "drop"

_MEMORY = """(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $new)))
    (block $fits (loop $more
      (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
      (br $more)))
    (memory.copy (local.get $at) (local.get $old) (local.get $old-size))
    (local.get $at)))"""
"""A bump allocator: nothing is given back; the result area below 1024 is one call's at a time."""


class NotForwardable(Exception):
    """An interface with types or functions that this module does not forward."""


@dataclass(frozen=True)
class _Function:
    """One function of the interface, flattened (Canonical ABI, Flattening)."""

    name: str
    type: Reference
    parameters: tuple[str, ...]
    results: tuple[str, ...]
    borrows: tuple[tuple[int, Reference], ...]
    """Flat parameters that are borrows, with the resource type of each."""


def forwarding(interface: str, type: InstanceType) -> Component:
    """Return a component that imports an interface of this type and exports its items; raises NotForwardable."""
    writer = _Writer()
    instance = writer.begin(interface, type)
    functions = [writer.declaration(one, instance) for one in type.declarations]
    writer.forward(instance, [function for function in functions if function is not None])
    return writer.component()


class _Writer:
    """Writes definitions and numbers them; type I of the interface is type I + 1 here."""

    def __init__(self) -> None:
        self.written: list[Definition] = []
        self.counts: dict[Sort, int] = defaultdict(int)
        self.types: dict[Reference, DefinedType] = {}
        self.named: list[tuple[str, Reference]] = []
        """Resource types by the name under which the interface exports them."""

    def add(self, definition: Definition) -> Reference:
        """Write a definition and return its reference."""
        self.written.append(definition)
        sort = appended(definition)
        assert sort is not None
        self.counts[sort] += 1
        return Reference(sort, self.counts[sort] - 1)

    def component(self) -> Component:
        """Return what was written; every definition has a section of its own."""
        return Component(tuple(Section(SECTION_OF[type(one)], (one,)) for one in self.written))

    def begin(self, interface: str, type: InstanceType) -> Reference:
        """Import the interface."""
        extern = ItemExtern(Sort.INSTANCE, self.add(TypeDefinition(type)))
        return self.add(Import(ExternName(interface), extern))

    def declaration(self, declaration: Definition, instance: Reference) -> _Function | None:
        """Repeat a declaration of the interface; a function is returned, to be forwarded."""
        declaration = rewrite(declaration, _shifted)
        match declaration:
            case TypeDefinition(type=defined):
                self.types[self.add(declaration)] = defined
            case ExportDeclaration(ExternName(name), SubResourceExtern()):
                self.named.append((name, self.add(AliasExport(Sort.TYPE, instance, name))))
            case ExportDeclaration(ExternName(name), ItemExtern(Sort.FUNC, type)):
                return self._flattened(name, type)
            case _:
                raise NotForwardable("an interface that declares more than resources and functions")
        return None

    # -- types -----------------------------------------------------------------------

    def _flattened(self, name: str, type: Reference) -> _Function:
        function = self.types[type]
        assert isinstance(function, FunctionType)
        parameters: list[str] = []
        borrows = []
        for _, parameter in function.parameters:
            handle = self.types.get(parameter) if isinstance(parameter, Reference) else None
            if isinstance(handle, HandleType) and handle.kind == "borrow":
                borrows.append((len(parameters), handle.resource))
            parameters += self._flat(parameter)
        if len(parameters) > _MOST_PARAMETERS or function.asynchronous:
            raise NotForwardable(f"{name} has spilled parameters or is asynchronous")
        results = self._flat(function.result) if function.result is not None else ()
        return _Function(name, type, tuple(parameters), results, tuple(borrows))

    def _flat(self, type: ValueType) -> tuple[str, ...]:
        defined = self.types.get(type) if isinstance(type, Reference) else type
        match defined:
            case Primitive():
                return _FLAT.get(defined, ("i32",))
            case HandleType():
                return ("i32",)
            case ListType(length=None):
                return ("i32", "i32")
            case _:
                raise NotForwardable("a type with parts of its own")

    # -- functions ----------------------------------------------------------------------

    def forward(self, instance: Reference, functions: Sequence[_Function]) -> None:
        """Lower, forward and lift each function, and export all."""
        memory = self._instance(_MEMORY, ())
        options = (
            Option("memory", self.add(AliasExport(Sort.CORE_MEMORY, memory, "memory"))),
            Option("realloc", self.add(AliasExport(Sort.CORE_FUNC, memory, "realloc"))),
        )
        drops = {type: self.add(CanonResource("drop", type)) for _, type in self.named}
        lifted = [self._forward(instance, function, options, drops) for function in functions]
        exported = {type: self.add(Export(ExternName(name), type)) for name, type in self.named}
        exported |= self._repeated(exported)
        for function, item in zip(functions, lifted, strict=True):
            extern = ItemExtern(Sort.FUNC, exported[function.type])
            self.add(Export(ExternName(function.name), item, extern))

    def _repeated(self, exported: Mapping[Reference, Reference]) -> Mapping[Reference, Reference]:
        """Declare the types again in terms of the exported resources, as exported functions must have them."""
        again = dict(exported)
        for type, defined in list(self.types.items()):
            again[type] = self.add(rewrite(TypeDefinition(defined), lambda one, level: one if level else again[one]))
        return again

    def _forward(
        self,
        instance: Reference,
        function: _Function,
        options: tuple[Option, ...],
        drops: Mapping[Reference, Reference],
    ) -> Reference:
        original = self.add(AliasExport(Sort.FUNC, instance, function.name))
        lowered = self.add(CanonLower(original, options))
        used = [(f"{_DROP}{place}", drops[type]) for place, type in function.borrows]
        bundle = self.add(CoreBundle(((_LOWERED, lowered), *used)))
        made = self._instance(_forwarder(function), (("", bundle),))
        return self.add(CanonLift(self.add(AliasExport(Sort.CORE_FUNC, made, "")), options, function.type))

    def _instance(self, text: str, arguments: tuple[tuple[str, Reference], ...]) -> Reference:
        module = self.add(CoreModule(binary(text.encode())))
        return self.add(CoreInstantiate(module, arguments))


def _shifted(reference: Reference, level: int) -> Reference:
    return reference if level else replace(reference, index=reference.index + 1)


def _forwarder(function: _Function) -> str:
    """Return a core module whose one export calls the lowered function and drops the borrows."""
    spilled = len(function.results) > 1
    given = " ".join(function.parameters)
    lowered = f"(param {given} i32)" if spilled else f"(param {given}) (result {' '.join(function.results)})"
    result = "i32" if spilled else " ".join(function.results)
    drops = "".join(f'(import "" "{_DROP}{place}" (func $drop{place} (param i32)))' for place, _ in function.borrows)
    gets = " ".join(f"(local.get {place})" for place in range(len(function.parameters)))
    area = f"(i32.const {_RESULT_AREA})" if spilled else ""
    released = " ".join(f"(call $drop{place} (local.get {place}))" for place, _ in function.borrows)
    return f"""(module
      (import "" "{_LOWERED}" (func $lowered {lowered})) {drops}
      (func (export "") (param {given}) (result {result}) {gets} {area} (call $lowered) {released} {area}))"""
