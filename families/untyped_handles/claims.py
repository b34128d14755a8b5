"""What each pair says of itself, and what the record's experiment says of it: never an outcome."""

from __future__ import annotations

from collections.abc import Mapping

from explore.family import Claim
from families.untyped_handles import patches
from families.untyped_handles.pair import Pair

LEARNS = {
    "identity": "The legacy number is the component's own; the adapter knows nothing of its type.",
    "tag": "Bits 28 to 30 of the legacy number say the type; a wrong or unassigned tag is an assertion, so a trap.",
    "tag-status": "Bits 28 to 30 of the legacy number say the type; a wrong or unassigned tag is a bad handle.",
    "side-table": "A byte for each component number says the type; it is cleared when the handle goes.",
    "renumber": "Numbers of the adapter's own, slot and generation, each given out once; a slot knows type and handle.",
    "ranges": "Each type has a range of 16384 numbers with a table of component numbers.",
    "eager": "A pollable is made when a handle is opened, and the legacy number is that pollable's.",
    "probe": "The adapter tries a typed call for each type and takes the first that does not fail.",
}
ACCEPTS = {
    "none": "The typed select takes pollables only.",
    "subscribe": "Each other type gains a call that makes a pollable, which select uses and drops.",
    "step": "Each other type gains a call that is ready now or gives a pollable of what it waits for; select loops.",
    "step-deadline": "As step, but select looks in the order of the list and passes on what remains of the timeout.",
    "alias-all": "All handles are one resource type; the host looks at the kind.",
    "variant": "select takes a list of a variant with a borrow of each type.",
    "per-type": "Each type has a select of its own; the adapter polls where a list is mixed.",
    "any-resource": "select takes borrows of a type that every resource is one of, and asks for the type.",
}
_LIMITS = {
    "identity": ("A number that was never given out, or is no longer open, traps",),
    "tag": ("At most seven other types", "Component numbers from 2^28 on", "Stale and forged numbers trap"),
    "tag-status": ("At most seven other types", "Component numbers from 2^28 on", "Stale and forged numbers trap"),
    "side-table": ("A stale number names the next object of its type in the slot",),
    "renumber": ("More than 2^20 - 1 handles at once",),
    "ranges": ("More than 16384 handles of one type", "A stale number names the next object of its type"),
    "eager": ("A host whose pollables are spent by one wait", "A subscription for as long as the handle is open"),
}
_RECORD = "experiment of 22 fixtures by 10 strategies, after fastly/Viceroy pull request 600"
_RECORDED: Mapping[tuple[str, str], tuple[int, int | None]] = {
    ("identity", "none"): (1, None),
    ("probe", "subscribe"): (0, None),
    ("tag", "subscribe"): (12, 7),
    ("tag-status", "subscribe"): (16, 11),
    ("side-table", "subscribe"): (21, 16),
    ("renumber", "subscribe"): (22, 17),
    ("eager", "subscribe"): (21, 21),
    ("tag-status", "variant"): (16, 16),
    ("renumber", "variant"): (22, 22),
    ("identity", "alias-all"): (14, None),
}
"""How many of its 22 fixtures agreed with the module: host with guard, and without where it says so.

It says "tag-as-in-PR, tag, side, renumber each lose five" without the guard; the number of the tag
with status codes lost is taken from that sentence.
"""


def claim(pair: Pair) -> Claim:
    """Return what a pair claims."""
    return Claim(
        locus=patches.claimed(pair),
        summary=f"{LEARNS[pair.learn]} {ACCEPTS[pair.accept]}",
        limits=_LIMITS.get(pair.learn, ()),
        requires=patches.changes(pair),
        priors=_priors(pair),
    )


def _priors(pair: Pair) -> tuple[Mapping[str, str], ...]:
    counts = _RECORDED.get((pair.learn, pair.accept), (None, None))
    return tuple(
        {"group": group, "outcome": f"{count} of 22 agree with the module", "signature": "", "source": _RECORD}
        for group, count in zip(("guard", "no-guard"), counts, strict=True)
        if count is not None
    )
