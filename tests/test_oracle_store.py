"""The private cache: what is damaged, moved or open to others is never believed."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explore.oracle.store import Store, UnsafeStore


def entry(store: Store) -> Path:
    (path,) = (path for path in store.folder.rglob("*") if path.is_file())
    return path


def test_gives_back_what_was_put(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert store.get("results", "a") is None
    store.put("results", "a", b"one")
    store.put("results", "a", b"two")
    assert store.get("results", "a") == b"two"
    assert store.get("compiled", "a") is None
    assert Store(tmp_path / "cache").get("results", "a") == b"two"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=st.binary(max_size=40), place=st.integers(0, 200), flip=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_entry_is_forgotten(tmp_path: Path, data: bytes, place: int, flip: int, *, cut: bool) -> None:
    store = Store(tmp_path / "cache")
    store.put("compiled", "key", data)
    path = entry(store)
    whole = bytearray(path.read_bytes())
    place %= len(whole)
    if cut:
        del whole[place:]
    else:
        whole[place] ^= flip
    path.write_bytes(whole)
    assert store.get("compiled", "key") is None
    assert not path.exists()


def test_an_entry_in_anothers_place_is_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    store.put("compiled", "a", b"code of a")
    of_a = entry(store)
    whole = of_a.read_bytes()
    store.remove("compiled", "a")
    store.put("compiled", "b", b"code of b")
    entry(store).write_bytes(whole)
    assert store.get("compiled", "b") is None


def test_a_failed_write_leaves_the_old_entry_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "cache")
    store.put("results", "a", b"old")

    def refuse(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        store.put("results", "a", b"new")
    assert store.get("results", "a") == b"old"
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 1


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "cache")
    (tmp_path / "cache").chmod(0o755)
    with pytest.raises(UnsafeStore, match="open to others"):
        Store(tmp_path / "cache")


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "real")
    with pytest.raises(UnsafeStore, match="not a folder"):
        Store(tmp_path / "cache")


def test_a_folder_that_is_deleted_meanwhile_is_made_again_and_private(tmp_path: Path) -> None:
    store = Store(tmp_path / "work" / "cache")
    store.put("kind", "key", b"one")
    shutil.rmtree(store.folder.parent)
    assert store.get("kind", "key") is None
    store.put("kind", "key", b"two")
    assert store.get("kind", "key") == b"two"
    assert Store(store.folder).get("kind", "key") == b"two"


def test_entries_can_be_written_while_the_folder_is_deleted(tmp_path: Path) -> None:
    store, done = Store(tmp_path / "cache"), threading.Event()

    def delete() -> None:
        while not done.is_set():
            shutil.rmtree(store.folder, ignore_errors=True)

    deleting = threading.Thread(target=delete)
    deleting.start()
    try:
        for number in range(200):
            store.put("kind", str(number), b"data")
            assert store.get("kind", str(number)) in (None, b"data")
    finally:
        done.set()
        deleting.join()
    Store(store.folder)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    with pytest.raises(PermissionError):
        Store(tmp_path / "cache")
