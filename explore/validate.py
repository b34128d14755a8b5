"""The validate stage, as the run sees it: a worktree, a process, an answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from explore.oracle.records import from_json, to_json
from explore.project import Project
from explore.provenance import NoRevision, Provenance, checkout
from explore.question import Question
from explore.validator import Answer, Asked, Request

OnProgress = Callable[[int, int], None]


def validate(
    project: Project,
    question: Question,
    paths: Sequence[Asked],
    provenance: Provenance,
    stores: tuple[Path, Path],
    *,
    workers: int,
    fresh: bool,
    on_progress: OnProgress,
) -> Answer:
    """Have a fresh process judge the paths on a clean checkout; where it can't, the answer says why.

    `stores` are the folders for its results and for compiled code.
    """
    commit = provenance.revision.commit
    if commit is None:
        return Answer(error=provenance.revision.missing)
    request = Request(
        question=question.id,
        original=str(project.root.resolve()),
        paths=tuple(paths),
        fixtures=provenance.fixtures,
        digests=provenance.digests,
        store=str(stores[0].resolve()),
        compiled=str(stores[1].resolve()),
        workers=workers,
        fresh=fresh,
    )
    try:
        with checkout(project, commit) as root:
            if not root.is_dir():
                return Answer(error=f"the project's folder is not in revision {commit[:12]}")
            return _run(request, root, project.root, on_progress)
    except NoRevision as error:
        return Answer(error=str(error))


def _run(request: Request, root: Path, original: Path, on_progress: OnProgress) -> Answer:
    """Start the process, feed it, and read what it says; it is dead when this returns."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "explore.validator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=root,
            env=_environment(root, original),
            start_new_session=True,
        )
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            _send(process.stdin, request)
            answer = _answer(process.stdout, on_progress)
            process.wait()
            return answer or Answer(error=_death(errors, process.returncode))
        finally:
            _kill(process)


def _send(stdin: IO[bytes], request: Request) -> None:
    try:
        with stdin:
            stdin.write(json.dumps(to_json(request)).encode())
    except BrokenPipeError:
        return  # it died before it read: its status and last words say why


def _answer(lines: Iterable[bytes], on_progress: OnProgress) -> Answer | None:
    for line in lines:
        message: dict[str, Any] = json.loads(line)
        if "answer" in message:
            return from_json(Answer, message["answer"])
        on_progress(message["done"], message["total"])
    return None


def _death(errors: IO[bytes], code: int) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return f"the validator ended with status {code}" + (f": {lines[-1]}" if lines else "")


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended between the two calls
        finally:
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _environment(root: Path, original: Path) -> dict[str, str]:
    """Our environment with the checkout first on the path, and nothing of the working tree on it.

    Folders of our own path that lie in the working tree are taken from the checkout.
    """
    here, prefix = original.resolve(), Path(sys.prefix).resolve()
    given = {Path(entry).resolve() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    paths = [root]
    for folder in (Path(entry).resolve() for entry in sys.path if entry):
        if folder.is_relative_to(here) and not folder.is_relative_to(prefix):
            paths.append(root / folder.relative_to(here))
        elif folder in given:
            paths.append(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    unique = dict.fromkeys(str(path) for path in paths)
    return environment | {"PYTHONPATH": os.pathsep.join(unique), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
