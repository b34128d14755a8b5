"""Guests written against the typed interface, which its types should go on serving.

Nothing of these runs. The validator links the client with the host, or says why not.
"""

from __future__ import annotations

from explore.family import Observation, Outcome
from explore.oracle.engine import invalid_because
from families.untyped_handles import host, world
from families.untyped_handles.interface import Function, functions, resources
from families.untyped_handles.pair import NAIVE, Pair

OLD, MISTAKEN = "old", "mistaken"
CLIENTS = (OLD, MISTAKEN)
"""A guest built before the interface was patched, which must link as before; and one that takes
what opens an entry for what opens an entry of the HTTP cache, which types are there to refuse."""
LINKED, REFUSED = "linked", "refused"
EXPECTED = {OLD: LINKED, MISTAKEN: REFUSED}


def component(client: str, pair: Pair, kinds: tuple[str, ...]) -> bytes:
    """Return a host under a pair with a client linked to it; valid or not."""
    written = NAIVE if client == OLD else pair
    types = resources(written, kinds)
    used = [function for function in functions(written, kinds) if client == OLD or function.name in _CHAIN]
    lines = [
        "(component",
        host.component(pair, kinds, "alias-guard", tapped=False),
        "(component $client",
        *(f'  (import "{kind}" (type ${kind} (sub resource)))' for kind in types),
        *(f'  (import "{function.name}" (func{_type(client, function)}))' for function in used),
        ")",
        "(instance $io (instantiate $host))",
        *(f'(alias export $io "{kind}" (type ${kind}))' for kind in types),
        "(instance (instantiate $client",
        *(f'  (with "{kind}" (type ${kind}))' for kind in types),
        *(f'  (with "{function.name}" (func $io "{function.name}"))' for function in used),
        "))",
        ")",
    ]
    return world.binary("\n".join(lines).replace("\n(module ", "\n(core module "))


_CHAIN = ("open-entry", "use-http")


def _type(client: str, function: Function) -> str:
    """Return a function's type as the client has it."""
    if client == MISTAKEN and function.name == "use-http":
        return function.type.replace("(borrow $http)", "(borrow $entry)")
    return function.type


def observe(data: bytes) -> Observation:
    """Say whether a client links."""
    why = invalid_because(data)
    return Observation((Outcome("link", values=(LINKED if why is None else REFUSED,), text=why or ""),))


def reference(client: str, kinds: tuple[str, ...]) -> Observation:
    """Return what the interface does as it was before any patch."""
    return observe(component(client, NAIVE, kinds))
