"""What a worker is asked and what comes back, as plain values.

A job is a pure function of what it holds: its digest is the key of its result.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Literal, cast

from explore.family import ENTRY_POINTS, Candidate, Family, Fixture, Json
from explore.files import digest, tree_digest
from explore.oracle.records import to_json

Action = Literal["build-and-observe", "reference", "cost", "determinism"]
Status = Literal["done", "broken-fixture", "error", "timeout", "crash", "out-of-memory"]
"""`error` is an exception that nothing expected: a defect of ours."""


class UnknownFamily(LookupError):
    """No installed package offers the family asked for, or two do."""


@dataclass(frozen=True)
class Job:
    """One question to a worker."""

    family: str
    action: Action
    root: str
    inputs: str
    """Digest of all that the answer depends on beside candidate and fixture."""
    candidate: Candidate | None = None
    fixture: Fixture | None = None
    hash_seed: int = 0
    """PYTHONHASHSEED of the process that answers."""
    seconds: float = 300
    """Deadline, after which the worker is killed."""
    memory_mib: int = 3072
    """Resident memory above which the worker is killed."""

    @property
    def digest(self) -> str:
        """Key of the answer: the same for every root and deadline."""
        return digest(to_json(replace(self, root="", seconds=0)))


@dataclass(frozen=True)
class Result:
    """One answer."""

    job: Job
    status: Status
    value: Json = None
    """By action: an observation; artifact and observations; measures; digests by form."""
    text: str = ""
    """What went wrong, in one line."""
    seconds: float = 0
    cached: bool = False


def load_family(name: str) -> Family:
    """Load the family that an installed package registered under this name."""
    found = list(entry_points(group=ENTRY_POINTS, name=name))
    if not found:
        known = ", ".join(sorted({point.name for point in entry_points(group=ENTRY_POINTS)}))
        raise UnknownFamily(f"unknown family {name}; known: {known}")
    if len({point.value for point in found}) > 1:
        places = " and ".join(sorted(point.value for point in found))
        raise UnknownFamily(f"two packages offer the family {name}: {places}")
    return cast("Family", found[0].load()())


def inputs_digest(family: Family, root: Path) -> str:
    """Hash the code trees that every answer depends on, with engine, machine and interpreter."""
    trees = {"oracle": (Path(__file__).parent, Path(__file__).parent.parent / "family.py")}
    return digest(
        {
            "trees": {name: tree_digest(paths) for name, paths in sorted((trees | dict(family.inputs(root))).items())},
            "machine": cast("Json", machine()),
        }
    )


def machine() -> Mapping[str, str]:
    """Name what compiled code and its behaviour depend on outside the project."""
    return {
        "engine": f"wasmtime {version('wasmtime')}",
        "cpu": _cpu(),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    """Model and features: compiled code is made for them."""
    wanted = ("model name", "flags", "Features")
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    lines = [line for line in text.split("\n\n")[0].splitlines() if line.startswith(wanted)]
    return f"{platform.machine()} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"
