"""The family of commands: a whole question judged without anything of WebAssembly."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from explore.family import BrokenFixture, Cell
from explore.oracle.cells import judge_cells, references
from explore.oracle.jobs import Job, Result, UnknownFamily, load_family
from explore.oracle.store import Store
from families.command import Command

FAMILY = Command()
PROGRAM = """
import json, os, sys, time
what = sys.argv[1]
if what == "late":
    time.sleep(60)
if what == "abort":
    os.abort()
if what == "read":
    print(json.dumps({"got": sys.stdin.read()}))
elif what == "words":
    print("plain words")
else:
    print(json.dumps({"double": 2 * int(what)}))
sys.exit(3 if what == "7" else 0)
"""
FIXTURES = {
    "double": ('["21"]', "{status: 0, output: {double: 42}}", ""),
    "status": ('["7"]', "{status: 3, output: {double: 14}}", ""),
    "reads": ('["read"]', '{status: 0, output: {got: "a b"}}', 'input: "a b"'),
    "late": ('["late"]', "{status: 0}", "seconds: 0.5"),
    "dies": ('["abort"]', "{status: 0}", ""),
    "words": ('["words"]', "{status: 0}", ""),
    "other": ('["1"]', "{status: 0, output: {double: 3}}", ""),
}
VERDICTS = {
    "double": "agree",
    "status": "agree",
    "reads": "agree",
    "late": "timeout",
    "dies": "crash",
    "words": "wrong-value",
    "other": "wrong-value",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    for name, (arguments, expected, more) in FIXTURES.items():
        folder = tmp_path / "fixtures" / name
        folder.mkdir(parents=True)
        (folder / "fixture.yaml").write_text(
            f"type: command-fixture\nname: {name}\ntitle: T\ngroup: g\nshows: s\n"
            f"arguments: {arguments}\nexpected: {expected}\n{more}\n"
        )
    return tmp_path


def judged(project: Path, *strategies: str) -> dict[tuple[str, str], Cell]:
    candidates = [FAMILY.candidate(project, "A", strategy) for strategy in strategies]
    store = Store(project / ".explore" / "cache")
    found = judge_cells(FAMILY, project, candidates, FAMILY.fixtures(project), store=store, hash_seeds=(1,))
    return {(cell.candidate, cell.fixture): cell for cell in found}


def test_each_end_has_its_verdict(project: Path) -> None:
    good, missing = f"{sys.executable} program.py {{arguments}}", "no-such-program {arguments}"
    found = judged(project, good, missing)
    assert {name: found[good, name].judgement.verdict for name in FIXTURES} == VERDICTS
    assert {found[missing, name].judgement.verdict for name in FIXTURES} == {"not-viable"}
    assert "42" in str(found[good, "double"].observations["reference"])
    assert "got" not in found[good, "double"].judgement.divergence
    assert "SIGABRT" in found[good, "dies"].judgement.divergence


def test_no_shell_takes_part(project: Path) -> None:
    words = f"{sys.executable} program.py 21; echo"
    assert judged(project, words)[words, "double"].judgement.verdict != "agree"


def test_placeholders_stand_for_folders(project: Path) -> None:
    (project / "fixtures" / "double" / "own.py").write_text("print('{\"double\": 42}')")
    words = f"{sys.executable} {{root}}/{{fixture}}/own.py"
    assert judged(project, words)[words, "double"].judgement.verdict == "agree"


def test_a_candidate_is_hashed_with_its_program(project: Path) -> None:
    before = FAMILY.candidate(project, "A", "python program.py").digest
    (project / "program.py").write_text(PROGRAM + "#")
    assert FAMILY.candidate(project, "A", "python program.py").digest != before
    with pytest.raises(ValueError, match="empty"):
        FAMILY.candidate(project, "A", " ")


@pytest.mark.parametrize(
    ("old", "new"), [("name: double", "name: triple"), ("expected:", "expects:"), ("status: 0", "status: -1")]
)
def test_a_faulty_fixture_is_broken(project: Path, old: str, new: str) -> None:
    path = project / "fixtures" / "double" / "fixture.yaml"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(BrokenFixture):
        FAMILY.fixtures(project)


def test_costs_and_lines_are_counted(project: Path) -> None:
    candidate = FAMILY.candidate(project, "A", f"{sys.executable} program.py {{arguments}}")
    assert FAMILY.maintenance(project, candidate) == {"lines": len(PROGRAM.strip().splitlines())}
    cost = FAMILY.cost(project, candidate)
    assert 0 < cost["call-seconds"] < 10


def test_references_are_results(project: Path) -> None:
    found = references(FAMILY, project, FAMILY.fixtures(project))
    assert {name: result.status for name, result in found.items()} == dict.fromkeys(FIXTURES, "done")


def test_families_are_found_by_name() -> None:
    assert load_family("command").name == "command"
    with pytest.raises(UnknownFamily, match="known: command, fusion"):
        load_family("nothing")


class Hanging:
    """Answers that every job hangs, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Job] = []

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Result | None]]:
        self.asked += jobs
        yield from ((index, Result(job, "timeout", text="no end")) for index, job in enumerate(jobs))


def test_no_candidate_runs_where_a_reference_is_broken(project: Path) -> None:
    hanging, candidate = Hanging(), FAMILY.candidate(project, "A", "program")
    with pytest.raises(BrokenFixture, match="double: no end"):
        judge_cells(FAMILY, project, [candidate], FAMILY.fixtures(project), executor=hanging)
    assert {job.action for job in hanging.asked} == {"reference"}
