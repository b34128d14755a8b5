"""What crosses a pipe comes back as it was, and what has another shape is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore.family import Artifact, Candidate, Change, Fixture, Observation, Outcome
from explore.files import digest
from explore.oracle.jobs import Job
from explore.oracle.records import MalformedRecord, from_json, to_json

texts = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
outcomes = st.builds(
    Outcome,
    call=texts,
    values=st.none() | st.lists(values, max_size=2).map(tuple),
    trap=st.none() | texts,
    text=texts,
)
observations = st.builds(
    Observation,
    outcomes=st.lists(outcomes, max_size=3).map(tuple),
    trace=st.lists(texts, max_size=3).map(tuple),
    sees=st.lists(texts, max_size=2).map(tuple),
    counts=st.dictionaries(texts, st.integers(), max_size=2),
    measures=st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=2),
    failure=st.none() | texts,
    text=texts,
)
fixtures = st.builds(
    Fixture, *([texts] * 4), st.lists(texts, max_size=2).map(tuple), texts, seed=st.none() | st.integers()
)
candidates = st.builds(Candidate, texts, texts, st.dictionaries(texts, values, max_size=2), texts)


@given(observations)
def test_observations_survive(observation: Observation) -> None:
    assert from_json(Observation, json.loads(json.dumps(to_json(observation)))) == observation


@given(st.builds(Job, texts, st.just("cost"), texts, texts, st.none() | candidates, st.none() | fixtures))
def test_jobs_survive_with_their_digest(job: Job) -> None:
    again = from_json(Job, json.loads(json.dumps(to_json(job))))
    assert again == job
    assert again.digest == job.digest


def test_a_jobs_digest_is_of_what_it_asks_and_not_of_where() -> None:
    job = Job("fusion", "cost", "/here", "inputs", Candidate("A", "canonical"))
    assert job.digest == Job("fusion", "cost", "/there", "inputs", Candidate("A", "canonical"), seconds=9).digest
    others = {
        Job("fusion", "cost", "/here", "inputs", Candidate("B", "canonical")).digest,
        Job("fusion", "cost", "/here", "others", Candidate("A", "canonical")).digest,
        Job("fusion", "reference", "/here", "inputs", Candidate("A", "canonical")).digest,
        Job("fusion", "cost", "/here", "inputs", Candidate("A", "canonical"), hash_seed=1).digest,
    }
    assert len(others - {job.digest}) == 4


@pytest.mark.parametrize(
    "value",
    [
        {"outcomes": 3},
        {"outcomes": [{"call": 3}]},
        {"outcomes": [{}]},
        {"unknown": 1},
        [],
        {"counts": {"live": "two"}},
        {"counts": {"live": True}},
        {"failure": 1},
    ],
)
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(MalformedRecord):
        from_json(Observation, value)  # type: ignore[arg-type]


def test_a_choice_is_one_of_those_there_are() -> None:
    assert from_json(Artifact, {"status": "built", "changes": [{"part": "a", "why": "b"}]}).changes == (
        Change("a", "b"),
    )
    with pytest.raises(MalformedRecord, match="none of"):
        from_json(Artifact, {"status": "done"})


def test_bytes_have_no_place() -> None:
    with pytest.raises(TypeError, match="no place"):
        to_json(Artifact("built", forms={"component": b""}))


def test_a_digest_is_of_the_value_and_not_of_the_order() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
