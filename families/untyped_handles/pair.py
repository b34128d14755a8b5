"""A candidate: how the adapter learns a handle's type, and how the typed world takes a mixed set.

The two are independent axes; a candidate is a point of their product. Points that make no
sense are pruned, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

NAME = "adapter"
"""What a strategy of this family is spelled with: `adapter:learn=tag,accept=subscribe`."""

LEARN = ("identity", "tag", "tag-status", "side-table", "renumber", "ranges", "eager", "probe")
"""Axis A: how the adapter learns the type."""
ACCEPT = (
    "none",
    "subscribe",
    "step",
    "step-deadline",
    "alias-all",
    "variant",
    "per-type",
    "any-resource",
)
"""Axis B: how the typed world takes a mixed set."""

_VALIDATING = ("side-table", "renumber")
"""What knows of each number whether it is open, which no type on the other side replaces."""


class IllegalPair(ValueError):
    """A point of the product that makes no sense; the message says why."""


@dataclass(frozen=True)
class Pair:
    """One point of the design space."""

    learn: str = "identity"
    accept: str = "none"

    @property
    def spelling(self) -> str:
        """The strategy as the user would write it."""
        return f"{NAME}:learn={self.learn},accept={self.accept}"


NAIVE = Pair()
"""The adapter as it was: patches are counted from it."""


def pruned(pair: Pair) -> str | None:
    """Say why a pair makes no sense; None for one that does."""
    learn, accept = pair.learn, pair.accept
    if learn == "eager":
        return None if accept == "subscribe" else "eager makes its pollable when a handle is opened, by subscribe"
    if accept == "none":
        return None if learn == "identity" else f"{learn} learns a type that nothing on the typed side takes"
    if accept == "any-resource":
        return None if learn == "identity" else f"a checked downcast says the type, so {learn} has nothing to add"
    if accept == "alias-all":
        known = learn == "identity" or learn in _VALIDATING
        return None if known else f"there is one type only, so {learn} has nothing to tell apart"
    if learn == "identity":
        return f"{accept} must be told each handle's type, which identity does not know"
    return None


def pairs() -> Iterator[Pair]:
    """Yield every pair that makes sense."""
    for learn in LEARN:
        for accept in ACCEPT:
            if pruned(Pair(learn, accept)) is None:
                yield Pair(learn, accept)


def parse(strategy: str) -> Pair:
    """Read a strategy; raises ValueError, with one line, for what is unknown and IllegalPair for a pruned pair."""
    name, _, text = strategy.partition(":")
    if name != NAME:
        raise ValueError(f"unknown strategy {name}; the one of this family is {NAME}")
    options = asdict(NAIVE)
    for option in filter(None, text.split(",")):
        key, _, value = option.partition("=")
        allowed = {"learn": LEARN, "accept": ACCEPT}.get(key)
        if allowed is None:
            raise ValueError(f"{NAME} has no option {key}; it has learn and accept")
        if value not in allowed:
            raise ValueError(f"{key} is one of {', '.join(allowed)}, not {value}")
        options[key] = value
    pair = Pair(**options)
    if why := pruned(pair):
        raise IllegalPair(f"{pair.spelling} is pruned: {why}")
    return pair
