"""Checks that run: whether what a path leans on exists in the engine today.

A path is not viable because one of these says so, with the engine's words, and not because
somebody knows it; with an engine that answers otherwise the path is built.
"""

from __future__ import annotations

from functools import lru_cache

from explore.family import Outcome
from explore.oracle.engine import Call, Limits, invalid_because, observe_component
from explore.oracle.host import Host
from families.untyped_handles import world
from families.untyped_handles.interface import KINDS
from families.untyped_handles.pair import NAIVE, Pair

NOT_VIABLE = "NOT VIABLE TODAY: "
_SECONDS = Limits(seconds=10)

_PROBED = "(local.set $a (call $entry (i32.const 1) (i32.const 0)))(call $close (local.get $a))"
"""Whatever probes a handle's type must find that this one is no pollable's."""
_MIXED = "(call $two (call $pollable (i32.const 1) (i32.const 0)) (call $entry (i32.const 2) (i32.const 0)))"

_SUBTYPE = """\
(component
  (component $host
    (type $pollable_ (resource (rep i32))) (export $pollable "pollable" (type $pollable_))
    (type $entry_ (resource (rep i32))) (export $entry "entry" (type $entry_))
    (core module $m (func (export "ready") (param i32) (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "ready") (param "self" (borrow $entry)) (result bool) (canon lift (core func $i "ready"))))
  (component $guest
    (import "pollable" (type $pollable (sub resource)))
    (import "ready" (func (param "self" (borrow $pollable)) (result bool))))
  (instance $io (instantiate $host))
  (alias export $io "pollable" (type $pollable))
  (instance (instantiate $guest (with "pollable" (type $pollable)) (with "ready" (func $io "ready")))))"""
"""A function of entries where one of pollables is asked for: valid only if one is a kind of the other."""
_UNRELATED = "resource types are not the same"
"""What the engine's validator says of it."""


def missing(pair: Pair) -> str | None:
    """Say what a pair leans on that does not exist; None where nothing is missing."""
    if pair.accept == "any-resource":
        return _no_downcast()
    return _no_catch(pair) if pair.learn == "probe" else None


@lru_cache
def _no_downcast() -> str | None:
    """Check that one resource type stands for another neither when linking nor at a call."""
    refused = invalid_because(world.binary(_SUBTYPE))
    trapped = _run(NAIVE, _MIXED, ("run",))[0]
    if refused is None or _UNRELATED not in refused or trapped.trap is None:
        return None
    return (
        f"{NOT_VIABLE}there is no type that any resource is one of: a component that leans on it is invalid "
        f"({_UNRELATED}), and a handle of another type traps at the call ({_first(trapped.text)})"
    )


@lru_cache
def _no_catch(pair: Pair) -> str | None:
    """Check that a probe which fails can't be caught, and leaves an instance that can't be entered."""
    outcomes = _run(pair, _PROBED, ("run", "run"))
    if outcomes[0].trap is None:
        return None
    after = outcomes[1].text if len(outcomes) > 1 else "nothing"
    return (
        f"{NOT_VIABLE}a probe of the wrong type traps, and a trap is not caught ({_first(outcomes[0].text)}); "
        f"the next call finds {_first(after)}"
    )


def _run(pair: Pair, body: str, calls: tuple[str, ...]) -> tuple[Outcome, ...]:
    data = world.component(pair, KINDS, "alias-guard", [body])
    host = Host(specials={world.TAP: lambda *_: None})
    return observe_component(data, [Call(name) for name in calls], _SECONDS, host).outcomes


def _first(text: str) -> str:
    """Return the first cause of an engine's text."""
    return text.partition(";")[0].partition(", in ")[0].strip()
