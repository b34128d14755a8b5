"""Front matter: what is read, and changes of one field that leave the rest as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from explore.documents import scalar, split, with_field
from explore.errors import EnvironmentFault, InputError
from explore.files import inside, locked, remove_leftovers, tree_digest, write_all
from explore.render import front_matter, notes_of
from explore.strict_yaml import parse

TEXT = """---
id: ADR-1   # the id
status: draft   # by hand
links:
  # where it goes
  superseded-by: null
---

# Title
status: draft
"""


def test_one_field_changes_and_nothing_else() -> None:
    changed = with_field(split(TEXT, "f"), ("status",), "accepted")
    assert changed.text == TEXT.replace("status: draft   # by hand", "status: accepted   # by hand")
    changed = with_field(split(TEXT, "f"), ("links", "superseded-by"), "ADR-2")
    assert changed.text == TEXT.replace("superseded-by: null", "superseded-by: ADR-2")


def test_a_new_field_and_its_replacement() -> None:
    once = with_field(split(TEXT, "f"), ("reason",), 'because of "it" # not a comment')
    assert once.fields["reason"] == 'because of "it" # not a comment'
    twice = with_field(once, ("reason",), "shorter")
    assert twice.fields["reason"] == "shorter"
    assert "reason" not in with_field(twice, ("status",), "x").body


@pytest.mark.parametrize("text", ["---\nstatus: >-\n  folded\n---\n", "---\n{status: draft, a: 1}\n---\n"])
def test_other_styles_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="by hand"):
        with_field(split(text, "f"), ("status",), "accepted")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# no\n", "no front matter"),
        ("---\na: 1\n", "no closing"),
        ("---\n- a\n---\n", "not a mapping"),
        ("", "no front"),
    ],
)
def test_bad_front_matter(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split(text, "f")


@pytest.mark.parametrize(
    "value", ["null", "true", "1", "a: b", "x # y", "", "ADR-1", "é", "2024-01-01", None, 3, 0.5, "-"]
)
def test_scalars_read_back(value: object) -> None:
    assert parse(f"k: {scalar(value)}\n", "f").value == {"k": value}  # type: ignore[arg-type]


def test_front_matter_reads_back() -> None:
    fields = {"a": [], "b": {"c": ["x", "y: z"], "d": {}}, "e": [{"f": 1, "g": {"h": None}}, {"f": 2, "g": {}}]}
    assert split(front_matter(fields), "f").fields == fields  # type: ignore[arg-type]


def test_notes_are_found() -> None:
    assert (
        notes_of("## Notes\n\n<!-- notes: written by hand, kept by every run -->\nmine\n\nmore\n<!-- /notes -->\n")
        == "mine\n\nmore\n"
    )
    assert notes_of("nothing") == ""


def test_all_files_or_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").write_text("x")
    with pytest.raises(EnvironmentFault):
        write_all({tmp_path / "a": b"new", tmp_path / "folder": b"cannot replace a folder"})
    assert (tmp_path / "a").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "folder"]
    assert write_all({tmp_path / "a": b"old", tmp_path / "b": b"new"}) == [tmp_path / "b"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    target = tmp_path / "ADR-1.md"
    target.touch()
    killed = "import os, pathlib; from explore import files; files._rename_all = lambda _paths: os._exit(9)"
    write = f"{killed}; files.write_all({{pathlib.Path({str(target)!r}): b'new'}})"
    assert subprocess.run([sys.executable, "-c", write], check=False).returncode == 9
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers([tmp_path, tmp_path / "not there"])
    assert list(tmp_path.iterdir()) == [target]


def test_links_out_of_the_project_are_refused(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="outside"):
        inside(tmp_path / "project", tmp_path / "project" / "link" / "x")
    with pytest.raises(InputError, match="outside"):
        inside(tmp_path / "project", tmp_path / "project" / ".." / "x")


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(EnvironmentFault, match="another run"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_tree_is_its_names_and_contents(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "inner" / "__pycache__").mkdir(parents=True)
        (tmp_path / name / "inner" / "x").write_text("same")
        (tmp_path / name / os.fsdecode(b"odd\xff")).touch()
    (tmp_path / "two" / "inner" / "__pycache__" / "x.pyc").write_text("made")
    assert tree_digest([tmp_path / "one"]) == tree_digest([tmp_path / "two"])
    (tmp_path / "two" / "inner" / "x").rename(tmp_path / "two" / "inner" / "y")
    assert tree_digest([tmp_path / "one"]) != tree_digest([tmp_path / "two"])
