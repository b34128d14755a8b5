"""Random trees of components: nesting, aliases, bundles, re-exports, arguments of every sort.

A world is drawn while it is written down: each scope knows what each of its items is, and
adds definitions that use them. Every core function takes an i32 and gives one, so that what
is random is who is linked to whom. Each core instance counts, and starts may call others, so
that order and identity of instances show in what the functions return.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from explore.oracle.engine import Call
from tests.structure_guests import CORE_TYPE, DEFINER, STATE, USER, WRAPPER, Module, module_text
from tests.structure_items import (
    SORTS,
    Bundle,
    Component,
    Function,
    Holder,
    Item,
    Known,
    declared,
    fits,
    has_resource,
    leaves,
    stays_out,
)

SCALARS = ("u32", "s32", "u32", "s32", "u8", "s8", "u16", "s16", "bool")
COST = 12
"""Calls that an imported function may be taken to make in all."""
COST_LIMIT = 300


# -- scopes -----------------------------------------------------------------------------


@dataclass(eq=False)
class Scope:
    """One component as it is written; `holds` are its items, in the order of definition."""

    world: World
    outer: Scope | None
    name: str
    imports: list[tuple[str, Item]] = field(default_factory=list)
    exports: list[tuple[str, Item]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    holds: list[Known] = field(default_factory=list)
    core_functions: list[Known] = field(default_factory=list)
    """Of the item only the cost counts: all are of one type."""
    core_instances: list[tuple[str, Module]] = field(default_factory=list)
    lifted: set[str] = field(default_factory=set)

    @property
    def depth(self) -> int:
        """How many scopes are around."""
        return 0 if self.outer is None else self.outer.depth + 1

    def say(self, line: str) -> None:
        """Append a definition."""
        self.lines.append(line)

    def note(self, row: str) -> None:
        """Count a feature of the world."""
        self.world.rows[row] += 1

    def hold(self, name: str, item: Item, cost: int = 1) -> None:
        """Remember an item."""
        self.holds.append(Known(name, item, cost))

    def of(self, *kinds: type[Item]) -> list[Known]:
        """Return the items of some kinds."""
        return [known for known in self.holds if isinstance(known.item, kinds)]

    def text(self) -> str:
        """Return the component."""
        return f"(component {self.name}\n{chr(10).join(self.lines)})"


@dataclass
class World:
    """A root component, its calls, and which features are in it."""

    chance: Random
    host: bool
    rows: Counter[str] = field(default_factory=Counter)
    names: int = 0
    calls: list[Call] = field(default_factory=list)
    bare: bool = False
    """Whether its core module has no imports: nothing of the host's, and no resource for the host."""

    def fresh(self) -> str:
        """Return a name for the text that is not used yet."""
        self.names += 1
        return f"$n{self.names}"

    def label(self) -> str:
        """Return a name for an import or export that is not used yet."""
        self.names += 1
        if self.chance.random() < 0.3:
            return f"t:p{self.names}/i@{self.chance.choice(('1.0.0', '0.2.1', '2.1.3-rc.1'))}"
        return f"x{self.names}"


def make_world(seed: int) -> tuple[World, str]:
    """Draw a world; return it with its text."""
    chance = Random(seed)  # noqa: S311 - test data
    world = World(chance, host=chance.random() < 0.5)
    root = Scope(world, None, "$root")
    if world.host:
        for _ in range(chance.choice((1, 1, 2))):
            _take(root, Function(chance.choice(SCALARS), chance.choice(SCALARS)))
    fill(root, chance.randrange(14, 30))
    for _ in range(3):
        for step in (instantiate, alias, module, core_instance, lift):
            step(root)
    _publish(root)
    return world, root.text()


def fill(scope: Scope, count: int) -> None:
    """Add so many definitions."""
    for _ in range(count):
        step = scope.world.chance.choices(list(STEPS), list(STEPS.values()))[0]
        step(scope)


# -- components and their arguments ---------------------------------------------------------


def _take(scope: Scope, item: Item) -> None:
    """Import an item."""
    name, label = scope.world.fresh(), scope.world.label() if isinstance(item, Bundle | Holder) else None
    label = label or f"m{scope.world.names}"
    scope.imports.append((label, item))
    scope.say(f'(import "{label}" {_bound(declared(item), name)})')
    scope.hold(name, item, COST)


def _bound(type: str, name: str) -> str:
    """Give the item of an import's type a name in the text."""
    word = "(core module" if type.startswith("(core module") else type.partition(" ")[0].rstrip(")")
    return f"{word} {name}{type[len(word) :]}"


def _import_some(scope: Scope) -> None:
    """Import what could be given by the scope outside, which need not be what will be."""
    assert scope.outer is not None
    chance = scope.world.chance
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        around = [known.item for known in scope.outer.holds if known.cost <= COST]
        if around and chance.random() < 0.8:
            _take(scope, _narrowed(scope, chance.choice(around)))
        else:
            _take(scope, Function(chance.choice(SCALARS), chance.choice(SCALARS)))


def _narrowed(scope: Scope, item: Item) -> Item:
    """Return an item, perhaps with less in it than it has."""
    if isinstance(item, Component) and len(item.exports) > 1 and scope.world.chance.random() < 0.4:
        return Component(item.imports, item.exports[: len(item.exports) // 2])
    if isinstance(item, Bundle) and len(item.items) > 1 and scope.world.chance.random() < 0.4:
        scope.note("an instance shown with less than it has")
        return Bundle(item.items[: len(item.items) // 2])
    return item


def nested(scope: Scope) -> None:
    """Define a component."""
    if scope.depth >= 4:
        return
    chance = scope.world.chance
    inner = Scope(scope.world, scope, scope.world.fresh())
    _import_some(inner)
    fill(inner, chance.randrange(4, 12 - scope.depth))
    _export_some(inner)
    scope.say(inner.text())
    scope.hold(inner.name, Component(tuple(inner.imports), tuple(inner.exports)))
    scope.note(f"components nested {inner.depth} deep")


def instantiate(scope: Scope) -> None:
    """Instantiate a component with what fits."""
    chance = scope.world.chance
    components = scope.of(Component)
    if not components:
        return
    chosen = chance.choice(components)
    assert isinstance(chosen.item, Component)
    arguments = [_argument(scope, label, wanted) for label, wanted in chosen.item.imports]
    given = [text for text in arguments if text]
    if len(given) < len(arguments):
        return
    name = scope.world.fresh()
    scope.say(f"(instance {name} (instantiate {chosen.name}{' '.join(['', *given])}))")
    scope.hold(name, Bundle(chosen.item.exports))
    scope.note("instantiated")


def _argument(scope: Scope, label: str, wanted: Item) -> str | None:
    fitting = [one for one in scope.holds if one.cost <= COST and fits(one.item, wanted)]
    if not fitting:
        return None
    given = scope.world.chance.choice(fitting)
    scope.note(f"argument of sort {SORTS[wanted.__class__]}")
    if given.item != wanted:
        scope.note(f"argument of a subtype, {SORTS[wanted.__class__]}")
    return f'(with "{label}" ({SORTS[given.item.__class__]} {given.name}))'


# -- instances ---------------------------------------------------------------------------------


def bundle(scope: Scope) -> None:
    """Make an instance of items at hand."""
    chance = scope.world.chance
    given = [known for known in scope.holds if not stays_out(known.item)]
    chosen = chance.sample(given, min(len(given), chance.randrange(1, 4)))
    items = [(f"b{number}", known) for number, known in enumerate(chosen)]
    name = scope.world.fresh()
    inside = [f' (export "{label}" ({SORTS[known.item.__class__]} {known.name}))' for label, known in items]
    scope.say(f"(instance {name}{''.join(inside)})")
    cost = max((known.cost for known in chosen), default=1)
    scope.hold(name, Bundle(tuple((label, known.item) for label, known in items)), cost)
    scope.note("bundle")


def alias(scope: Scope) -> None:
    """Take an item out of an instance."""
    instances = [known for known in scope.of(Bundle) if isinstance(known.item, Bundle) and known.item.items]
    if not instances:
        return
    chosen = scope.world.chance.choice(instances)
    assert isinstance(chosen.item, Bundle)
    label, item = scope.world.chance.choice(chosen.item.items)
    name, sort = scope.world.fresh(), SORTS[item.__class__]
    scope.say(f'(alias export {chosen.name} "{label}" ({sort} {name}))')
    scope.hold(name, item, chosen.cost if chosen.cost > 1 else COST)
    scope.note(f"alias of an exported {sort}")


def outer_alias(scope: Scope) -> None:
    """Take a module or component of a scope around."""
    around, levels = scope, 0
    while around.outer is not None and (levels == 0 or scope.world.chance.random() < 0.5):
        around, levels = around.outer, levels + 1
    found = around.of(Component, Module)
    if not found:
        return
    chosen = scope.world.chance.choice(found)
    name, sort = scope.world.fresh(), SORTS[chosen.item.__class__]
    scope.say(f"(alias outer {around.name} {chosen.name} ({sort} {name}))")
    scope.hold(name, chosen.item)
    scope.note(f"outer alias of a {sort}, {levels} out")


# -- core ---------------------------------------------------------------------------------------


def module(scope: Scope) -> None:
    """Define a core module."""
    chance = scope.world.chance
    name = scope.world.fresh()
    imports = tuple(f"i{number}" for number in range(chance.choice((0, 0, 1, 1, 2))))
    shared = bool(scope.core_instances) and chance.random() < 0.4
    made = Module((*imports, *(STATE if shared else ())), ())
    text, made = module_text(name, made, chance, scope.note)
    scope.say(text)
    scope.hold(name, made)


def core_instance(scope: Scope) -> None:
    """Instantiate a core module with core functions, and with another instance's state."""
    chance = scope.world.chance
    modules = scope.of(Module)
    if not modules:
        return
    one = chance.choice(modules[-3:])
    assert isinstance(one.item, Module)
    wanted = [label for label in one.item.imports if label not in STATE]
    cheap = [known for known in scope.core_functions if known.cost <= COST]
    states = [core for core, made in scope.core_instances if "m" in made.exports]
    if (wanted and not cheap) or (len(wanted) < len(one.item.imports) and not states):
        return
    given = [(label, chance.choice(cheap)) for label in wanted]
    items = [f'(export "{label}" (func {known.name}))' for label, known in given]
    if len(wanted) < len(one.item.imports):
        state = chance.choice(states)
        items += [f'(export "{label}" ({sort} {state} "{label}"))' for label, sort in STATE.items()]
        scope.note("core instances that share state")
    name = scope.world.fresh()
    scope.say(f'(core instance {name} (instantiate {one.name} (with "" (instance {" ".join(items)}))))')
    scope.core_instances.append((name, one.item))
    cost = 1 + sum(known.cost for _, known in given)
    _core_functions(scope, name, one.item, cost)


def _core_functions(scope: Scope, instance: str, made: Module, cost: int) -> None:
    for label in made.exports:
        if label not in STATE and cost <= COST_LIMIT:
            name = scope.world.fresh()
            scope.say(f'(alias core export {instance} "{label}" (core func {name}))')
            scope.core_functions.append(Known(name, made, cost))


def core_bundle(scope: Scope) -> None:
    """Pass core items on through a core instance without code, then take one out again."""
    if not scope.core_functions:
        return
    chosen = scope.world.chance.choice(scope.core_functions)
    bundle, name = scope.world.fresh(), scope.world.fresh()
    scope.say(f'(core instance {bundle} (export "a" (func {chosen.name})) (export "b" (func {chosen.name})))')
    scope.say(f'(alias core export {bundle} "b" (core func {name}))')
    scope.core_functions.append(Known(name, chosen.item, chosen.cost))
    scope.note("core bundle")


def lift(scope: Scope) -> None:
    """Lift a core function, under any type that it can be lifted as."""
    if not scope.core_functions:
        return
    chance = scope.world.chance
    chosen = chance.choice(scope.core_functions)
    item, name = Function(chance.choice(SCALARS), chance.choice(SCALARS)), scope.world.fresh()
    type = f'(param "x" {item.parameter}) (result {item.result})'
    scope.say(f"(func {name} {type} (canon lift (core func {chosen.name})))")
    scope.hold(name, item, chosen.cost)
    scope.lifted.add(name)


def lower(scope: Scope) -> None:
    """Lower a function; one's own lift too, now and then."""
    functions = scope.of(Function)
    if not functions:
        return
    chosen = scope.world.chance.choice(functions)
    name = scope.world.fresh()
    scope.say(f"(core func {name} (canon lower (func {chosen.name})))")
    scope.core_functions.append(Known(name, Module((), ()), chosen.cost))
    if chosen.name in scope.lifted:
        scope.note("own lift lowered")


# -- resources ------------------------------------------------------------------------------------


def definer(scope: Scope) -> None:
    """Define a resource type in a component of its own, and make an instance."""
    component, name = scope.world.fresh(), scope.world.fresh()
    scope.say(DEFINER.replace("$D", component))
    scope.hold(component, Component((), (("r", Holder()),)))
    scope.holds.pop()  # its exports are an instance's, which a Component does not say
    for number in range(scope.world.chance.choice((1, 2))):
        scope.say(f"(instance {name}-{number} (instantiate {component}))")
        scope.hold(f"{name}-{number}", Holder())
    scope.note("resource type")


def wrapper(scope: Scope) -> None:
    """Define a resource type over another one's."""
    _functor(scope, WRAPPER, Holder(), "resource type over another")


def user(scope: Scope) -> None:
    """Make, lend and drop resources in a component that knows nothing of their type."""
    _functor(scope, USER, Function("u32", "u32"), "functor over a resource type")


def _functor(scope: Scope, template: str, gives: Item, row: str) -> None:
    holders = scope.of(Holder)
    if not holders:
        return
    one, component, name = scope.world.chance.choice(holders), scope.world.fresh(), scope.world.fresh()
    scope.say(template.replace("$F", component))
    given = " ".join(f'(with "{part}" ({sort} {one.name} "{part}"))' for part, sort in CORE_TYPE)
    scope.say(f"(instance {name} (instantiate {component} {given}))")
    if isinstance(gives, Holder):
        scope.hold(name, gives)
    else:
        scope.hold(name, Bundle((("run", gives),)), COST)
    scope.note(row)


# -- exports -----------------------------------------------------------------------------------------


def _export_some(scope: Scope) -> None:
    """Export some of what a component holds."""
    chance = scope.world.chance
    given = [known for known in scope.holds if not stays_out(known.item)]
    for known in chance.sample(given, min(len(given), chance.randrange(1, 5))):
        label = scope.world.label() if isinstance(known.item, Bundle | Holder) else f"e{scope.world.names}"
        if label in dict(scope.exports):
            continue
        item = known.item
        ascribed = f" {declared(item)}" if _ascribable(item) and chance.random() < 0.4 else ""
        scope.note("export with an ascribed type" if ascribed else "export")
        name = scope.world.fresh()
        scope.say(f'(export {name} "{label}" ({SORTS[item.__class__]} {known.name}){ascribed})')
        scope.exports.append((label, item))
        scope.hold(name, item, known.cost)


def _ascribable(item: Item) -> bool:
    """Whether an export may be given this type: a resource cannot be made unknown there."""
    match item:
        case Bundle(items):
            return all(_ascribable(inner) for _, inner in items)
        case Function() | Module():
            return True
        case _:
            return False


def _publish(root: Scope) -> None:
    """Export what the root can: functions of its own, and instances of such."""
    world = root.world
    for known in root.of(Function, Bundle, Holder):
        if leaves(known.item) and not world.host:
            label = f"out{len(root.exports)}"
            root.say(f'(export "{label}" ({SORTS[known.item.__class__]} {known.name}))')
            root.exports.append((label, known.item))
            world.calls += _callable(label, known.item)
    if world.host:
        for _ in range(4):
            lower(root)
    for known in root.core_functions:
        label = f"out{len(root.exports)}"
        root.say(f'(func (export "{label}") (param "x" u32) (result u32) (canon lift (core func {known.name})))')
        root.exports.append((label, Function("u32", "u32")))
        world.calls.append(Call(label, (41,)))
    world.bare = not world.host and not has_resource(Bundle(tuple(root.exports)))
    world.calls *= 2


def _callable(label: str, item: Item) -> list[Call]:
    """Return calls of the functions that the host can call with a number."""
    match item:
        case Function(parameter):
            return [Call(label, (True if parameter == "bool" else 41,))]
        case Bundle(items):
            functions = (one for one in items if isinstance(one[1], Function))
            return [call for name, inner in functions for call in _callable(f"{label}#{name}", inner)]
        case _:
            return []


STEPS: dict[Callable[[Scope], None], float] = {
    nested: 3,
    instantiate: 5,
    bundle: 1.5,
    alias: 3,
    outer_alias: 1.5,
    module: 2,
    core_instance: 4,
    core_bundle: 0.7,
    lift: 3,
    lower: 2.5,
    definer: 0.6,
    wrapper: 0.8,
    user: 1,
}
"""What a scope may add next, and how often."""
