"""A crossing that leaves every handle as it is: what strategies override where they do more."""

from __future__ import annotations

from fuser.handles.interface import Handoff


class AsItIs:
    """A crossing that emits nothing: no scope is kept, and the sender's number is the receiver's."""

    def enter(self) -> None:
        """Emit nothing."""

    def lift(self, hand: Handoff) -> None:
        """Emit nothing: the number is the token."""

    def lower(self, hand: Handoff) -> None:
        """Emit nothing: the token is the number."""

    def leave(self) -> None:
        """Emit nothing."""

    def finish(self) -> None:
        """Emit nothing."""
