"""What a pair changes of the world as it was, part by part: loci and lines follow from the difference."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from explore.family import Change
from families.untyped_handles import adapter, host, interface
from families.untyped_handles.interface import KINDS, MORE_KINDS
from families.untyped_handles.pair import NAIVE, Pair

ADAPTER, HOST, WIT, GUEST, HYBRID, SPEC = "adapter", "host", "wit", "guest-sdk", "hybrid", "spec"
VOCABULARY = (ADAPTER, HOST, WIT, HYBRID, GUEST, SPEC)
"""Where a fix can belong, the nearest first; more than one of them is `hybrid`."""

_WORDS = {ADAPTER: "adapter module", WIT: "interface", HOST: "host behind the interface"}


@dataclass(frozen=True)
class Patch:
    """The lines of one part that differ."""

    part: str
    lines: int


def patches(pair: Pair) -> tuple[Patch, ...]:
    """Return the parts that differ from the naive adapter's world.

    The legacy module is no part: it is the same binary for every pair. Raises
    adapter.Unbuildable.
    """
    ours, naive = _parts(pair, KINDS), _parts(NAIVE, KINDS)
    found = (Patch(part, changed(naive[part], text)) for part, text in ours.items())
    return tuple(patch for patch in found if patch.lines)


def changes(pair: Pair) -> tuple[Change, ...]:
    """Return the same as the record of what was changed; what only a specification can give is its own."""
    if pair.accept == "any-resource":
        return (Change(SPEC, "a type that any resource is one of, with a checked downcast", "spec"),)
    return tuple(Change(patch.part, f"{patch.lines} lines of the {_WORDS[patch.part]}") for patch in patches(pair))


def locus(changes: tuple[Change, ...]) -> str:
    """Say where the fix belongs: the part that was changed, or `hybrid` where there are several."""
    parts = {change.part for change in changes}
    if SPEC in parts:
        return SPEC
    return HYBRID if len(parts) > 1 else next(iter(parts), ADAPTER)


def claimed(pair: Pair) -> str:
    """Return what the pair's own idea says of its locus, before anything is built."""
    if pair.accept == "any-resource":
        return SPEC
    return ADAPTER if pair.accept == "none" else HYBRID


def maintenance(pair: Pair) -> Mapping[str, float]:
    """Count lines: what the pair changes of the world, and what one more type costs after that.

    `special-cases` are the lines of a new type that the naive adapter's world does not have:
    each is a case by name.
    """
    if pair.accept == "any-resource":
        return {}
    found = patches(pair)
    grown, naive = _growth(pair), _growth(NAIVE)
    return {
        "lines": sum(patch.lines for patch in found),
        "parts": len(found),
        "new-type-lines": sum(grown.values()),
        "special-cases": max(0, sum(grown.values()) - sum(naive.values())),
        **{f"new-type-{part}-lines": lines for part, lines in grown.items()},
    }


def _growth(pair: Pair) -> Mapping[str, int]:
    """Return the lines of each part that one more type changes."""
    before, after = _parts(pair, KINDS), _parts(pair, (*KINDS, MORE_KINDS[0]))
    return {part: changed(before[part], after[part]) for part in before}


def digest(pair: Pair) -> str:
    """Hash what the pair makes of the three parts: the code that implements it."""
    parts = [] if pair.accept == "any-resource" else sorted(_parts(pair, KINDS).items())
    return hashlib.sha256(repr((pair, parts)).encode()).hexdigest()


def _parts(pair: Pair, kinds: tuple[str, ...]) -> Mapping[str, str]:
    return {
        ADAPTER: adapter.text(pair, kinds),
        WIT: interface.text(pair, kinds),
        HOST: host.api(pair, kinds),
    }


def changed(before: str, after: str) -> int:
    """Count lines of code that are in one text and not at their place in the other; a changed line counts once."""
    old, new = _lines(before), _lines(after)
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(end - start, to - at) for tag, start, end, at, to in steps if tag != "equal")


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith(";;")]
