"""Random components that consist mostly of imports, exports and types, in the text format.

What is drawn is nearly always valid; the engine is the judge of the rest. Functions that are
exported take and give `u32` and handles only, so that each is one `i32` to core code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st

PRIMITIVES = ["bool", "u8", "s16", "u32", "s64", "f32", "f64", "char", "string"]
KEBAB = ["a", "b-c", "D", "e1-F2", "x-y-z"]
PARAMETERS = 3
LEAF = """
  (type $d (resource (rep i32)))
  (core module $code
    (func (export "f") (param i32 i32) (result i32) unreachable)
    (func (export "g") (param i32)))
  (core instance $m (instantiate $code))
  (func $g (param "self" (borrow $d)) (canon lift (core func $m "g")))"""
SHOWN = '(export "r" (type $r (sub resource))) (export "s" (type $s (eq $r))) (export "t" (type $t (eq $s)))'
METHOD = '(export "[method]r.g" {} (func (param "self" (borrow $r))))'


@dataclass
class Scope:
    """Types that have names in a scope; `own` are resources by the name under which the scope exports them."""

    values: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    exported: dict[str, bool] = field(default_factory=dict)
    """Names of exported types, and whether each is a resource."""


@dataclass
class Body:
    """The declarations of an instance type, and the types that it exports."""

    text: str
    exported: dict[str, bool]


@dataclass
class Writer:
    """Draws a component."""

    draw: Callable[[st.SearchStrategy[int]], int]
    count: int = 0
    lines: list[str] = field(default_factory=list)

    def pick(self, limit: int) -> int:
        return self.draw(st.integers(0, limit - 1))

    def one(self, items: list[str]) -> str:
        return items[self.pick(len(items))]

    def fresh(self) -> str:
        self.count += 1
        return f"$x{self.count}"

    def name(self, scope: str = "") -> str:
        """Return a name of its own: plain, or that of an interface at the root."""
        self.count += 1
        label = f"{self.one(KEBAB)}-n{self.count}"
        versions = ["", "@1.2.3", "@0.0.1-rc.1+build.7"]
        return f"ns:pkg/{label.lower()}{self.one(versions)}" if scope == "root" and self.pick(2) else label

    # -- types -------------------------------------------------------------------------

    def value(self, scope: Scope, depth: int = 0) -> str:
        kind = self.pick(8 if depth < 2 else 3)
        if kind == 1 and scope.values:
            return self.one(scope.values)
        if kind == 2 and scope.resources:
            return f"(own {self.one(scope.resources)})"
        if kind <= 3:
            return self.one(PRIMITIVES)
        inner = self.value(scope, depth + 1)
        forms = [f"(list {inner})", f"(option {inner})", f"(tuple u8 {inner})", f"(result {inner} (error {inner}))"]
        return self.one(forms)

    def definition(self, scope: Scope) -> str:
        first, second = self.value(scope), self.value(scope)
        forms = [
            f'(record (field "f" {first}) (field "g-h" {second}))',
            f'(variant (case "f" {first}) (case "G"))',
            '(enum "one" "two")',
            '(flags "one" "two" "three")',
            f"(list {first})",
        ]
        return self.one(forms)

    def signature(self, scope: Scope) -> str:
        parts = [f'(param "p{number}" {self.value(scope)})' for number in range(self.pick(PARAMETERS))]
        if scope.resources and self.pick(2):
            parts.append(f'(param "lent" (borrow {self.one(scope.resources)}))')
        return " ".join([*parts, f"(result {self.value(scope)})" if self.pick(2) else ""])

    def exported_type(self, scope: Scope, lines: list[str]) -> None:
        """Declare a type in a type of an instance or component."""
        name, index = self.name(), self.fresh()
        match self.pick(3):
            case 0:
                lines.append(f'(export "{name}" (type {index} (sub resource)))')
                scope.resources.append(index)
                scope.exported[name] = True
                scope.own[name] = index
            case 1 if scope.resources:
                lines.append(f'(export "{name}" (type {index} (eq {self.one(scope.resources)})))')
                scope.resources.append(index)
                scope.exported[name] = True
            case _:
                inner = self.fresh()
                lines.append(f'(type {inner} {self.definition(scope)}) (export "{name}" (type {index} (eq {inner})))')
                scope.values.append(index)
                scope.exported[name] = False

    def method(self, scope: Scope) -> str:
        """Return a function of a resource of the scope's own; any function where it has none."""
        if not scope.own:
            return f'(export "{self.name()}" (func {self.signature(scope)}))'
        resource = self.one(list(scope.own))
        index = scope.own.pop(resource)
        forms = [
            f'(export "[constructor]{resource}" (func (param "a" {self.value(scope)}) (result (own {index}))))',
            f'(export "[method]{resource}.m" (func (param "self" (borrow {index})) {self.signature(scope)}))',
            f'(export "[static]{resource}.s" (func {self.signature(scope)}))',
        ]
        return self.one(forms)

    def body(self, outer: Scope, depth: int = 0, *, functions: bool = True) -> Body:
        """Return the declarations of an instance type."""
        scope, lines = Scope(), list[str]()
        for known, kind in ((outer.values, scope.values), (outer.resources, scope.resources)):
            if known and self.pick(2):
                kind.append(self.fresh())
                lines.append(f"(alias outer 1 {self.one(known)} (type {kind[-1]}))")
        for _ in range(self.pick(4)):
            self.exported_type(scope, lines)
        for _ in range(self.pick(4) if functions else 0):
            lines.append(self.method(scope))
        if depth < 2 and not self.pick(4):
            inner = self.body(scope, depth + 1, functions=functions)
            lines.append(f'(export "{self.name()}" (instance {inner.text}))')
        return Body(" ".join(lines), scope.exported)

    # -- the root ------------------------------------------------------------------------

    def component(self) -> str:
        imported = Scope()
        imports = [self.import_instance, self.import_instance, self.import_type, self.import_function]
        for _ in range(self.pick(6)):
            imports[self.pick(len(imports))](imported)
        exports = [
            self.export_value,
            self.export_resource,
            self.export_declared,
            self.export_bundle,
            self.pass_types_on,
            self.leaf,
        ]
        root = Scope(list(imported.values), list(imported.resources))
        for _ in range(self.pick(8)):
            exports[self.pick(len(exports))](root)
        return "\n".join(["(component", *self.lines, ")"])

    def import_instance(self, root: Scope) -> None:
        index, body = self.fresh(), self.body(root)
        self.lines.append(f'(import "{self.name("root")}" (instance {index} {body.text}))')
        for name, is_resource in body.exported.items():
            if self.pick(2):
                taken = self.fresh()
                (root.resources if is_resource else root.values).append(taken)
                self.lines.append(f'(alias export {index} "{name}" (type {taken}))')

    def import_type(self, root: Scope) -> None:
        index, name = self.fresh(), self.name()
        if self.pick(2):
            bound = f"(eq {self.one(root.resources)})" if root.resources and self.pick(2) else "(sub resource)"
            self.lines.append(f'(import "{name}" (type {index} {bound}))')
            root.resources.append(index)
        else:
            inner = self.fresh()
            self.lines.append(f'(type {inner} {self.definition(root)}) (import "{name}" (type {index} (eq {inner})))')
            root.values.append(index)

    def import_function(self, root: Scope) -> None:
        self.lines.append(f'(import "{self.name("root")}" (func {self.signature(root)}))')

    def export_value(self, root: Scope) -> None:
        inner, index = self.fresh(), self.fresh()
        definition = self.definition(root)
        if root.values and self.pick(2):
            inner = self.one(root.values)
        else:
            self.lines.append(f"(type {inner} {definition})")
        self.lines.append(f'(export {index} "{self.name()}" (type {inner}))')
        root.values.append(index)

    def export_resource(self, root: Scope) -> None:
        inner, index = self.fresh(), self.fresh()
        if root.resources and self.pick(2):
            inner = self.one(root.resources)
        else:
            self.lines.append(f"(type {inner} (resource (rep i32)))")
        self.lines.append(f'(export {index} "{self.name()}" (type {inner}))')
        root.resources.append(index)

    def export_declared(self, root: Scope) -> None:
        """Export the type of a function, an instance or a component."""
        index, name = self.fresh(), self.name("root")
        instance = f'(export "{self.name()}" (func)) (export "{self.name()}" (instance))'
        if root.values:
            mentioned = self.one(root.values)
            instance += f' (alias outer 1 {mentioned} (type $m)) (export "m" (func (param "x" $m)))'
        component = f'{self.body(Scope()).text} (import "{self.name()}" (instance {self.body(Scope()).text}))'
        module = '(import "m" (core module (import "a" "b" (func (param i32))) (export "c" (memory 1))))'
        forms = [f"(func {self.signature(root)})", f"(instance {instance})", f"(component {component} {module})"]
        self.lines.append(f'(type {index} {self.one(forms)}) (export {index}-e "{name}" (type {index}))')
        if self.pick(2):
            self.lines.append(f'(export "{self.name()}" (type {self.one([index, f"{index}-e"])}))')

    def export_bundle(self, root: Scope) -> None:
        known = root.values + root.resources
        if known:
            items = " ".join(f'(export "{self.name()}" (type {self.one(known)}))' for _ in range(1 + self.pick(3)))
            bundle, outer = self.fresh(), self.fresh()
            self.lines.append(f"(instance {bundle} {items})")
            if self.pick(2):
                self.lines.append(f'(instance {outer} (export "{self.name()}" (instance {bundle})))')
                bundle = outer
            self.lines.append(f'(export "{self.name("root")}" (instance {bundle}))')

    def pass_types_on(self, _root: Scope) -> None:
        """Import an instance of types only, and export it from a component that it is passed through."""
        body, given = self.body(Scope(), functions=False).text, self.fresh()
        self.lines.append(f'(import "{self.name("root")}" (instance {given} {body}))')
        self.pass_on(given, body)

    def pass_on(self, given: str, body: str) -> None:
        """Pass an instance of a type through a component, and export what comes out."""
        passing, made, taken = self.fresh(), self.fresh(), self.fresh()
        self.lines += [
            f'(component {passing} (import "i" (instance $i {body})) (export "o" (instance $i)))',
            f'(instance {made} (instantiate {passing} (with "i" (instance {given}))))',
            f'(alias export {made} "o" (instance {taken}))',
            f'(export "{self.name("root")}" (instance {taken}))',
        ]
        if self.pick(2):
            self.lines.append(f'(export "{self.name("root")}" (instance {made}))')

    def leaf(self, root: Scope) -> None:
        """Export an instance with a resource under several names, and functions that mention each."""
        types = [self.handles() for _ in range(self.pick(4))]
        exported = [f'(export "f{number}" (func $f{number}) {type})' for number, type in enumerate(types)]
        component, made, taken = self.fresh(), self.fresh(), self.fresh()
        of = self.one(["$r", "$d"])
        self.lines += [
            f"(component {component} {LEAF}",
            f'(export $r "r" (type $d)) (export $s "s" (type {of})) (export $t "t" (type $s))',
            *(lifted(number, type) for number, type in enumerate(types)),
            f"{METHOD.format('(func $g)')} {' '.join(exported)})",
            f"(instance {made} (instantiate {component}))",
            f'(alias export {made} "{self.one(["r", "s", "t"])}" (type {taken}))',
        ]
        if self.pick(2):
            declared = [f'(export "f{number}" {type})' for number, type in enumerate(types)]
            self.pass_on(made, f"{SHOWN} {METHOD.format('')} {' '.join(declared)}")
        if self.pick(2):
            self.lines.append(f'(export "{self.name("root")}" (instance {made}))')
            self.lines.append(f'(export {taken}-e "{self.name()}" (type {taken}))')
            root.resources.append(f"{taken}-e")

    def handles(self) -> str:
        """Return the type of a function that core code sees as two numbers to one."""
        given, result = ["u32", "(own $r)", "(own $s)", "(own $t)"], ["u32", "(own $r)", "(own $s)", "(own $t)"]
        given += ["(borrow $r)", "(borrow $s)", "(borrow $t)"]
        return f'(func (param "a" {self.one(given)}) (param "b" {self.one(given)}) (result {self.one(result)}))'


def lifted(number: int, type: str) -> str:
    """Return a lift of a type before its resource has names."""
    for name in ("$r", "$s", "$t"):
        type = type.replace(name, "$d")
    return f'(func $f{number} {type.removeprefix("(func ").removesuffix(")")} (canon lift (core func $m "f")))'


@st.composite
def components(draw: Callable[[st.SearchStrategy[int]], int]) -> str:
    """Draw a component in the text format."""
    return Writer(draw).component()
