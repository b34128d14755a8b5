"""A command in a process of its own, watched by the one that the user started.

The reference engine ends its process on some inputs (it panics, or overflows its stack),
and no error can be caught then. The user shall get one line and an exit code all the same.
"""

from __future__ import annotations

import codecs
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

FAULTS = frozenset(
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP")
    if hasattr(signal, name)
)
"""The signals by which a process ends of itself; others come from outside."""


class Crashed(Exception):
    """The process of the command was ended by a signal; `signal` says by which."""

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        super().__init__(self.signal.name)


def supervised(work: Callable[[], int]) -> int:
    """Do the work in a child process and return the exit status that it returned.

    Signals that ask to stop are passed on. Raises Crashed where a signal ended the child.
    Without `fork` (Windows) the work is done here.
    """
    if not hasattr(os, "fork"):
        return work()
    child = os.fork()
    if child == 0:
        _child(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _passing_on(child))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        raise Crashed(os.WTERMSIG(status))
    return os.waitstatus_to_exitcode(status)


def _passing_on(child: int) -> Callable[[int, FrameType | None], None]:
    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        os.kill(child, number)

    return pass_on


def _child(work: Callable[[], int]) -> NoReturn:
    signal.signal(signal.SIGINT, _interrupt_once)
    open_streams()
    _mute_the_engine()
    status = work()
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(status)


def _interrupt_once(number: int, frame: FrameType | None) -> NoReturn:
    """Interrupt, but not again while that is being reported: a terminal signals both processes."""
    del number, frame
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def open_streams() -> None:
    """Give each standard stream that whoever started us has closed a file that cannot be used.

    What the output's encoding lacks is written as an escape, as on standard error.
    """
    for number, name, flags in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_RDWR)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)  # the lowest that is free, which is this stream's
            setattr(sys, name, os.fdopen(opened, "w" if number else "r", encoding="utf-8"))
    if isinstance(sys.stdout, TextIOWrapper):
        codecs.register_error("fuser", _escape)
        sys.stdout.reconfigure(errors="fuser")


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Spell what an encoding lacks as JSON may, so that JSON stays JSON in any locale."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _mute_the_engine() -> None:
    """Let only Python write to standard error: what a dying engine prints there is not one line."""
    ours = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    os.close(silence)
    sys.stderr = os.fdopen(ours, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)
