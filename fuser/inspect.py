"""The linked program for people: as text, as JSON data and as a Mermaid diagram.

The JSON shape is published: keys are added, never renamed, within one `format` number.

* `instances`: id, label, parent · `core-instances`, in order of instantiation: id, instance,
  offset and size of the module, imports (module, name, item)
* `resources`: id, label, definer (null: the outside), destructor, offset
* `uses`: instance, id, resource, label · `builtins`: id, operation, instance, use, label, offset
* `lifts` and `lowers`: id, instance, label, type, options, offset; a lift's core `function`,
  a lower's `callee` (`{"lift": id}` or `{"host": path}`)
* `imports`, `exports`: name, kind (`func`, `instance` or `type`), type, items, lift

Core items are `{"core-instance": id, "sort": …, "index": …}`, `{"lower": id}`,
`{"builtin": id}` or `{"context": operation}`; types are texts in the manner of WIT.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from fuser.component import tree
from fuser.component.text import read
from fuser.link import link
from fuser.link.types import parts_of
from fuser.program import (
    BoundType,
    Builtin,
    ContextSlot,
    CoreExport,
    CoreInstance,
    CoreItem,
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
    StaticResource,
    TypeBound,
)
from fuser.types import (
    Borrow,
    Enumeration,
    Flags,
    FuncType,
    List,
    Named,
    Own,
    Primitive,
    Record,
    Result,
    ValType,
    Variant,
)

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

FORMAT = 1
WORDS_LIMIT = 60
"""Words of a type that are shown: types share parts, and may be huge written out."""
DEPTH_LIMIT = 8


def inspect(data: bytes, format: str = "text") -> str:
    """Link a component, binary or text, and show it as `text`, `json` or `mermaid`."""
    program = link(read(data))
    match format:
        case "json":
            return json.dumps(to_json(program), indent=2, ensure_ascii=False) + "\n"
        case "mermaid":
            return to_mermaid(program)
        case _:
            return to_text(program)


# -- types -----------------------------------------------------------------------


def type_text(type: ValType) -> str:
    """Write a type in the manner of WIT, by its name where it has one, cut off where it is long."""
    words = list(islice(_words(type, 0), WORDS_LIMIT + 1))
    return "".join(words if len(words) <= WORDS_LIMIT else [*words[:WORDS_LIMIT], "…"])


def function_text(type: FuncType) -> str:
    """Write a function type in the manner of WIT."""
    parameters = ", ".join(f"{name}: {type_text(part)}" for name, part in type.parameters)
    result = "" if type.result is None else f" -> {type_text(type.result)}"
    return f"{'async ' if type.asynchronous else ''}func({parameters}){result}"


def _words(type: ValType, depth: int) -> Iterator[str]:
    if depth > DEPTH_LIMIT:
        yield "…"
        return
    match type:
        case Primitive():
            yield type.value
        case Named(label):
            yield label
        case Own(resource):
            yield f"own<{resource.label}>"
        case Borrow(resource):
            yield f"borrow<{resource.label}>"
        case Record(fields) | Variant(fields):
            yield f"{type.__class__.__name__.lower()} {{"
            yield from _fields(fields, depth)
            yield "}"
        case Enumeration(names) | Flags(names):
            yield "enum {" if isinstance(type, Enumeration) else "flags {"
            for index, name in enumerate(names):
                yield f"{', ' if index else ''}{name}"
            yield "}"
        case Result():
            yield from _result(type, depth)
        case _:
            yield from _container(type, depth)


def _fields(fields: Iterable[tuple[str, ValType | None]], depth: int) -> Iterator[str]:
    for index, (name, part) in enumerate(fields):
        yield f"{', ' if index else ''}{name}"
        if part is not None:
            yield ": "
            yield from _words(part, depth + 1)


def _result(type: Result, depth: int) -> Iterator[str]:
    """Write a result: what is not there is left out, or `_` before an error."""
    yield "result"
    if type.ok is not None or type.error is not None:
        yield "<"
        yield from ("_",) if type.ok is None else _words(type.ok, depth + 1)
        if type.error is not None:
            yield ", "
            yield from _words(type.error, depth + 1)
        yield ">"


def _container(type: ValType, depth: int) -> Iterator[str]:
    yield f"{type.__class__.__name__.lower()}<"
    for index, part in enumerate(parts_of(type)):
        if index:
            yield ", "
        yield from _words(part, depth + 1)
    if isinstance(type, List) and type.length is not None:
        yield f", {type.length}"
    yield ">"


# -- JSON --------------------------------------------------------------------------


def to_json(program: Program) -> dict[str, Json]:
    """Return the program as data of the published shape."""
    return {
        "format": FORMAT,
        "instances": [
            {"id": one.id, "label": one.label, "parent": None if one.parent is None else one.parent.id}
            for one in program.instances
        ],
        "core-instances": [_core_instance(one) for one in program.core_instances],
        "resources": [
            {
                "id": one.id,
                "label": one.label,
                "definer": None if one.definer is None else one.definer.id,
                "destructor": None if one.destructor is None else _item(one.destructor),
                "offset": one.offset,
            }
            for one in program.resources
        ],
        "uses": [
            {"instance": one.instance.id, "id": one.id, "resource": one.type.id, "label": one.resource.label}
            for one in program.uses
        ],
        "lifts": [{**_canonical(one), "function": _item(one.function)} for one in program.lifts],
        "lowers": [{**_canonical(one), "callee": _callee(one)} for one in program.lowers],
        "builtins": [
            {
                "id": one.id,
                "operation": one.operation,
                "instance": one.use.instance.id,
                "use": one.use.id,
                "label": one.label,
                "offset": one.offset,
            }
            for one in program.builtins
        ],
        "imports": [_import(name, type) for name, type in program.imports],
        "exports": [_export(name, item) for name, item in program.exports],
    }


def _core_instance(core: CoreInstance) -> Json:
    given = zip(core.module.imports, core.imports, strict=True)
    return {
        "id": core.id,
        "instance": core.instance.id,
        "offset": core.module.base,
        "size": len(core.module.data),
        "imports": [{"module": one.module, "name": one.name, "item": _item(item)} for one, item in given],
    }


def _item(item: CoreItem) -> Json:
    match item:
        case CoreExport(instance, sort, index):
            return {"core-instance": instance.id, "sort": sort, "index": index}
        case Lower(id=id):
            return {"lower": id}
        case Builtin(id=id):
            return {"builtin": id}
        case ContextSlot(operation=operation):
            return {"context": operation}


def _canonical(one: Lift | Lower) -> dict[str, Json]:
    return {
        "id": one.id,
        "instance": one.instance.id,
        "label": one.label,
        "type": function_text(one.type),
        "options": _options(one.options),
        "offset": one.offset,
    }


def _options(options: Options) -> dict[str, Json]:
    items = {
        "memory": options.memory,
        "realloc": options.realloc,
        "post-return": options.post_return,
    }
    given: dict[str, Json] = {name: _item(item) for name, item in items.items() if item is not None}
    return {"encoding": options.encoding.value, **given}


def _callee(lower: Lower) -> Json:
    if isinstance(lower.callee, HostFunction):
        return {"host": list(lower.callee.path)}
    return {"lift": lower.callee.id}


def _import(name: str, type: ExternType) -> Json:
    match type:
        case FuncType():
            return {"name": name, "kind": "func", "type": function_text(type)}
        case InstanceType(exports):
            return {"name": name, "kind": "instance", "items": [_import(one, of) for one, of in exports]}
        case TypeBound(bound):
            return {"name": name, "kind": "type", "type": _bound_text(bound)}


def _export(name: str, item: ExportItem) -> Json:
    match item:
        case ExportedFunction(lift, type):
            return {"name": name, "kind": "func", "type": function_text(type), "lift": lift.id}
        case ExportedInstance(items):
            return {"name": name, "kind": "instance", "items": [_export(one, of) for one, of in items]}
        case TypeBound(bound):
            return {"name": name, "kind": "type", "type": _bound_text(bound)}


def _bound_text(bound: BoundType) -> str:
    match bound:
        case StaticResource(type=resource):
            return f"resource {resource.id}"
        case FuncType():
            return function_text(bound)
        case DeclaredType(definition):
            return _declared_text(definition)
        case _:
            return type_text(bound.type if isinstance(bound, Named) else bound)


def _declared_text(definition: tree.TypeDefinition | tree.CoreType) -> str:
    """Write what a carried type imports and exports: names, and what each is."""
    assert isinstance(definition.type, tree.InstanceType | tree.ComponentType), "of core types nothing is exported"
    words = []
    for one in definition.type.declarations:
        if isinstance(one, tree.Import | tree.ExportDeclaration):
            way = "import" if isinstance(one, tree.Import) else "export"
            words.append(f"{way} {one.name.name}: {tree.sort_of(one.type).value}")
    shown = "; ".join(words if len(words) <= WORDS_LIMIT else [*words[:WORDS_LIMIT], "…"])
    kind = "instance" if isinstance(definition.type, tree.InstanceType) else "component"
    return f"{kind} {{{shown}}}"


# -- text --------------------------------------------------------------------------


def to_text(program: Program) -> str:
    """Return the program as lines for people."""
    sections = {
        "instances": map(_instance_line, program.instances),
        "core instances, in order of instantiation": map(_core_line, program.core_instances),
        "resource types": _resource_lines(program),
        "calls": _call_lines(program),
        "built-ins": map(_builtin_line, program.builtins),
        "imports": _world_lines([_import(name, type) for name, type in program.imports]),
        "exports": _world_lines([_export(name, item) for name, item in program.exports]),
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


# -- Mermaid -------------------------------------------------------------------------


def to_mermaid(program: Program) -> str:
    """Return a flowchart: instances that run code, their calls counted, the outside as a node."""
    calls = Counter((_node(one.instance), _node(one.callee)) for one in program.lowers)
    calls.update(("outside", _node(lift)) for lift in _exported(item for _, item in program.exports))
    running = {one.instance.id for one in program.core_instances}
    lines = ["flowchart LR", '  outside(["outside"])']
    for instance in program.instances:
        if instance.id in running:
            defined = [one.label for one in program.resources if one.definer is instance]
            label = "<br/>".join([instance.label, *(f"resource {one}" for one in defined)])
            lines.append(f'  {_node(instance)}["{_escaped(label)}"]')
    lines += [f"  {caller} -->|{count}| {callee}" for (caller, callee), count in calls.items()]
    return "\n".join(lines) + "\n"


def _node(party: Instance | Lift | HostFunction) -> str:
    match party:
        case Instance(id):
            return f"i{id}"
        case Lift(instance=instance):
            return f"i{instance.id}"
        case _:
            return "outside"


def _exported(items: Iterable[ExportItem]) -> Iterator[Lift]:
    for item in items:
        if isinstance(item, ExportedFunction):
            yield item.lift
        elif isinstance(item, ExportedInstance):
            yield from _exported(inner for _, inner in item.items)


def _escaped(text: str) -> str:
    """Escape what Mermaid would read as markup; line breaks are ours."""
    escaped = text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return escaped.replace("#lt;br/#gt;", "<br/>").replace("\n", " ")
