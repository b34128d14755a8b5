"""The family `command`: any program as a candidate, judged by exit status and JSON on standard output.

A fixture is a folder `fixtures/NAME/` whose `fixture.yaml` has the type `command-fixture`:
the arguments, the text on standard input, and the status and JSON that must come out. A
candidate is a command line; `{arguments}` stands for the fixture's arguments, `{fixture}`
for its folder and `{root}` for the project's. No shell takes part.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, cast

from explore import schema, strict_yaml
from explore.errors import InputError
from explore.family import (
    Artifact,
    BrokenFixture,
    Candidate,
    Change,
    Fixture,
    Json,
    Judgement,
    Observation,
    Outcome,
)
from explore.files import inside, tree_digest
from explore.oracle.judge import judge

FOLDER = "fixtures"
FILE = "fixture.yaml"
TYPE = "command-fixture"
FORM = "command"
ARGUMENTS = "{arguments}"
_OUTPUT_LIMIT = 1 << 20

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "name", "title", "group", "shows", "arguments", "expected"],
    "properties": {
        "type": {"const": TYPE},
        "name": {"type": "string", "pattern": "^[a-z0-9]+([-_][a-z0-9]+)*$"},
        "title": {"type": "string", "minLength": 1},
        "group": {"type": "string", "minLength": 1},
        "shows": {"type": "string", "minLength": 1},
        "tags": {"type": "array", "items": {"type": "string"}},
        "arguments": {"type": "array", "items": {"type": "string"}},
        "input": {"type": "string"},
        "expected": {
            "type": "object",
            "additionalProperties": False,
            "required": ["status"],
            "properties": {"status": {"type": "integer", "minimum": 0, "maximum": 255}, "output": {}},
        },
        "seconds": {"type": "number", "exclusiveMinimum": 0},
    },
}
"""What a fixture's file holds; no `output` means that nothing is printed."""


@dataclass(frozen=True)
class Case:
    """A fixture as its file states it."""

    folder: Path
    fixture: Fixture
    arguments: tuple[str, ...]
    input: str
    expected: tuple[Json, ...]
    seconds: float


class Command:
    """See explore.family.Family."""

    name: ClassVar[str] = "command"
    vocabulary: ClassVar[tuple[str, ...]] = ("command",)
    interface: ClassVar[str] = (
        "Any program. The strategy is its command line, run in the project's folder; `{arguments}` stands for the "
        "fixture's. Its exit status and the JSON on its standard output are what is compared with the fixture."
    )

    def fixtures(self, root: Path) -> tuple[Fixture, ...]:
        """List the command fixtures by name; raises BrokenFixture for a faulty one."""
        if not (root / FOLDER).is_dir():
            raise BrokenFixture(f"there is no folder {FOLDER}")
        files = sorted((root / FOLDER).glob(f"*/{FILE}"))
        return tuple(_load(file.parent).fixture for file in files if _fields(file).get("type") == TYPE)

    def variant(self, root: Path, fixture: Fixture, seed: int) -> None:
        """Return None: a command's fixtures have no variants."""
        del root, fixture, seed

    def candidate(self, root: Path, path: str, strategy: str) -> Candidate:
        """Take a command line apart; raises ValueError where it is none."""
        words = _words(strategy)
        digest = hashlib.sha256(repr((words, tree_digest(_own_files(words, root)))).encode()).hexdigest()
        return Candidate(path, strategy, {}, digest)

    def inputs(self, root: Path) -> Mapping[str, tuple[Path, ...]]:
        """Name this module."""
        del root
        return {"family": (Path(__file__),)}

    def build(self, root: Path, candidate: Candidate, fixture: Fixture) -> Artifact:
        """Fill the command line in; not viable where its program is not there."""
        case = _load(root / FOLDER / fixture.name)
        command = _fill(_words(candidate.strategy), root, case)
        if shutil.which(command[0], path=_search_path(root)) is None:
            return Artifact("not-viable", f"NOT VIABLE TODAY: there is no program {command[0]}")
        return Artifact("built", forms={FORM: json.dumps(command).encode()})

    def reference(self, root: Path, fixture: Fixture) -> Observation:
        """Return what the fixture states."""
        case = _load(root / FOLDER / fixture.name)
        return Observation((Outcome(FORM, values=case.expected),))

    def observe(self, root: Path, artifact: Artifact, fixture: Fixture) -> Mapping[str, Observation]:
        """Run the command."""
        case = _load(root / FOLDER / fixture.name)
        return {FORM: _run(json.loads(artifact.forms[FORM]), case, root)}

    def judge(self, reference: Observation, artifact: Artifact, forms: Mapping[str, Observation]) -> Judgement:
        """Compare by the oracle's own judge."""
        return judge(reference, artifact, forms)

    def cost(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Time the first fixture's command: the median of five runs, in seconds."""
        cases = self.fixtures(root)
        if not cases:
            return {}
        artifact = self.build(root, candidate, cases[0])
        if not artifact.built:
            return {}
        seen = [self.observe(root, artifact, cases[0])[FORM].measures["call-seconds"] for _ in range(5)]
        return {"call-seconds": sorted(seen)[2]}

    def maintenance(self, root: Path, candidate: Candidate) -> Mapping[str, float]:
        """Count the lines of the files that the command line names."""
        files = _own_files(_words(candidate.strategy), root)
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
        return {"lines": sum(bool(line.strip()) for text in texts for line in text.splitlines())}

    def locus(self, changes: tuple[Change, ...]) -> str:
        """Return the one locus that there is."""
        del changes
        return self.vocabulary[0]


def _fields(file: Path) -> Mapping[str, Any]:
    try:
        inside(file.parents[2], file)
        value = strict_yaml.load(file, f"{FOLDER}/{file.parent.name}/{FILE}").value
    except InputError as error:
        raise BrokenFixture(str(error)) from error
    return value if isinstance(value, dict) else {}


def _load(folder: Path) -> Case:
    try:
        document = strict_yaml.load(folder / FILE, f"{FOLDER}/{folder.name}/{FILE}")
        schema.check(document, SCHEMA)
    except InputError as error:
        raise BrokenFixture(str(error)) from error
    fields = cast("dict[str, Any]", document.value)
    if fields["name"] != folder.name:
        raise BrokenFixture(f"{FOLDER}/{folder.name}/{FILE} is named {fields['name']}")
    fixture = Fixture(
        name=fields["name"],
        group=fields["group"],
        title=fields["title"],
        shows=fields["shows"],
        tags=tuple(fields.get("tags", ())),
        digest=tree_digest((folder,)),
        size=(folder / FILE).stat().st_size,
    )
    expected = fields["expected"]
    return Case(
        folder=folder,
        fixture=fixture,
        arguments=tuple(fields["arguments"]),
        input=fields.get("input", ""),
        expected=(expected["status"], *([expected["output"]] if "output" in expected else [])),
        seconds=fields.get("seconds", 10),
    )


def _words(strategy: str) -> list[str]:
    words = shlex.split(strategy)
    if not words:
        raise ValueError("a candidate of the family command is a command line, and this one is empty")
    return words


def _own_files(words: Sequence[str], root: Path) -> list[Path]:
    """Return the project's files that a command line names."""
    return [root / word for word in words if not Path(word).is_absolute() and (root / word).is_file()]


def _fill(words: Sequence[str], root: Path, case: Case) -> list[str]:
    filled: list[str] = []
    for word in words:
        if word == ARGUMENTS:
            filled += case.arguments
        else:
            filled.append(word.replace("{fixture}", f"{FOLDER}/{case.folder.name}").replace("{root}", str(root)))
    return filled


def _search_path(root: Path) -> str:
    return os.pathsep.join((os.environ.get("PATH", os.defpath), str(root)))


def _run(command: Sequence[str], case: Case, root: Path) -> Observation:
    """Run a command in the project's folder, in a process group of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(case.input.encode(), timeout=case.seconds)
    except subprocess.TimeoutExpired:
        return Observation(failure="timeout", text=f"no end within {case.seconds:g} s")
    finally:
        _end_group(process)
    measures = {"call-seconds": time.perf_counter() - start}
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        return Observation(measures=measures, failure="crash", text=f"ended by {name}")
    return Observation((Outcome(FORM, (process.returncode, *_output(output))),), measures=measures)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what the command may have left running."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    finally:
        process.wait()


def _output(data: bytes) -> list[Json]:
    """Read the output: nothing, or a JSON; what is neither stands as the text it is."""
    if not data.strip():
        return []
    try:
        return [json.loads(data[:_OUTPUT_LIMIT])]
    except ValueError:
        return [f"not JSON: {data[:200].decode(errors='replace')}"]
