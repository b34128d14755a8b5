"""The run: question → rank → prototype → oracle → validate → emit → synthesize."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from explore import measure
from explore.assess import Assessment, assess, locus
from explore.emit import emit
from explore.evidence import Measured, in_order
from explore.family import Candidate, Cell, Claim, Family, Fixture
from explore.files import assert_writable, locked, remove_leftovers, write_all
from explore.oracle.records import to_json
from explore.progress import Display
from explore.project import Project
from explore.provenance import Provenance, current
from explore.question import DesignPath, Question, load
from explore.ranking import Rated, prior, rank
from explore.records import Evidence, Record, encode, named, usable_evidence
from explore.synthesize import synthesize
from explore.validate import validate
from explore.validator import Answer, Asked
from explore.verdict import not_validated


@dataclass(frozen=True)
class Options:
    """What a user asks of a run."""

    paths: tuple[str, ...] = ()
    """Letters or strategies; all of them if empty."""
    all: bool = False
    """Every fixture group, not only those that the question names."""
    jobs: int = 2
    fresh: bool = False
    """Believe neither cache nor committed evidence, and renew timings."""


@dataclass(frozen=True)
class Contender:
    """One path on its way through the stages."""

    path: DesignPath
    candidate: Candidate
    claim: Claim | None
    prior: Rated
    old: Evidence | None = None
    """Committed evidence of the same inputs."""
    measured: Measured = field(default_factory=Measured)


@dataclass(frozen=True)
class Setting:
    """What all stages of a run share."""

    project: Project
    question: Question
    family: Family
    options: Options
    fixtures: tuple[Fixture, ...]
    """As they are; variants come with a stage's seeds."""
    known: Mapping[str, str]
    """Digest of every fixture of the project, by name."""
    committed: Mapping[str, Sequence[Evidence]]
    """Evidence of earlier runs, by letter."""
    provenance: Provenance
    bench: measure.Bench


def run(project: Project, id: str, options: Options, display: Display) -> Record:
    """Run a question from its file to its ADRs; raises ExploreError before anything is written."""
    question = load(project, id)
    with locked(project.root):
        runs = project.work / "runs"
        assert_writable(project.root, (project.decisions, project.evidence))
        assert_writable(project.work, (project.work, runs))
        remove_leftovers((project.decisions, project.evidence, runs))
        display.strategies = {path.letter: path.strategy for path in _chosen(question, options)}
        display.stage("rank")
        setting = _setting(project, question, options, display)
        contenders = [_contender(setting, path) for path in _chosen(question, options)]
        display.stage("prototype")
        contenders, cells = _measure(setting, contenders)
        display.stage("oracle")
        contenders = _cost(setting, contenders)
        display.stage("validate")
        answer = _validate(setting, contenders, display)
        assessments = [_assessment(setting, contender, answer) for contender in contenders]
        return _conclude(setting, contenders, assessments, answer, cells, display)


def _chosen(question: Question, options: Options) -> tuple[DesignPath, ...]:
    wanted = {question.path(name).letter for name in options.paths}
    return tuple(path for path in question.paths if not wanted or path.letter in wanted)


def _setting(project: Project, question: Question, options: Options, display: Display) -> Setting:
    family = measure.family_of(question)
    listed = measure.all_fixtures(family, project)
    groups = None if options.all else question.groups
    fixtures = measure.choose(question, listed, groups)
    shown = tuple(sorted({fixture.group for fixture in fixtures}))
    store = measure.open_store(project, "cache")
    return Setting(
        project=project,
        question=question,
        family=family,
        options=options,
        fixtures=fixtures,
        known={fixture.name: fixture.digest for fixture in listed},
        committed=_all_committed(project, question),
        provenance=current(project, question, family, fixtures, shown, _run_id()),
        bench=measure.Bench(options.jobs, store, options.fresh, display.event),
    )


def _run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _contender(setting: Setting, path: DesignPath) -> Contender:
    candidate = measure.candidate_of(setting.family, setting.project, path)
    claim = measure.claim_of(setting.family, setting.project, candidate)
    old = None if setting.options.fresh else _committed(setting, path, candidate)
    return Contender(path, candidate, claim, prior(path, claim), old)


def _committed(setting: Setting, path: DesignPath, candidate: Candidate) -> Evidence | None:
    """Return the committed evidence of a path if it has the same inputs: then its results are ours."""
    for evidence in setting.committed.get(path.letter, ()):
        same = evidence.assessment.candidate == candidate and setting.provenance.same_inputs(evidence.provenance)
        if same and all(setting.known.get(name) == digest for name, digest in evidence.provenance.fixtures.items()):
            return evidence
    return None


def _all_committed(project: Project, question: Question) -> dict[str, list[Evidence]]:
    """Read the evidence of every ADR of a question, by the path's letter; what can't be used is left out."""
    found: dict[str, list[Evidence]] = {}
    for entry in project.answers(question.id):
        evidence = usable_evidence(project, entry.id)
        if evidence is not None:
            found.setdefault(str(entry.markdown.fields["path"]), []).append(evidence)
    return found


def _measure(setting: Setting, contenders: Sequence[Contender]) -> tuple[list[Contender], tuple[Cell, ...]]:
    """Build and judge every cell; committed rows of fixtures outside this run are carried over."""
    question, family, project = setting.question, setting.family, setting.project
    variants = measure.variants(family, project, question, setting.fixtures, question.prototype_seeds)
    candidates = [contender.candidate for contender in contenders]
    cells = measure.cells(family, project, candidates, (*setting.fixtures, *variants), setting.bench)
    return [_with_rows(setting, contender, cells) for contender in contenders], cells


def _with_rows(setting: Setting, contender: Contender, cells: Sequence[Cell]) -> Contender:
    seen = measure.measured(setting.question, contender.path.letter, cells)
    counts = setting.family.maintenance(setting.project.root, contender.candidate)
    old = contender.old.assessment.measured.rows if contender.old else ()
    more = tuple(row for row in old if row.fixture not in setting.provenance.fixtures)
    return replace(contender, measured=Measured(in_order((*seen.rows, *more), seen.gating), seen.gating, counts))


def _cost(setting: Setting, contenders: Sequence[Contender]) -> list[Contender]:
    """Time calls where no committed timing of the same inputs exists."""
    recorded = {item.path.letter: item.old.assessment.measured.cost for item in contenders if item.old}
    untimed = [item.candidate for item in contenders if not recorded.get(item.path.letter) and _builds(item)]
    timed = measure.costs(setting.family, setting.project, untimed, setting.bench)
    found = {**{letter: cost for letter, cost in recorded.items() if cost}, **timed}
    return [replace(item, measured=replace(item.measured, cost=found.get(item.path.letter, {}))) for item in contenders]


def _builds(contender: Contender) -> bool:
    """Whether there is anything to time: a candidate that builds no gating fixture has no calls."""
    return any(row.built for row in contender.measured.gates())


def _provenance(setting: Setting, contender: Contender) -> Provenance:
    """Return what a path's evidence rests on: this run's inputs, and those of rows carried over."""
    if contender.old is None:
        return setting.provenance
    old = contender.old.provenance
    groups = tuple(sorted({*old.groups, *setting.provenance.groups}))
    return replace(
        setting.provenance,
        fixtures=dict(sorted({**old.fixtures, **setting.provenance.fixtures}.items())),
        groups=groups,
    )


def _validate(setting: Setting, contenders: Sequence[Contender], display: Display) -> Answer:
    asked = [
        Asked(item.path.letter, item.candidate.digest, item.measured, _validated_before(setting, item))
        for item in contenders
    ]
    stores = (
        measure.open_store(setting.project, "validation").folder,
        measure.open_store(setting.project, "cache").folder,
    )
    return validate(
        setting.project,
        setting.question,
        asked,
        setting.provenance,
        stores,
        workers=setting.options.jobs,
        fresh=setting.options.fresh,
        on_progress=display.count,
    )


def _validated_before(setting: Setting, contender: Contender) -> Measured:
    old = contender.old.assessment.validation.rows if contender.old else ()
    return Measured(tuple(row for row in old if row.fixture not in setting.provenance.fixtures))


def _assessment(setting: Setting, contender: Contender, answer: Answer) -> Assessment:
    where = locus(setting.family, contender.path, contender.claim, contender.measured)
    validation = answer.validations.get(contender.path.letter)
    return assess(
        setting.question,
        contender.path,
        contender.candidate,
        contender.claim,
        contender.prior,
        contender.measured,
        where,
        validation or not_validated(answer.error or "the validator said nothing of this path", where),
    )


def _conclude(
    setting: Setting,
    contenders: Sequence[Contender],
    assessments: Sequence[Assessment],
    answer: Answer,
    cells: tuple[Cell, ...],
    display: Display,
) -> Record:
    """Rank, recommend, write."""
    question, project = setting.question, setting.project
    display.stage("synthesize")
    provenance = {item.path.letter: _provenance(setting, item) for item in contenders}
    every = [*assessments, *_others(setting, provenance)]
    every.sort(key=lambda item: [path.letter for path in question.paths].index(item.letter))
    ranking = rank(question, [item.standing for item in every])
    synthesis = synthesize(question, every, ranking)
    display.stage("emit")
    written = emit(project, question, provenance, every, ranking, synthesis, fresh=setting.options.fresh)
    display.stage("")
    record = Record(
        schema=named("record"),
        run=setting.provenance.run,
        question=question.id,
        given={"paths": list(setting.options.paths), "all": setting.options.all, "jobs": setting.options.jobs},
        resolved={
            "paths": [item.letter for item in assessments],
            "fixtures": [fixture.name for fixture in setting.fixtures],
            "fresh": setting.options.fresh,
            "candidates": {item.path.letter: to_json(item.candidate) for item in contenders},
        },
        provenance=setting.provenance,
        assessments=tuple(every),
        ranking=ranking,
        synthesis=synthesis,
        written=tuple(written),
        validation_error=answer.error,
        seconds=dict(display.seconds),
        cells=cells,
    )
    write_all({project.work / "runs" / f"{record.run}.json": encode(record)})
    return record


def _others(setting: Setting, provenance: dict[str, Provenance]) -> list[Assessment]:
    """Return the committed assessments of paths that this run left out, where they have the same inputs."""
    found = []
    for path in setting.question.paths:
        if path.letter in provenance:
            continue
        candidate = measure.candidate_of(setting.family, setting.project, path)
        evidence = _committed(setting, path, candidate)
        if evidence is not None:
            found.append(evidence.assessment)
            provenance[path.letter] = evidence.provenance
    return found
