"""Reading inputs and writing outputs as a command line should.

`-` stands for standard input and output; text is accepted wherever a binary is; output
files are written whole or not at all; no binary goes to a terminal.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from fuser.errors import LimitExceeded, UsageError

LARGEST_INPUT = 1 << 30
"""Bytes; no engine takes a module of as many."""
_PIECE = 1 << 24


def read_input(name: str) -> bytes:
    """Read a component; text is encoded. Raises OSError, LimitExceeded, or Malformed for what is neither."""
    from fuser.component.text import binary

    if name == "-":
        return binary(_contents(sys.stdin.buffer))
    with Path(name).open("rb") as file:
        return binary(_contents(file))


def _contents(file: BinaryIO) -> bytes:
    """Read to the end, or to what is too much: a device may have no end."""
    pieces: list[bytes] = []
    left = LARGEST_INPUT
    while piece := file.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise LimitExceeded(f"an input of more than {LARGEST_INPUT >> 30} GiB")
        pieces.append(piece)
    return b"".join(pieces)


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
    replace_file(Path(name), data)


def replace_file(path: Path, data: bytes) -> None:
    """Give a file new contents, whole or not at all; raises OSError, which names it.

    A link stays: what it leads to is written. A pipe or a device has no old contents to keep.
    """
    try:
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            _replace(path.resolve(), data, mode)
        else:
            path.write_bytes(data)
    except OSError as error:
        error.filename = str(path)  # the user knows the output, not the file beside it
        raise


def _mode(path: Path) -> int | None:
    """Return the mode of what a path leads to, None where nothing is there yet."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes, mode: int | None) -> None:
    """Write a file beside the target and rename it; the target's name may be as long as names can be."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".fuser.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask if mode is None else mode & 0o777)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
