"""The command line: exit codes, one line per failure, whole files or none."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol

import pytest

from fuser.cli import TRACEBACK, command
from tests.support import wat

COMPONENT = (Path(__file__).parent / "resources" / "re-exporter.wat").read_text()


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: bytes
    stderr: bytes


class Fuser(Protocol):
    def __call__(self, *arguments: str, stdin: bytes = b"") -> Done: ...


@pytest.fixture
def fuser(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Fuser]:
    """Run the command line in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["fuser", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = command()
        said = capsysbinary.readouterr()
        return Done(status, said.out, said.err)

    handler = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, handler)


def process(*arguments: str, stdin: bytes = b"", **environment: str) -> Done:
    """Run the command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "fuser.cli", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def composed(tmp_path: Path) -> Path:
    path = tmp_path / "composed.wasm"
    path.write_bytes(wat(COMPONENT))
    return path


def one_line(done: Done) -> str:
    text = done.stderr.decode()
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_fuses_to_a_file(fuser: Fuser, composed: Path, tmp_path: Path) -> None:
    output = tmp_path / "fused.wasm"
    done = fuser("fuse", str(composed), "-o", str(output))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert output.read_bytes().startswith(b"\0asm\x0d\0\x01\0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["composed.wasm", "fused.wasm"]


def test_standard_input_and_output_text_and_binary_agree(fuser: Fuser, composed: Path) -> None:
    from_text = fuser("fuse", "-", stdin=COMPONENT.encode())
    from_file = process("fuse", str(composed), PYTHONHASHSEED="7")
    assert from_text.returncode == 0
    assert from_text.stdout == from_file.stdout != b""


TWO_GIVE = (
    """(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f"))))""",
    """(component (import "f" (func $f)) (core func $g (canon lower (func $f)))
      (func (export "g") (canon lift (core func $g))))""",
)


def test_an_input_that_is_left_out_is_told(fuser: Fuser, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("far.wat", "near.wat", "taker.wat")]
    for name, text in zip(names, (TWO_GIVE[0], *TWO_GIVE), strict=True):
        name.write_text(text)
    done = fuser("fuse", *map(str, names), "-o", os.devnull)
    assert (done.returncode, one_line(done).startswith(f"note: {names[0]} is left out")) == (0, True)
    said = json.loads(fuser("fuse", *map(str, names), "--explain", "--format", "json", "-o", os.devnull).stderr)
    assert said["left-out"] == [0]


def test_no_binary_to_a_terminal(composed: Path) -> None:
    terminal, end = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "fuser.cli", "fuse", str(composed)], stdout=end, stderr=subprocess.PIPE, check=False
    )
    os.close(end)
    os.close(terminal)
    assert done.returncode == 2
    assert b"terminal" in done.stderr


def test_emits_a_core_module(fuser: Fuser, composed: Path) -> None:
    done = fuser("fuse", str(composed), "--emit", "module")
    assert done.stdout.startswith(b"\0asm\x01\0\0\0")


def test_explains_on_standard_error(fuser: Fuser, composed: Path) -> None:
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
def test_usage(fuser: Fuser, arguments: tuple[str, ...]) -> None:
    done = fuser(*arguments)
    assert done.returncode == 2
    assert one_line(done).startswith("error: ")
    assert done.stdout == b""


@pytest.mark.parametrize(
    "data",
    [b"", b"\0asm", b"nonsense", b"\xff\xfe", b"(component", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0\x01"],
    ids=["empty", "magic", "words", "bytes", "open", "module", "cut"],
)
def test_malformed_input_writes_nothing(fuser: Fuser, data: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.wasm"
    done = fuser("fuse", "-", "-o", str(output), stdin=data)
    assert done.returncode == 3
    assert one_line(done).startswith(("error: ", "unsupported: "))
    assert not list(tmp_path.iterdir())


def test_an_input_without_an_end_is_refused(fuser: Fuser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fuser.files.LARGEST_INPUT", 1 << 26)
    done = fuser("fuse", "/dev/zero", "-o", str(tmp_path / "out"))
    assert done.returncode == 3
    assert done.stderr.startswith(b"unsupported: an input of more than")


def test_a_missing_file_and_an_unwritable_folder_are_the_environment(
    fuser: Fuser, composed: Path, tmp_path: Path
) -> None:
    missing = fuser("fuse", str(tmp_path / "none.wasm"))
    assert missing.returncode == 5
    assert "none.wasm" in one_line(missing)
    nowhere = fuser("fuse", str(composed), "-o", str(tmp_path / "no" / "out.wasm"))
    assert nowhere.returncode == 5
    one_line(nowhere)


def test_inspects_text_and_binary_alike(fuser: Fuser, composed: Path) -> None:
    shown = fuser("inspect", str(composed))
    assert shown.returncode == 0
    assert fuser("inspect", "-", stdin=COMPONENT.encode()).stdout == shown.stdout
    assert json.loads(fuser("inspect", str(composed), "--format", "json").stdout)["instances"]
    assert fuser("inspect", str(composed), "--format", "mermaid").stdout.startswith(b"flowchart")


def test_a_strategy_that_does_not_apply_says_why(fuser: Fuser, composed: Path) -> None:
    done = fuser("fuse", str(composed), "--strategy", "opaque-rep")
    assert done.returncode == 3
    assert one_line(done).startswith("unsupported: the strategy does not apply: ")


def test_a_defect_is_one_line_too(fuser: Fuser, composed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyError("lost\nfor good")

    monkeypatch.setattr("fuser.fuse.merge", fail)
    monkeypatch.delenv(TRACEBACK, raising=False)
    done = fuser("fuse", str(composed))
    assert done.returncode == 4
    assert "report" in one_line(done)
    monkeypatch.setenv(TRACEBACK, "1")
    assert b"Traceback" in fuser("fuse", str(composed)).stderr


def test_a_full_disk_is_the_environment(fuser: Fuser, composed: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    done = fuser("fuse", str(composed), "-o", "/dev/full")
    assert done.returncode == 5
    assert one_line(done) == "error: /dev/full: No space left on device\n"


def test_an_old_output_survives_a_failure(fuser: Fuser, composed: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.wasm"
    output.write_bytes(b"old")
    output.chmod(0o640)
    assert fuser("fuse", "-", "-o", str(output), stdin=b"nonsense").returncode == 3
    assert output.read_bytes() == b"old"
    assert fuser("fuse", str(composed), "-o", str(output)).returncode == 0
    assert output.read_bytes().startswith(b"\0asm")
    assert output.stat().st_mode & 0o777 == 0o640


def test_links_as_outputs(fuser: Fuser, composed: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("fused.wasm")
    assert fuser("fuse", str(composed), "-o", str(tmp_path / "link")).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "fused.wasm").read_bytes().startswith(b"\0asm")
    (tmp_path / "loop").symlink_to("loop")
    done = fuser("fuse", str(composed), "-o", str(tmp_path / "loop"))
    assert (done.returncode, one_line(done).startswith(f"error: {tmp_path / 'loop'}: ")) == (5, True)


def test_an_outputs_name_may_be_as_long_as_names_can_be(fuser: Fuser, composed: Path, tmp_path: Path) -> None:
    output = tmp_path / ("x" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    assert fuser("fuse", str(composed), "-o", str(output)).returncode == 0
    assert output.read_bytes().startswith(b"\0asm")


def test_lists_strategies_and_their_options(fuser: Fuser) -> None:
    done = fuser("strategies", "--format", "json")
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert listed["canonical"]["options"] == {"elide_lends": True}
    assert listed["canonical"]["broken"] is None
    assert b"elide_lends=on" in fuser("strategies").stdout


def test_help_names_an_example_and_does_not_import_the_engine(fuser: Fuser) -> None:
    for name in ("fuse", "inspect", "strategies"):
        done = fuser(name, "--help")
        assert done.returncode == 0
        assert f"Example: fuser {name}".encode() in done.stdout
    code = "import sys, fuser.cli; assert not {'wasmtime', 'fuser.fuse'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("number", "status", "line"), [(signal.SIGINT, 130, b"interrupted\n"), (signal.SIGTERM, 143, b"terminated\n")]
)
def test_interrupted_while_reading(number: signal.Signals, status: int, line: bytes, tmp_path: Path) -> None:
    pipe = tmp_path / "in"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "fuser.cli", "fuse", str(pipe), "-o", str(tmp_path / "out")],
        stderr=subprocess.PIPE,
    )
    with pipe.open("wb"):  # waits until it is being read
        time.sleep(0.1)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (status, line)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


CRASHES = """(component
  (component $outer
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (export "c" (component $c)))
  (instance $o (instantiate $outer))
  (alias export $o "c" (component $d))
  (instance $x (instantiate $d))
  (alias export $x "r" (type $r))
  (core func $drop (canon resource.drop $r)))"""
"""Valid, but wasmtime 50 panics on a component in an instance that mentions a resource."""


def test_a_crash_of_the_engine_is_one_line(tmp_path: Path) -> None:
    target = tmp_path / "out.wasm"
    done = process("fuse", "-", "-o", str(target), stdin=CRASHES.encode())
    assert done.returncode == 3
    assert one_line(done) == "unsupported: the reference engine crashes on this input (SIGABRT)\n"
    assert not target.exists()


def test_optimised_python_opens_closed_streams_too() -> None:
    command = ["/bin/sh", "-c", '"$@" <&-', "sh", sys.executable, "-O", "-m", "fuser.cli", "strategies"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_letters_that_the_locale_lacks_and_texts_that_do_not_parse() -> None:
    text = '(component (component $"größe") (instance (instantiate $"größe")))'
    told = process("inspect", "-", "--format", "json", stdin=text.encode(), PYTHONIOENCODING="ascii")
    assert "größe" in [one["label"] for one in json.loads(told.stdout)["instances"]]
    wrong = process("inspect", "-", stdin=b"(component\n  (imp")
    assert wrong.stderr == b"error: expected valid component field (at line 2, column 4)\n"


def test_an_end_from_outside_is_not_laid_to_the_engine() -> None:
    code = "import os; from fuser import cli; cli.command = lambda: os.kill(os.getpid(), {}); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", code.format(int(signal.SIGXCPU))], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (5, "error: the process was ended from outside (SIGXCPU)\n")


@pytest.mark.parametrize(
    ("arguments", "closed", "status", "said"),
    [
        (["fuse", "IN"], ">&-", 5, "error: Bad file descriptor\n"),
        (["inspect", "IN"], ">&-", 5, "error: Bad file descriptor\n"),
        (["inspect", "IN"], ">/dev/full", 5, "error: No space left on device\n"),
        (["fuse", "-"], "<&-", 5, "error: Bad file descriptor\n"),
        (["fuse", "IN", "-o", "/dev/null"], "<&- 2>&-", 0, ""),
        (["fuse", "IN", "-o", "/dev/null"], ">&-", 0, ""),
        (["fuse", "nowhere.wasm"], "2>&-", 5, ""),
        (["fuse", "IN", "-o", "/dev/null", "--explain"], "2>/dev/full", 5, ""),
    ],
)
def test_streams_that_cannot_be_used(composed: Path, arguments: list[str], closed: str, status: int, said: str) -> None:
    words = [str(composed) if word == "IN" else word for word in arguments]
    command = ["/bin/sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "fuser.cli", *words]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (status, said)


def test_versions_are_those_of_the_project_and_the_engine(fuser: Fuser) -> None:
    done = fuser("--version")
    assert done.returncode == 0
    assert f"wasmtime {metadata.version('wasmtime')}\n" in done.stdout.decode()
    assert done.stdout.startswith(b"fusion-explorer ")
