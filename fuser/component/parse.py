"""Bytes to the syntax tree of a component (spec, Binary).

Everything the format allows is read, at any depth up to the reference tools' limit; what
is on the closed list of refusals raises Unsupported, anything else Malformed, both with
the offset in the outer file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fuser.component.binary import (
    CANON_BUILTINS,
    CANON_CONTEXT,
    COMPONENT_VERSION,
    COMPONENTS_LIMIT,
    CORE_SORTS,
    ITEM_OPTIONS,
    MAGIC,
    PLAIN_OPTIONS,
    REFUSED_BUILTINS,
    REFUSED_OPTIONS,
)
from fuser.component.bounds import check_references
from fuser.component.encode import encode_names
from fuser.component.parse_types import (
    alias,
    check_depth,
    core_sort,
    core_type,
    extern,
    extern_name,
    reference,
    sort,
    type_definition,
)
from fuser.component.tree import (
    Bundle,
    CanonContext,
    CanonLift,
    CanonLower,
    CanonResource,
    Component,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    Custom,
    Definition,
    Export,
    Import,
    Instantiate,
    Names,
    NestedComponent,
    Option,
    Reference,
    Section,
    Sort,
)
from fuser.errors import Malformed, Unsupported
from fuser.interpreter import deep_calls
from fuser.wasm.reader import Reader

NAMES = "component-name"


def parse(data: bytes) -> Component:
    """Parse a component in binary form.

    Raises Malformed, Unsupported or LimitExceeded.
    """
    with deep_calls():
        component = _component(Reader(data), 1)
        check_references(component)
    return component


def _component(reader: Reader, depth: int) -> Component:
    check_depth(reader, depth, COMPONENTS_LIMIT)
    offset = reader.offset
    _preamble(reader)
    sections = []
    while not reader.done:
        id = reader.byte()
        sections.append(_section(id, reader.sub(reader.u32()), depth))
    return Component(tuple(sections), offset)


def _preamble(reader: Reader) -> None:
    if reader.end - reader.position < 8 or reader.bytes(4) != MAGIC:
        raise Malformed("not a WebAssembly binary", reader.offset)
    version = reader.bytes(4)
    if version == b"\x01\0\0\0":
        reader.fail("a core module, not a component", reader.position - 4)
    if version != COMPONENT_VERSION:
        reader.fail("unknown version of the component format", reader.position - 4)


def _section(id: int, body: Reader, depth: int) -> Section:
    offset = body.offset
    definitions: tuple[Definition, ...]
    match id:
        case 0:
            definitions = (_custom(body),)
        case 1:
            definitions = (CoreModule(body.bytes(body.end - body.position), offset=offset),)
        case 4:
            definitions = (NestedComponent(_component(body, depth + 1), offset=offset),)
        case 3:
            definitions = body.vector(partial(core_type, body))
        case 7:
            definitions = body.vector(partial(type_definition, body))
        case 9:
            raise Unsupported("component start functions", offset)
        case 12:
            raise Unsupported("values", offset)
        case _ if id in _VECTORS:
            definitions = body.vector(partial(_VECTORS[id], body))
        case _:
            body.fail("unknown section")
    body.finish()
    return Section(id, definitions)


# -- custom sections -----------------------------------------------------------


def _custom(reader: Reader) -> Definition:
    offset = reader.offset
    name = reader.name()
    start = reader.position
    data = reader.bytes(reader.end - start)
    if name == NAMES:
        try:
            names = _names(Reader(data, base=reader.base + start), offset)
        except (Malformed, Unsupported):
            return Custom(name, data, offset=offset)  # a custom section never makes a binary invalid
        if encode_names(names) == data:
            return names
    return Custom(name, data, offset=offset)


def _names(reader: Reader, offset: int) -> Names:
    component: str | None = None
    maps = []
    while not reader.done:
        id = reader.byte()
        body = reader.sub(reader.u32())
        if id == 0 and component is None:
            component = body.name()
        elif id == 1:
            of = sort(body)
            maps.append((of, body.vector(partial(_named, body, of))))
        else:
            body.fail("unknown subsection of names")
        body.finish()
    return Names(component, tuple(maps), offset=offset)


def _named(reader: Reader, of: Sort) -> tuple[Reference, str]:
    return reference(reader, of), reader.name()


# -- instances -----------------------------------------------------------------------


def _core_instance(reader: Reader) -> Definition:
    offset = reader.offset
    match reader.byte():
        case 0x00:
            module = reference(reader, Sort.CORE_MODULE)
            return CoreInstantiate(module, reader.vector(partial(_core_argument, reader)), offset=offset)
        case 0x01:
            return CoreBundle(reader.vector(partial(_core_item, reader)), offset=offset)
        case _:
            reader.fail("unknown form of core instance", reader.position - 1)


def _core_argument(reader: Reader) -> tuple[str, Reference]:
    name = reader.name()
    if reader.byte() != 0x12:
        reader.fail("core modules are instantiated with core instances", reader.position - 1)
    return name, reference(reader, Sort.CORE_INSTANCE)


def _core_item(reader: Reader) -> tuple[str, Reference]:
    return reader.name(), reference(reader, core_sort(reader))


def _instance(reader: Reader) -> Definition:
    offset = reader.offset
    match reader.byte():
        case 0x00:
            component = reference(reader, Sort.COMPONENT)
            return Instantiate(component, reader.vector(partial(_argument, reader)), offset=offset)
        case 0x01:
            items = reader.vector(lambda: (extern_name(reader), reference(reader, sort(reader))))
            return Bundle(items, offset=offset)
        case _:
            reader.fail("unknown form of instance", reader.position - 1)


def _argument(reader: Reader) -> tuple[str, Reference]:
    return reader.name(), reference(reader, sort(reader))


# -- canonical functions ------------------------------------------------------------------


def _canon(reader: Reader) -> Definition:
    offset = reader.offset
    code = reader.byte()
    match code:
        case 0x00:
            _zero(reader)
            function = reference(reader, Sort.CORE_FUNC)
            options = reader.vector(partial(_option, reader))
            return CanonLift(function, options, reference(reader, Sort.TYPE), offset=offset)
        case 0x01:
            _zero(reader)
            function = reference(reader, Sort.FUNC)
            return CanonLower(function, reader.vector(partial(_option, reader)), offset=offset)
        case 0x02 | 0x03 | 0x04:
            return CanonResource(CANON_BUILTINS[code], reference(reader, Sort.TYPE), offset=offset)
        case 0x0A | 0x0B:
            return _context(reader, code, offset)
    if code in REFUSED_BUILTINS:
        raise Unsupported(f"canonical built-in 0x{code:02x} of the async or thread proposals", offset)
    reader.fail("unknown canonical function", reader.position - 1)


def _context(reader: Reader, code: int, offset: int) -> CanonContext:
    match reader.byte():
        case 0x7F:
            return CanonContext(CANON_CONTEXT[code], reader.u32(), offset=offset)
        case 0x7E:
            raise Unsupported("context slots of type i64", offset)
        case _:
            reader.fail("malformed type of a context slot", reader.position - 1)


def _zero(reader: Reader) -> None:
    if reader.byte():
        reader.fail("unknown canonical function", reader.position - 1)


def _option(reader: Reader) -> Option:
    offset = reader.offset
    code = reader.byte()
    if code in PLAIN_OPTIONS:
        return Option(PLAIN_OPTIONS[code])
    if code in ITEM_OPTIONS:
        kind, of = ITEM_OPTIONS[code]
        return Option(kind, reference(reader, of))
    if code in REFUSED_OPTIONS:
        raise Unsupported(REFUSED_OPTIONS[code], offset)
    reader.fail("unknown canonical option", reader.position - 1)


# -- imports and exports --------------------------------------------------------------------


def _import(reader: Reader) -> Import:
    offset = reader.offset
    return Import(extern_name(reader), extern(reader), offset=offset)


def _export(reader: Reader) -> Export:
    offset = reader.offset
    name = extern_name(reader)
    item = reference(reader, sort(reader))
    match reader.byte():
        case 0x00:
            ascribed = None
        case 0x01:
            ascribed = extern(reader)
        case _:
            reader.fail("malformed optional type", reader.position - 1)
    if item.sort in CORE_SORTS.values() and item.sort is not Sort.CORE_MODULE:
        raise Malformed(f"a {item.sort.value} cannot be exported", offset)
    return Export(name, item, ascribed, offset=offset)


_VECTORS: dict[int, Callable[[Reader], Definition]] = {
    2: _core_instance,
    5: _instance,
    6: alias,
    8: _canon,
    10: _import,
    11: _export,
}
