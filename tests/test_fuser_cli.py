"""The command line: exit codes, one line per failure, whole files or none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import wat

COMPONENT = (Path(__file__).parent / "resources" / "re-exporter.wat").read_text()


def fuser(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "fuser.cli", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def composed(tmp_path: Path) -> Path:
    path = tmp_path / "composed.wasm"
    path.write_bytes(wat(COMPONENT))
    return path


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode()
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_fuses_to_a_file(composed: Path, tmp_path: Path) -> None:
    output = tmp_path / "fused.wasm"
    done = fuser("fuse", str(composed), "-o", str(output))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert output.read_bytes().startswith(b"\0asm\x0d\0\x01\0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["composed.wasm", "fused.wasm"]


def test_standard_input_and_output_text_and_binary_agree(composed: Path) -> None:
    from_text = fuser("fuse", "-", stdin=COMPONENT.encode())
    from_file = fuser("fuse", str(composed), PYTHONHASHSEED="7")
    assert from_text.returncode == 0
    assert from_text.stdout == from_file.stdout != b""


def test_emits_a_core_module(composed: Path) -> None:
    done = fuser("fuse", str(composed), "--emit", "module")
    assert done.stdout.startswith(b"\0asm\x01\0\0\0")


def test_explains_on_standard_error(composed: Path) -> None:
    done = fuser("fuse", str(composed), "--explain", "--format", "json", "-o", os.devnull)
    said = json.loads(done.stderr)
    assert [call["function"] for call in said["calls"] if not call["plain"]]
    assert said["strategy"] == "canonical"
    text = fuser("fuse", str(composed), "--explain", "-o", os.devnull).stderr.decode()
    assert "defined by" in text
    assert "adapter: passes handles: 1" in text


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fry",),
        ("fuse",),
        ("fuse", "-", "-"),
        ("fuse", "-", "--emit", "object"),
        ("fuse", "-", "--strategy", "nobody"),
        ("fuse", "-", "--strategy", "canonical:depth=3"),
        ("fuse", "-", "--strategy", "canonical:elide_lends"),
        ("fuse", "-", "--strategy", "canonical:elide_lends=maybe"),
        ("fuse", "-", "--strategy", "canonical:elide_lends=on,elide_lends=on"),
    ],
)
def test_usage(arguments: tuple[str, ...]) -> None:
    done = fuser(*arguments)
    assert done.returncode == 2
    assert one_line(done).startswith("error: ")
    assert done.stdout == b""


@pytest.mark.parametrize(
    "data",
    [b"", b"\0asm", b"nonsense", b"\xff\xfe", b"(component", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\x01"],
    ids=["empty", "magic", "words", "bytes", "open", "module", "cut"],
)
def test_malformed_input_writes_nothing(data: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.wasm"
    done = fuser("fuse", "-", "-o", str(output), stdin=data)
    assert done.returncode == 3
    assert one_line(done).startswith(("error: ", "unsupported: "))
    assert not list(tmp_path.iterdir())


def test_a_missing_file_and_an_unwritable_folder_are_the_environment(composed: Path, tmp_path: Path) -> None:
    missing = fuser("fuse", str(tmp_path / "none.wasm"))
    assert missing.returncode == 5
    assert "none.wasm" in one_line(missing)
    nowhere = fuser("fuse", str(composed), "-o", str(tmp_path / "no" / "out.wasm"))
    assert nowhere.returncode == 5
    one_line(nowhere)


def test_lists_strategies_and_their_options() -> None:
    done = fuser("strategies", "--format", "json")
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert listed["canonical"]["options"] == {"elide_lends": True}
    assert listed["canonical"]["broken"] is None
    assert b"elide_lends=on" in fuser("strategies").stdout


def test_help_names_an_example_and_does_not_import_the_engine() -> None:
    for command in ("fuse", "inspect", "strategies"):
        done = fuser(command, "--help")
        assert done.returncode == 0
        assert f"Example: fuser {command}".encode() in done.stdout
    code = "import sys, fuser.cli; assert not {'wasmtime', 'fuser.fuse'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_while_reading(number: signal.Signals, status: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fuser.cli", "fuse", "-", "-o", str(tmp_path / "out")],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(1)
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    assert process.returncode == status
    assert b"Traceback" not in said
    assert not list(tmp_path.iterdir())
