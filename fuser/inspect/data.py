"""The program as JSON data.

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

from fuser.inspect.types import bound_text, function_text
from fuser.program import (
    Builtin,
    ContextSlot,
    CoreExport,
    CoreInstance,
    CoreItem,
    ExportedFunction,
    ExportedInstance,
    ExportItem,
    ExternType,
    HostFunction,
    InstanceType,
    Lift,
    Lower,
    Options,
    Program,
    TypeBound,
)
from fuser.types import FuncType

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

FORMAT = 1


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
        "imports": [import_data(name, type) for name, type in program.imports],
        "exports": [export_data(name, item) for name, item in program.exports],
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


def import_data(name: str, type: ExternType) -> Json:
    """Describe something that the root imports."""
    match type:
        case FuncType():
            return {"name": name, "kind": "func", "type": function_text(type)}
        case InstanceType(exports):
            return {"name": name, "kind": "instance", "items": [import_data(one, of) for one, of in exports]}
        case TypeBound(bound):
            return {"name": name, "kind": "type", "type": bound_text(bound)}


def export_data(name: str, item: ExportItem) -> Json:
    """Describe something that the root exports."""
    match item:
        case ExportedFunction(lift, type):
            return {"name": name, "kind": "func", "type": function_text(type), "lift": lift.id}
        case ExportedInstance(items):
            return {"name": name, "kind": "instance", "items": [export_data(one, of) for one, of in items]}
        case TypeBound(bound):
            return {"name": name, "kind": "type", "type": bound_text(bound)}
