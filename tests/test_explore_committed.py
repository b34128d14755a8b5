"""The committed ADRs are what the pipeline writes: its front half is run again on real fixtures, its back half in full.

Front: path K is fused, run and judged on the gating fixtures by the real oracle (no
determinism builds, no variants, no validator), and each row must say what the committed row
says, timings and digests aside. Evidence of older inputs is compared too: what is compared
must hold for any correct fuser. Back: from the committed evidence, scores, ranking,
recommendation and the ADRs' own text are computed again and must be what is committed. That
part is skipped while the question or the scoring differs from what the evidence names: then
it is stale, as `explore lint` says, and there is nothing to compare with.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from explore import measure
from explore.evidence import Row
from explore.project import Project
from explore.provenance import digests
from explore.question import load
from explore.ranking import rank
from explore.records import Evidence, read_evidence, read_question_evidence
from explore.render import body, notes_of
from explore.scores import all_scores, viability
from explore.synthesize import synthesize

PROJECT = Project(Path(__file__).parents[1])
QUESTION = load(PROJECT, "ADR-0")


def evidence() -> dict[str, Evidence]:
    found = (read_evidence(PROJECT, entry.id) for entry in PROJECT.answers("ADR-0"))
    return {item.assessment.letter: item for item in found if item is not None}


EVIDENCE = evidence()


def stale() -> bool:
    """Whether question or scoring are no longer what some evidence rests on."""
    ours = digests(PROJECT, QUESTION, measure.family_of(QUESTION))
    theirs = [item.provenance.digests for item in EVIDENCE.values()]
    return any(ours[name] != each[name] for each in theirs for name in ("question", "scoring", "schema"))


computed_again = pytest.mark.skipif(stale(), reason="the committed evidence is stale: explore run ADR-0")


def bearing(row: Row) -> Row:
    """Return what a verdict rests on."""
    return replace(row, outputs={}, measures={}, changes=())


def test_path_k_does_on_the_gating_fixtures_what_its_adr_says() -> None:
    family = measure.family_of(QUESTION)
    candidate = measure.candidate_of(family, PROJECT, QUESTION.path("K"))
    fixtures = [item for item in measure.all_fixtures(family, PROJECT) if item.name in QUESTION.gating_fixtures]
    cells = measure.cells(family, PROJECT, [candidate], fixtures, measure.Bench(hash_seeds=()))
    seen = {row.label: bearing(row) for row in measure.measured(QUESTION, "K", cells).rows}
    said = {row.label: bearing(row) for row in EVIDENCE["K"].assessment.measured.gates()}
    assert seen.keys() == set(QUESTION.gating_fixtures)
    assert seen == said


@computed_again
@pytest.mark.parametrize("letter", EVIDENCE)
def test_scores_follow_from_the_committed_rows(letter: str) -> None:
    said = EVIDENCE[letter].assessment
    assert {score.name: score.value for score in all_scores(said.measured)} == {
        score.name: score.value for score in said.scores
    }
    assert viability(said.measured, QUESTION.gates).value == said.viability.value


@computed_again
def test_ranking_and_recommendation_follow_from_the_committed_evidence() -> None:
    said = read_question_evidence(PROJECT, "ADR-0")
    assert said is not None
    order = [path.letter for path in QUESTION.paths if path.letter in EVIDENCE]
    assessments = [EVIDENCE[letter].assessment for letter in order]
    ranking = rank(QUESTION, [item.standing for item in assessments])
    assert [(line.letter, line.place) for line in ranking] == [(line.letter, line.place) for line in said.ranking]
    assert synthesize(QUESTION, assessments, ranking).recommended == said.synthesis.recommended


@computed_again
@pytest.mark.parametrize("letter", EVIDENCE)
def test_a_drafts_text_is_that_of_its_evidence(letter: str) -> None:
    said = read_question_evidence(PROJECT, "ADR-0")
    assert said is not None
    markdown = PROJECT.read(EVIDENCE[letter].adr).markdown
    if markdown.fields["status"] != "draft":
        pytest.skip("a person has decided: its text is theirs")
    written = body(QUESTION, EVIDENCE[letter], said.synthesis.recommended, notes_of(markdown.body))
    assert markdown.body.strip() == written.strip()
