"""One child process that answers jobs, watched for time, memory and death.

Requests and answers are lines of JSON over pipes. The child leads a process group of its
own, so that all it may have started dies with it; and it ends itself when its input
closes, so that it never outlives us.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import explore
from explore.family import Fixture
from explore.oracle.jobs import Job, Result, Status
from explore.oracle.records import to_json

_TICK = 0.1
"""Seconds between two looks at a busy child's memory."""
_ALLOCATION_FAILED = "memory allocation of"
"""What the engine's runtime says before it aborts for want of memory."""


class Worker:
    """A child process; `ask` may be called until `usable` is False."""

    def __init__(self, hash_seed: int, store: Path | None) -> None:
        self.hash_seed = hash_seed
        self.usable = True
        self.seen: set[Fixture] = set()
        """Inputs that it has worked on."""
        self._pending = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `stop`
        command = [sys.executable, "-P", "-m", "explore.oracle.worker"]
        self._process = subprocess.Popen(
            [*command, str(store)] if store else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
            env=_environment(hash_seed),
        )

    def ask(self, job: Job) -> Result:
        """Return the answer to a job, whatever happens to the child."""
        start = time.monotonic()
        partial: dict[str, Any] = {}
        if job.fixture is not None:
            self.seen.add(job.fixture)
        try:
            self._send(job)
            for message in iter(lambda: self._receive(start + job.seconds, job.memory_mib), None):
                partial.update(message)
                if "status" in message:
                    break
        except (TimeoutError, MemoryError) as error:
            partial["status"] = "timeout" if isinstance(error, TimeoutError) else "out-of-memory"
            partial["text"] = str(error)
        except BrokenPipeError:
            partial.pop("status", None)
        if "status" not in partial:
            partial["status"], partial["text"] = self._death()
        if partial["status"] in ("timeout", "out-of-memory", "crash"):
            self.stop()
        elif _resident_mib(self._process.pid) > job.memory_mib / 2:
            self.usable = False
        return Result(
            job,
            partial["status"],
            partial.get("value"),
            partial.get("text", ""),
            time.monotonic() - start,
        )

    def stop(self) -> None:
        """Kill the child and its group, and wait for it; may be called again."""
        self.usable = False
        self.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._errors):
            if file is not None and not file.closed:
                _close(file)

    def kill(self) -> None:
        """Kill the child and its group without waiting; safe from another thread."""
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return  # it ended between the two calls

    def _send(self, job: Job) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(to_json(job)).encode() + b"\n")
        self._process.stdin.flush()

    def _receive(self, deadline: float, memory_mib: int) -> dict[str, Any] | None:
        """Return the next message, None at the end of the output; raises at the limits."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no answer within the deadline")
            if _resident_mib(self._process.pid) > memory_mib:
                raise MemoryError(f"more than {memory_mib} MiB resident")
            if select.select([descriptor], [], [], min(left, _TICK))[0]:
                block = os.read(descriptor, 1 << 20)
                if not block:
                    return None
                self._pending += block
        line, self._pending = self._pending.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def _death(self) -> tuple[Status, str]:
        """Say how the child ended."""
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else ""
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        status: Status = "out-of-memory" if _ALLOCATION_FAILED in last else "crash"
        return status, f"{how}: {last}" if last else how


def _close(file: Any) -> None:
    """Close a pipe; what was buffered for a dead reader is lost, and that is meant."""
    try:
        file.close()
    except BrokenPipeError:
        return


def _environment(hash_seed: int) -> dict[str, str]:
    """Our environment, with the given hash seed and the code that we ourselves run."""
    here = str(Path(explore.__file__).parents[1])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": os.pathsep.join(paths)}


def _resident_mib(pid: int) -> float:
    """Return a process's resident memory; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
