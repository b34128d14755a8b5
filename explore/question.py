"""A design question, as its file's front matter has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from explore.errors import UsageError
from explore.files import digest
from explore.project import Entry, Project

PRIOR_RULES = {
    "sketch": (5, "a sketch of 100 lines, no new infrastructure"),
    "one-abstraction": (4, "one new abstraction"),
    "research": (3, "research, or nobody built it here"),
    "upstream-to-build": (2, "needs an upstream change even to build"),
    "spec-change": (1, "needs a change of the specification"),
}
"""The public rubric of prior viability, best first; between two, the lower holds."""

PROTOTYPE_SEEDS = (1, 2)
VALIDATION_SEEDS = (101, 102)


@dataclass(frozen=True)
class Prior:
    """What is known or reported of a path before anything is measured."""

    viability: int
    rule: str
    locus: str
    outcome: str
    source: str


@dataclass(frozen=True)
class DesignPath:
    """One candidate of a question."""

    letter: str
    strategy: str
    title: str
    prior: Prior
    upstream_commitment: str | None = None


@dataclass(frozen=True)
class Gate:
    """A score that a path must reach."""

    score: str
    at_least: float
    why: str


@dataclass(frozen=True)
class Question:
    """What is to be decided, between which paths, by which evidence."""

    id: str
    title: str
    status: str
    context: str
    family: str
    gates: tuple[Gate, ...]
    gating_fixtures: tuple[str, ...]
    groups: tuple[str, ...]
    suite_groups: tuple[str, ...]
    paths: tuple[DesignPath, ...]
    vocabulary: tuple[str, ...]
    prototype_seeds: tuple[int, ...] = PROTOTYPE_SEEDS
    validation_seeds: tuple[int, ...] = VALIDATION_SEEDS
    reserved: dict[str, str] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    digest: str = ""
    """Hash of the front matter without the status."""

    def path(self, name: str) -> DesignPath:
        """Return the path of a letter or strategy; raises UsageError where there is none."""
        for path in self.paths:
            if name in (path.letter, path.strategy):
                return path
        known = ", ".join(f"{path.letter} ({path.strategy})" for path in self.paths)
        if name in self.reserved:
            raise UsageError(
                f"path {name} is reserved for {self.reserved[name]} and not run by {self.id}; known: {known}"
            )
        raise UsageError(f"unknown path {name}; known: {known}")


def _path(fields: dict[str, Any]) -> DesignPath:
    return DesignPath(
        letter=fields["letter"],
        strategy=fields["strategy"],
        title=fields["title"],
        prior=Prior(**fields["prior"]),
        upstream_commitment=fields.get("upstream-commitment"),
    )


def from_entry(entry: Entry) -> Question:
    """Return the question of a checked document; raises InputError for what a schema can't see."""
    fields = cast("dict[str, Any]", entry.markdown.fields)
    if entry.type != "design-question":
        raise UsageError(f"{entry.id} is an ADR of {fields['parent']}, not a question")
    _check(entry, fields)
    seeds = fields.get("seeds", {})
    return Question(
        id=fields["id"],
        title=fields["title"],
        status=fields["status"],
        context=fields["context"],
        family=fields["family"],
        gates=tuple(Gate(gate["score"], float(gate["at-least"]), gate["why"]) for gate in fields["gates"]),
        gating_fixtures=tuple(fields["gating-fixtures"]),
        groups=tuple(fields["groups"]),
        suite_groups=tuple(fields.get("suite-groups", ())),
        paths=tuple(map(_path, fields["paths"])),
        vocabulary=tuple(fields["locus-vocabulary"]),
        prototype_seeds=tuple(seeds.get("prototype", PROTOTYPE_SEEDS)),
        validation_seeds=tuple(seeds.get("validate", VALIDATION_SEEDS)),
        reserved={item["letter"]: item["title"] for item in fields.get("reserved-paths", ())},
        references=tuple(fields.get("references", ())),
        digest=digest({key: value for key, value in fields.items() if key != "status"}),
    )


def _check(entry: Entry, fields: dict[str, Any]) -> None:
    """Check what spans several fields."""
    fault = entry.markdown.front.fault
    letters: set[str] = set()
    for section in ("reserved-paths", "paths"):
        for index, path in enumerate(fields.get(section, ())):
            if path["letter"] in letters:
                raise fault(f"letter {path['letter']} is taken", (section, index, "letter"))
            letters.add(path["letter"])
    strategies = [path["strategy"] for path in fields["paths"]]
    for index, path in enumerate(fields["paths"]):
        prior = path["prior"]
        if path["strategy"] in strategies[:index]:
            raise fault(f"strategy {path['strategy']} is taken", ("paths", index, "strategy"))
        if prior["locus"] not in fields["locus-vocabulary"]:
            raise fault(f"locus {prior['locus']} is not in locus-vocabulary", ("paths", index, "prior", "locus"))
        if prior["viability"] != PRIOR_RULES[prior["rule"]][0]:
            means = PRIOR_RULES[prior["rule"]][0]
            raise fault(f"the rule {prior['rule']} means {means}", ("paths", index, "prior", "viability"))
    seeds = fields.get("seeds")
    if seeds and set(seeds["prototype"]) & set(seeds["validate"]):
        raise fault("the validator's seeds must be others than the prototype stage's", ("seeds", "validate"))


def load(project: Project, id: str) -> Question:
    """Read a question; raises UsageError or InputError."""
    return from_entry(project.read(id))
