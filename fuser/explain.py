"""What a fusion did, as data and as text: `fuser fuse --explain`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fuser.fuse import CrossCall, Fused
from fuser.program import Instance, ResourceType
from fuser.strategies import spell

Data = Mapping[str, object]


@dataclass(frozen=True)
class Explanation:
    """The data, ready to be printed."""

    data: Data
    lines: tuple[str, ...]

    def as_json(self) -> str:
        """Return the data as JSON."""
        return json.dumps(self.data, indent=2, ensure_ascii=False) + "\n"

    def as_text(self) -> str:
        """Return the same for reading."""
        return "".join(f"{line}\n" for line in self.lines)


def explain(fused: Fused) -> Explanation:
    """Describe instances, resource types, calls between instances, needs and sizes."""
    data = {
        "strategy": spell(fused.strategy),
        "left-out": list(fused.program.left_out),
        "instances": [_instance(instance, fused) for instance in fused.program.instances],
        "resources": [_resource(type) for type in fused.program.resources],
        "calls": [_call(call) for call in fused.calls],
        "needs": {need.value: why for need, why in fused.needs.reasons.items()},
        "notes": list(fused.notes),
        "gaps": list(fused.gaps),
        "sizes": {"output-bytes": len(fused.data), "core-bytes": len(fused.core)},
        "trap-sites": len(fused.sites),
    }
    return Explanation(data, tuple(_lines(fused)))


def _label(instance: Instance | None) -> str:
    return "the outside" if instance is None else f"{instance.id} {instance.label}".rstrip()


def _instance(instance: Instance, fused: Fused) -> Data:
    cores = [core for core in fused.program.core_instances if core.instance is instance]
    return {
        "id": instance.id,
        "label": instance.label,
        "parent": None if instance.parent is None else instance.parent.id,
        "core-instances": len(cores),
        "core-bytes": sum(len(core.module.data) for core in cores),
    }


def _resource(type: ResourceType) -> Data:
    return {
        "id": type.id,
        "label": type.label,
        "definer": None if type.definer is None else type.definer.id,
        "destructor": type.destructor is not None,
    }


def _call(call: CrossCall) -> Data:
    return {
        "caller": call.lower.instance.id,
        "callee": call.lift.instance.id,
        "function": call.lift.label,
        "plain": not call.work,
        "adapter": list(call.work),
    }


def _lines(fused: Fused) -> list[str]:
    program = fused.program
    return [
        f"strategy {spell(fused.strategy)}",
        f"{len(program.instances)} instances, {len(program.core_instances)} core instances",
        *(_instance_line(instance, fused) for instance in program.instances),
        f"{len(program.resources)} resource types",
        *(
            f"  {type.id} {type.label}: defined by {_label(type.definer)}"
            f"{', with a destructor' if type.destructor else ''}"
            for type in program.resources
        ),
        f"{len(fused.calls)} calls between instances",
        *map(_call_line, fused.calls),
        *(f"needs {need.value}: {why}" for need, why in fused.needs.reasons.items()),
        *(f"note: {note}" for note in fused.notes),
        *(f"the reference tools cannot wrap this module: {gap}" for gap in fused.gaps),
        f"{len(fused.data)} bytes written, {len(fused.core)} of them the fused module",
        f"{len(fused.sites)} trap sites",
    ]


def _instance_line(instance: Instance, fused: Fused) -> str:
    data = _instance(instance, fused)
    inside = "" if instance.parent is None else f" in {instance.parent.id}"
    return f"  {_label(instance)}{inside}: {data['core-instances']} core instances, {data['core-bytes']} bytes"


def _call_line(call: CrossCall) -> str:
    plain = "a plain call: values pass as they are, nothing is to be guarded"
    how = f"adapter: {'; '.join(call.work)}" if call.work else plain
    return f"  {_label(call.lower.instance)} -> {_label(call.lift.instance)} {call.lift.label}: {how}"
