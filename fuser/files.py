"""Reading inputs and writing outputs as a command line should.

`-` stands for standard input and output; text is accepted wherever a binary is; output
files are written whole or not at all; no binary goes to a terminal.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from fuser.errors import UsageError


def read_input(name: str) -> bytes:
    """Read a component; text is encoded. Raises OSError, or Malformed for what is neither."""
    from fuser.component.text import binary

    return binary(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())


def check_output(name: str | None) -> None:
    """Raise UsageError where the output would be a terminal."""
    if name in (None, "-") and sys.stdout.isatty():
        raise UsageError("no binary is written to a terminal: give -o FILE, or redirect the output")


def write_output(name: str | None, data: bytes) -> None:
    """Write the output whole or not at all; raises OSError."""
    if name in (None, "-"):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    assert name is not None
    path = Path(name)
    if path.exists() and not path.is_file():  # a pipe or a device has no old contents to keep
        path.write_bytes(data)
        return
    _replace(path.resolve(), data)


def _replace(path: Path, data: bytes) -> None:
    """Write a file beside the target and rename it."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    except OSError as error:
        error.filename = str(path)  # the user knows the output, not the file beside it
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
