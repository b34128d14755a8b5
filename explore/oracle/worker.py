"""The child process: reads jobs as lines of JSON, writes answers the same way.

`python -m explore.oracle.worker [STORE]`. Its real standard output is kept for answers
alone; whatever else prints goes to standard error.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import resource
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from explore.family import Artifact, BrokenFixture, Candidate, Family, Fixture, Json
from explore.oracle.compiled import keep_compiled_in
from explore.oracle.jobs import Job, inputs_digest, load_family
from explore.oracle.records import from_json, to_json
from explore.oracle.store import Store

Answer = Callable[[Mapping[str, Json]], None]

_GARBAGE = 100_000
"""Objects between two collections: a build makes many that live as long as it does."""
_HEADROOM = 1.25
"""The kernel's limit on data over the supervisor's on resident memory: the supervisor should be first."""


def main(arguments: list[str]) -> None:
    """Answer jobs until the input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.set_threshold(_GARBAGE)
    if arguments:
        keep_compiled_in(Store(Path(arguments[0])))

    def answer(message: Mapping[str, Json]) -> None:
        answers.write(json.dumps(message, allow_nan=False).encode() + b"\n")
        answers.flush()

    lines = _lines()
    while True:
        _answer(from_json(Job, json.loads(lines.get())), answer)


def _lines() -> queue.SimpleQueue[bytes]:
    """Read in a thread of its own, so that the end of input ends a busy worker too."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _answer(job: Job, answer: Answer) -> None:
    _limit_memory(job.memory_mib)
    try:
        value = _ACTIONS[job.action](_family(job.family, job.root, job.inputs), job, answer)
        answer({"status": "done", "value": value})
    except BrokenFixture as error:
        answer({"status": "broken-fixture", "text": str(error)})
    except MemoryError as error:
        answer({"status": "out-of-memory", "text": str(error) or "an allocation failed"})
    except Exception as error:  # noqa: BLE001 -- a defect: reported as the job's outcome, with its trace
        traceback.print_exc()
        answer({"status": "error", "text": _one_line(error)})


def _limit_memory(mib: int) -> None:
    """Limit writable private memory; address space that is only reserved, as engines do, stays free."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = int(mib * _HEADROOM) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _one_line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})".replace("\n", " ")


class _Changed(Exception):
    """The code is not what the job's digest says: its answer would be kept under a wrong key."""


@lru_cache
def _family(name: str, root: str, inputs: str) -> Family:
    """Load a family, once it is seen that the code is what the asker hashed; raises _Changed."""
    family = load_family(name)
    if inputs_digest(family, Path(root)) != inputs:
        raise _Changed("the code was changed while the run was going on; run it again")
    return family


def _reference(family: Family, job: Job, _answer: Answer) -> Json:
    return to_json(family.reference(Path(job.root), _fixture(job)))


def _build_and_observe(family: Family, job: Job, answer: Answer) -> Json:
    root, fixture = Path(job.root), _fixture(job)
    artifact = family.build(root, _candidate(job), fixture)
    value: dict[str, Json] = {"artifact": describe(artifact), "observations": {}}
    answer({"value": value})
    if artifact.built:
        value["observations"] = to_json(family.observe(root, artifact, fixture))
    return value


def _determinism(family: Family, job: Job, _answer: Answer) -> Json:
    digests: Json = describe(family.build(Path(job.root), _candidate(job), _fixture(job)))["digests"]
    return digests


def _cost(family: Family, job: Job, _answer: Answer) -> Json:
    return to_json(family.cost(Path(job.root), _candidate(job)))


_ACTIONS: Mapping[str, Callable[[Family, Job, Answer], Json]] = {
    "reference": _reference,
    "build-and-observe": _build_and_observe,
    "determinism": _determinism,
    "cost": _cost,
}


def describe(artifact: Artifact) -> dict[str, Any]:
    """Return what a record keeps of an artifact: all but its bytes, and their digests."""
    described = to_json(
        {
            "status": artifact.status,
            "reason": artifact.reason,
            "changes": artifact.changes,
            "measures": artifact.measures,
            "properties": artifact.properties,
        }
    )
    assert isinstance(described, dict)
    return described | {"digests": {form: sha256(data).hexdigest() for form, data in sorted(artifact.forms.items())}}


def _fixture(job: Job) -> Fixture:
    if job.fixture is None:
        raise ValueError(f"the action {job.action} needs a fixture")
    return job.fixture


def _candidate(job: Job) -> Candidate:
    if job.candidate is None:
        raise ValueError(f"the action {job.action} needs a candidate")
    return job.candidate


if __name__ == "__main__":
    main(sys.argv[1:])
