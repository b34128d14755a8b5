"""A toy family and a project of it in a git repository of its own, for tests of the pipeline.

A fixture is a number, the reference gives `2x + 1`, a candidate is a JSON file that says how it
behaves. The family is installed as another package's would be: by an entry point.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

FAMILY = '''
import hashlib, json
from pathlib import Path
from explore.family import *
from explore.oracle.judge import judge

class Toy:
    """A toy: numbers in, numbers out."""
    name = "toy"
    vocabulary = ("here", "upstream")

    def fixtures(self, root):
        files = sorted((root / "fixtures").glob("*.json"))
        return tuple(self.load(file) for file in files)

    def load(self, file, seed=None):
        value = json.loads(file.read_text())
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return Fixture(file.stem, value["group"], f"the number {value['x']}", "whether it doubles", (), digest, seed)

    def variant(self, root, fixture, seed):
        return self.load(root / "fixtures" / f"{fixture.name}.json", seed)

    def candidate(self, root, path, strategy):
        file = root / "candidates" / f"{strategy}.json"
        if not file.is_file():
            raise ValueError(f"unknown strategy {strategy}")
        return Candidate(path, strategy, {}, hashlib.sha256(file.read_bytes()).hexdigest())

    def claim(self, root, candidate):
        value = self.behaviour(root, candidate)
        return Claim(value.get("claims", "here"), "It doubles.", ("it says nothing of | and <tags>",), (),
                     ({"group": "gating", "outcome": "passes", "signature": "", "source": "a paper"},), ("a paper",))

    def behaviour(self, root, candidate):
        return json.loads((root / "candidates" / f"{candidate.strategy}.json").read_text())

    def inputs(self, root):
        return {"rules": (root / "rules.txt",)}

    def x(self, root, fixture):
        return json.loads((root / "fixtures" / f"{fixture.name}.json").read_text())["x"] + 100 * (fixture.seed or 0)

    def build(self, root, candidate, fixture):
        value = self.behaviour(root, candidate)
        status = value.get("status", "built")
        if status != "built":
            return Artifact(status, value["reason"])
        code = dict(value, x=self.x(root, fixture))
        changes = tuple(Change(part, "because", reach) for part, reach in value.get("changes", {}).items())
        return Artifact("built", forms={"code": json.dumps(code).encode()}, changes=changes,
                        measures={"build-seconds": 0.25}, properties={"self-contained": value.get("contained", True)})

    def reference(self, root, fixture):
        x = self.x(root, fixture)
        if x < 0:
            return Observation((Outcome("f", trap="negative"),), counts={"live": 0})
        return Observation((Outcome("f", values=(2 * x + 1,)),), counts={"live": 0})

    def observe(self, root, artifact, fixture):
        code = json.loads(artifact.forms["code"])
        x = code["x"]
        if x < 0 and not code.get("blind"):
            return {"code": Observation((Outcome("f", trap="negative"),), counts={"live": 0})}
        add = code.get("add", 1) + (1 if x > code.get("up-to", 10**9) else 0)
        return {"code": Observation((Outcome("f", values=(2 * x + add,)),), counts={"live": code.get("leak", 0)})}

    def judge(self, reference, artifact, forms):
        return judge(reference, artifact, forms)

    def cost(self, root, candidate):
        import time
        return {"call-against-reference": 0.5, "call-nanoseconds": float(time.time_ns() % 1000)}

    def maintenance(self, root, candidate):
        return {"lines": self.behaviour(root, candidate).get("lines", 50)}

    def locus(self, changes):
        return "upstream" if any(change.reach == "upstream" for change in changes) else "here"
'''

PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "A": ("right", {}),
    "B": ("wrong", {"add": 2}),
    "C": ("leaky", {"leak": 3}),
    "D": ("narrow", {"up-to": 50}),
    "E": ("missing", {"status": "not-viable", "reason": "there is no such tool"}),
}
FIXTURES = {"three": ("gating", 3), "seven": ("gating", 7), "minus": ("traps", -5000000), "big": ("more", 1000)}


@dataclass(frozen=True)
class Toy:
    """A project and the environment that knows its family."""

    root: Path
    site: Path

    def run(self, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "explore.cli", *arguments],
            cwd=cwd or self.root,
            env=self.environment() | environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def environment(self) -> dict[str, str]:
        paths = os.pathsep.join((str(self.site), str(ROOT)))
        return os.environ | {"PYTHONPATH": paths, "EXPLORE_TRACEBACK": "1", "COLUMNS": "80"}

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "state")

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.root / "adr").rglob("*")) if path.is_file()}


GATES = """\
  - {score: gating, at-least: 1, why: it must work}
  - {score: generalization, at-least: 1, why: for all}
"""


def question(paths: Sequence[str] = tuple(PATHS), gates: str = "", **changed: str) -> str:
    listed = "".join(
        f"  - letter: {letter}\n    strategy: {PATHS[letter][0]}\n    title: The path {PATHS[letter][0]}\n"
        "    prior: {viability: 5, rule: sketch, locus: here, outcome: unknown, source: nobody}\n"
        for letter in paths
    )
    gates = gates or GATES
    fields = {
        "id": "ADR-0",
        "type": "design-question",
        "title": "How to double",
        "status": "open",
        "context": "|\n  Numbers are to be doubled.\n\n  A second paragraph.",
        "family": "toy",
        "gates": "\n" + gates.rstrip("\n"),
        "gating-fixtures": "[three, seven]",
        "groups": "[traps]",
        "suite-groups": "[traps]",
        "seeds": "{prototype: [1], validate: [2]}",
        "paths": "\n" + listed.rstrip("\n"),
        "reserved-paths": "[{letter: Z, title: Something later}]",
        "locus-vocabulary": "[here, upstream]",
    }
    fields |= {name.replace("_", "-"): value for name, value in changed.items()}
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "---\n\n# The question\n"


def make(folder: Path, paths: Sequence[str] = tuple(PATHS), *, git: bool = True) -> Toy:
    site = folder / "site"
    info = site / "toy_family-1.dist-info"
    info.mkdir(parents=True)
    (site / "toy_family.py").write_text(textwrap.dedent(FAMILY), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-family\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[explore.families]\ntoy = toy_family:Toy\n", encoding="utf-8")
    toy = Toy(folder / "project", site)
    toy.write("schema.yaml", (ROOT / "schema.yaml").read_text(encoding="utf-8"))
    toy.write(".gitignore", ".explore/\n")
    toy.write("rules.txt", "double\n")
    toy.write("adr/ADR-0.md", question(paths))
    for name, (group, x) in FIXTURES.items():
        toy.write(f"fixtures/{name}.json", json.dumps({"group": group, "x": x}))
    for letter in paths:
        toy.write(f"candidates/{PATHS[letter][0]}.json", json.dumps(PATHS[letter][1]))
    if git:
        toy.git("init", "-q", "-b", "main")
        toy.commit()
    return toy
