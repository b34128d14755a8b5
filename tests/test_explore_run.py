"""`explore run` through the front door, on a toy family in a git repository of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from explore.cli import main
from explore.documents import split
from explore.project import Project
from explore.provenance import revision
from explore.question import load
from explore.records import Evidence, decode
from explore.schema import published
from tests.explore_toy import FIXTURES, Toy, make, question

TITLE = "title: How to double"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A project after one run, committed."""
    toy = make(tmp_path_factory.mktemp("toy"))
    done = toy.run("run", "ADR-0", "--format", "json")
    assert done.returncode == 0, done.stderr
    toy.write("run.json", done.stdout)
    toy.write("run.err", done.stderr)
    toy.commit()
    return toy


@pytest.fixture
def toy(finished: Toy, tmp_path: Path) -> Toy:
    """A copy of it that a test may change."""
    shutil.copytree(finished.root, tmp_path / "project")
    return Toy(tmp_path / "project", finished.site)


def fields(toy: Toy, name: str) -> dict[str, object]:
    return dict(split(toy.text(f"adr/{name}.md"), name).fields)


def evidence(toy: Toy, name: str) -> Evidence:
    return decode(Evidence, toy.text(f"adr/evidence/{name}.json"), name)


# -- one run -------------------------------------------------------------------------


def test_each_path_gets_its_verdict(finished: Toy) -> None:
    verdicts = {
        fields(finished, f"ADR-{number}")["path"]: fields(finished, f"ADR-{number}")["verdict"]
        for number in range(1, 6)
    }
    assert verdicts == {
        "A": "confirmed",
        "B": "not-confirmed",
        "C": "not-confirmed",
        "D": "not-confirmed",
        "E": "NOT VIABLE TODAY: there is no such tool",
    }
    run = json.loads(finished.text("run.json"))
    assert run["synthesis"]["recommended"] == "A"
    assert run["adr"] == "ADR-1"
    places = {path["letter"]: path["place"] for path in run["comparison"]["paths"]}
    assert min(places, key=lambda letter: places[letter]) == "A"


def test_losers_lose_by_their_own_rule(finished: Toy) -> None:
    rules = {
        item.assessment.letter: {finding.rule for finding in item.assessment.validation.rejections}
        for item in (evidence(finished, f"ADR-{number}") for number in range(1, 6))
    }
    assert rules["A"] == set()
    assert "fails-the-gate" in rules["B"]
    assert "skips-semantics" in rules["C"]
    assert "hard-coded-to-the-gating-shape" in rules["D"]
    assert "skips-semantics" not in rules["B"]


def test_the_validator_used_other_seeds_and_the_checkout(finished: Toy) -> None:
    found = evidence(finished, "ADR-1").assessment
    assert {row.seed for row in found.validation.rows} == {None, 2}
    assert {row.seed for row in found.measured.rows} == {None, 1, 2}
    assert found.score["generalization"].rests_on == 4
    assert evidence(finished, "ADR-1").provenance.revision.commit == finished.git("rev-parse", "HEAD~1").strip()
    assert not (finished.root / ".explore" / "checkout").exists()
    assert finished.git("worktree", "list").count("\n") == 1


def test_evidence_is_cited_by_hash_and_everything_lints(finished: Toy) -> None:
    done = finished.run("lint")
    assert (done.returncode, done.stdout) == (0, "no faults\n")


def test_siblings_are_linked_both_ways(finished: Toy) -> None:
    for number in range(1, 6):
        links = fields(finished, f"ADR-{number}")["links"]
        assert isinstance(links, dict)
        assert links["alternative-to"] == [f"ADR-{other}" for other in range(1, 6) if other != number]


def test_bodies_have_madr_order_and_the_reason_verbatim(finished: Toy) -> None:
    text = finished.text("adr/ADR-4.md")
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    order = ["Context and problem statement", "The path", "Decision (draft)", "The validator's reason", "Consequences"]
    assert titles[:5] == order
    quoted = " ".join(line[2:] for line in text.splitlines() if line.startswith("> "))
    assert quoted == evidence(finished, "ADR-4").assessment.validation.reason
    assert "| three@1 | gating | yes | no | no | wrong-value |" in text


def test_the_record_of_the_run_has_everything(finished: Toy) -> None:
    run = json.loads(finished.text("run.json"))
    record = json.loads((finished.root / ".explore" / "runs" / f"{run['run']}.json").read_text())
    assert len(record["cells"]) == 5 * (3 + 2)
    assert record["provenance"]["fixtures"].keys() == {"three", "seven", "minus"}
    assert record["provenance"]["digests"].keys() == {"question", "schema", "oracle", "scoring", "rules"}
    assert record["provenance"]["seeds"] == {"prototype": [1], "validate": [2]}
    assert set(record["seconds"]) == {"rank", "prototype", "oracle", "validate", "emit", "synthesize"}


def test_progress_is_plain_lines_where_there_is_no_terminal(finished: Toy) -> None:
    lines = finished.text("run.err").splitlines()
    assert [line.split(":")[0] for line in lines] == ["rank", "prototype", "oracle", "validate", "synthesize", "emit"]
    assert "\x1b" not in finished.text("run.err")


# -- again ---------------------------------------------------------------------------


def test_the_same_run_again_writes_the_same_bytes(toy: Toy) -> None:
    before = toy.files()
    assert toy.run("run", "ADR-0").returncode == 0
    assert toy.files() == before
    shutil.rmtree(toy.root / ".explore")
    assert toy.run("run", "ADR-0", "--path", "right", "--jobs", "1").returncode == 0
    assert toy.files() == before


def test_more_groups_are_kept_by_a_smaller_run(toy: Toy) -> None:
    assert toy.run("run", "ADR-0", "--all").returncode == 0
    before = toy.files()
    assert "big" in toy.text("adr/ADR-4.md")
    assert toy.run("run", "ADR-0").returncode == 0
    assert toy.files() == before


def test_fresh_renews_timings(toy: Toy) -> None:
    before = evidence(toy, "ADR-1").assessment.measured.cost
    assert toy.run("run", "ADR-0", "--fresh", "--path", "A").returncode == 0
    assert evidence(toy, "ADR-1").assessment.measured.cost != before


def test_notes_survive_and_decided_adrs_are_not_touched(toy: Toy) -> None:
    noted = toy.text("adr/ADR-2.md").replace("every run -->\n", "every run -->\nMine: a | b\n\n## Mine too\n")
    toy.write("adr/ADR-2.md", noted)
    assert toy.run("accept", "ADR-1", "--reason", "it is right").returncode == 0
    accepted = toy.text("adr/ADR-1.md")
    toy.write("candidates/right.json", json.dumps({"add": 5}))
    toy.write("candidates/wrong.json", json.dumps({"add": 1}))
    toy.commit()
    done = toy.run("run", "ADR-0", "--format", "json")
    assert done.returncode == 0, done.stderr
    written = {item["adr"]: item for item in json.loads(done.stdout)["written"]}
    assert written["ADR-1"]["change"] == "kept"
    assert "its verdict is confirmed; measured now: not-confirmed" in written["ADR-1"]["note"]
    assert toy.text("adr/ADR-1.md") == accepted
    assert fields(toy, "ADR-2")["verdict"] == "confirmed"
    assert "Mine: a | b\n\n## Mine too\n" in toy.text("adr/ADR-2.md")
    assert toy.run("lint").returncode == 0


def test_a_new_path_gets_the_next_id_and_its_siblings_link_to_it(toy: Toy) -> None:
    toy.write("candidates/sixth.json", json.dumps({"lines": 300}))
    assert toy.run("new", "path", "ADR-0", "sixth", "--letter", "F", "--title", "The sixth").returncode == 0
    toy.commit()
    done = toy.run("run", "ADR-0")
    assert done.returncode == 0, done.stderr
    assert fields(toy, "ADR-6")["path"] == "F"
    links = fields(toy, "ADR-1")["links"]
    assert isinstance(links, dict)
    assert "ADR-6" in links["alternative-to"]
    rejections = {finding.rule for finding in evidence(toy, "ADR-6").assessment.validation.rejections}
    assert "fails-the-gate" not in rejections


def test_a_path_is_added_where_paths_end_the_front_matter(toy: Toy, within: Within) -> None:
    _, begin, paths, later, body = re.split(r"(?m)^(?=paths:|reserved-paths:|---$)", toy.text("adr/ADR-0.md"))
    toy.write("adr/ADR-0.md", begin + later + paths + body.replace("---", "--- ", 1))
    toy.write("candidates/sixth.json", "{}")
    code, _, err = within(toy, "new", "path", "ADR-0", "sixth", "--letter", "F", "--title", "The sixth")
    assert (code, err) == (0, "")
    assert load(Project(toy.root), "ADR-0").paths[-1].letter == "F"


def test_damaged_evidence_of_the_question_hides_no_other_fault(toy: Toy, within: Within) -> None:
    toy.write("adr/evidence/ADR-0.json", "{")
    toy.write("adr/ADR-1.md", toy.text("adr/ADR-1.md").replace("# ADR-1", "# ADR-2"))
    code, out, _ = within(toy, "lint")
    assert code == 1
    assert [line.partition(": ")[0] for line in out.splitlines()] == ["adr/ADR-1.md:2", "adr/evidence/ADR-0.json:1"]


def test_bytes_that_are_no_text_are_told_or_left_out(toy: Toy, within: Within) -> None:
    (toy.root / os.fsdecode(b"odd\xff")).touch()
    project = Project(toy.root)
    assert revision(project, load(project, "ADR-0")).dirty == ("odd\\xff",)
    code, _, err = within(toy, "reject", "ADR-2", "--reason", os.fsdecode(b"it \xffleaks"))
    assert (code, err) == (0, "")
    assert fields(toy, "ADR-2")["status-reason"] == "it leaks"


def test_a_family_that_cannot_be_loaded_is_a_fault_of_its_question(tmp_path: Path) -> None:
    toy = make(tmp_path, ("A",))
    (toy.site / "toy_family.py").write_text("import nothing_of_this_name\n")
    why = "family toy can't be loaded: ModuleNotFoundError: No module named 'nothing_of_this_name'\n"
    done = toy.run("lint")
    assert (done.returncode, done.stdout) == (1, f"adr/ADR-0.md:2: {why}"), done.stderr
    done = toy.run("run", "ADR-0")
    assert (done.returncode, done.stderr.splitlines(keepends=True)[-1:]) == (5, [f"error: {why}"])


def test_without_git_nothing_is_said_of_revisions(toy: Toy) -> None:
    done = toy.run("lint", PATH=str(toy.root))
    assert (done.returncode, done.stdout) == (0, "no faults\n"), done.stderr


def test_evidence_of_another_version_does_not_stop_a_run(toy: Toy) -> None:
    toy.write("adr/evidence/ADR-2.json", '{"schema": "explore/evidence/0"}\n')
    assert toy.run("lint").returncode == 1
    assert toy.run("run", "ADR-0").returncode == 0
    assert toy.run("lint").returncode == 0


# -- validation ----------------------------------------------------------------------


def test_a_dirty_tree_is_never_confirmed(toy: Toy) -> None:
    toy.write("rules.txt", "changed\n")
    done = toy.run("run", "ADR-0")
    assert done.returncode == 0
    assert fields(toy, "ADR-1")["verdict"] == "confirmed-with-caveats"
    assert "the working tree differs from the revision in: rules" in toy.text("adr/ADR-1.md")


def test_a_changed_prototype_is_not_confirmed_by_the_committed_one(toy: Toy) -> None:
    toy.write("candidates/right.json", json.dumps({"add": 7}))
    assert toy.run("run", "ADR-0").returncode == 1
    found = evidence(toy, "ADR-1").assessment.validation
    assert found.verdict == "not-confirmed"
    assert {finding.rule for finding in found.rejections} == {"not-reproduced"}


def test_what_a_family_prints_is_no_answer(tmp_path: Path) -> None:
    toy = make(tmp_path, ("A",))
    with (toy.site / "toy_family.py").open("a") as family:
        family.write("print('a family that talks')\n")
    assert toy.run("run", "ADR-0").returncode == 0
    assert fields(toy, "ADR-1")["verdict"] == "confirmed"


def test_outside_git_the_rest_works(tmp_path: Path) -> None:
    toy = make(tmp_path, ("A", "B"), git=False)
    done = toy.run("run", "ADR-0", GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert done.returncode == 1
    assert "Not validated: this folder is not in a git repository" in done.stdout
    assert fields(toy, "ADR-1")["verdict"] == "not-confirmed"
    assert "2/2" in done.stdout


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "git failed: fatal: detected dubious ownership in repository"),
        ({"GIT_CONFIG_GLOBAL": "ADR-0.md"}, "git is installed, but `git version` fails"),
        ({"PATH": ""}, "git is not installed"),
    ],
)
def test_why_git_is_of_no_use(tmp_path: Path, environment: dict[str, str], why: str) -> None:
    toy = make(tmp_path, ("A",))
    neutral = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = toy.run("run", "ADR-0", cwd=toy.root / "adr", **neutral | environment)
    assert done.returncode == 1, done.stderr
    assert f"Not validated: {why}" in " ".join(done.stdout.split())


def test_modules_of_the_working_tree_fail_validation(tmp_path: Path) -> None:
    toy = make(tmp_path, ("A",))
    shutil.move(toy.site / "toy_family.py", toy.root / "toy_family.py")
    inside = Toy(toy.root, toy.site)
    toy.write(".gitignore", ".explore/\ntoy_family.py\n")
    toy.commit()
    paths = os.pathsep.join((str(toy.root), inside.environment()["PYTHONPATH"]))
    done = inside.run("run", "ADR-0", PYTHONPATH=paths)
    assert done.returncode == 1
    assert "Not validated" in done.stdout


# -- interruptions -------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status", "delay"), [(signal.SIGINT, 130, 0.6), (signal.SIGTERM, 143, 1.5)])
def test_interrupted_runs_lose_nothing(toy: Toy, number: int, status: int, delay: float) -> None:
    before = toy.files()
    command = [sys.executable, "-m", "explore.cli", "run", "ADR-0", "--fresh"]
    with subprocess.Popen(command, cwd=toy.root, env=toy.environment(), stdout=-3, stderr=-3) as process:
        time.sleep(delay)
        process.send_signal(number)
        code = process.wait(20)
    assert code in (status, -number), code  # before its handlers stand, a signal ends it
    assert toy.files() == before
    assert not (toy.root / ".explore" / "checkout").exists()
    assert toy.git("worktree", "list").count("\n") == 1


def test_two_runs_at_once(toy: Toy) -> None:
    code = (
        "import pathlib, time, explore.files as f\nwith f.locked(pathlib.Path()): print(1, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=toy.root, env=toy.environment(), stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = toy.run("run", "ADR-0")
        holder.kill()
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == f"error: another run is at work here (process {holder.pid}); wait for it\n"


# -- bad input -----------------------------------------------------------------------

BAD = [
    (("run", "ADR-7"), {}, 2, "unknown id ADR-7"),
    (("run", "ADR-1"), {}, 2, "ADR-1 is an ADR of ADR-0"),
    (("run", "../x"), {}, 2, "is not an id"),
    (("run", "ADR-00"), {}, 2, "is not an id"),
    (("run", "ADR-0", "--path", "Q"), {}, 2, "unknown path Q; known: A (right)"),
    (("run", "ADR-0", "--path", "Z"), {}, 2, "path Z is reserved for Something later"),
    (("run", "ADR-0", "--jobs", "0"), {}, 2, "jobs"),
    (("nonsense",), {}, 2, "nonsense"),
    (("compare", "ADR-0", "--sort", "beauty"), {}, 2, "can't sort by 'beauty'"),
    (("diff", "nothing", "latest"), {}, 2, "unknown run 'nothing'"),
    (("new", "path", "ADR-0", "nowhere", "--letter", "F", "--title", "x"), {}, 2, "path F: unknown strategy nowhere"),
    (("show", "ADR-99"), {}, 2, "unknown id"),
    (("accept", "ADR-0", "--reason", "x"), {}, 2, "is a question"),
    (("accept", "ADR-1", "--reason", " "), {}, 2, "a reason is needed"),
    (("supersede", "ADR-1", "--by", "ADR-1", "--reason", "x"), {}, 2, "succeed itself"),
    (("run", "ADR-0"), {"status: open": "status: [open"}, 3, "adr/ADR-0.md:"),
    (("run", "ADR-0"), {TITLE: "title: How\ntitle: to"}, 3, "adr/ADR-0.md:5: duplicate key 'title'"),
    (("run", "ADR-0"), {TITLE: "title: 12"}, 3, "adr/ADR-0.md:4: title: 12 is not of type 'string'"),
    (("run", "ADR-0"), {TITLE: TITLE + "\ncolour: red"}, 3, "adr/ADR-0.md:5: colour: Additional properties"),
    (("run", "ADR-0"), {"strategy: right": "strategy: nowhere"}, 2, "path A: unknown strategy nowhere"),
    (("run", "ADR-0"), {"[three, seven]": "[three, ../seven]"}, 3, "gating-fixtures.1"),
    (("run", "ADR-0"), {"[three, seven]": "[three, ten]"}, 3, "asks for fixtures that don't exist: ten"),
    (("run", "ADR-0"), {"family: toy": "family: unheard"}, 2, "unknown family unheard"),
    (("run", "ADR-0"), {"letter: B": "letter: A"}, 3, "letter A is taken"),
    (("run", "ADR-0"), {"viability: 5, rule: sketch": "viability: 4, rule: sketch"}, 3, "the rule sketch means 5"),
    (("run", "ADR-0"), {"validate: [2]": "validate: [1]"}, 3, "seeds must be others"),
    (("run", "ADR-0"), {"id: ADR-0": "id: ADR-3"}, 3, "the file is ADR-0.md, the id ADR-3"),
    (("try", "nothing.wasm"), {}, 2, "can't be tried"),
]


Within = Callable[..., tuple[int, str, str]]


@pytest.fixture
def within(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Within:
    """Run the command line in this process: status, output, errors."""

    def run(toy: Toy, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(toy.root)
        monkeypatch.syspath_prepend(str(toy.site))
        monkeypatch.setattr(sys, "argv", ["explore", *arguments])
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as caught:
            main()
        signal.signal(signal.SIGTERM, before)
        out, err = capsys.readouterr()
        return int(str(caught.value.code)), out, err

    return run


@pytest.mark.parametrize(("arguments", "changes", "status", "message"), BAD)
def test_bad_input_is_one_line_and_changes_nothing(
    finished: Toy,
    tmp_path: Path,
    within: Within,
    arguments: tuple[str, ...],
    changes: dict[str, str],
    status: int,
    message: str,
) -> None:
    toy = finished
    if changes:
        shutil.copytree(finished.root, tmp_path / "project")
        toy = Toy(tmp_path / "project", finished.site)
        text = toy.text("adr/ADR-0.md")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new, 1)
        toy.write("adr/ADR-0.md", text)
    before = toy.files()
    code, out, err = within(toy, *arguments)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert (code, out, len(errors)) == (status, "", 1), err
    assert message in errors[0]
    assert "Traceback" not in err
    assert toy.files() == before


@pytest.mark.parametrize(
    ("words", "last"), [(("show",), "'ADR-N'; see explore show --help"), ((), "see explore --help")]
)
def test_usage_names_the_help(finished: Toy, within: Within, words: tuple[str, ...], last: str) -> None:
    code, out, err = within(finished, *words)
    assert (code, out) == (2, "")
    assert err.endswith(last + "\n")


def test_links_out_of_the_project(toy: Toy, tmp_path: Path) -> None:
    (toy.root / "adr" / "ADR-9.md").symlink_to(tmp_path / "elsewhere.md")
    (tmp_path / "elsewhere.md").write_text("---\nsecret: 1\n---\n")
    done = toy.run("show", "ADR-9")
    assert done.returncode == 3
    assert "outside the project" in done.stderr
    assert "secret" not in done.stdout + done.stderr
    (toy.root / "adr" / "ADR-0.md").rename(tmp_path / "question.md")
    (toy.root / "adr" / "ADR-0.md").symlink_to(tmp_path / "question.md")
    done = toy.run("lint")
    assert (done.returncode, done.stdout.count("outside the project")) == (1, 2), done.stderr


def test_a_folder_that_cannot_be_written(toy: Toy) -> None:
    shutil.rmtree(toy.root / "adr" / "evidence")
    toy.write("adr/evidence", "in the way")
    before = toy.files()
    done = toy.run("run", "ADR-0", "--path", "B")
    assert done.returncode == 5
    assert "can't be written" in done.stderr
    assert toy.files() == before


def test_not_a_project(tmp_path: Path, finished: Toy) -> None:
    done = finished.run("list", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no project here" in done.stderr


def test_emitted_text_is_that_of_its_evidence(finished: Toy) -> None:
    assert [entry.id for entry in Project(finished.root).answers("ADR-0")] == [
        f"ADR-{number}" for number in range(1, 6)
    ]
    assert published("evidence")["$defs"]["Evidence"]["required"]
    assert question() == finished.text("adr/ADR-0.md")
    assert set(FIXTURES) >= set(evidence(finished, "ADR-1").provenance.fixtures)
