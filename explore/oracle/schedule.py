"""Handing jobs to workers, and keeping what came back.

Threads own the child processes: a pool of processes would break when one job aborts. An
`Executor` only turns jobs into results in any order, so a cluster's may take its place.
"""

from __future__ import annotations

import json
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Literal, NoReturn, Protocol, Self

from explore.oracle.jobs import Job, Result
from explore.oracle.store import Store
from explore.oracle.supervise import Worker

_KIND = "results"


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised like SIGINT is."""


@dataclass(frozen=True)
class Event:
    """Something to show as progress."""

    kind: Literal["started", "finished", "cached"]
    job: Job
    result: Result | None
    done: int
    total: int


OnEvent = Callable[[Event], None]


class Executor(Protocol):
    """Anything that answers jobs."""

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Result | None]]:
        """Yield (index, None) as a job starts and (index, result) as it ends; closing ends all of it."""


@dataclass(frozen=True)
class Threads:
    """Threads of this process, each with a supervised child process.

    The children stay for the next run, within `with`: they have loaded the code, and seen inputs.
    """

    workers: int = 2
    store: Path | None = None
    """Folder for compiled code, shared by the children."""
    idle: list[Worker] = field(default_factory=list)
    """Children left by an earlier run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        while self.idle:
            self.idle.pop().stop()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Result | None]]:
        """See Executor."""
        crew = _Crew(jobs, self.store, self.idle)
        threads = [
            threading.Thread(target=crew.work, name=f"oracle-{number}", daemon=True)
            for number in range(max(1, min(self.workers, len(jobs))))
        ]
        for thread in threads:
            thread.start()
        left = len(jobs)
        try:
            while left:
                report = crew.reports.get()
                if isinstance(report, BaseException):
                    raise report
                left -= report[1] is not None
                yield report
        finally:
            if left:
                crew.stop()
            for thread in threads:
                thread.join()


@dataclass
class _Crew:
    """What the threads of one run share."""

    jobs: Sequence[Job]
    store: Path | None
    idle: list[Worker]
    reports: queue.SimpleQueue[tuple[int, Result | None] | BaseException] = field(default_factory=queue.SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: bool = False
    busy: set[Worker] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.waiting: dict[int, deque[int]] = {}
        for index, job in enumerate(self.jobs):
            self.waiting.setdefault(job.hash_seed, deque()).append(index)

    def work(self) -> None:
        """Answer waiting jobs until none is left or `stop` is called."""
        worker = self._idle()
        try:
            while (index := self._next(worker)) is not None:
                self.reports.put((index, None))
                worker = self._worker_for(self.jobs[index], worker)
                self.reports.put((index, worker.ask(self.jobs[index])))
        except BaseException as error:  # noqa: BLE001 -- re-raised by `run`, in the caller's thread
            self.reports.put(error)
            self._release(worker)
        else:
            self._leave(worker)

    def stop(self) -> None:
        """End the threads soon, by killing the children that they wait for."""
        with self.lock:
            self.stopping = True
            for worker in self.busy:
                worker.kill()

    def _next(self, worker: Worker | None) -> int | None:
        """Take a job of the worker's own hash seed while there is one: another needs a new process."""
        with self.lock:
            if self.stopping or not self.waiting:
                return None
            seed = worker.hash_seed if worker is not None and worker.hash_seed in self.waiting else self._fresh_seed()
            jobs = self.waiting[seed]
            index = self._nearest(jobs, worker)
            jobs.remove(index)
            if not jobs:
                del self.waiting[seed]
            return index

    def _nearest(self, jobs: Sequence[int], worker: Worker | None) -> int:
        """Choose the first job on an input that the worker has seen and may have at hand, else the first."""
        seen = worker.seen if worker is not None else ()
        return next((index for index in jobs if self.jobs[index].fixture in seen), jobs[0])

    def _fresh_seed(self) -> int:
        """Choose a hash seed that no worker is at, or the first that is left."""
        taken = {worker.hash_seed for worker in self.busy}
        return next((seed for seed in self.waiting if seed not in taken), next(iter(self.waiting)))

    def _worker_for(self, job: Job, worker: Worker | None) -> Worker:
        if worker is not None and worker.usable and worker.hash_seed == job.hash_seed:
            return worker
        self._release(worker)
        new = Worker(job.hash_seed, self.store)
        with self.lock:
            self.busy.add(new)
            if self.stopping:
                new.kill()
        return new

    def _idle(self) -> Worker | None:
        """Take a child that an earlier run left."""
        with self.lock:
            if not self.idle:
                return None
            worker = self.idle.pop()
            self.busy.add(worker)
            return worker

    def _leave(self, worker: Worker | None) -> None:
        """Leave a child to the next run, unless it is spent or we are told to stop."""
        with self.lock:
            if worker is not None and worker.usable and not self.stopping:
                self.busy.discard(worker)
                self.idle.append(worker)
                return
        self._release(worker)

    def _release(self, worker: Worker | None) -> None:
        if worker is not None:
            with self.lock:
                self.busy.discard(worker)
            worker.stop()


def run_jobs(
    jobs: Sequence[Job],
    workers: int = 2,
    on_event: OnEvent | None = None,
    store: Store | None = None,
    *,
    fresh: bool = False,
    executor: Executor | None = None,
) -> tuple[Result, ...]:
    """Return the results in the order of the jobs; equal jobs are run once.

    Results in `store` are taken unless `fresh`; new ones are kept if they are answers, and
    neither failures nor interruptions. `on_event` is called in this thread. An interrupt
    (KeyboardInterrupt, Terminated) is raised when every child is dead.
    """
    wanted = {job.digest: job for job in jobs}
    found = {} if fresh or store is None else _cached(store, wanted)
    tell = _Teller(on_event, len(wanted))
    for result in found.values():
        tell("cached", result.job, result)
    missing = [key for key in wanted if key not in found]
    if missing:
        own = nullcontext(executor) if executor else Threads(workers, store.folder if store else None)
        with own as runs:
            found |= _run([wanted[key] for key in missing], missing, runs, store, tell)
    return tuple(replace(found[job.digest], job=job) for job in jobs)


def kept(jobs: Sequence[Job], store: Store) -> tuple[Result | None, ...]:
    """Return the results that a store has, in the order of the jobs; nothing is run."""
    found = _cached(store, {job.digest: job for job in jobs})
    return tuple(found.get(job.digest) for job in jobs)


def _run(
    jobs: Sequence[Job], keys: Sequence[str], executor: Executor, store: Store | None, tell: _Teller
) -> dict[str, Result]:
    found: dict[str, Result] = {}
    with _terminable(), closing(_generator(executor.run(jobs))) as reports:
        for index, result in reports:
            tell("finished" if result else "started", jobs[index], result)
            if result is not None:
                found[keys[index]] = result
                if store is not None and result.status == "done":
                    store.put(_KIND, keys[index], _kept(result))
    return found


def _generator(
    reports: Iterator[tuple[int, Result | None]],
) -> Generator[tuple[int, Result | None], None, None]:
    """Give any iterator the `close` of a generator."""
    yield from reports


@dataclass
class _Teller:
    """Counts what is done and tells it."""

    on_event: OnEvent | None
    total: int
    done: int = 0

    def __call__(self, kind: Literal["started", "finished", "cached"], job: Job, result: Result | None) -> None:
        self.done += result is not None
        if self.on_event is not None:
            self.on_event(Event(kind, job, result, self.done, self.total))


def _kept(result: Result) -> bytes:
    return json.dumps({"value": result.value, "seconds": result.seconds}, allow_nan=False).encode()


def _cached(store: Store, wanted: dict[str, Job]) -> dict[str, Result]:
    found = {}
    for key, job in wanted.items():
        data = store.get(_KIND, key)
        if data is not None:
            kept = json.loads(data)
            found[key] = Result(job, "done", kept["value"], seconds=kept["seconds"], cached=True)
    return found


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM raise Terminated here, as SIGINT raises KeyboardInterrupt, unless the caller has a handler."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)
