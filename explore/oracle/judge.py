"""Comparing what a candidate showed with what the reference showed.

Three grades: it *fuses* (valid output), it *runs* (returns, with the right values: what
the public record asked for), it is *faithful* (values, traps and their class, effects, no
leak). The first divergence is put into words; where several forms diverge, the form that
shows most decides first: values before effects, effects before counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from typing import NamedTuple, cast

from explore.family import Artifact, Judgement, Observation, Outcome, Status, Verdict

_NOT_BUILT: Mapping[Status, Verdict] = {
    "refused": "refused",
    "not-applicable": "not-applicable",
    "not-viable": "not-viable",
    "invalid": "invalid",
    "defect": "defect",
}

_FAILURES: Mapping[str, Verdict] = {
    "timeout": "timeout",
    "crash": "crash",
    "out-of-memory": "crash",
    "engine-defect": "engine-defect",
    "invalid": "invalid",
}

UNOBSERVED = "unobserved"
"""Failure of a form that could not be run at all; another may show what it would have."""

_COUNT_WORDS: Mapping[str, str] = {
    "destructors": "destructors run",
    "live": "objects left live",
    "memory-pages": "pages of guest memory",
}


class Divergence(NamedTuple):
    """One difference from the reference."""

    verdict: Verdict
    words: str


Comparison = Callable[[Observation, Observation], Iterator[Divergence]]


def judge(reference: Observation, artifact: Artifact, forms: Mapping[str, Observation]) -> Judgement:
    """Compare every observed form with the reference.

    An engine defect alone is its own verdict; another divergence beside it counts first.
    What the reference shows and no form does is `unobserved`, never a pass.
    """
    if not artifact.built:
        return Judgement(_NOT_BUILT[artifact.status], False, False, False, artifact.reason)  # noqa: FBT003 -- grades
    fuses = not any(form.failure == "invalid" for form in forms.values())
    by_values = _first(reference, forms, (_failures, _outcomes))
    defect = by_values is not None and by_values.verdict == "engine-defect"
    by_effects = _first(reference, forms, (_traces, _counts))
    found = (by_effects if defect else None) or by_values or by_effects or _unobserved(reference, forms)
    if found is None:
        return Judgement("agree", fuses, True, True)  # noqa: FBT003 -- grades
    return Judgement(found.verdict, fuses, fuses and by_values is None, False, found.words)  # noqa: FBT003 -- grades


def _first(
    reference: Observation, forms: Mapping[str, Observation], comparisons: tuple[Comparison, ...]
) -> Divergence | None:
    """Return the first divergence of the first kind that any form shows; engine defects last."""
    found = [
        Divergence(divergence.verdict, f"{form} form: {divergence.words}")
        for compare in comparisons
        for form, observation in forms.items()
        for divergence in _only_first(compare(reference, observation))
    ]
    ours = [divergence for divergence in found if divergence.verdict != "engine-defect"]
    return next(iter(ours or found), None)


def _only_first(divergences: Iterator[Divergence]) -> Iterator[Divergence]:
    for divergence in divergences:
        yield divergence
        return


# -- kinds of divergence -----------------------------------------------------------


def _failures(_reference: Observation, seen: Observation) -> Iterator[Divergence]:
    if seen.failure not in (None, UNOBSERVED):
        yield Divergence(_FAILURES[seen.failure], f"{seen.failure}: {seen.text}")


def _outcomes(reference: Observation, seen: Observation) -> Iterator[Divergence]:
    if seen.failure is not None:
        return
    pairs = zip_longest(reference.outcomes, seen.outcomes)
    for number, (expected, got) in enumerate(pairs, 1):
        if got is None:
            if seen.outcomes and seen.outcomes[-1].trap is not None:
                return  # a form that ends at its first trap
            yield Divergence("unobserved", f"call {number}, {expected.call}, was not made")
            return
        if expected is None:
            yield _outcome(number, Outcome(got.call, values=()), got)
        elif _end(expected) != _end(got):
            yield _outcome(number, expected, got)


def _end(outcome: Outcome) -> tuple[str, str | None]:
    """Return what must be equal; as text, because to Python 1, 1.0 and True are."""
    return json.dumps(outcome.values), outcome.trap


def _outcome(number: int, expected: Outcome, got: Outcome) -> Divergence:
    where = f"call {number}, {got.call}"
    if got.trap is None:
        if expected.trap is not None:
            return Divergence(
                "missing-trap",
                f"{where}: returned {_values(got)} where the reference traps ({_trap(expected)})",
            )
        return Divergence("wrong-value", f"{where}: returned {_values(got)}, the reference {_values(expected)}")
    if expected.trap is None:
        return Divergence(
            "unexpected-trap",
            f"{where}: trapped ({_trap(got)}) where the reference returns {_values(expected)}",
        )
    return Divergence("wrong-trap", f"{where}: trapped ({_trap(got)}), the reference otherwise ({_trap(expected)})")


def _values(outcome: Outcome) -> str:
    if not outcome.values:
        return "nothing"
    return _short(", ".join(json.dumps(value) for value in outcome.values))


def _trap(outcome: Outcome) -> str:
    assert outcome.trap is not None
    if not outcome.text or outcome.trap.replace("-", " ") in outcome.text:
        return _short(outcome.text or outcome.trap)
    return _short(f"{outcome.trap}: {outcome.text}")


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:157]}…"


def _traces(reference: Observation, seen: Observation) -> Iterator[Divergence]:
    if seen.failure is not None:
        return
    for kind in (kind for kind in reference.sees if kind in seen.sees):
        expected, got = _of_kind(reference, kind), _of_kind(seen, kind)
        for number, (wanted, event) in enumerate(zip_longest(expected, got), 1):
            if wanted != event:
                yield _event(kind, number, wanted, event)
                break


def _of_kind(observation: Observation, kind: str) -> list[str]:
    return [event for event in observation.trace if event.split(" ", 1)[0] == kind]


_KIND_WORDS: Mapping[str, str] = {"memory": "size of a guest's memory"}
"""Kinds of events whose divergence has a name of its own."""


def _event(kind: str, number: int, wanted: str | None, event: str | None) -> Divergence:
    if kind in _KIND_WORDS:
        words = f"{event or 'nothing more'}, in the reference {wanted or 'nothing more'}"
        return Divergence("wrong-effect", f"{_KIND_WORDS[kind]}: {words}")
    if event is None:
        verdict: Verdict = "leak" if " destroyed " in cast("str", wanted) else "wrong-effect"
        return Divergence(verdict, f"{kind} event {number} is missing: {wanted}")
    if "again" in event.split(" "):
        return Divergence("double-drop", f"{kind} event {number} is {event}")
    if wanted is None:
        return Divergence("wrong-effect", f"{kind} event {number} is one too many: {event}")
    verdict = "leak" if " destroyed " in wanted and " made " in event else "wrong-effect"
    return Divergence(verdict, f"{kind} event {number} is {event}, in the reference {wanted}")


def _counts(reference: Observation, seen: Observation) -> Iterator[Divergence]:
    if seen.failure is not None:
        return
    for name, expected in reference.counts.items():
        got = seen.counts.get(name, expected)
        if got != expected:
            verdict: Verdict = "leak" if name == "live" and got > expected else "wrong-effect"
            yield Divergence(verdict, f"{got} {_COUNT_WORDS.get(name, name)}, {expected} in the reference")


def _unobserved(reference: Observation, forms: Mapping[str, Observation]) -> Divergence | None:
    """Name what the reference shows and no form that ran does."""
    ran = [form for form in forms.values() if form.failure is None]
    why = "".join(f" ({form}: {seen.text})" for form, seen in forms.items() if seen.failure == UNOBSERVED)
    for kind in reference.sees:
        if not any(kind in form.sees for form in ran):
            return Divergence("unobserved", f"no form shows {kind} events{why}")
    for name in reference.counts:
        if not any(name in form.counts for form in ran):
            return Divergence("unobserved", f"no form shows the number of {_COUNT_WORDS.get(name, name)}{why}")
    return None
