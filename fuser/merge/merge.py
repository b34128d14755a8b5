"""Many core instances and written functions into one core module.

Index spaces are numbered first (imports, guests, then the fuser's own: `plan`), guests'
code is rewritten, written functions are rendered, and sections follow in the order of the
format. Custom sections describe the modules as they were and are dropped; function
names are kept.
"""

from __future__ import annotations

from itertools import chain

from fuser.draft import Draft, Merged, MergedImport
from fuser.errors import LimitExceeded
from fuser.merge import output
from fuser.merge.plan import Plan, plan
from fuser.merge.written import Rendered, render
from fuser.traps import Trap
from fuser.wasm.leb import unsigned
from fuser.wasm.module import PREAMBLE
from fuser.wasm.syntax import SORTS

_LONGEST_BODY = 7_654_321
_CODE_SECTION = b"\x0a"


def merge(draft: Draft) -> Merged:
    """Merge a draft into one core module.

    Raises LimitExceeded where the output would exceed a limit of the engine, and Malformed
    with the offset in the outer file where a guest's code cannot be read. Guests' code is
    taken to be valid: what the engine refuses in it, it refuses in the output.
    """
    planned = plan(draft)
    data, sites = _assemble(planned)
    imports = chain.from_iterable(planned.spaces.imported[sort] for sort in SORTS)
    return Merged(
        data=data,
        imports=tuple(MergedImport(origin, symbol) for origin, symbol in imports),
        exports=draft.exports,
        sites=sites,
        contents=output.contents(planned),
    )


def _assemble(planned: Plan) -> tuple[bytes, tuple[tuple[int, Trap], ...]]:
    bodies = [body for one in planned.spaces.placed["func"] for body in planned.guests.bodies(one)]
    rendered = [render(planned.found.code[function], planned.spaces, planned.types) for function in planned.written]
    head = b"".join(
        (
            PREAMBLE,
            output.types(planned),
            output.imports(planned),
            output.functions(planned),
            output.tables(planned),
            output.memories(planned),
            output.tags(planned),
            output.globals(planned),
            output.exports(planned),
            output.start(planned),
            output.elements(planned),
            output.data_count(planned),
        ),
    )
    code, sites = _code(bodies, rendered, planned)
    data = b"".join((head, *code, *output.data(planned), output.names(planned)))
    return data, tuple((len(head) + offset, trap) for offset, trap in sites)


def _code(
    guests: list[bytes],
    rendered: list[Rendered],
    planned: Plan,
) -> tuple[list[bytes], list[tuple[int, Trap]]]:
    """Return the code section in pieces (it is most of the output), and the trap sites by their offset in it."""
    bodies = [*guests, *(one.body for one in rendered)]
    if planned.writes_start:
        bodies.append(b"\x00" + planned.replay + b"\x0b")
    if not bodies:
        return [], []
    longest = max(map(len, bodies))
    if longest > _LONGEST_BODY:
        raise LimitExceeded(f"a function of {longest} bytes, where an engine takes {_LONGEST_BODY}")
    sizes = list(map(unsigned, map(len, bodies)))
    count = unsigned(len(bodies))
    length = len(count) + sum(map(len, sizes)) + sum(map(len, bodies))
    pieces = [_CODE_SECTION, unsigned(length), count, *chain.from_iterable(zip(sizes, bodies, strict=True))]
    position = sum(map(len, pieces[: 3 + 2 * len(guests)]))
    sites: list[tuple[int, Trap]] = []
    for size, one in zip(sizes[len(guests) :], rendered, strict=False):
        position += len(size)
        sites += ((position + offset, trap) for offset, trap in one.sites)
        position += len(one.body)
    return pieces, sites
