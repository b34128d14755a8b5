"""`explore lint`, `accept`, `reject`, `supersede`: every rule seen to hold, with file and line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from explore.decide import Decision, decide, open_siblings
from explore.errors import UsageError
from explore.lint import lint
from explore.project import Project
from tests.explore_toy import Toy, make

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    toy = make(tmp_path_factory.mktemp("toy"), ("A", "B", "E"))
    done = toy.run("run", "ADR-0")
    assert done.returncode == 0, done.stderr
    toy.commit()
    return toy


@pytest.fixture
def toy(finished: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    shutil.copytree(finished.root, tmp_path / "project", ignore=shutil.ignore_patterns(".explore"))
    monkeypatch.syspath_prepend(str(finished.site))
    return Toy(tmp_path / "project", finished.site)


def replace(name: str, old: str, new: str) -> Callable[[Toy], None]:
    def change(toy: Toy) -> None:
        text = toy.text(name)
        assert old in text
        toy.write(name, text.replace(old, new, 1))

    return change


def line_of(toy: Toy, name: str, text: str) -> int:
    return next(number for number, line in enumerate(toy.text(name).splitlines(), 1) if text in line)


def remove(name: str) -> Callable[[Toy], None]:
    return lambda toy: (toy.root / name).unlink()


def edit_evidence(toy: Toy) -> None:
    value = json.loads(toy.text("adr/evidence/ADR-1.json"))
    value["provenance"]["revision"]["commit"] = "0" * 40
    toy.write("adr/evidence/ADR-1.json", json.dumps(value))


ONE, TWO = "adr/ADR-1.md", "adr/ADR-2.md"
FAULTS: list[tuple[Callable[[Toy], None], str, str | None, str]] = [
    (replace(ONE, "status: draft", "status: maybe"), ONE, "status:", "status: 'maybe' is not one of"),
    (replace(ONE, "path: A", "path: A\npath: B"), ONE, "path: B", "duplicate key"),
    (replace(ONE, "path: A", "colour: red\npath: A"), ONE, "colour:", "colour: Additional properties"),
    (
        replace(ONE, "verdict: confirmed", "verdict: not-confirmed"),
        ONE,
        "verdict:",
        "verdict is not-confirmed, the evidence has",
    ),
    (replace(ONE, "    - ADR-2\n", "    - ADR-9\n"), ONE, "- ADR-9", "alternative ADR-9 does not exist"),
    (replace(ONE, "    - ADR-2\n", ""), TWO, "- ADR-1", "alternative ADR-1 does not link back"),
    (
        replace(ONE, "    - ADR-2\n", "    - ADR-0\n"),
        ONE,
        "- ADR-0",
        "alternative ADR-0 is not an ADR of the same question",
    ),
    (
        replace(ONE, "superseded-by: null", "superseded-by: ADR-2"),
        ONE,
        "superseded-by",
        "names a successor, but is draft",
    ),
    (replace(ONE, "status: draft", "status: superseded"), ONE, "superseded-by", "superseded, but names no successor"),
    (replace(ONE, "id: ADR-1", "id: ADR-2"), ONE, "id:", "the id is ADR-2, the file ADR-1.md"),
    (replace(ONE, "parent: ADR-0", "parent: ADR-5"), ONE, "parent:", "parent ADR-5 does not exist"),
    (remove("adr/evidence/ADR-1.json"), ONE, "evidence:", "the cited record evidence/ADR-1.json does not exist"),
    (edit_evidence, ONE, "evidence:", "the cited record is not the one with this hash"),
    (edit_evidence, ONE, "evidence:", "cites revision 000000000000, which does not exist"),
    (replace(ONE, "It is number 1 of", "It is number 2 of"), ONE, None, "the text is not what its evidence gives"),
    (
        replace("adr/ADR-0.recommendation.md", "Recommended: **A**", "Recommended: **B**"),
        "adr/ADR-0.recommendation.md",
        None,
        "not what its evidence gives",
    ),
    (
        replace("adr/evidence/ADR-0.json", '"recommended": "A"', '"recommended": "B"'),
        "adr/ADR-0.recommendation.md",
        None,
        "not what its evidence gives",
    ),
    (
        replace("adr/evidence/ADR-0.json", '"rules": "', '"rules": "0'),
        "adr/evidence/ADR-0.json",
        None,
        "the evidence is stale: rules changed",
    ),
    (
        replace("adr/evidence/ADR-0.json", '"three": "', '"three": "0'),
        "adr/evidence/ADR-0.json",
        None,
        "the evidence is stale: fixture three changed",
    ),
    (replace("rules.txt", "double", "treble"), ONE, "evidence:", "the evidence is stale: rules changed"),
    (
        replace("candidates/right.json", "{}", '{"add": 1}'),
        ONE,
        "evidence:",
        "the evidence is stale: prototype right changed",
    ),
    (replace("fixtures/three.json", "3", "4"), ONE, "evidence:", "the evidence is stale: fixture three changed"),
    (remove("fixtures/minus.json"), ONE, "evidence:", "the evidence cites fixture minus, which does not exist"),
    (remove("fixtures/three.json"), "adr/ADR-0.md", None, "asks for fixtures that don't exist: three"),
    (remove("candidates/right.json"), "adr/ADR-0.md", "strategy: right", "path A: unknown strategy right"),
    (remove(TWO), ONE, "- ADR-2", "alternative ADR-2 does not exist"),
    (
        lambda toy: toy.write("adr/evidence/ADR-8.json", "{}"),
        "adr/evidence/ADR-8.json",
        None,
        "evidence of no document",
    ),
    (lambda toy: toy.write("adr/ADR-01.md", "x"), "adr/ADR-01.md", None, "not a name of a document"),
    (lambda toy: toy.write("adr/ADR-7.md", "no front matter"), "adr/ADR-7.md", None, "no front matter"),
]


@pytest.mark.parametrize(("change", "file", "at", "message"), FAULTS, ids=[message for *_, message in FAULTS])
def test_each_fault_has_file_and_line(
    toy: Toy, change: Callable[[Toy], None], file: str, at: str | None, message: str
) -> None:
    change(toy)
    found = [fault for fault in lint(Project(toy.root)) if fault.file == file and message in fault.message]
    assert len(found) == 1, [str(fault) for fault in lint(Project(toy.root))]
    if at is not None:
        assert found[0].line == line_of(toy, file, at)


def test_a_folder_is_no_document(toy: Toy) -> None:
    (toy.root / "adr" / "ADR-8.md").mkdir()
    assert "ADR-8" not in Project(toy.root).ids()


def test_two_accepted_ones(toy: Toy) -> None:
    for name in (ONE, TWO):
        replace(name, "status: draft", "status: accepted")(toy)
    assert [str(fault) for fault in lint(Project(toy.root))] == [
        f"{TWO}:6: accepted, as ADR-1 is: one of a question can be"
    ]


def test_a_decided_adr_may_rest_on_the_evidence_of_its_day(toy: Toy) -> None:
    replace(ONE, "status: draft", "status: accepted")(toy)
    replace("rules.txt", "double", "treble")(toy)
    assert {fault.file for fault in lint(Project(toy.root))} == {TWO, "adr/ADR-3.md"}


def test_decisions_change_one_line_and_keep_the_rest(toy: Toy) -> None:
    project = Project(toy.root)
    replace(ONE, "status: draft", "status: draft   # mine")(toy)
    before = toy.text(ONE).splitlines()
    assert open_siblings(project, "ADR-1") == ["ADR-2", "ADR-3"]
    changes = [Decision("ADR-1", "accepted", "the one"), Decision("ADR-2", "rejected", "ADR-1 was accepted")]
    assert decide(project, changes) == ["ADR-1", "ADR-2"]
    after = toy.text(ONE).splitlines()
    assert [line for line in after if line not in before] == ['status-reason: "the one"', "status: accepted   # mine"]
    assert open_siblings(project, "ADR-1") == ["ADR-3"]
    assert lint(project) == []


def test_superseding_names_the_successor(toy: Toy) -> None:
    project = Project(toy.root)
    decide(project, [Decision("ADR-1", "accepted", "the one")])
    with pytest.raises(UsageError, match="ADR-1 is accepted already; supersede it first"):
        decide(project, [Decision("ADR-2", "accepted", "better")])
    decide(project, [Decision("ADR-1", "superseded", "measured better", "ADR-2")])
    decide(project, [Decision("ADR-2", "accepted", "better")])
    assert "superseded-by: ADR-2" in toy.text(ONE)
    assert lint(project) == []


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (Decision("ADR-1", "superseded", "x", "ADR-1"), "can't succeed itself"),
        (Decision("ADR-1", "superseded", "x"), "names its successor"),
        (Decision("ADR-1", "superseded", "x", "ADR-0"), "is a question"),
        (Decision("ADR-0", "accepted", "x"), "is a question"),
        (Decision("ADR-9", "accepted", "x"), "unknown id"),
    ],
)
def test_decisions_that_the_rules_forbid(toy: Toy, decision: Decision, message: str) -> None:
    before = toy.files()
    with pytest.raises(UsageError, match=message):
        decide(Project(toy.root), [Decision("ADR-2", "rejected", "first of two"), decision])
    assert toy.files() == before


def test_this_repositorys_adrs_lint_but_for_staleness() -> None:
    """While code changes, the committed evidence is stale until the next run; nothing else may be wrong."""
    faults = [fault for fault in lint(Project(ROOT)) if "stale" not in fault.message]
    assert [str(fault) for fault in faults] == []
