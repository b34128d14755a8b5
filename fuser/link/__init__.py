"""Static instantiation: a component's syntax tree to the linked program."""

from __future__ import annotations

from fuser.link.linker import link, plug

__all__ = ["link", "plug"]
