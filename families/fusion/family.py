"""The family `fusion`: whether a strategy's fused program does what the composition does.

Reference: the composition unfused. Candidate: what the fuser makes of it, as a component
and, where nothing is left to import, as a bare core module. The effects (objects made and
destroyed, in order) are read off an instrumented twin of the same component, unfused and
fused alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import ClassVar, cast

import families.fusion
import fuser
from explore.family import (
    Artifact,
    BrokenFixture,
    Candidate,
    Change,
    Claim,
    Fixture,
    Judgement,
    Observation,
)
from explore.oracle.engine import BadCall, Gauges, observe_component, observe_module
from explore.oracle.host import Host, Trace, UnsupportedImport
from explore.oracle.judge import UNOBSERVED, judge
from families.fusion import adopting, building, claims, models, source, timing
from families.fusion.effects import MEMORY, OBJECT, PAGES_COUNT, Effects, Sizes
from families.fusion.fixture_files import FixtureFile, list_fixtures, load
from families.fusion.snippets import TAP
from families.fusion.tap import Tapped, tap
from families.fusion.variants import vary
from fuser import strategies
from fuser.errors import FuserError, StrategyError, Unsupported, UsageError
from fuser.handles.interface import Strategy
from fuser.traps import Trap

Sites = Mapping[int, Trap]

_INPUTS = 128
"""Inputs that a worker keeps at hand, read and instrumented: for the reference first, for the candidates later."""


class Fusion:
    """See explore.family.Family."""

    name: ClassVar[str] = "fusion"
    vocabulary: ClassVar[tuple[str, ...]] = building.VOCABULARY
    interface: ClassVar[str] = (
        "A frozen dataclass with a `name`, registered under the entry-point group `fuser.strategies`; its fields "
        "are its options. Its protocol, `Strategy`, stands with `Handles` and `Builder` in "
        "`fuser/handles/interface.py`; `docs/strategies.md` goes through one in 30 lines. It raises `NotApplicable` "
        "for a program that it is not made for, and `NotViable` for what cannot be built today."
    )

    def fixtures(self, root: Path) -> tuple[Fixture, ...]:
        """List every fixture; raises BrokenFixture where a file is missing or faulty.

        One whose component is made on demand and is not here has the tag `absent`.
        """
        return tuple(file.fixture for file in list_fixtures(root))

    def variant(self, root: Path, fixture: Fixture, seed: int) -> Fixture | None:
        """Return a fixture with other names, order and constants and a longer chain; None where it is not to be had."""
        try:
            _varied(load(root, fixture.name), seed)
        except (FuserError, BrokenFixture):
            return None
        digest = hashlib.sha256(f"{fixture.digest}@{seed}".encode()).hexdigest()
        return replace(fixture, seed=seed, digest=digest)

    def candidate(self, root: Path, path: str, strategy: str) -> Candidate:
        """Resolve a strategy; raises ValueError, with one line, where it or an option is unknown."""
        del root
        found = _resolve(strategy)
        options = dict(strategies.options_of(found))
        return Candidate(path, strategies.spell(found), options, source.digest(type(found)))

    def claim(self, root: Path, candidate: Candidate) -> Claim:
        """Return what the strategy says of itself."""
        del root
        return claims.claim(_resolve(candidate.strategy))

    def adopt(self, source: Path, call: str | None, root: Path) -> Fixture:
        """Make a fixture of a user's own component below a scratch root; raises ValueError."""
        return load(root, adopting.adopt(source, call, root)).fixture

    def recompute(self, root: Path, fixture: Fixture, seen: Observation) -> tuple[str, ...] | None:
        """Hold a gating fixture's numbers, and what its reference showed, against a model of its world."""
        return models.recompute(_file(root, fixture), seen)

    def inputs(self, root: Path) -> Mapping[str, tuple[Path, ...]]:
        """Name the fuser and this family."""
        del root
        return {"fuser": _package(fuser), "family": _package(families.fusion)}

    def build(self, root: Path, candidate: Candidate, fixture: Fixture) -> Artifact:
        """Fuse a fixture by a candidate's strategy."""
        return building.build(_file(root, fixture).read(), _resolve(candidate.strategy))

    def reference(self, root: Path, fixture: Fixture) -> Observation:
        """Run the composition unfused, plain and instrumented; raises BrokenFixture."""
        file = _file(root, fixture)
        data = file.read()
        tapped = _tap(data)
        try:
            seen = _run(file, data, effects=_no_effects(tapped))
            file.check(seen)
            if tapped is None or not tapped.tells:
                return seen
            told = _run(file, tapped.data, effects=Effects(tapped.resources), memories=tapped.memories)
        except (BadCall, UnsupportedImport) as error:
            raise BrokenFixture(str(error)) from error
        if told.failure is None and _ends(told) != _ends(seen):
            raise BrokenFixture("instrumenting the component changes what it does")
        file.check(told)
        return replace(told, measures=seen.measures)

    def observe(self, root: Path, artifact: Artifact, fixture: Fixture) -> Mapping[str, Observation]:
        """Run every form, and the instrumented twin; the core form only where its calls pass scalars alone."""
        file = _file(root, fixture)
        tapped = _tap(file.read())
        component = artifact.forms["component"]
        seen = {"component": _run(file, component, _sites(artifact, "component"), _no_effects(tapped))}
        if "core" in artifact.forms:
            sites = _sites(artifact, "core")
            bare = observe_module(artifact.forms["core"], component, file.calls, file.limits, sites)
            seen |= {} if bare is None else {"core": bare}
        if tapped is not None and tapped.tells:
            seen["tapped"] = _observe_twin(file, tapped, artifact)
        return seen

    def judge(self, reference: Observation, artifact: Artifact, forms: Mapping[str, Observation]) -> Judgement:
        """Compare by the oracle's own judge; sizes of memories only where the twin that was fused tells them."""
        twin = forms.get("tapped")
        if twin is not None and twin.failure is None and MEMORY not in twin.sees:
            reference = _without_memories(reference)
        return judge(reference, artifact, forms)

    def cost(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Time calls across a fused boundary against the same composition unfused."""
        del root
        return timing.cost(_resolve(candidate.strategy))

    def maintenance(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Count the strategy's own code, and its claimed needs."""
        del root
        strategy = _resolve(candidate.strategy)
        return {**source.counts(type(strategy)), "needs": len(strategy.claim.needs)}

    def locus(self, changes: tuple[Change, ...]) -> str:
        """Say where the fix belongs."""
        return building.locus(changes)


def _resolve(strategy: str) -> Strategy:
    try:
        return strategies.resolve(strategy)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _package(package: ModuleType) -> tuple[Path, ...]:
    assert package.__file__ is not None
    return (Path(package.__file__).parent,)


@lru_cache(maxsize=_INPUTS)
def _file(root: Path, fixture: Fixture) -> FixtureFile:
    """Load a fixture, or make its variant."""
    file = load(root, fixture.name)
    return file if fixture.seed is None else _varied(file, fixture.seed)


def _varied(file: FixtureFile, seed: int) -> FixtureFile:
    variant = vary(file.read(), seed)
    calls = tuple(replace(call, name=variant.names.of(call.name)) for call in file.calls)
    return replace(file, data=variant.data, calls=calls)


def _ends(observation: Observation) -> list[object]:
    return [(outcome.values, outcome.trap) for outcome in observation.outcomes]


# -- runs -------------------------------------------------------------------------


@lru_cache(maxsize=_INPUTS)
def _tap(data: bytes) -> Tapped | None:
    """Instrument a composition; None where it cannot be."""
    try:
        return tap(data)
    except Unsupported:
        return None


def _no_effects(tapped: Tapped | None) -> Effects | None:
    """Return what is known of effects without a tap: that there are none, where no resource is defined."""
    return Effects(()) if tapped is not None and not tapped.resources else None


def _sites(artifact: Artifact, form: str) -> Sites:
    return cast("Sites", artifact.notes[form])


def _observe_twin(file: FixtureFile, tapped: Tapped, artifact: Artifact) -> Observation:
    """Fuse the instrumented twin and run it.

    A strategy that leaves instances out of the program cannot leave out one whose memory is
    probed. Where it does not apply to the twin it gets one that tells of objects only.
    """
    strategy = cast("Strategy", artifact.notes[building.STRATEGY])
    try:
        fused = building.fuse_to_observe(tapped.data, strategy)
    except StrategyError as error:
        if tapped.resources and tapped.memories:
            return _observe_twin(file, tap(file.read(), memories=False), artifact)
        return _not_fused(error)
    except FuserError as error:
        return _not_fused(error)
    return _run(file, fused.data, building.sites(fused), Effects(tapped.resources), tapped.memories)


def _not_fused(error: Exception) -> Observation:
    return Observation(failure=UNOBSERVED, text=f"the instrumented twin is not fused: {error}")


def _without_memories(seen: Observation) -> Observation:
    """Return an observation as if nothing were known of the sizes of memories."""
    return replace(
        seen,
        trace=tuple(event for event in seen.trace if not event.startswith(f"{MEMORY} ")),
        sees=tuple(kind for kind in seen.sees if kind != MEMORY),
        counts={name: count for name, count in seen.counts.items() if name != PAGES_COUNT},
    )


def _run(
    file: FixtureFile,
    wasm: bytes,
    sites: Sites | None = None,
    effects: Effects | None = None,
    memories: tuple[str, ...] = (),
) -> Observation:
    """Run a component, with the tap behind its import where effects are to be told, and the sizes of memories read."""
    host, sizes = Host(file.host, {TAP: effects.tell} if effects else {}), Sizes()
    seen = observe_component(wasm, file.calls, file.limits, host, sites, Gauges(memories, sizes.read))
    if effects is not None:
        seen = _with(seen, OBJECT, effects.trace, effects.counts)
    return _with(seen, MEMORY, sizes.trace, sizes.counts) if memories else seen


def _with(seen: Observation, kind: str, trace: Trace, counts: Mapping[str, int]) -> Observation:
    """Add a further kind of events, and totals, to an observation."""
    return replace(
        seen,
        trace=(*seen.trace, *trace.finish()),
        sees=(*seen.sees, kind),
        counts={**seen.counts, **counts},
    )
