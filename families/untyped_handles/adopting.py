"""Making a fixture of a user's own program: no expectation but what the untyped module does."""

from __future__ import annotations

import re
from pathlib import Path

import wasmtime
import yaml

from explore.files import legible
from explore.oracle.engine import invalid_because
from families.untyped_handles import legacy, world
from families.untyped_handles.fixture_files import ENTRIES, FOLDER, expand
from families.untyped_handles.interface import KINDS


def adopt(source: Path, call: str | None, root: Path) -> str:
    """Write a fixture below `root` and return its name.

    The source is a body as fixtures have it: WebAssembly text over the functions of the
    legacy module's prelude. Raises ValueError where it is not usable.
    """
    if call not in (None, ENTRIES[0]):
        raise ValueError(f"a body is called by {ENTRIES[0]}, there is no {call}")
    body = _read(source)
    name = re.sub(r"[^a-z0-9]+", "-", source.stem.lower()).strip("-") or "input"
    folder, title = root / FOLDER, legible(source.name)
    folder.mkdir(parents=True, exist_ok=True)
    fields = {
        "title": title,
        "shows": f"whether {title} does over typed resources what it does as a module",
        "topic": 0,
        "recorded": False,
        "adopted": True,
        "body": body,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(fields, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return name


def _read(source: Path) -> str:
    try:
        body = source.read_text(encoding="utf-8")
        module = world.binary(legacy.text(expand(body), KINDS))
    except OSError as error:
        raise ValueError(f"it can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text: {error.reason} at byte {error.start}") from error
    except wasmtime.WasmtimeError as error:
        raise ValueError(f"not a body in WebAssembly text: {' '.join(str(error).split())[:200]}") from error
    if why := invalid_because(module):
        raise ValueError(f"not a body of the legacy module: {why}")
    return body
