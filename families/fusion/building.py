"""Building a candidate for a fixture: the forms to run, what was needed, what it measures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

from explore.family import Artifact, Change, Json, Reach
from explore.oracle import engine
from families.fusion.tap import tap
from fuser.component.parse import parse
from fuser.component.tree import Component, CoreModule, NestedComponent
from fuser.errors import FuserError, InvalidOutput, NotApplicable, NotViable, Unsupported
from fuser.fuse import Fused, FuseOptions, fuse
from fuser.handles.interface import Need, Strategy
from fuser.traps import Trap

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
    """Fuse a composed component, plainly and instrumented; whatever goes wrong is the artifact's status."""
    start = time.perf_counter()
    try:
        plain = _fuse(data, strategy)
        seconds = time.perf_counter() - start
        tapped = _tapped(data, strategy)
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
    return _artifact(data, plain, tapped, seconds)


def change(need: Need, why: str = "") -> Change:
    """Return a need as a changed part."""
    return Change(need.value, why, _REACH.get(need, "own"))


def locus(changes: tuple[Change, ...]) -> str:
    """Return where the fix belongs: with the fuser, unless something else had to change too."""
    found = {_LOCUS[need] for need in Need if need in _LOCUS and need.value in {change.part for change in changes}}
    if not found:
        return VOCABULARY[0]
    return found.pop() if len(found) == 1 else "hybrid"


def _fuse(data: bytes, strategy: Strategy) -> Fused:
    fused = fuse(data, FuseOptions(strategy=strategy))
    why = engine.invalid_because(fused.data)
    if why is not None:
        raise InvalidOutput(why)
    return fused


def _tapped(data: bytes, strategy: Strategy) -> Fused | None:
    """Fuse the instrumented input; None where nothing is to be told, or it cannot be for the reference either."""
    try:
        instrumented = tap(data)
    except Unsupported:
        return None
    return _fuse(instrumented.data, strategy) if instrumented.resources else None


def _artifact(data: bytes, plain: Fused, tapped: Fused | None, seconds: float) -> Artifact:
    residual = _residual_imports(plain.core)
    reasons = plain.needs.reasons.items()
    modules = _core_modules(parse(plain.data))
    forms = {"component": plain.data}
    notes = {"component": dict(plain.sites)}
    if not _core_imports(plain.core):
        start = plain.data.index(plain.core)
        forms["core"] = plain.core
        notes["core"] = {offset - start: trap for offset, trap in plain.sites}
    if tapped is not None:
        forms["tapped"] = tapped.data
        notes["tapped"] = dict(tapped.sites)
    properties: dict[str, Json] = {
        "residual-imports": residual,
        "core-modules": modules,
        "self-contained": residual == 0 and modules == 1,
    }
    return Artifact(
        "built",
        forms=forms,
        changes=tuple(change(need, why) for need, why in sorted(reasons, key=lambda item: item[0].value)),
        measures={
            "build-seconds": seconds,
            "input-bytes": len(data),
            "component-bytes": len(plain.data),
            "code-bytes": len(plain.core),
        },
        properties=properties,
        notes=notes,
    )


def sites(artifact: Artifact, form: str) -> Mapping[int, Trap]:
    """Return the class of the trap at each offset of a form."""
    return cast("Mapping[int, Trap]", artifact.notes.get(form, {}))


def _core_imports(core: bytes) -> list[tuple[str, str]]:
    module = engine.load_module(core)
    return [(item.module, item.name or "") for item in module.imports]


def _residual_imports(core: bytes) -> int:
    return sum(name.startswith(RESIDUAL) for _, name in _core_imports(core))


def _core_modules(component: Component) -> int:
    """Count core modules at any depth."""
    return sum(
        isinstance(definition, CoreModule)
        + (_core_modules(definition.component) if isinstance(definition, NestedComponent) else 0)
        for definition in component
    )
