"""Building a candidate for a fixture: the forms to run, what was needed, what it measures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from explore.family import Artifact, Change, Reach
from fuser.component.parse import parse
from fuser.component.tree import Component, CoreModule, NestedComponent
from fuser.errors import FuserError, InvalidOutput, NotApplicable, NotViable
from fuser.fuse import Fused, FuseOptions, fuse_program, linked_program
from fuser.handles.interface import Need, Strategy
from fuser.merge.devirtualise import devirtualise
from fuser.program import Program
from fuser.traps import Trap
from fuser.wasm.module import parse_module

STRATEGY = "strategy"
"""The note that holds the strategy, by which the instrumented twin is fused when it is to be observed."""
RESIDUAL = "[resource-"
"""Begins the name of a core import that delegates a resource's handles to the host."""

_REACH: Mapping[Need, Reach] = {
    Need.KEEPER: "infrastructure",
    Need.MODULE: "infrastructure",
    Need.REWIRED: "infrastructure",
    Need.KEPT: "infrastructure",
    Need.OPTED_IN_GUEST: "upstream",
    Need.TOOL: "upstream",
    Need.SPEC: "spec",
}
"""How far a need reaches; the others are ordinary parts of a solution."""

_LOCUS: Mapping[Need, str] = {
    Need.OPTED_IN_GUEST: "wit-bindgen",
    Need.TOOL: "wasm-tools",
    Need.SPEC: "spec",
    Need.KEPT: "hybrid",
}
"""Where a need that is not met by the fuser alone belongs."""

VOCABULARY = ("meld", "wit-bindgen", "wasm-tools", "spec", "hybrid")


def build(data: bytes, strategy: Strategy) -> Artifact:
    """Fuse a composed component; whatever goes wrong is the artifact's status."""
    try:
        linked = _linked(data)
        start = time.perf_counter()
        fused = _fuse(linked, strategy)
    except InvalidOutput as error:
        return Artifact("invalid", str(error))
    except FuserError as error:
        return Artifact("refused", str(error))
    except NotApplicable as error:
        return Artifact("not-applicable", str(error))
    except NotViable as error:
        return Artifact("not-viable", f"NOT VIABLE TODAY: {error.reason} (found out by: {error.probe})")
    except Exception as error:  # noqa: BLE001 -- a defect of fuser or strategy is an outcome, by its kind
        return Artifact("defect", f"{type(error).__name__}: {error}")
    return _artifact(data, fused, linked.seconds + time.perf_counter() - start)


def fuse_to_observe(data: bytes, strategy: Strategy) -> Fused:
    """Fuse what is then observed."""
    return _fuse(_linked(data), strategy)


@dataclass(frozen=True)
class _Linked:
    """An input linked for all candidates: a program is a value, and no strategy changes it."""

    program: Program
    seconds: float


@lru_cache(maxsize=2)
def _linked(data: bytes) -> _Linked:
    start = time.perf_counter()
    program = devirtualise(linked_program([data]))
    return _Linked(program, time.perf_counter() - start)


def _fuse(linked: _Linked, strategy: Strategy) -> Fused:
    """Fuse without validation: the engine sees the input for the reference, and the output when it is run."""
    return fuse_program(linked.program, FuseOptions(strategy=strategy, validate=False))


def sites(fused: Fused) -> Mapping[int, Trap]:
    """Return the class of the trap at each offset of the output."""
    return dict(fused.sites)


def change(need: Need, why: str = "") -> Change:
    """Return a need as a changed part."""
    return Change(need.value, why, _REACH.get(need, "own"))


def locus(changes: tuple[Change, ...]) -> str:
    """Return where the fix belongs: with the fuser, unless something else had to change too."""
    found = {_LOCUS[need] for need in Need if need in _LOCUS and need.value in {change.part for change in changes}}
    if not found:
        return VOCABULARY[0]
    return found.pop() if len(found) == 1 else "hybrid"


def _artifact(data: bytes, fused: Fused, seconds: float) -> Artifact:
    imports = [item.name for item in parse_module(fused.core).imports]
    residual = sum(name.startswith(RESIDUAL) for name in imports)
    modules = _core_modules(parse(fused.data))
    forms = {"component": fused.data}
    notes: dict[str, object] = {"component": sites(fused)}
    if not imports:
        start = fused.data.index(fused.core)
        forms["core"] = fused.core
        notes["core"] = {offset - start: trap for offset, trap in fused.sites}
    reasons = sorted(fused.needs.reasons.items(), key=lambda item: item[0].value)
    return Artifact(
        "built",
        forms=forms,
        changes=tuple(change(need, why) for need, why in reasons),
        measures={
            "build-seconds": seconds,
            "input-bytes": len(data),
            "component-bytes": len(fused.data),
            "code-bytes": len(fused.core),
        },
        properties={
            "residual-imports": residual,
            "core-modules": modules,
            "self-contained": residual == 0 and modules == 1,
        },
        notes={**notes, STRATEGY: fused.strategy},
    )


def _core_modules(component: Component) -> int:
    """Count core modules at any depth."""
    return sum(
        isinstance(definition, CoreModule)
        + (_core_modules(definition.component) if isinstance(definition, NestedComponent) else 0)
        for definition in component
    )
