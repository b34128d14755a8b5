"""What `explore fixtures` and `explore brief` print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from explore import measure
from explore.errors import UsageError
from explore.family import ABSENT, BrokenFixture, Claim, Family, Fixture, Inviting, Modelled, Observation
from explore.oracle.cells import key, known_references, references
from explore.oracle.jobs import Result
from explore.oracle.records import from_json, to_json
from explore.project import Project
from explore.question import DesignPath, Prior, Question, load
from explore.ranking import prior
from explore.records import named
from explore.scores import FORMULAS
from explore.tables import markdown_table, paragraph, text_table, width


def _questions(project: Project, id: str | None) -> list[Question]:
    if id is not None:
        return [load(project, id)]
    found = [load(project, entry.id) for entry in project.entries() if entry.type == "design-question"]
    if not found:
        raise UsageError("no question here: explore new question TITLE")
    return found


def fixture_data(project: Project, id: str | None, *, check: bool, jobs: int) -> dict[str, Any]:
    """Return the fixtures of one question's family, or of every question's.

    `check` runs every reference that is not kept, and recomputes; without it the outcomes
    are those of earlier runs.
    """
    families = {question.family: question for question in _questions(project, id)}
    rows: list[dict[str, Any]] = []
    for name, question in sorted(families.items()):
        family = measure.family_of(question)
        fixtures = measure.all_fixtures(family, project)
        results = _checked(family, project, fixtures, jobs) if check else _kept(family, project, fixtures)
        rows += [_fixture(name, fixture, question, results.get(key(fixture))) for fixture in fixtures]
    return {"schema": named("fixtures"), "fixtures": rows}


Results = Mapping[str, Result | None]


def _checked(family: Family, project: Project, fixtures: Sequence[Fixture], jobs: int) -> Results:
    here = [fixture for fixture in fixtures if ABSENT not in fixture.tags]
    ran = references(family, project.root, here, workers=jobs, store=measure.open_store(project, "cache"))
    return {key(one): _recomputed(family, project.root, one, ran[key(one)]) for one in here}


def _kept(family: Family, project: Project, fixtures: Sequence[Fixture]) -> Results:
    if not (project.work / "cache").is_dir():
        return {}
    return known_references(family, project.root, fixtures, measure.open_store(project, "cache"))


def _recomputed(family: Family, root: Path, fixture: Fixture, result: Result) -> Result:
    """Hold a good fixture against the family's model, where it has one; the text says so."""
    if result.status != "done" or not isinstance(family, Modelled):
        return result
    try:
        differences = family.recompute(root, fixture, from_json(Observation, result.value))
    except BrokenFixture as error:
        differences = (str(error),)
    if differences:
        return replace(result, status="broken-fixture", text="; ".join(differences))
    return result if differences is None else replace(result, text="recomputed")


def _fixture(family: str, fixture: Fixture, question: Question, result: Result | None) -> dict[str, Any]:
    return {
        "family": family,
        "name": fixture.name,
        "group": fixture.group,
        "gating": fixture.name in question.gating_fixtures,
        "title": fixture.title,
        "shows": fixture.shows,
        "tags": list(fixture.tags),
        "digest": fixture.digest,
        "size": fixture.size,
        "outcome": None if result is None or result.status != "done" else _ended(from_json(Observation, result.value)),
        "reference": None if result is None else result.status,
        "text": "" if result is None else result.text,
    }


def _ended(seen: Observation) -> str:
    """Say how a reference's run ended."""
    traps = [outcome.trap for outcome in seen.outcomes if outcome.trap is not None]
    return f"traps, {traps[0]}" if traps else "returns"


def show_fixtures(value: Mapping[str, Any], form: str) -> str:
    """Lay out the fixtures; the title only where lines may be long."""
    headers = ["fixture", "group", "size", "reference"]
    rows = [
        [item["name"], "gating" if item["gating"] else item["group"], _size(item["size"]), _outcome(item)]
        for item in value["fixtures"]
    ]
    if form == "md":
        titled = [[*row, item["title"]] for row, item in zip(rows, value["fixtures"], strict=True)]
        return markdown_table([*headers, "title"], titled)
    return text_table(headers, rows, width())


def _size(size: int | None) -> str:
    return "–" if size is None else str(size)


def _outcome(item: Mapping[str, Any]) -> str:
    if ABSENT in item["tags"]:
        return "not made here"
    if item["reference"] is None:
        return "not run yet"
    if item["outcome"] is None:
        return f"{item['reference']}: {item['text']}"
    return ", ".join(filter(None, (item["outcome"], item["text"])))


def brief_data(project: Project, id: str, name: str) -> dict[str, Any]:
    """Return what someone who is to build a path's prototype needs."""
    question = load(project, id)
    path = question.path(name)
    family = measure.family_of(question)
    fixtures = measure.choose(question, measure.all_fixtures(family, project), question.groups)
    claim = _claim(family, project, path)
    rated = prior(path, claim)
    return {
        "schema": named("brief"),
        "question": {"id": question.id, "title": question.title, "context": question.context},
        "path": {"letter": path.letter, "strategy": path.strategy, "title": path.title},
        "prior": {"viability": rated.value, "rule": rated.rule, **_prior(path.prior)},
        "gates": [to_json(gate) for gate in question.gates],
        "interface": family.interface if isinstance(family, Inviting) else " ".join((family.__doc__ or "").split()),
        "claim": to_json(claim),
        "fixtures": [
            {"name": fixture.name, "group": fixture.group, "shows": " ".join(fixture.shows.split())}
            for fixture in fixtures
        ],
        "scores": [{"name": item.name, "weight": item.weight, "formula": item.words} for item in FORMULAS],
        "loci": list(question.vocabulary),
    }


def _claim(family: Family, project: Project, path: DesignPath) -> Claim | None:
    """Return what the path's strategy says of itself; None where nobody has written it yet."""
    try:
        return measure.claim_of(family, project, measure.candidate_of(family, project, path))
    except UsageError:
        return None


def _prior(prior: Prior) -> dict[str, Any]:
    return {"locus": prior.locus, "outcome": prior.outcome, "source": prior.source}


def show_brief(value: Mapping[str, Any]) -> str:
    """Lay a brief out as Markdown."""
    question, path = value["question"], value["path"]
    claim = value["claim"] or {"summary": "", "limits": [], "references": []}
    parts = [
        f"# Brief: path {path['letter']}, `{path['strategy']}`, of {question['id']}\n",
        paragraph(path["title"], width()) + "\n",
        f"## The question: {question['title']}\n\n{question['context'].strip()}\n",
        f"## What is known beforehand\n\n{_known(value['prior'])}\n",
        f"## What it says of itself\n\n{claim['summary']}\n" if claim["summary"] else "",
        _bullets("## What it says it does not handle", claim["limits"]),
        _bullets("## References", claim["references"]),
        "## How it will be judged\n\n"
        + markdown_table(("gate", "at least", "why"), _rows(value["gates"], "score", "at_least", "why"))
        + "\n"
        + markdown_table(("score", "weight", "formula"), _rows(value["scores"], "name", "weight", "formula")),
        "## Fixtures\n\n"
        + markdown_table(("fixture", "group", "shows"), _rows(value["fixtures"], "name", "group", "shows")),
        f"Loci, best first: {', '.join(value['loci'])}.\n",
        f"## How it is written\n\n{value['interface']}\n",
    ]
    return "\n".join(part for part in parts if part)


def _known(before: Mapping[str, Any]) -> str:
    rating = f"Viability {before['viability']} ({before['rule']}), locus {before['locus']}."
    return f"{rating}\nOutcome: {before['outcome']}. Source: {before['source']}."


def _rows(items: Sequence[Mapping[str, Any]], *names: str) -> list[list[str]]:
    cells = ([item[name] for name in names] for item in items)
    return [[f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row] for row in cells]


def _bullets(title: str, lines: Sequence[str]) -> str:
    return f"{title}\n\n" + "".join(f"* {line}\n" for line in lines) if lines else ""
