"""The family `untyped-handles`: a legacy module of untyped handles over a world of typed resources.

Reference: the legacy module as a plain core module against an untyped host. Candidate: the same
binary in a component, with the adapter, interface and host that a pair makes. Verdict: the same
log of statuses and numbers, the same totals of items, subscriptions and ticks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import families.untyped_handles
from explore.family import Artifact, BrokenFixture, Candidate, Change, Claim, Fixture, Judgement, Observation
from explore.oracle.judge import judge
from families.untyped_handles import (
    adapter,
    adopting,
    checks,
    claims,
    client,
    patches,
    running,
    timing,
    untyped_host,
    world,
)
from families.untyped_handles.fixture_files import FixtureFile, load, load_all, vary
from families.untyped_handles.pair import Pair, parse
from fuser.traps import Trap

COMPONENT, ALONE, CLIENT = "component", "adapter", "client"
"""Forms: the whole world, the adapter module between fakes, or a typed guest with the host."""


class UntypedHandles:
    """See explore.family.Family."""

    name: ClassVar[str] = "untyped-handles"
    vocabulary: ClassVar[tuple[str, ...]] = patches.VOCABULARY

    def fixtures(self, root: Path) -> tuple[Fixture, ...]:
        """List every fixture, once for each of its host policies; raises BrokenFixture."""
        return tuple(file.fixture for file in load_all(root))

    def variant(self, root: Path, fixture: Fixture, seed: int) -> Fixture | None:
        """Return the fixture with other numbers; None where there is no program."""
        file = load(root, fixture)
        return vary(file, seed).fixture if file.bodies else None

    def candidate(self, root: Path, path: str, strategy: str) -> Candidate:
        """Resolve a pair; raises ValueError for an unknown option, and with the reason for a pruned pair."""
        del root
        pair = parse(strategy)
        return Candidate(path, pair.spelling, asdict(pair), patches.digest(pair))

    def adopt(self, source: Path, call: str | None, root: Path) -> Fixture:
        """Make a fixture of a user's own body below a scratch root; raises ValueError."""
        name = adopting.adopt(source, call, root)
        return next(fixture for fixture in self.fixtures(root) if fixture.name == name)

    def claim(self, root: Path, candidate: Candidate) -> Claim:
        """Return what a pair says of itself."""
        del root
        return claims.claim(parse(candidate.strategy))

    def inputs(self, root: Path) -> Mapping[str, tuple[Path, ...]]:
        """Name this family's code; fixtures have digests of their own."""
        del root
        assert families.untyped_handles.__file__ is not None
        folder = Path(families.untyped_handles.__file__).parent
        return {"family": tuple(sorted([*folder.rglob("*.py"), *folder.rglob("*.wat")]))}

    def build(self, root: Path, candidate: Candidate, fixture: Fixture) -> Artifact:
        """Make the world of a pair for a fixture; not viable where a check says so."""
        pair, file = parse(candidate.strategy), load(root, fixture)
        if why := checks.missing(pair):
            return Artifact("not-viable", why, changes=patches.changes(pair))
        try:
            form, data = _made(pair, file)
            return Artifact(
                "built", forms={form: data}, changes=patches.changes(pair), measures={"bytes": float(len(data))}
            )
        except adapter.Unbuildable as error:
            return Artifact("refused", str(error))

    def reference(self, root: Path, fixture: Fixture) -> Observation:
        """Run the legacy module against the untyped host; raises BrokenFixture where the log is another."""
        file = load(root, fixture)
        if file.numbers:
            return untyped_host.observe_alone(file.numbers)
        if file.client:
            return _typed_client(file.client, file)
        seen = untyped_host.observe(file)
        if any(outcome.trap == Trap.TIMEOUT.value for outcome in seen.outcomes):
            raise BrokenFixture(f"{file.fixture.name}: the untyped module does not end")
        file.check(seen)
        return seen

    def observe(self, root: Path, artifact: Artifact, fixture: Fixture) -> Mapping[str, Observation]:
        """Run the world or the adapter alone, or link the typed guest."""
        file = load(root, fixture)
        if file.numbers:
            return {ALONE: running.observe_alone(artifact.forms[ALONE], file.numbers)}
        if file.client:
            return {CLIENT: client.observe(artifact.forms[CLIENT])}
        return {COMPONENT: running.observe(file, artifact.forms[COMPONENT])}

    def judge(self, reference: Observation, artifact: Artifact, forms: Mapping[str, Observation]) -> Judgement:
        """Compare by the oracle's own judge."""
        return judge(reference, artifact, forms)

    def cost(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Time selects inside WebAssembly beside the untyped module's."""
        del root
        return timing.cost(parse(candidate.strategy))

    def maintenance(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Count the lines that the pair changes, and those that one more type costs."""
        del root
        return patches.maintenance(parse(candidate.strategy))

    def locus(self, changes: tuple[Change, ...]) -> str:
        """Say where the fix belongs, from the parts that were changed."""
        return patches.locus(changes)


def _typed_client(name: str, file: FixtureFile) -> Observation:
    seen = client.reference(name, file.kinds)
    if seen.outcomes[0].values != (client.EXPECTED[name],):
        raise BrokenFixture(f"{file.fixture.name}: without any patch the client is {seen.outcomes[0].values}")
    return seen


def _made(pair: Pair, file: FixtureFile) -> tuple[str, bytes]:
    if file.numbers:
        return ALONE, world.binary(adapter.text(pair, file.kinds))
    if file.client:
        return CLIENT, client.component(file.client, pair, file.kinds)
    return COMPONENT, world.component(pair, file.kinds, file.policy, file.bodies)
