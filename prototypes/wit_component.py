"""H: the outer boundary is written by the reference tool.

Mechanism: the program is fused to the core form, one module with its world in a custom
section, and `wasm-tools component new` makes the component of it: canonical lifts and lowers,
resource types and their operations at the root are the reference tool's work. The tool is
looked for on PATH and where cargo installs, and asked for its version; where it is not found,
the path is not viable today.

Invariants: what the tool supplies are the imports that its own guests would have; anything
else (types of the wrapper, keepers) it could not supply, and the path says so.

What it proves: that the reference tool takes the fused module for a guest's and that its
boundary agrees with ours. What it does not prove: anything about handles between the fused
components. The tool knows resource types only at the root of a world; a re-exporter's
boundary inside a fused module has nothing that it could be handed, and to hand it over as a
component of its own would need a cycle (the fused module imports from the re-exporter and
exports to it), which no composition of components can have. So inside the faithful tables
serve.

Not handled: programs whose core form has names that collide; imports that the tool could
not supply, which end the build with the reason.

Source: pulseengine/meld ADR-0, path H; bytecodealliance/wasm-tools, crate wit-component.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from fuser.errors import NotViable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Arrangement, Builder, Claim, Handles, Need
from fuser.program import Program

TOOL = "wasm-tools"
SECONDS = 60


@dataclass(frozen=True)
class WitComponent:
    """Have the reference tool make the component; no options."""

    name: ClassVar[str] = "wit-component"
    claim: ClassVar[Claim] = Claim(
        path="H",
        locus="wasm-tools",
        needs=frozenset({Need.TOOL, Need.MEMORY, Need.CELL, Need.GUEST}),
        references=("bytecodealliance/wasm-tools", "pulseengine/meld#106"),
    )

    def arrange(self, program: Program, build: Builder) -> Arrangement:
        """Fuse the program as given; NotViable where the tool is not to be had."""
        version = _version(_find())
        build.need(Need.TOOL, version)
        return Arrangement(program, notes=(f"the component is written by {version}",))

    def plan(self, program: Program, build: Builder) -> Handles:
        """Keep the faithful tables inside."""
        return CanonicalHandles(program, build)

    def encode_component(self, core: bytes) -> bytes:
        """Have the tool make a component of the core form."""
        return _run(_find(), "component", "new", "-", data=core)


def _find() -> str:
    """Return the tool's path; NotViable where it is nowhere."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    found = shutil.which(TOOL) or shutil.which(TOOL, path=str(home / "bin"))
    if found is None:
        raise NotViable(f"{TOOL} is not installed (neither on PATH nor where cargo installs)", f"which {TOOL}")
    return found


@cache
def _version(tool: str) -> str:
    """Return what the tool says of itself; NotViable where it does not run."""
    return _run(tool, "--version").decode(errors="replace").strip()


def _run(tool: str, *arguments: str, data: bytes = b"") -> bytes:
    words = " ".join((TOOL, *arguments))
    try:
        done = subprocess.run([tool, *arguments], input=data, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotViable(f"{TOOL} does not run: {error}", words) from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise NotViable(f"{TOOL} refuses the fused module: {reason}", words)
    return done.stdout
