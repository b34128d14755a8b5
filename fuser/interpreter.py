"""Python's interpreter, set for our work and set back."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FRAMES = 10_000


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold off the collector: there are very many small objects, which live on, and next to no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def deep_calls() -> Iterator[None]:
    """Make room for functions that call themselves for each of a thousand components, one in another."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
