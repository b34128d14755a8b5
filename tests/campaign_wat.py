"""The text of a random world of resources: its guests, and the chain that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fuser.abi.layout import Shape
from fuser.types import Tuple
from fuser.wasm.types import I32
from tests.campaign_values import CORE, Names, shape_of
from tests.resource_worlds import FIRST_REP, Function, Home, Stage, World, common

LOG = '(export "note" (func (param "at" u32) (param "value" u32)))'
INNER_LOG = """
  (component $Log
    (core module $M
      (global $hash (mut i64) (i64.const 0))
      (func $add (param i32)
        (global.set $hash (i64.add (i64.mul (global.get $hash) (i64.const 31)) (i64.extend_i32_u (local.get 0)))))
      (func (export "note") (param i32 i32) (call $add (local.get 0)) (call $add (local.get 1)))
      (func (export "hash") (result i64) (global.get $hash)))
    (core instance $m (instantiate $M))
    (func (export "note") (param "at" u32) (param "value" u32) (canon lift (core func $m "note")))
    (func (export "hash") (result u64) (canon lift (core func $m "hash"))))
  (instance $log (instantiate $Log))"""
STATE = """
      (memory (export "memory") 4)
      (global $next (mut i32) (i32.const 131072))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.add (local.get 3) (i32.const 7))) (i32.const -8)))
        (i32.and (i32.sub (global.get $next) (local.get 3)) (i32.const -8)))"""
DESTRUCTOR = 100_000
"""What destructors tell the log: this and the number of the type, with the rep."""
PLACE = '(memory (core memory $s "memory")) (realloc (core func $s "realloc"))'
NOTE = '(import "" "note" (func $note (param i32 i32)))'


def world_text(world: World) -> str:
    """Return a world as one component: imported log, or one of its own whose hash is exported."""
    log = f'\n  (import "host" (instance $log {LOG}))' if world.host else INNER_LOG
    roots = [home for home in world.homes if home.parent is None]
    assert world.front is not None
    parts = [f"(component{log}"]
    for number, home in enumerate(roots):
        given = f' (with "p" (instance $i{roots[number - 1].number}))' if number else ""
        parts.append(_component(world, home))
        parts.append(f'  (instance $i{home.number} (instantiate $H{home.number} (with "log" (instance $log)){given}))')
    front = world.front.home.number
    parts += [f'  (export "{run.name}" (func $i{front} "{run.name}"))' for run in world.runs]
    if not world.host:
        parts.append('  (export "hash" (func $log "hash"))')
    return "\n".join(parts) + ")"


# -- one component ----------------------------------------------------------------------------


def _component(world: World, home: Home) -> str:
    low = home.stages[0]
    parts = [f'  (component $H{home.number} (import "log" (instance $log {LOG}))', *_imported(world, low)]
    parts.append('(core func $note (canon lower (func $log "note")))')
    seen = [type for type in home.sees if type not in home.defines]
    parts += [f"(core func $drop{type} (canon resource.drop $r{type}))" for type in seen]
    parts += [f"(core module $S{STATE}{_globals(home)})", "(core instance $s (instantiate $S))"]
    parts += _own_types(home)
    parts += [f'(export $x{type} "r{type}" (type $r{type}))' for type in home.sees]
    for number, stage in enumerate(home.stages):
        if number:
            assert home.child is not None
            parts += [_component(world, home.child), _bundle(world, home)]
        parts += _stage(stage, number)
        inside = number == 0 and home.child is not None
        parts += _lifts(world, stage, number, exported=not inside)
    return "\n    ".join(parts) + ")"


def _imported(world: World, stage: Stage) -> Iterator[str]:
    """Yield the import of the home before, and aliases of its types."""
    if stage.below is None:
        return
    names = Names(world.numbers)
    functions = [f'(export "{one.name}" (func {_signature(names, one)}))' for one in stage.below.functions]
    types = [f'(export "r{type}" (type $r{type} (sub resource)))' for type in common(stage)]
    named = [f'(type $d{at} {text}) (export "t{at}" (type $e{at} (eq $d{at})))' for at, text in names.definitions]
    yield '(import "p" (instance $p\n      ' + "\n      ".join([*types, *named, *functions]) + "))"
    for type in common(stage):
        yield f'(alias export $p "r{type}" (type $r{type}))'


def _signature(names: Names, function: Function) -> str:
    parameters = [f'(param "a{number}" {names.of(type)})' for number, type in enumerate(function.parameters)]
    result = [] if function.result is None else [f"(result {names.of(function.result)})"]
    return " ".join(parameters + result)


def _globals(home: Home) -> str:
    return "".join(f'\n      (global (export "v{one.number}") (mut i32) (i32.const 0))' for one in home.variables)


def _own_types(home: Home) -> Iterator[str]:
    """Yield the types of a home; their destructors tell the log, and drop what lies within."""
    given = {"note": "$note", **{f"drop{inner}": f"$drop{inner}" for inner in home.wraps.values()}}
    drops = [f'(import "" "drop{inner}" (func $drop{inner} (param i32)))' for inner in sorted({*home.wraps.values()})]
    parts = [NOTE, *drops, *(_destructor(home, type) for type in home.defines)]
    yield "(core module $E\n      " + "\n      ".join(parts) + ")"
    yield f'(core instance $e (instantiate $E (with "" (instance {_bound(given)}))))'
    for type in home.defines:
        yield f'(type $r{type} (resource (rep i32) (dtor (core func $e "end{type}"))))'
        yield f"(core func $new{type} (canon resource.new $r{type}))"
        yield f"(core func $rep{type} (canon resource.rep $r{type}))"
        yield f"(core func $drop{type} (canon resource.drop $r{type}))"


def _destructor(home: Home, type: int) -> str:
    rep = "(local.get 0)"
    inner = f"(call $drop{home.wraps[type]} {rep})" if type in home.wraps else ""
    inside = f" (if (i32.lt_u {rep} (i32.const {FIRST_REP})) (then {inner}))" if inner else ""
    return f'(func (export "end{type}") (param i32) (call $note (i32.const {DESTRUCTOR + type}) {rep}){inside})'


def _bound(functions: dict[str, str]) -> str:
    return " ".join(f'(export "{name}" (func {function}))' for name, function in functions.items())


def _bundle(world: World, home: Home) -> str:
    """Instantiate the child over the lower half."""
    child, low = home.child, home.stages[0]
    assert child is not None
    names = Names(world.numbers)
    for one in low.functions:
        _signature(names, one)
    types = [f'(export "r{type}" (type $r{type}))' for type in home.sees]
    types += [f'(export "t{at}" (type $e{at}))' for at, _ in names.definitions]
    functions = [f'(export "{one.name}" (func ${one.name}))' for one in low.functions]
    return f"""(instance $low {" ".join([*types, *functions])})
    (instance $child (instantiate $H{child.number} (with "log" (instance $log)) (with "p" (instance $low))))"""


# -- one core module ------------------------------------------------------------------------------


def _stage(stage: Stage, number: int) -> Iterator[str]:
    """Yield the lowers that a stage imports, its module and its instance."""
    home = stage.home
    below = stage.below.functions if stage.below else []
    source = "$child" if number else "$p"
    for one in below:
        yield f'(core func ${one.name}-low (canon lower (func {source} "{one.name}") {PLACE}))'
    given = {"note": "$note"} | {f"drop{type}": f"$drop{type}" for type in home.sees}
    given |= {f"{kind}{type}": f"${kind}{type}" for type in home.defines for kind in ("new", "rep")}
    given |= {one.name: f"${one.name}-low" for one in below}
    yield f"(core module $M{number}\n      " + "\n      ".join(_module(stage, below)) + ")"
    yield f"""(core instance $m{number} (instantiate $M{number} (with "" (instance {_bound(given)}))
      (with "s" (instance $s))))"""


def _module(stage: Stage, below: list[Function]) -> Iterator[str]:
    home = stage.home
    bodies = [_body(one) for one in stage.functions]
    yield '(import "s" "memory" (memory 1))'
    yield NOTE
    for type in home.sees:
        yield f'(import "" "drop{type}" (func $drop{type} (param i32)))'
    for type in home.defines:
        for kind in ("new", "rep"):
            yield f'(import "" "{kind}{type}" (func ${kind}{type} (param i32) (result i32)))'
    for one in below:
        yield f'(import "" "{one.name}" (func ${one.name} {_lowered(one)}))'
    used = {int(number) for body in bodies for number in re.findall(r"\$v(\d+)", body)}
    for number in sorted(used):
        yield f'(import "s" "v{number}" (global $v{number} (mut i32)))'
    yield from bodies


def _core(parameters: Iterable[str], result: str | None) -> str:
    listed = " ".join(parameters)
    return (f"(param {listed})" if listed else "") + (f" (result {result})" if result else "")


def _parameters(function: Function) -> list[str]:
    whole = shape_of(Tuple(function.parameters))
    return ["i32"] if len(whole.flat) > 16 else [CORE[type] for type in whole.flat]


def _result(function: Function) -> Shape | None:
    return None if function.result is None else shape_of(function.result)


def _lowered(function: Function) -> str:
    result = _result(function)
    if result is not None and len(result.flat) > 1:
        return _core([*_parameters(function), "i32"], None)
    return _core(_parameters(function), CORE[result.flat[0]] if result else None)


def _body(function: Function) -> str:
    result = _result(function)
    given = None if result is None else CORE[result.flat[0] if len(result.flat) == 1 else I32]
    body = "\n        ".join(function.body)
    return f"""(func (export "{function.name}") {_core(_parameters(function), given)} (local $sum i32) (local $got i32)
        {body})"""


def _lifts(world: World, stage: Stage, number: int, *, exported: bool) -> Iterator[str]:
    """Yield the lifted functions of a stage, and before them the types that they need."""
    names = Names(world.numbers, "$x")
    lifts = []
    for one in stage.functions:
        head = f'(export "{one.name}")' if exported else f"${one.name}"
        lifts.append(f'(func {head} {_signature(names, one)} (canon lift (core func $m{number} "{one.name}") {PLACE}))')
    for at, text in names.definitions:
        yield f'(type $d{at} {text}) (export $e{at} "t{at}" (type $d{at}))' if exported else f"(type $e{at} {text})"
    yield from lifts
