"""Components with one index changed: what the engine takes is fused, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.tree import Component, Reference
from fuser.component.walk import rewrite
from fuser.errors import FuserError, InvalidOutput
from fuser.fuse import fuse
from tests.linking import refusal
from tests.support import wat

TESTS = Path(__file__).parent
SOURCES = (
    "instances/02-outer-aliases",
    "instances/03-nested-bundles",
    "instances/11-adapter-shares-memory",
    "instances/component-as-argument",
    "instances/resources-exported-at-depth",
    "instances/virtualised-import",
)


def with_one_changed(component: Component, step: int) -> Iterator[bytes]:
    """Yield the component with each of its indices changed by a step in turn, where it stays one."""
    total = count()
    rewrite(component, lambda reference, _: (next(total), reference)[1])
    for place in range(next(total)):
        numbers = count()

        def at(reference: Reference, _: int, place: int = place, numbers: count[int] = numbers) -> Reference:
            index = reference.index + step * (next(numbers) == place)
            return Reference(reference.sort, index) if index >= 0 else reference

        yield encode(rewrite(component, at))


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("name", SOURCES)
def test_what_the_engine_takes_is_fused_and_nothing_else(name: str, step: int) -> None:
    taken = 0
    for data in with_one_changed(parse(wat((TESTS / f"{name}.wat").read_text())), step):
        refused = refusal(data)
        taken += not refused
        if refused:
            with pytest.raises(FuserError) as raised:
                fuse(data)
            assert not isinstance(raised.value, InvalidOutput)
        else:
            fuse(data)
    assert taken
