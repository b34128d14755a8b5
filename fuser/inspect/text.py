"""The program as lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fuser.inspect.data import Json, export_data, import_data
from fuser.inspect.types import function_text
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreInstance,
    CoreItem,
    Instance,
    Lift,
    Lower,
    Options,
    Program,
)


def to_text(program: Program) -> str:
    """Return the program as lines for people."""
    sections = {
        "instances": map(_instance_line, program.instances),
        "core instances, in order of instantiation": map(_core_line, program.core_instances),
        "resource types": _resource_lines(program),
        "calls": _call_lines(program),
        "built-ins": map(_builtin_line, program.builtins),
        "imports": _world_lines([import_data(name, type) for name, type in program.imports]),
        "exports": _world_lines([export_data(name, item) for name, item in program.exports]),
    }
    lines: list[str] = []
    for title, body in sections.items():
        lines += [title, *([f"  {line}" for line in body] or ["  none"])]
    return "\n".join(lines) + "\n"


def _called(instance: Instance | None) -> str:
    return "the outside" if instance is None else f"{instance.id} {instance.label}"


def _instance_line(instance: Instance) -> str:
    return _called(instance) + ("" if instance.parent is None else f", in {instance.parent.id}")


def _core_line(core: CoreInstance) -> str:
    module = core.module
    return (
        f"{core.id} of {_called(core.instance)}: module at 0x{module.base:x}, {len(module.data)} bytes,"
        f" {len(module.imports)} imports, {len(module.exports)} exports"
        f"{'' if module.start is None else ', a start function'}"
    )


def _resource_lines(program: Program) -> Iterator[str]:
    holders: dict[int, list[str]] = {}
    for use in program.uses:
        if not use.defines:
            holders.setdefault(use.type.id, []).append(f"{_called(use.instance)} as {use.resource.label}")
    for type in program.resources:
        destructor = "" if type.destructor is None else f", destructor {_item_text(type.destructor)}"
        yield f"{type.id} {type.label}, defined by {_called(type.definer)}{destructor}"
        for holder in holders.get(type.id, ()):
            yield f"  used by {holder}"


def _call_lines(program: Program) -> Iterator[str]:
    for lower in program.lowers:
        callee = lower.callee
        if isinstance(callee, Lift):
            target = f"{_called(callee.instance)} {callee.label}"
        else:
            target = f"the outside {' '.join(callee.path)}"
        yield f"{_called(lower.instance)} -> {target}: {function_text(lower.type)}"
        yield f"  lower {lower.id}: {_options_text(lower.options)}"
        if isinstance(callee, Lift):
            yield f"  lift {callee.id}: {_item_text(callee.function)}, {_options_text(callee.options)}"


def _options_text(options: Options) -> str:
    items = (
        ("memory", options.memory),
        ("realloc", options.realloc),
        ("post-return", options.post_return),
    )
    given = [f"{name} {_item_text(item)}" for name, item in items if item is not None]
    return ", ".join([options.encoding.value, *given])


def _item_text(item: CoreItem) -> str:
    match item:
        case CoreExport(instance, sort, index):
            return f"{sort} {index} of core instance {instance.id}"
        case Lower(id=id):
            return f"lower {id}"
        case Builtin(id=id):
            return f"built-in {id}"
        case ContextSlot(operation=operation):
            return f"context.{operation}"


def _builtin_line(builtin: Builtin) -> str:
    use = builtin.use
    return f"{builtin.id} resource.{builtin.operation} of {use.resource.label}, for {_called(use.instance)}"


def _world_lines(items: Iterable[Json]) -> Iterator[str]:
    for item in items:
        assert isinstance(item, dict), "imports and exports are described as objects"
        type = item.get("type")
        lift = f", lift {item['lift']}" if "lift" in item else ""
        yield f"{item['kind']} {item['name']}{'' if type is None else f': {type}'}{lift}"
        inner = item.get("items", [])
        assert isinstance(inner, list), "items are a list"
        yield from (f"  {line}" for line in _world_lines(inner))
