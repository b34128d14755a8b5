"""Beginnings that lint clean: a question, a path, a project of one's own."""

from __future__ import annotations

import json
import shlex
from importlib import resources
from pathlib import Path

from explore import measure, schema
from explore.documents import Markdown, split
from explore.errors import EnvironmentFault, UsageError
from explore.family import Json
from explore.files import locked, write_all
from explore.project import Entry, Project, number
from explore.provenance import said, without_git
from explore.question import from_entry
from explore.render import front_matter
from explore.tables import clean

STRATEGY = "python3 strategies/NAME.py {arguments}"
"""A command that lints: what it names need not exist yet."""
NOBODY = "nobody built it here"
"""Source of the prior of a path of which nothing is known."""


def _path(letter: str, strategy: str, title: str, locus: str) -> dict[str, Json]:
    prior: dict[str, Json] = {
        "viability": 3,
        "rule": "research",
        "locus": locus,
        "outcome": "unknown",
        "source": NOBODY,
    }
    return {"letter": letter, "strategy": strategy, "title": title, "prior": prior}


def _question(id: str, title: str, family: str, gating: list[Json], path: dict[str, Json], loci: list[Json]) -> str:
    """Return the text of a question."""
    fields: dict[str, Json] = {
        "id": id,
        "type": "design-question",
        "title": title,
        "status": "open",
        "context": "Say what is to be decided, what is known, and what a pass means.",
        "family": family,
        "gates": [{"score": "gating", "at-least": 1, "why": "the gating fixtures must pass"}],
        "gating-fixtures": gating,
        "groups": [],
        "paths": [path],
        "locus-vocabulary": loci,
    }
    return f"{front_matter(fields)}\n# {id}: {title}\n\nWhat is to be decided, and between what.\n"


def add_question(project: Project, title: str, family: str, strategy: str | None) -> Path:
    """Write a question with the next unused id; it gates on the family's first fixture until it is edited."""
    with locked(project.root):
        id = f"ADR-{max(map(number, project.ids()), default=-1) + 1}"
        loaded = measure.family_named(family)
        fixtures = measure.all_fixtures(loaded, project)
        if not fixtures:
            raise UsageError(f"the family {family} has no fixture here; write one first")
        words = strategy or STRATEGY
        path = _path("A", words, "The first path", loaded.vocabulary[0])
        text = _question(id, clean(title), family, [fixtures[0].name], path, list(loaded.vocabulary))
        place = project.document_path(id)
        _checked(project, id, place, split(text, project.shown(place)))
        write_all({place: text.encode()})
        return project.shown(place)


def _checked(project: Project, id: str, place: Path, markdown: Markdown) -> None:
    """Raise InputError where the text would not be a question, UsageError where its last path is none of its family."""
    schema.check(markdown.front, schema.front_matter(project.root))
    question = from_entry(Entry(id, place, markdown))
    measure.candidate_of(measure.family_of(question), project, question.paths[-1])


def add_path(project: Project, id: str, strategy: str, letter: str, title: str) -> Path:
    """Add a path at the end of a question's paths; everything else in the file stays as it is."""
    with locked(project.root):
        entry = project.read(id)
        question = from_entry(entry)
        added = _path(letter, strategy, clean(title), question.vocabulary[0])
        markdown = entry.markdown
        lines = markdown.text.split("\n")
        at = _end_of_paths(markdown)
        lines[at:at] = front_matter({"paths": [added]}).split("\n")[2:-2]
        changed = split("\n".join(lines), markdown.front.path)
        old = markdown.fields["paths"]
        assert isinstance(old, list)
        if changed.fields != {**markdown.fields, "paths": [*old, added]}:
            raise markdown.front.fault("a path can't be added by lines; edit the file by hand", ("paths",))
        _checked(project, id, entry.path, changed)
        write_all({entry.path: changed.text.encode()})
        return project.shown(entry.path)


def _end_of_paths(markdown: Markdown) -> int:
    """Return the index of the line behind the last path."""
    begin = markdown.front.lines[("paths",)]
    later = [line for place, line in markdown.front.lines.items() if len(place) == 1 and line > begin]
    lines = markdown.text.split("\n")
    end = min(later) - 1 if later else markdown.fence
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    return end


# -- a project of one's own ---------------------------------------------------------

EXACT = '''"""Sort numbers as numbers."""

import json
import sys

print(json.dumps(sorted(map(int, sys.argv[1:]))))
'''
SLOPPY = '''"""Sort numbers as text: right until one has more digits than another."""

import json
import sys

print(json.dumps([int(word) for word in sorted(sys.argv[1:])]))
'''


def _fixture(name: str, group: str, title: str, shows: str, numbers: list[int]) -> str:
    fields: dict[str, Json] = {
        "type": "command-fixture",
        "name": name,
        "title": title,
        "group": group,
        "shows": shows,
        "arguments": [str(item) for item in numbers],
        "expected": {"status": 0, "output": list[Json](sorted(numbers))},
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items())


def _toy_question() -> str:
    exact = _path("A", "python3 strategies/exact.py {arguments}", "Sort numbers as numbers", "command")
    sloppy = _path("B", "python3 strategies/sloppy.py {arguments}", "Sort numbers as text", "command")
    gates: list[Json] = [{"score": "gating", "at-least": 1, "why": "the gating fixtures must pass"}]
    fields: dict[str, Json] = {
        "id": "ADR-0",
        "type": "design-question",
        "title": "How to sort numbers",
        "status": "open",
        "context": "A program gets numbers and prints them in order. A pass means the same numbers in the right order.",
        "family": "command",
        "gates": gates,
        "gating-fixtures": ["digits", "lengths"],
        "groups": ["more"],
        "paths": [exact, sloppy],
        "locus-vocabulary": ["command"],
    }
    return f"{front_matter(fields)}\n# ADR-0: How to sort numbers\n\nA toy. `explore run ADR-0` decides it.\n"


def make_project(folder: Path) -> str:
    """Make a repository with a toy question and commit it; return what to do next."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already and is not an empty folder")
    text = resources.files("explore").joinpath("schemas", "schema.yaml").read_text(encoding="utf-8")
    digits = _fixture("digits", "gating", "Numbers of one digit", "Whether it sorts at all.", [3, 1, 2])
    lengths = _fixture("lengths", "gating", "Numbers of one and two digits", "Whether it sorts as numbers.", [10, 9, 1])
    same = _fixture("same", "more", "Equal numbers", "Whether it keeps both.", [2, 2, 1])
    files = {
        "schema.yaml": text,
        ".gitignore": ".explore/\n__pycache__/\n",
        "adr/ADR-0.md": _toy_question(),
        "strategies/exact.py": EXACT,
        "strategies/sloppy.py": SLOPPY,
        "fixtures/digits/fixture.yaml": digits,
        "fixtures/lengths/fixture.yaml": lengths,
        "fixtures/same/fixture.yaml": same,
    }
    write_all({folder / name: content.encode() for name, content in files.items()})
    return f"made {folder}{_commit(folder)}\nnext: cd {shlex.quote(str(folder))} && explore run ADR-0"


def _commit(folder: Path) -> str:
    """Commit everything; validation needs a revision. Say so where git is not there."""
    try:
        import git
    except ImportError:
        return f" ({without_git()}, so nothing was committed and nothing can be validated)"
    try:
        with git.Repo.init(folder, initial_branch="main") as repository:
            repository.git.add("--all")
            actor = git.Actor("explore", "explore@localhost")
            repository.index.commit("A toy question", author=actor, committer=actor, skip_hooks=True)
    except git.GitCommandError as error:
        raise EnvironmentFault(f"git failed: {said(error)}") from None
    return ""
