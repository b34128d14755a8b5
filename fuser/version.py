"""What `--version` prints: the project's version, and the engine's, which verdicts depend on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def _show(wanted: bool) -> None:  # noqa: FBT001  the command line's library calls it so
    """Print the versions and end the command, if that is wanted."""
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    for name in ("fusion-explorer", "wasmtime"):
        try:
            sys.stdout.write(f"{name} {version(name)}\n")
        except PackageNotFoundError:
            sys.stdout.write(f"{name}, not installed\n")
    raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_show, is_eager=True, help="Print the versions and exit.")]
"""The option, for each command line."""
