"""The command line: `fuser fuse`, `fuser inspect`, `fuser strategies`.

Exit codes: 0 done, 2 usage, 3 the input is malformed or unsupported, 4 a defect of ours,
5 the environment, 130 and 143 interrupted. Each failure is one line on standard error.
What a command needs is imported inside it: `--help` shall not pay for the rest.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from fuser.errors import FuserError, InvalidOutput, NotApplicable, NotViable, UsageError
from fuser.files import check_output, read_input, write_output
from fuser.supervise import FAULTS, Crashed, supervised
from fuser.version import Version

USAGE, INPUT, DEFECT, ENVIRONMENT, INTERRUPTED, TERMINATED = 2, 3, 4, 5, 130, 143
TRACEBACK = "FUSER_TRACEBACK"
"""Set to anything: a defect is shown with its traceback."""

app = typer.Typer(
    name="fuser",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help="A static fuser of WebAssembly components: a composed component in, one core module out.")
def options(*, version: Version = False) -> None:
    """Take what stands before a command."""
    del version  # which ends the command before this


class Emit(StrEnum):
    """What `fuse` writes."""

    component = "component"
    module = "module"


class Format(StrEnum):
    """How a report is printed."""

    text = "text"
    json = "json"


class Drawing(StrEnum):
    """How `inspect` prints."""

    text = "text"
    json = "json"
    mermaid = "mermaid"


Input = Annotated[str, typer.Argument(metavar="IN", help="A component, binary or text; - is standard input.")]


@app.command(epilog="Example: fuser fuse composed.wasm -o fused.wasm --explain")
def fuse(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Components, binary or text; - is standard input.")
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="OUT", help="Output file; default standard output."),
    ] = None,
    emit: Annotated[Emit, typer.Option(help="A component, or the bare core module.")] = Emit.component,
    strategy: Annotated[
        str, typer.Option(metavar="NAME[:k=v,…]", help="How resource handles are represented.")
    ] = "canonical",
    validate: Annotated[bool, typer.Option("--validate/--no-validate", help="Validate input and output.")] = True,
    explain: Annotated[bool, typer.Option("--explain", help="Say on standard error what was done.")] = False,
    format: Annotated[Format, typer.Option(help="How --explain prints.")] = Format.text,
) -> None:
    """Fuse a composed component, or several that fit together.

    What they do afterwards is done by one core module.
    """
    check_output(output)
    if inputs.count("-") > 1:
        raise UsageError("standard input can be read once")
    from fuser.fuse import FuseOptions
    from fuser.fuse import fuse as run
    from fuser.strategies import resolve

    options = FuseOptions(strategy=resolve(strategy), emit=emit.value, validate=validate)
    fused = run([read_input(name) for name in inputs], options)
    if not (explain and format is Format.json):  # which says it as data
        for number in fused.program.left_out:
            sys.stderr.write(f"note: {inputs[number]} is left out: no other input takes anything from it\n")
    if explain:
        from fuser.explain import explain as describe

        explanation = describe(fused)
        sys.stderr.write(explanation.as_json() if format is Format.json else explanation.as_text())
    write_output(output, fused.data)


@app.command(epilog="Example: fuser inspect composed.wasm --format mermaid")
def inspect(
    input: Input,
    format: Annotated[Drawing, typer.Option(help="How the program is printed.")] = Drawing.text,
) -> None:
    """Show the linked program: instances, resource types, calls."""
    from fuser.inspect import inspect as show

    sys.stdout.write(show(read_input(input), format.value))


@app.command(epilog="Example: fuser strategies --format json")
def strategies(
    format: Annotated[Format, typer.Option(help="How the list is printed.")] = Format.text,
) -> None:
    """List the strategies with their options and defaults."""
    import json

    from fuser.strategies import registry, spell_value

    known = registry().values()
    if format is Format.json:
        listed = [
            {
                "name": one.name,
                "source": one.source,
                "summary": one.summary,
                "options": dict(one.options),
                "broken": one.fault or None,
            }
            for one in known
        ]
        sys.stdout.write(json.dumps(listed, indent=2) + "\n")
        return
    for one in known:
        sys.stdout.write(f"{one.name}  {f'broken: {one.fault}' if one.fault else one.summary}\n")
        for option, value in one.options.items():
            sys.stdout.write(f"    {option}={spell_value(value)}\n")


def main() -> NoReturn:
    """Run the command line in a process of its own, and exit as it does."""
    try:
        sys.exit(supervised(command))
    except Crashed as error:
        sys.exit(_crashed(error.signal))


def command() -> int:
    """Run the command line; return the exit code. Whatever happens, there is one line about it."""
    signal.signal(signal.SIGTERM, _terminated)
    status = _reported(lambda: app(standalone_mode=False) or 0)
    if status in _SIGNALS:  # which the command line's library may have made of it already
        return _say(_SIGNALS[status], status)
    return status or _reported(_flush)


_SIGNALS = {INTERRUPTED: "interrupted", TERMINATED: "terminated"}


def _reported(work: Callable[[], int]) -> int:
    """Do something; say one line where it fails, and return the exit code."""
    try:
        return work()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except SystemExit as exit:
        # The command line's library exits with 1 where the reader of the output has gone.
        return _report(BrokenPipeError()) if exit.code == 1 else int(exit.code or 0)
    except BaseException as error:  # noqa: BLE001  the last line of defence says one line, whatever it was
        return _report(error)


def _flush() -> int:
    sys.stdout.flush()
    return 0


def _crashed(number: signal.Signals) -> int:
    """Say that the process was ended from outside, or by the engine."""
    if number is signal.SIGKILL:
        return _say("error: the process was killed; is there memory enough?", ENVIRONMENT)
    if number not in FAULTS:
        return _say(f"error: the process was ended from outside ({number.name})", ENVIRONMENT)
    return _say(f"unsupported: the reference engine crashes on this input ({number.name})", INPUT)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    signal.signal(number, signal.SIG_IGN)
    sys.exit(TERMINATED)


_FAILURES: tuple[tuple[type[BaseException], Callable[[Any], str], int], ...] = (
    (UsageError, lambda error: f"error: {error}", USAGE),
    (typer.TyperException, lambda error: f"error: {error.format_message().rstrip('.')}; see {_help(error)}", USAGE),
    (FuserError, lambda error: f"{error.prefix}: {error}", INPUT),
    (NotApplicable, lambda error: f"unsupported: the strategy does not apply: {error}", INPUT),
    (NotViable, lambda error: f"unsupported: not viable today: {error} (probe: {error.probe})", INPUT),
    (BrokenPipeError, lambda _error: "error: the reader of the output has gone", ENVIRONMENT),
    (OSError, lambda error: f"error: {_named(error)}{error.strerror or error}", ENVIRONMENT),
    (MemoryError, lambda _error: "error: out of memory", ENVIRONMENT),
)
"""What is said of a failure, and its exit code; whatever else there is, is a defect."""


def _report(error: BaseException) -> int:
    """Say one line about what went wrong; return the exit code."""
    if not isinstance(error, InvalidOutput):
        for kind, line, status in _FAILURES:
            if isinstance(error, kind):
                return _say(line(error), status)
    return _defect(error)


def _help(error: typer.TyperException) -> str:
    """Return the command whose help says what would have been right."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else app.info.name} --help"


def _named(error: OSError) -> str:
    return f"{error.filename}: " if error.filename else ""


def _defect(error: BaseException) -> int:
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    hint = f"please report it with the input ({TRACEBACK}=1 shows where)"
    return _say(f"error: a defect of the fuser: {what}; {hint}", DEFECT)


def _say(line: str, status: int) -> int:
    with suppress(OSError):  # the exit code still tells
        sys.stderr.write(" ".join(line.splitlines()) + "\n")
    return status


if __name__ == "__main__":
    main()
