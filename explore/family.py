"""The seam between the pipeline and a kind of design question.

A family says what the fixtures and candidates of its questions are, builds a candidate
for a fixture, runs it beside a reference, and says which changed part means which locus.
The pipeline knows only what stands in this file. Families register under the entry-point
group `explore.families`; they live outside `explore/`.

`build`, `reference` and `observe` run in supervised worker processes: they may be killed,
and what they return must survive a round trip through JSON (`to_json`/`from_json`).
They are pure functions of their arguments and of the files that `inputs` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Protocol, runtime_checkable

ENTRY_POINTS = "explore.families"


class BrokenFixture(Exception):
    """A fixture whose reference run misses what is known of it, or which is incomplete."""


Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True)
class Fixture:
    """One judge: an input with what is known of it beforehand."""

    name: str
    group: str
    title: str
    shows: str
    tags: tuple[str, ...]
    digest: str
    """Hash of everything that the fixture consists of."""
    seed: int | None = None
    """Set for a variant: the seed that made it from the fixture of this name."""
    size: int | None = None
    """Bytes of the input as it lies on disk; None where it is not there."""


ABSENT = "absent"
"""Tag of a fixture that is made on demand and is not here; a run does without it."""


@dataclass(frozen=True)
class Candidate:
    """One point of the design space: a strategy with its options resolved."""

    path: str
    """Letter of its path in the question."""
    strategy: str
    """As the user would write it: `name` or `name:option=value,…`, options in field order."""
    options: Mapping[str, Json] = field(default_factory=dict)
    digest: str = ""
    """Hash of the code that implements it."""


Reach = Literal["own", "infrastructure", "upstream", "spec"]
"""How far a change reaches: an ordinary part of the solution, a new abstraction in the project
itself, work that other projects must do, or new text of a specification."""


@dataclass(frozen=True)
class Change:
    """A part that a candidate changed or needed, with why; loci are computed from these."""

    part: str
    why: str
    reach: Reach = "own"


@dataclass(frozen=True)
class Claim:
    """What a candidate says of itself; never an outcome."""

    locus: str
    summary: str = ""
    """Its mechanism and invariants, in a few sentences."""
    limits: tuple[str, ...] = ()
    """What it says it does not handle, one sentence each."""
    requires: tuple[Change, ...] = ()
    priors: tuple[Mapping[str, str], ...] = ()
    """What the record says of one group each: `group`, `outcome`, `signature`, `source`."""
    references: tuple[str, ...] = ()


Status = Literal["built", "refused", "not-applicable", "not-viable", "invalid", "defect"]
"""`refused`: a typed refusal of the input. `invalid`: wrote what does not validate.
`defect`: raised what it should not."""


@dataclass(frozen=True)
class Artifact:
    """What building a candidate for a fixture gave."""

    status: Status
    reason: str = ""
    """One sentence where the status is not `built`."""
    forms: Mapping[str, bytes] = field(default_factory=dict)
    """What can be run, by form, e.g. `component`, `core`, `tapped`."""
    changes: tuple[Change, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    """Sizes in bytes, seconds of building; names end in their unit: `build-seconds`, `code-bytes`."""
    properties: Mapping[str, Json] = field(default_factory=dict)
    """Facts shown in columns of their own, e.g. `residual-imports`, `core-modules`.

    `self-contained` (true or false) is the one that the pipeline scores.
    """
    notes: Mapping[str, object] = field(default_factory=dict, repr=False)
    """What `observe` needs to know beside the bytes, by form; in no record."""

    @property
    def built(self) -> bool:
        """Whether there is something to run."""
        return self.status == "built"


@dataclass(frozen=True)
class Outcome:
    """How one call of an entry ended."""

    call: str
    values: tuple[Json, ...] | None = None
    trap: str | None = None
    """Trap class; exactly one of values and trap is set."""
    text: str = ""
    """What the engine said, without backtrace."""


@dataclass(frozen=True)
class Observation:
    """What one run showed."""

    outcomes: tuple[Outcome, ...] = ()
    trace: tuple[str, ...] = ()
    """Events in order: host calls, objects made, destructors run; the first word is the kind."""
    sees: tuple[str, ...] = ()
    """The kinds of events that this run could show: another kind's absence says nothing."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Totals that must agree with the reference's, e.g. `destructors`, `live`, `memory-pages`."""
    measures: Mapping[str, float] = field(default_factory=dict)
    """Costs, never compared for equality: `call-seconds`."""
    failure: str | None = None
    """`timeout`, `crash`, `out-of-memory`, `engine-defect`, `invalid`, `unobserved`: no outcome is to be believed."""
    text: str = ""


Verdict = Literal[
    "agree",
    "wrong-value",
    "missing-trap",
    "unexpected-trap",
    "wrong-trap",
    "wrong-effect",
    "leak",
    "double-drop",
    "unobserved",
    "invalid",
    "not-deterministic",
    "refused",
    "not-applicable",
    "not-viable",
    "timeout",
    "crash",
    "engine-defect",
    "defect",
]


@dataclass(frozen=True)
class Judgement:
    """The comparison of a candidate with the reference on one fixture."""

    verdict: Verdict
    fuses: bool
    runs: bool
    faithful: bool
    divergence: str = ""
    """Where it first diverged, in words; empty where it agrees."""


@dataclass(frozen=True)
class Cell:
    """One candidate on one fixture: what was built, seen and judged."""

    candidate: str
    path: str
    fixture: str
    group: str
    seed: int | None
    judgement: Judgement
    artifact: Mapping[str, Json]
    """The artifact without its bytes: status, reason, changes, measures, properties, digests of forms."""
    observations: Mapping[str, Mapping[str, Json]]
    """By form, and `reference`."""


class Family(Protocol):
    """A kind of design question."""

    name: ClassVar[str]
    vocabulary: ClassVar[tuple[str, ...]]
    """Loci, best first (the fix at home before the fix upstream)."""

    def fixtures(self, root: Path) -> tuple[Fixture, ...]:
        """List every fixture below the project's root; a missing file is an error."""

    def variant(self, root: Path, fixture: Fixture, seed: int) -> Fixture | None:
        """Return the fixture's variant of this seed, or None where it has none."""

    def candidate(self, root: Path, path: str, strategy: str) -> Candidate:
        """Resolve a path's strategy and its options; an unknown one is a usage error."""

    def inputs(self, root: Path) -> Mapping[str, tuple[Path, ...]]:
        """Name the trees that results depend on beside fixtures and candidates."""

    def build(self, root: Path, candidate: Candidate, fixture: Fixture) -> Artifact:
        """Build a candidate for a fixture; never raises for what the input or strategy does."""

    def reference(self, root: Path, fixture: Fixture) -> Observation:
        """Observe the reference; raises BrokenFixture where it misses the expected values."""

    def observe(self, root: Path, artifact: Artifact, fixture: Fixture) -> Mapping[str, Observation]:
        """Observe every form of an artifact."""

    def judge(self, reference: Observation, artifact: Artifact, forms: Mapping[str, Observation]) -> Judgement:
        """Compare; the oracle's own judge serves where a family has nothing to add."""

    def cost(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Measure what a call costs, as ratios and nanoseconds; slow, run by itself."""

    def maintenance(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Count what the candidate's code costs to keep: lines, branches, hooks, needs, special cases."""

    def locus(self, changes: tuple[Change, ...]) -> str:
        """Say where the fix belongs, from what was changed."""


@runtime_checkable
class Claiming(Protocol):
    """A family whose candidates say something of themselves."""

    def claim(self, root: Path, candidate: Candidate) -> Claim:
        """Return what the candidate claims: locus, mechanism, limits, needs, priors."""


@runtime_checkable
class Adopting(Protocol):
    """A family that can make a fixture of a user's own input (`explore try`)."""

    def adopt(self, source: Path, call: str | None, root: Path) -> Fixture:
        """Write a fixture below a scratch root that `fixtures(root)` then lists.

        It has no expected values: the reference's outcome is the expectation.
        Raises ValueError, with one line for the user, where the input is not usable.
        """


@runtime_checkable
class Modelled(Protocol):
    """A family that can work out some fixtures' expected values by itself."""

    def recompute(self, root: Path, fixture: Fixture, seen: Observation) -> tuple[str, ...] | None:
        """Return where a model of the fixture's world differs from what it states, and from what the reference showed.

        None where it has no model.
        """


@runtime_checkable
class Inviting(Protocol):
    """A family that says how a candidate is written (`explore brief`)."""

    interface: ClassVar[str]
    """In a few sentences: what to write, where it is registered, where the interface stands."""
