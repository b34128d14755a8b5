"""Making a fixture of a user's own component: no expectations but what the reference does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import wasmtime
import yaml
from wasmtime import component as wc

from explore.family import Json
from explore.files import legible
from explore.oracle.engine import engine, load_component
from families.fusion.fixture_files import ADOPTED, FILE, FOLDER
from fuser.component.text import binary
from fuser.errors import FuserError

PREFERRED = "run"
SECONDS, MEMORY_MIB = 30, 1024

_CALL = re.compile(r"\s*([^()\s]+)\s*(?:\((.*)\))?\s*", re.DOTALL)


def adopt(source: Path, call: str | None, root: Path) -> str:
    """Write a fixture below `root` and return its name.

    `call` is `FUNCTION` or `FUNCTION(JSON, …)`; without one, `run` is called, or the only
    function that takes nothing. Raises ValueError where the input is not usable.
    """
    data = _read(source)
    name = re.sub(r"[^a-z0-9]+", "-", source.stem.lower()).strip("-") or "input"
    function, arguments = _parse(call) if call else (_choose(data), [])
    known = [exported for exported, _ in _functions(data)]
    if function not in known:
        raise ValueError(f"there is no exported function {function}; there are: {', '.join(known) or 'none'}")
    folder, title = root / FOLDER / name, legible(source.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.wasm").write_bytes(data)
    fields = {
        "type": ADOPTED,
        "name": name,
        "title": title,
        "group": "tried",
        "shows": f"whether {function} of {title} does fused what it does unfused",
        "component": f"{name}.wasm",
        "calls": [{"call": function, "arguments": arguments}],
        "limits": {"seconds": SECONDS, "memory-mib": MEMORY_MIB},
    }
    (folder / FILE).write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return name


def _read(source: Path) -> bytes:
    try:
        data = binary(source.read_bytes())
        load_component(data)
    except OSError as error:
        raise ValueError(f"it can't be read: {error.strerror}") from error
    except FuserError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except wasmtime.WasmtimeError as error:
        raise ValueError(f"not a component: {' '.join(str(error).split())[:200]}") from error
    return data


def _parse(call: str) -> tuple[str, list[Json]]:
    match = _CALL.fullmatch(call)
    if match is None:
        raise ValueError(f"{call!r} is not a call: write FUNCTION or FUNCTION(JSON, …)")
    try:
        arguments: list[Json] = json.loads(f"[{match[2] or ''}]")
        json.dumps(arguments, ensure_ascii=False).encode()  # raises where a string is half of a character
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the arguments of {call!r} are not JSON: {error}") from error
    return match[1], arguments


def _choose(data: bytes) -> str:
    """Return the function to call where none is named."""
    plain = [name for name, type in _functions(data) if not type.params]
    runs = [name for name in plain if name.rpartition("#")[2] == PREFERRED]
    found = runs[:1] or plain
    if len(found) != 1:
        there = ", ".join(plain) or "none"
        raise ValueError(f"say what to call; functions without parameters: {there}")
    return found[0]


def _functions(data: bytes) -> Iterator[tuple[str, wc.FuncType]]:
    """Iterate over the exported functions, those at the root first."""
    own = engine(optimised=False)
    exports = load_component(data).type.exports(own)
    for name, extern in exports.items():
        if isinstance(extern.ty, wc.FuncType):
            yield name, extern.ty
    for name, extern in exports.items():
        if isinstance(extern.ty, wc.ComponentInstanceType):
            for inner, item in extern.ty.exports(own).items():
                if isinstance(item.ty, wc.FuncType):
                    yield f"{name}#{inner}", item.ty
