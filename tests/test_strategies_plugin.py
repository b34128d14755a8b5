"""A plug-in from outside, and what can be wrong with one: in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fuser.errors import UsageError
from fuser.strategies import resolve
from tests.strategies_support import ROOT, fixture, run

PLUGIN = Path(__file__).parent / "plugin"
FIXTURE = "elide-wraps"


def install(folder: Path, name: str, points: dict[str, str], version: str = "1.0") -> None:
    """Lay out what an installer would: the distribution's metadata beside its modules."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = "\n".join(f"{point} = {value}" for point, value in points.items())
    (info / "entry_points.txt").write_text(f"[fuser.strategies]\n{lines}\n")


def install_example(folder: Path) -> None:
    """Install the example as its pyproject.toml says."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text())
    for module in project["tool"]["setuptools"]["py-modules"]:
        (folder / f"{module}.py").write_text((PLUGIN / f"{module}.py").read_text())
    points = project["project"]["entry-points"]["fuser.strategies"]
    install(folder, project["project"]["name"], points, project["project"]["version"])


def fuser(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    command = [sys.executable, "-m", "fuser.cli", *arguments]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "in.wasm"
    path.write_bytes(fixture(FIXTURE).read())
    return str(path)


def test_the_example_is_listed_and_fuses_end_to_end(tmp_path: Path, source: str) -> None:
    install_example(tmp_path)
    listed = fuser(tmp_path, "strategies")
    assert listed.returncode == 0
    assert "counting" in listed.stdout
    output = tmp_path / "out.wasm"
    done = fuser(tmp_path, "fuse", source, "--strategy", "counting:limit=4", "-o", str(output))
    assert (done.returncode, done.stderr) == (0, "")
    assert run(FIXTURE, output.read_bytes()) == ""
    assert fuser(tmp_path, "fuse", source, "--strategy", "counting:limit=3", "-o", str(output)).returncode == 0
    assert "trapped" in run(FIXTURE, output.read_bytes())


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, source: str) -> None:
    install_example(tmp_path)
    install(tmp_path, "other-handles", {"counting": "counting_handles:Counting"}, "3.4")
    done = fuser(tmp_path, "fuse", source, "--strategy", "counting", "-o", str(tmp_path / "out.wasm"))
    assert done.returncode == 2
    assert "counting-handles 1.2" in done.stderr
    assert "other-handles 3.4" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_broken_import_is_listed_and_fatal_only_when_asked_for(tmp_path: Path, source: str) -> None:
    (tmp_path / "torn.py").write_text("import gears_that_nobody_has\n")
    install(tmp_path, "torn-handles", {"torn": "torn:Torn"})
    listed = fuser(tmp_path, "strategies")
    assert listed.returncode == 0
    assert any("torn" in line and "gears_that_nobody_has" in line for line in listed.stdout.splitlines())
    output = str(tmp_path / "out.wasm")
    assert fuser(tmp_path, "fuse", source, "-o", output).returncode == 0
    done = fuser(tmp_path, "fuse", source, "--strategy", "torn", "-o", output)
    assert done.returncode == 2
    assert "gears_that_nobody_has" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("none-such", ("unknown strategy 'none-such'", "canonical", "per-component-bridges")),
        ("canonical:fast=on", ("no option 'fast'", "elide_lends")),
        ("canonical:elide_lends=perhaps", ("elide_lends cannot be 'perhaps'", "on|off")),
        ("shared-tables:identity=colour", ("identity cannot be 'colour'", "name|interface")),
        ("per-component-bridges:capacity=many", ("capacity cannot be 'many'", "NUMBER")),
        ("per-component-bridges:capacity", ("capacity needs a value",)),
        ("elide:x=1", ("no option 'x'", "none")),
    ],
)
def test_what_cannot_be_read_is_one_line_with_what_can(strategy: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(strategy)
    (line,) = str(caught.value).splitlines()
    assert all(word in line for word in words)


def test_an_unknown_option_ends_in_status_2_and_one_line(tmp_path: Path, source: str) -> None:
    output = tmp_path / "out.wasm"
    done = fuser(tmp_path, "fuse", source, "--strategy", "canonical:fast=on", "-o", str(output))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: strategy canonical has no option 'fast'; there are: elide_lends")
    assert len(done.stderr.splitlines()) == 1
    assert not output.exists()
