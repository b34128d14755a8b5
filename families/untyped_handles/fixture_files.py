"""Fixtures as their files state them: a body for the legacy module, policies, what must come out."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from explore import schema, strict_yaml
from explore.errors import InputError
from explore.family import BrokenFixture, Fixture, Json, Observation
from families.untyped_handles.host import POLICIES
from families.untyped_handles.interface import KINDS, MORE_KINDS

FOLDER = Path("families") / "untyped_handles" / "fixtures"
GUARD, NO_GUARD, MORE, ALONE, CLIENT = "guard", "no-guard", "more", "adapter-alone", "typed-client"
_GROUP_OF = {"alias-guard": GUARD, "alias-no-guard": NO_GUARD}
"""Groups of the fixtures of the record's experiment; every other policy is a group of its own name."""
ENTRIES = ("run", "run-second")
"""What calls the body of each program."""

_CALL = {"enum": list(ENTRIES)}
_LOG = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFFFF}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "shows", "topic", "recorded"],
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "shows": {"type": "string", "minLength": 1},
        "topic": {"type": "integer", "minimum": 0, "maximum": 22},
        "recorded": {"type": "boolean"},
        "policies": {"type": "array", "minItems": 1, "items": {"enum": sorted(POLICIES)}},
        "more-kinds": {"type": "integer", "minimum": 0, "maximum": len(MORE_KINDS)},
        "calls": {"type": "array", "items": _CALL},
        "counts": {"type": "array", "items": {"enum": ["waits"]}},
        "body": {"type": "string"},
        "second": {"type": "string"},
        "expected": {"type": "array", "items": _LOG},
        "expected-under": {
            "type": "object",
            "additionalProperties": False,
            "properties": {policy: {"type": "array", "items": _LOG} for policy in POLICIES},
        },
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "client": {"enum": ["old", "mistaken"]},
        "adopted": {"const": True},
    },
    "oneOf": [
        {"required": ["body", "expected"]},
        {"required": ["body", "adopted"]},
        {"required": ["numbers"]},
        {"required": ["client"]},
    ],
}
"""What a fixture's file holds. `topic` is its number in the list of docs/untyped-handles.md, 0 for
what is not in it; `recorded` says whether the experiment of the record had it. Instead of a body,
`numbers` are component numbers for the adapter alone, and `client` is a typed guest. What was
`adopted` from a user has no expectation."""

_ADOPTED_SECONDS = 3
"""A user waits for what may never end."""
_ALWAYS = ("live", "subscriptions", "clock")
_NUMBER = re.compile(r"#(-?(?:0x[0-9a-f]+|[0-9]+))")
_LOCAL = re.compile(r"@([a-z]\w*)")


@dataclass(frozen=True)
class FixtureFile:
    """A fixture under one policy, ready to be built."""

    fixture: Fixture
    policy: str
    kinds: tuple[str, ...]
    bodies: tuple[str, ...]
    calls: tuple[str, ...]
    counts: tuple[str, ...]
    expected: tuple[Json, ...]
    numbers: tuple[int, ...] = ()
    client: str | None = None
    seconds: float = 30
    """Deadline of a run; many handles take a while on a busy machine."""

    def counted(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Return the totals that this fixture compares."""
        return {name: counts[name] for name in (*_ALWAYS, *self.counts)}

    def check(self, reference: Observation) -> None:
        """Raise BrokenFixture where the reference misses what is known of it."""
        for outcome, wanted in zip(reference.outcomes, self.expected, strict=False):
            if outcome.values != (wanted,):
                raise BrokenFixture(f"{self.fixture.name}: the untyped module logs {outcome.values}, not {wanted}")


def load_all(root: Path) -> tuple[FixtureFile, ...]:
    """Read every fixture, each under each of its policies; raises BrokenFixture."""
    folder = root / FOLDER
    if not folder.is_dir():
        raise BrokenFixture(f"there is no folder {FOLDER.as_posix()}")
    return tuple(file for path in sorted(folder.glob("*.yaml")) for file in _read(path))


def load(root: Path, fixture: Fixture) -> FixtureFile:
    """Read one fixture, or make its variant; raises BrokenFixture."""
    path = root / FOLDER / f"{fixture.name.partition('.')[0]}.yaml"
    for file in _read(path):
        if file.fixture.name == fixture.name:
            return file if fixture.seed is None else vary(file, fixture.seed)
    raise BrokenFixture(f"there is no fixture {fixture.name}")


def _read(path: Path) -> Iterator[FixtureFile]:
    shown = (FOLDER / path.name).as_posix()
    try:
        document = strict_yaml.load(path, shown)
        schema.check(document, SCHEMA)
    except InputError as error:
        raise BrokenFixture(str(error)) from error
    fields = cast("dict[str, Any]", document.value)
    content = path.read_bytes()
    for policy in fields.get("policies", ["alias-guard"]):
        yield _under(policy, path.stem, fields, content)


def _under(policy: str, name: str, fields: dict[str, Any], content: bytes) -> FixtureFile:
    guarded = policy == "alias-guard"
    fixture = Fixture(
        name=name if guarded else f"{name}.{policy}",
        group=_group(policy, fields),
        title=fields["title"] if guarded else f"{fields['title']} (host: {policy})",
        shows=fields["shows"],
        tags=(f"topic-{fields['topic']}", policy, *(["recorded"] if fields["recorded"] else [])),
        digest=hashlib.sha256(f"{hashlib.sha256(content).hexdigest()} {policy}".encode()).hexdigest(),
        size=len(content),
    )
    bodies = [fields[key] for key in ("body", "second") if key in fields]
    return FixtureFile(
        fixture=fixture,
        policy=policy,
        kinds=(*KINDS, *MORE_KINDS[: fields.get("more-kinds", 0)]),
        bodies=tuple(map(expand, bodies)),
        calls=tuple(fields.get("calls", ENTRIES[: len(bodies)])),
        counts=tuple(fields.get("counts", ())),
        expected=tuple(fields.get("expected-under", {}).get(policy, fields.get("expected", ()))),
        numbers=tuple(fields.get("numbers", ())),
        client=fields.get("client"),
        seconds=_ADOPTED_SECONDS if "adopted" in fields else FixtureFile.seconds,
    )


def _group(policy: str, fields: dict[str, Any]) -> str:
    if "numbers" in fields:
        return ALONE
    if "client" in fields:
        return CLIENT
    if policy == "alias-guard" and not fields["recorded"]:
        return MORE
    return _GROUP_OF.get(policy, policy)


def expand(body: str) -> str:
    """Write the two short forms of bodies out: `#5` is a constant, `@a` a local's value."""
    return _LOCAL.sub(r"(local.get $\1)", _NUMBER.sub(r"(i32.const \1)", body))


# -- variants ---------------------------------------------------------------------------


def vary(file: FixtureFile, seed: int) -> FixtureFile:
    """Return the fixture with other handles open and closed before it, so that every number is another.

    What its program logs and leaves is the reference's; nothing is known of it beforehand.
    """
    choice = random.Random(f"{file.fixture.name} {seed}")  # noqa: S311 -- a variant is no secret
    kept = [choice.choice(file.kinds) for _ in range(4)]
    before = [f"(global.set $h{index} (call ${kind} #{index} #0))" for index, kind in enumerate(kept)]
    holes = [choice.choice(file.kinds) for _ in range(choice.randrange(1, 6))]
    gone = [f"(call $close (call ${kind} #9 #0))" for kind in holes]
    # a handle in front of the one that stays would hide the slot: open and close are mixed
    lines = before + gone
    choice.shuffle(lines)
    after = [f"(call $close (global.get $h{index}))" for index in range(len(kept))]
    bodies = [expand("\n".join(lines)) + f"\n{body}\n" + expand("\n".join(after)) for body in file.bodies]
    digest = hashlib.sha256(f"{file.fixture.digest}@{seed}".encode()).hexdigest()
    return replace(file, fixture=replace(file.fixture, seed=seed, digest=digest), bodies=tuple(bodies), expected=())
