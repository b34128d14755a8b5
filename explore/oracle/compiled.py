"""Where a worker keeps compiled code; apart from the engine, so that a family without one need not load it."""

from __future__ import annotations

from dataclasses import dataclass

from explore.oracle.store import Store


@dataclass
class _Compiled:
    """None unless a worker names a store."""

    store: Store | None = None


_compiled = _Compiled()


def keep_compiled_in(store: Store) -> None:
    """Keep compiled code in a store from now on."""
    _compiled.store = store


def compiled_store() -> Store | None:
    """Return the store to use, if there is one."""
    return _compiled.store
