"""Whatever happens to a job is its outcome; the other jobs are answered, and no child outlives us."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from explore.family import Candidate, Fixture
from explore.oracle.jobs import Job, Result, inputs_digest
from explore.oracle.schedule import Event, Terminated, Threads, run_jobs
from explore.oracle.store import Store
from tests.toy_family import Toy, install

INPUTS = inputs_digest(Toy(), Path())  # type: ignore[arg-type]  # as much of a family as these jobs need


@pytest.fixture(autouse=True)
def _toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))


def cost(what: str, seconds: float = 20, memory_mib: int = 1000, hash_seed: int = 0) -> Job:
    return Job(
        "toy",
        "cost",
        ".",
        INPUTS,
        Candidate("A", what),
        hash_seed=hash_seed,
        seconds=seconds,
        memory_mib=memory_mib,
    )


def on_fixture(action: str, strategy: str, fixture: str) -> Job:
    about = Fixture(fixture, "gating", "", "", (), "")
    return Job("toy", action, "/root", INPUTS, Candidate("A", strategy), about)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_fate_is_an_outcome_and_the_rest_is_answered() -> None:
    jobs = [
        cost("one"),
        cost("abort"),
        cost("fail"),
        cost("hang", seconds=1.5),
        cost("exit"),
        cost("print"),
        cost("two"),
        on_fixture("reference", "x", "broken"),
    ]
    results = run_jobs(jobs)
    assert [result.status for result in results] == [
        "done",
        "crash",
        "error",
        "timeout",
        "crash",
        "done",
        "done",
        "broken-fixture",
    ]
    assert [result.job for result in results] == jobs
    assert "SIGABRT" in results[1].text
    assert results[2].text.startswith("RuntimeError: it broke (toy_family.py:")
    assert "status 3" in results[4].text
    assert isinstance(results[5].value, dict)
    assert results[7].text == "it misses its values"


def test_a_worker_that_eats_memory_is_stopped() -> None:
    (result,) = run_jobs([cost("devour", memory_mib=200)])
    assert result.status == "out-of-memory"


def test_what_was_built_is_known_though_the_run_died() -> None:
    (result,) = run_jobs([on_fixture("build-and-observe", "abort-later", "any")])
    assert result.status == "crash"
    assert isinstance(result.value, dict)
    assert result.value["artifact"]["status"] == "built"  # type: ignore[index,call-overload]


def test_every_hash_seed_is_its_own_process() -> None:
    results = run_jobs([cost("one", hash_seed=seed) for seed in (1, 2, 1, 2)], workers=1)
    values = [result.value for result in results]
    assert values[0] == values[2]
    assert [value["seed"] for value in values] == [1, 2, 1, 2]  # type: ignore[index,call-overload]
    assert len({value["hash"] for value in values}) == 2  # type: ignore[index,call-overload]


def test_answers_are_kept_and_failures_are_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    jobs = [cost("one"), cost("fail"), cost("one")]
    first = run_jobs(jobs, store=store)
    kinds: list[str] = []
    again = run_jobs(jobs, store=store, on_event=lambda event: kinds.append(event.kind))
    assert kinds == ["cached", "started", "finished"]
    assert [result.cached for result in again] == [True, False, True]
    assert [result.value for result in first] == [result.value for result in again]
    fresh = run_jobs(jobs[:1], store=store, fresh=True)
    assert not fresh[0].cached


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    run_jobs([cost("one")], store=store)
    for path in store.folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    (result,) = run_jobs([cost("one")], store=store)
    assert (result.status, result.cached) == ("done", False)


def test_code_that_changed_meanwhile_gives_no_answer(tmp_path: Path) -> None:
    (result,) = run_jobs([replace(cost("one"), inputs="of older code")], store=Store(tmp_path / "cache"))
    assert result.status == "error"
    assert "changed" in result.text
    assert Store(tmp_path / "cache").get("results", result.job.digest) is None


def test_a_child_stays_for_the_next_run_and_takes_what_it_has_seen(tmp_path: Path) -> None:
    first = [on_fixture("reference", "x", name) for name in ("a", "b")]
    then = [on_fixture("build-and-observe", "x", name) for name in ("c", "b", "a")]
    started: list[Job] = []
    with Threads(1, tmp_path) as executor:
        run_jobs(first, executor=executor)
        (worker,) = executor.idle
        run_jobs(
            then, executor=executor, on_event=lambda event: started.append(event.job) if not event.result else None
        )
        assert executor.idle == [worker]
        assert started == [then[1], then[2], then[0]]
    assert not alive(worker._process.pid)


def test_another_executor_can_take_the_place_of_the_threads() -> None:
    class Backwards:
        def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Result | None]]:
            for index in reversed(range(len(jobs))):
                yield index, None
                yield index, Result(jobs[index], "done", index)

    jobs = [cost("one"), cost("two"), cost("one"), cost("three")]
    assert [result.value for result in run_jobs(jobs, executor=Backwards())] == [0, 1, 0, 2]


@pytest.mark.parametrize(("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_an_interrupt_leaves_no_child_and_nothing_half_written(
    number: signal.Signals, error: type[BaseException], tmp_path: Path
) -> None:
    before = children()
    store = Store(tmp_path / "cache")
    started: set[int] = set()
    threads: list[threading.Thread] = []

    def interrupt() -> None:
        while len(children() - before) < 2:
            time.sleep(0.02)
        started.update(children() - before)
        os.kill(os.getpid(), number)

    def watch(event: Event) -> None:
        if event.done == 0 and event.kind == "started" and not threads:
            threads.append(threading.Thread(target=interrupt))
            threads[0].start()

    with pytest.raises(error) as raised:
        run_jobs([cost("hang"), cost("hang", memory_mib=999)], on_event=watch, store=store)
    assert isinstance(raised.value, error)
    assert started
    assert not any(map(alive, started))
    assert not [path for path in store.folder.rglob("*") if path.is_file()]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_child_whose_parent_is_gone_ends() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:  # becomes a parent that is killed
        os.close(reading)

        def tell(event: Event) -> None:
            if event.kind == "started":
                threading.Timer(0.7, lambda: os.write(writing, " ".join(map(str, children())).encode())).start()

        run_jobs([cost("hang")], workers=1, on_event=tell)
        os._exit(0)
    os.close(writing)
    grandchildren = [int(word) for word in os.read(reading, 1000).split()]
    os.close(reading)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert grandchildren
    deadline = time.monotonic() + 30
    while any(map(running, grandchildren)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(running, grandchildren))


def children() -> set[int]:
    """Return the child processes of this one."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(word) for word in (task / "children").read_text().split()}
    return found


def running(pid: int) -> bool:
    """Whether a process runs; one that nobody waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False
