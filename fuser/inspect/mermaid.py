"""The program as a Mermaid flowchart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from fuser.program import ExportedFunction, ExportedInstance, ExportItem, HostFunction, Instance, Lift, Program


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
