"""list, show, compare, diff, fixtures, brief, init, new: what they print, from committed evidence alone."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explore.schema import check_published
from explore.tables import markdown_table, text_table
from tests.explore_toy import Toy, make

KINDS = {
    "compare": ("compare", "ADR-0"),
    "list": ("list",),
    "show": ("show", "ADR-1"),
    "lint": ("lint",),
    "fixtures": ("fixtures", "--check"),
    "brief": ("brief", "ADR-0", "--path", "A"),
}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A fresh clone: no run was made in it."""
    toy = make(tmp_path_factory.mktemp("toy"), ("A", "B"))
    assert toy.run("run", "ADR-0").returncode == 0
    toy.commit()
    toy.git("clone", "-q", str(toy.root), str(toy.root.parent / "clone"))
    return Toy(toy.root.parent / "clone", toy.site)


@pytest.mark.parametrize("kind", KINDS)
def test_json_is_what_its_schema_says(clone: Toy, kind: str) -> None:
    done = clone.run(*KINDS[kind], "--format", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    check_published(value, kind)
    assert value["schema"] == f"explore/{kind}/1"


def test_text_fits_eighty_columns_and_has_no_colour(clone: Toy) -> None:
    for arguments in (("compare", "ADR-0"), ("list",), ("fixtures",)):
        done = clone.run(*arguments)
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert "\x1b" not in done.stdout


def test_fixtures_say_how_their_reference_ended_once_it_was_run(clone: Toy, tmp_path: Path) -> None:
    shutil.copytree(clone.root, tmp_path / "project", ignore=shutil.ignore_patterns(".explore"))
    toy = Toy(tmp_path / "project", clone.site)

    def references() -> set[tuple[str | None, str | None]]:
        rows = json.loads(toy.run("fixtures", "--format", "json").stdout)["fixtures"]
        return {(row["reference"], row["outcome"]) for row in rows}

    assert references() == {(None, None)}
    assert "not run yet" in toy.run("fixtures").stdout
    assert not (toy.root / ".explore").exists()
    assert toy.run("fixtures", "--check").returncode == 0
    assert references() == {("done", "returns"), ("done", "traps, negative")}


def test_compare_sorts_and_speaks_markdown(clone: Toy) -> None:
    done = clone.run("compare", "ADR-0", "--sort", "letter", "--format", "md")
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert lines[0] == "| path | gating | variants | traps |"
    assert lines[2].startswith("| A right | 2/2 | 4/4 | 1/1 |")
    assert "* B: three: wrong-value" in done.stdout


def test_diff_prints_only_what_changed(clone: Toy, tmp_path: Path) -> None:
    shutil.copytree(clone.root, tmp_path / "project")
    toy = Toy(tmp_path / "project", clone.site)
    toy.run("run", "ADR-0")
    alone = toy.run("diff", "previous", "latest")
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "there is no previous run here yet: one run, " in alone.stderr
    toy.run("run", "ADR-0")
    first, second = sorted(path.stem for path in (toy.root / ".explore" / "runs").iterdir())
    assert toy.run("diff", first, second).stdout == f"No difference between {first} and {second}.\n"
    toy.write("candidates/wrong.json", "{}")
    toy.run("run", "ADR-0")
    value = json.loads(toy.run("diff", "previous", "latest", "--format", "json").stdout)
    assert value["old"] == second
    check_published(value, "diff")
    assert {(cell["path"], cell["old"], cell["new"], cell["flip"]) for cell in value["cells"]} == {
        ("B", "wrong-value", "agree", True)
    }
    assert [item["path"] for item in value["paths"]] == ["B"]
    assert "flip  B     three" in toy.run("diff", second, "latest").stdout
    path = toy.root / ".explore" / "runs" / f"{first}.json"
    path.write_text(path.read_text().replace('"question": "ADR-0"', '"question": "ADR-9"'))
    other = toy.run("diff", first, second)
    assert (other.returncode, other.stderr.count("\n")) == (2, 1)
    assert "of ADR-9" in other.stderr


def test_an_empty_column_keeps_its_place() -> None:
    assert text_table(["a", ""], [["x", ""]]) == "a\nx\n"


def test_an_id_is_never_broken() -> None:
    assert text_table(["id", "name"], [["ADR-15", "option=" * 12]], 40).splitlines()[1].startswith("ADR-15  option=")


def test_where_even_headers_would_break_rows_become_lines() -> None:
    headers = ("", "path", "viability", "locus", "ADR", "verdict")
    text = text_table(headers, [("1=", "K canonical", "5", "wasm-tools", "ADR-1", "confirmed"), [""] * 6], 40)
    assert text == (
        "1=\n  path: K canonical\n  viability: 5\n  locus: wasm-tools\n  ADR: ADR-1\n  verdict: confirmed\n-\n"
    )


def test_a_project_of_ones_own_runs_at_once(tmp_path: Path, clone: Toy) -> None:
    toy = Toy(tmp_path / "mine", clone.site)
    made = clone.run("init", str(toy.root))
    assert made.returncode == 0, made.stderr
    done = toy.run("run", "ADR-0", "--format", "json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    check_published(value, "run")
    assert (value["adr"], value["synthesis"]["runner_up"]) == ("ADR-1", "B")
    assert toy.run("lint").stdout == "no faults\n"
    added = toy.run("new", "path", "ADR-0", "python3 strategies/c.py", "--letter", "C", "--title", 'A "third": one')
    assert added.stdout == "adr/ADR-0.md\n"
    assert toy.run("new", "question", "Which one?").stdout == "adr/ADR-3.md\n"
    faults = json.loads(toy.run("lint", "--format", "json").stdout)["faults"]
    assert {fault["message"].split(":")[0] for fault in faults} == {"the evidence is stale"}
    early = toy.run("run", "ADR-3", "--format", "json")
    assert json.loads(early.stdout)["validation_error"] == "ADR-3 is not committed: commit it, and run again"
    assert early.returncode == 1
    again = clone.run("init", str(toy.root))
    assert (again.returncode, again.stderr) == (2, f"error: {toy.root} is there already and is not an empty folder\n")


def test_help_is_cheap_and_every_command_has_an_example(clone: Toy) -> None:
    text = clone.run("--help").stdout
    listed = text.partition("Commands:")[2].split()
    names = [
        "run",
        "list",
        "show",
        "compare",
        "diff",
        "lint",
        "fixtures",
        "accept",
        "reject",
        "supersede",
        "brief",
        "init",
        "try",
    ]
    assert set(names) < set(listed)
    code = "import sys, explore.cli; print(sorted({'git', 'jsonschema', 'wasmtime', 'yaml'} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=clone.environment(), capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "[]\n"


@pytest.mark.parametrize("name", ["run", "compare", "lint", "supersede", "try", "report"])
def test_each_commands_help_has_an_example(clone: Toy, name: str) -> None:
    assert f"Example: explore {name}" in clone.run(name, "--help").stdout


@pytest.mark.parametrize(
    ("closed", "status", "said"),
    [
        (">&-", 5, "error: Bad file descriptor\n"),
        (">/dev/full", 5, "error: No space left on device\n"),
        ("| true", 0, "error: the reader of the output has gone\n"),
        ("2>&-", 0, ""),
    ],
)
def test_streams_that_cannot_be_used(clone: Toy, closed: str, status: int, said: str) -> None:
    command = ["/bin/sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "explore.cli", "list"]
    done = subprocess.run(
        command, cwd=clone.root, env=clone.environment(), capture_output=True, check=False, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (status, said)


def test_what_the_outputs_encoding_lacks_is_escaped(clone: Toy) -> None:
    text = clone.text("adr/ADR-0.md")
    clone.write("adr/ADR-0.md", text.replace("# The question", "# ½"))
    done = clone.run("show", "ADR-0", PYTHONIOENCODING="ascii")
    clone.write("adr/ADR-0.md", text)
    assert (done.returncode, "# \\u00bd\n" in done.stdout) == (0, True), done.stderr


def test_progress_on_a_terminal(clone: Toy) -> None:
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "explore.cli", "run", "ADR-0", "--fresh"]
    with subprocess.Popen(
        command, cwd=clone.root, env=clone.environment(), stderr=child, stdout=subprocess.DEVNULL
    ) as process:
        os.close(child)
        seen = b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                block = os.read(parent, 65536)
            except OSError:  # the terminal's other side has gone
                break
            seen += block
        assert process.wait(10) == 0
    os.close(parent)
    text = seen.decode()
    assert "prototype" in text
    assert "A right" in text
    assert "\x1b[J" in text
    assert max(map(len, re.sub(r"\x1b\[[0-9]*[A-Z]", "", text).splitlines())) <= 80


def test_a_report_is_written_where_a_link_leads_to(clone: Toy, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("report.html")
    done = clone.run("report", "ADR-0", "-o", str(tmp_path / "link"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "report.html").stat().st_size


def test_the_report_is_one_file_that_asks_for_nothing(clone: Toy, tmp_path: Path) -> None:
    done = clone.run("report", "ADR-0", "-o", str(tmp_path / "report.html"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=.(?!#)|https?:|<script|<link|@import|url\(", text)
    reader = Balanced()
    reader.feed(text)
    assert reader.open == []
    assert {"ADR-1", "ADR-2"} <= reader.ids
    assert "prefers-color-scheme: dark" in text
    assert "it says nothing of | and &lt;tags&gt;" in text
    for name in ("points", "composition", "tree"):
        assert f'class="{name}' in text or f' {name}"' in text


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what closes itself."""


cells = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.lists(st.tuples(cells, cells, cells), max_size=4), st.integers(40, 100))
def test_tables_fit_and_rows_stay_in_their_lines(rows: list[tuple[str, str, str]], limit: int) -> None:
    text = text_table(("one", "two", "three"), rows, limit)
    assert all(len(line) <= limit for line in text.split("\n"))
    assert not any(ord(letter) < 32 for letter in text.replace("\n", ""))
    assert markdown_table(("one", "two", "three"), rows).count("\n") == len(rows) + 2
