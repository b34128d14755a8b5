"""Renaming the interfaces and resources of a composed component, wherever their names stand.

The same one-to-one map is applied to component-level names and to the strings by which
core modules import and export, so everything links as before; only what is called by
name differs. What the root imports keeps its name: the host knows it by that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import cast

from fuser.component.tree import (
    AliasExport,
    Arguments,
    Component,
    CoreBundle,
    CoreInstantiate,
    CoreModule,
    ExternName,
    Import,
    Instantiate,
    ModuleExport,
    ModuleImport,
)
from fuser.wasm.encode import encode_module
from fuser.wasm.module import Module, parse_module
from fuser.wasm.syntax import Slice

_INTERFACE = re.compile(r"([a-z][a-z0-9-]*):([a-z][a-z0-9-]*)/([a-z][a-z0-9-]*)(@.*)?")
_OF_RESOURCE = re.compile(
    r"(\[(?:constructor|method|static|resource-new|resource-drop|resource-rep|dtor)\])([a-z][a-z0-9-]*)(\..*)?"
)
_OPT_IN = "opaque-rep"
_SYLLABLES = ("ba", "do", "fi", "gu", "ke", "la", "mo", "ni", "pu", "re", "so", "ti", "vu", "wa", "xe", "zo")


@dataclass(frozen=True)
class Names:
    """A one-to-one map of interface and resource names."""

    interfaces: Mapping[str, str]
    resources: Mapping[str, str]

    def of(self, name: str) -> str:
        """Return the new name of an import, export or core string."""
        for prefix in ("[export]", "cabi_post_"):
            if name.startswith(prefix):
                return prefix + self.of(name.removeprefix(prefix))
        left, hash, right = name.partition("#")
        if hash:
            return f"{self.of(left)}#{self.of(right)}"
        if name in self.interfaces:
            return self.interfaces[name]
        of_resource = _OF_RESOURCE.fullmatch(name)
        if of_resource:
            before, resource, after = of_resource.groups("")
            return f"{before}{self.resources.get(resource, resource)}{after}"
        return self.resources.get(name, name)


def choose_names(component: Component, seed: int) -> Names:
    """Choose a new name for every interface and resource but those that the root imports."""
    kept = {definition.name.name for definition in component if isinstance(definition, Import)}
    names = sorted(set(_names(component)))
    words = _words(seed, set(names))
    interfaces = {name: _interface(name, words) for name in names if _INTERFACE.fullmatch(name) and name not in kept}
    found = (_OF_RESOURCE.fullmatch(name) for name in names)
    resources = sorted({match[2] for match in found if match})
    if any(name in kept for name in names if _INTERFACE.fullmatch(name)):
        resources = []  # the host's interfaces have resources too, and their names are the host's
    return Names(interfaces, {name: next(words) for name in resources})


def rename(component: Component, names: Names) -> Component:
    """Return a component with every name replaced."""
    return cast("Component", _renamed(component, names))


def _renamed(node: object, names: Names) -> object:
    match node:
        case ExternName(name):
            return replace(node, name=names.of(name))
        case AliasExport() | ModuleExport():
            return replace(node, name=names.of(node.name))
        case ModuleImport():
            return replace(node, module=names.of(node.module), name=names.of(node.name))
        case Instantiate() | CoreInstantiate():
            return replace(node, arguments=_renamed_pairs(node.arguments, names))
        case CoreBundle(items):
            return replace(node, items=_renamed_pairs(items, names))
        case CoreModule(data):
            return replace(node, data=_renamed_module(data, names))
        case tuple():
            return tuple(_renamed(item, names) for item in node)
    if is_dataclass(node) and not isinstance(node, type):
        return replace(node, **{field.name: _renamed(getattr(node, field.name), names) for field in fields(node)})
    return node


def _renamed_pairs(pairs: Arguments, names: Names) -> Arguments:
    return tuple((names.of(name), item) for name, item in pairs)


def _renamed_module(data: bytes, names: Names) -> bytes:
    module = parse_module(data)
    imports = tuple(replace(one, module=names.of(one.module), name=names.of(one.name)) for one in module.imports)
    exports = tuple(replace(one, name=names.of(one.name)) for one in module.exports)
    return encode_module(_renamed_opt_in(replace(module, imports=imports, exports=exports), names))


def _renamed_opt_in(module: Module, names: Names) -> Module:
    """Rename in the one custom section that speaks of names: the opt-in of opaque reps."""
    for place, custom in enumerate(module.customs):
        if custom.name == _OPT_IN:
            lines = module.bytes(custom.contents).decode().split("\n")
            text = "\n".join(map(names.of, lines)).encode()
            contents = Slice(len(module.data), len(module.data) + len(text))
            customs = (*module.customs[:place], replace(custom, contents=contents), *module.customs[place + 1 :])
            module = replace(module, data=module.data + text, customs=customs)
    return module


def _names(node: object) -> Iterator[str]:
    """Iterate over the component-level names in a tree."""
    if isinstance(node, ExternName):
        yield node.name
    elif isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            yield from _names(getattr(node, field.name))


def _interface(name: str, words: Iterator[str]) -> str:
    match = _INTERFACE.fullmatch(name)
    assert match is not None
    return f"{next(words)}:{next(words)}/{next(words)}{match[4] or ''}"


def _words(seed: int, taken: set[str]) -> Iterator[str]:
    """Make words that nothing is called yet, from a seed."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
        word = "".join(_SYLLABLES[byte % 16] for byte in digest[:4])
        number += 1
        if word not in taken:
            taken.add(word)
            yield word
