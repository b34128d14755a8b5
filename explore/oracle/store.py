"""A private cache of results and compiled code, addressed by what they were made from.

It may be deleted at any time. An entry carries a checksum of its own and is believed only
if that holds; the folder must belong to the user and to nobody else, because compiled
code read from it is run.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path

_MAGIC = b"explore-cache 1\n"
_DIGEST = hashlib.sha256
_TRIES = 100
"""Attempts to write an entry below a folder that is being deleted."""


class UnsafeStore(OSError):
    """The folder is a link, somebody else's, or open to others."""


class Store:
    """Byte strings by kind and key, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._make()
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    def get(self, kind: str, key: str) -> bytes | None:
        """Return an entry, or None where there is none or where it is damaged; a damaged one is removed."""
        path = self._path(kind, key)
        try:
            whole = path.read_bytes()
        except FileNotFoundError:
            return None
        head = len(_MAGIC) + _DIGEST().digest_size
        data = whole[head:]
        if whole[:head] == _MAGIC + _checksum(kind, key, data):
            return data
        path.unlink(missing_ok=True)
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        """Write an entry at once or not at all; raises OSError where the disk refuses."""
        for left in reversed(range(_TRIES)):
            try:
                return self._write(kind, key, data)
            except (FileNotFoundError, FileExistsError):  # somebody deletes the folder just now
                if not left:
                    raise

    def _write(self, kind: str, key: str, data: bytes) -> None:
        path = self._path(kind, key)
        self._make()
        for folder in (path.parent.parent, path.parent):  # one by one: each is private, whatever is deleted meanwhile
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + _checksum(kind, key, data) + data)
            os.replace(name, path)  # noqa: PTH105 -- mkstemp gave a name
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def remove(self, kind: str, key: str) -> None:
        """Forget an entry."""
        self._path(kind, key).unlink(missing_ok=True)

    def _make(self) -> None:
        """Make the folder, private, where it is not there (any more)."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(self.folder)

    def _path(self, kind: str, key: str) -> Path:
        name = _DIGEST(key.encode()).hexdigest()
        return self.folder / kind / name[:2] / name


def _checksum(kind: str, key: str, data: bytes) -> bytes:
    """Cover kind and key too, so that an entry moved to another's place is not believed."""
    return _DIGEST(b"\0".join((kind.encode(), key.encode(), data))).digest()


def _check_private(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeStore(f"{folder} is not a folder")
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise UnsafeStore(f"{folder} belongs to another user")
    if status.st_mode & 0o077:
        raise UnsafeStore(f"{folder} is open to others; it holds code that is run: chmod 700 it")
