"""A family that misbehaves on request, registered in a scratch folder for the tests of the scheduler."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from explore.family import Artifact, BrokenFixture, Candidate, Fixture, Observation, Outcome

METADATA = "Metadata-Version: 2.1\nName: toy\nVersion: 1\n"
ENTRY_POINTS = "[explore.families]\ntoy = toy_family:Toy\n"


def install(folder: Path) -> None:
    """Make a folder that, on the path, offers this family as an installed package would."""
    information = folder / "toy-1.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(METADATA)
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    (folder / "toy_family.py").write_bytes(Path(__file__).read_bytes())


class Toy:
    """Does what the candidate's name says."""

    name = "toy"

    def inputs(self, root: Path) -> dict[str, tuple[Path, ...]]:
        del root
        return {}

    def cost(self, root: Path, candidate: Candidate) -> dict[str, float]:
        del root
        match candidate.strategy:
            case "fail":
                raise RuntimeError("it\nbroke")
            case "abort":
                os.abort()
            case "exit":
                os._exit(3)
            case "hang":
                time.sleep(600)
            case "print":
                print('{"status": "done", "value": "forged"}', flush=True)  # noqa: T201 -- must not pass for an answer
                os.write(1, b'{"status": "done", "value": "forged"}\n')
            case "devour":
                eaten = [bytearray(b"\1" * (1 << 20)) for _ in range(4000)]
                return {"eaten": len(eaten)}
        return {"hash": hash("a") % 1000003, "pid": os.getpid(), "seed": float(os.environ["PYTHONHASHSEED"])}

    def reference(self, root: Path, fixture: Fixture) -> Observation:
        if fixture.name == "broken":
            raise BrokenFixture("it misses its values")
        return Observation((Outcome("run", values=(str(root), len(sys.argv))),))

    def build(self, root: Path, candidate: Candidate, fixture: Fixture) -> Artifact:
        del root, fixture
        if candidate.strategy == "refuse":
            return Artifact("refused", "not today")
        return Artifact("built", forms={"text": candidate.strategy.encode()})

    def observe(self, root: Path, artifact: Artifact, fixture: Fixture) -> dict[str, Observation]:
        del root, fixture
        if artifact.forms["text"] == b"abort-later":
            os.abort()
        return {"text": Observation((Outcome("run", values=(1,)),))}
