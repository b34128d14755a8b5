"""Files: safe names below a root, writes that happen whole or not at all, one run at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from explore.errors import EnvironmentFault, InputError
from explore.family import Json

SKIPPED = {"__pycache__", ".git", ".explore", ".venv", "target", "node_modules"}
"""Folders that hold what was made from the tree, never part of it."""


def inside(root: Path, path: Path) -> Path:
    """Return the path if it lies below the root, links followed; else raise InputError."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError("lies outside the project's folder (a link, or `..`)", shown(root, path))
    return path


def shown(root: Path, path: Path) -> Path:
    """Return the path as messages show it: relative to the root where it lies below it."""
    return path.relative_to(root) if path.is_relative_to(root) else path


def legible(path: Path | str) -> str:
    """Return a path as text that can be written down: a byte that is no text stands as an escape."""
    return os.fsencode(path).decode(errors="backslashreplace")


def dumps(value: Json) -> bytes:
    """Return JSON as we commit it: readable, keys in the order given, one final newline."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def digest(value: Json) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def tree_files(path: Path) -> Iterator[Path]:
    """Yield the files of a tree (or the file itself) in a fixed order, without what was made from it."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (Path(folder, name) for name in sorted(names) if not name.endswith((".pyc", ".tmp")))


def tree_digest(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of some trees: names below each, and contents, nothing else."""
    total = hashlib.sha256()
    for path in paths:
        for file in tree_files(path):
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            total.update(b"%b\0%b\n" % (os.fsencode(name), hashlib.sha256(file.read_bytes()).hexdigest().encode()))
    return total.hexdigest()


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Let no interruption through until the block is done."""
    waiting = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def write_all(files: Mapping[Path, bytes]) -> list[Path]:
    """Write all files or none, each by renaming a complete one; return those that changed.

    Raises EnvironmentFault, with the first path that could not be written.
    """
    changed = {path: data for path, data in files.items() if not path.is_file() or path.read_bytes() != data}
    try:
        for path, data in changed.items():
            _write_temporary(path, data)
        _rename_all(list(changed))
    finally:
        for path in changed:
            with contextlib.suppress(OSError):  # what can't be reached was never made
                _temporary(path).unlink(missing_ok=True)
    return list(changed)


def _write_temporary(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(f"{path} can't be written: {error.strerror}")


def _rename_all(paths: list[Path]) -> None:
    """Rename every temporary file to its target; put the old ones back if one fails."""
    old = {path: path.read_bytes() if path.is_file() else None for path in paths}
    done: list[Path] = []
    with signals_held():
        try:
            for path in paths:
                _temporary(path).replace(path)
                done.append(path)
        except OSError as error:
            for path in done:
                _restore(path, old[path])
            raise _unwritable(paths[len(done)], error) from None


def _restore(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        _temporary(path).write_bytes(data)
        _temporary(path).replace(path)


def assert_writable(root: Path, folders: Iterable[Path]) -> None:
    """Raise before any work is done where a folder lies outside the root or can't be written."""
    for folder in folders:
        if folder.exists() and not os.access(inside(root, folder), os.W_OK | os.X_OK):
            raise EnvironmentFault(f"{folder} can't be written: permission denied")


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what a killed process had written, but not yet renamed; the lock of the project must be held."""
    for folder in folders:
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the project's lock, so that two runs don't mix; raises EnvironmentFault where it is held."""
    folder = root / ".explore"
    try:
        folder.mkdir(exist_ok=True)
        file = (folder / "lock").open("a+")
    except OSError as error:
        raise _unwritable(folder, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise EnvironmentFault(f"another run is at work here (process {holder}); wait for it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
