"""A crossing in which the handles of some types are plain numbers that pass as they are."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from fuser.handles.interface import Call, Crossing, Handoff
from fuser.program import ResourceType


def beside(call: Call, types: AbstractSet[ResourceType]) -> Call:
    """Return a call as whoever keeps the handles of the other types sees it."""
    return replace(call, handoffs=tuple(hand for hand in call.handoffs if hand.type not in types))


@dataclass(frozen=True)
class NumberCrossing:
    """One adapter: the faithful one but for some types."""

    types: AbstractSet[ResourceType]
    faithful: Crossing

    def enter(self) -> None:
        """Open the scope of the other handles."""
        self.faithful.enter()

    def lift(self, hand: Handoff) -> None:
        """Leave a number as it is."""
        if hand.type not in self.types:
            self.faithful.lift(hand)

    def lower(self, hand: Handoff) -> None:
        """Leave a number as it is."""
        if hand.type not in self.types:
            self.faithful.lower(hand)

    def leave(self) -> None:
        """Close the scope of the other handles."""
        self.faithful.leave()

    def finish(self) -> None:
        """Finish the other handles."""
        self.faithful.finish()
