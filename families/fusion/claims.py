"""What a strategy says of itself, out of its `claim` and the docstring of its module."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from types import ModuleType

from explore.family import Claim
from families.fusion.building import change
from fuser.handles.interface import Prior, Strategy

_MECHANISM = ("Mechanism:", "Invariants:")
_LIMITS = "Not handled:"


def claim(strategy: Strategy) -> Claim:
    """Return a strategy's claim; mechanism, invariants and limits are the docstring's paragraphs."""
    text = _docstring(sys.modules[type(strategy).__module__])
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    limits = next((part.removeprefix(_LIMITS) for part in paragraphs if part.startswith(_LIMITS)), "")
    own = strategy.claim
    return Claim(
        locus=own.locus,
        summary=" ".join(part for part in paragraphs if part.startswith(_MECHANISM)) or " ".join(paragraphs[1:2]),
        limits=tuple(item.strip(" .") for item in re.split(r";", limits) if item.strip(" .")),
        requires=tuple(change(need) for need in sorted(own.needs, key=lambda need: need.value)),
        priors=tuple(map(_prior, own.priors)),
        references=own.references,
    )


def _docstring(module: ModuleType) -> str:
    """Return what a module says of itself; `python -OO` drops it, and then it is read from the source."""
    return module.__doc__ or ast.get_docstring(ast.parse(inspect.getsource(module))) or ""


def _prior(prior: Prior) -> dict[str, str]:
    return {
        "group": prior.group,
        "outcome": prior.outcome,
        "signature": prior.signature,
        "source": prior.source,
    }
