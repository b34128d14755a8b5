"""Components to the linked program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fuser.component.parse import parse
from fuser.component.tree import Component
from fuser.errors import FuserError, UnresolvedImport
from fuser.link.bind import Outside
from fuser.link.core_types import CoreTypes
from fuser.link.interpret import Made, Request, Walk, instantiate, run
from fuser.link.named import nameless
from fuser.link.plug import plugged
from fuser.link.publish import describe_exports, describe_imports
from fuser.link.state import Labels, Modules, State
from fuser.link.values import Closure
from fuser.program import Program


def link(component: Component) -> Program:
    """Link a component by interpreting it abstractly.

    Raises Malformed, Unsupported, UnresolvedImport, TypeMismatch or LimitExceeded.
    """

    def walk(state: State) -> Walk:
        closure = Closure(component, None, None)
        return instantiate(Request(state, closure, {}, Outside(), None, None, component.offset))

    return _link(walk)


def plug(components: Sequence[bytes | Component]) -> Program:
    """Link several components: exports of one satisfy imports of another, as `fuser.link.plug` says.

    Errors name the component at fault, whose offsets they have. Raises as `link`.
    """
    parsed = [one if isinstance(one, Component) else parse(one) for one in components]
    if len(parsed) == 1:
        return link(parsed[0])
    program = _link(lambda state: plugged(state, parsed, naming=False))
    if nameless(program):
        program = _link(lambda state: plugged(state, parsed, naming=True))
    if name := nameless(program):
        raise UnresolvedImport(f"`{name}` mentions a type of another input that no import or export names")
    return program


def _link(walk: Callable[[State], Walk]) -> Program:
    """Interpret twice: the first time learns the labels that the second one gives."""
    modules = Modules()
    core_types = CoreTypes()
    state = State(Labels(), modules, core_types=core_types)
    try:
        run(walk(state))
        state = State(Labels(state.labels.learned), modules, core_types=core_types)
        return _program(state, run(walk(state)))
    except FuserError as error:
        raise error.of_input(state.input) from None


def _program(state: State, made: Made) -> Program:
    return Program(
        instances=tuple(state.instances),
        core_instances=tuple(state.core_instances),
        resources=tuple(state.resources),
        uses=tuple(state.uses.values()),
        lifts=tuple(state.lifts),
        lowers=tuple(state.lowers),
        builtins=tuple(state.builtins),
        imports=describe_imports(made.imports),
        exports=describe_exports(state.types, made),
        use_of=state.uses,
        left_out=state.left_out,
    )
