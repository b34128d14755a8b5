"""The command line of the pipeline.

Exit codes: 0 done, 1 done but the gate is not met, 2 usage, 3 a malformed input, 4 a defect of
ours, 5 the environment, 130 and 143 interrupted. Each failure is one line on standard error.
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
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from explore.errors import DEFECT, GATE_NOT_MET, INTERRUPTED, TERMINATED, ExploreError
from fuser.supervise import open_streams
from fuser.version import Version

if TYPE_CHECKING:
    from explore.project import Project

TRACEBACK = "EXPLORE_TRACEBACK"
"""Set to anything: a defect is shown with its traceback."""
ENVIRONMENT = 5
USAGE = 2

app = typer.Typer(
    name="explore",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help="From a design question to architecture decision records that one can defend.")
def options(*, version: Version = False) -> None:
    """Take what stands before a command."""
    del version  # which ends the command before this


new = typer.Typer(help="Begin a question or a path.", rich_markup_mode=None)
app.add_typer(new, name="new")


class Format(StrEnum):
    """How a table is printed."""

    text = "text"
    json = "json"
    md = "md"


Question = Annotated[str, typer.Argument(metavar="QUESTION", help="Id of a design question, e.g. ADR-0.")]
Decision = Annotated[str, typer.Argument(metavar="ADR-N", help="Id of an ADR.")]
Form = Annotated[Format, typer.Option("--format", help="How it is printed.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one sentence; kept in the file.")]


def _project() -> Project:
    from explore.project import find

    return find(Path.cwd())


def _print(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


@app.command(epilog="Example: explore run ADR-0 --path K --path B")
def run(
    question: Question,
    *,
    path: Annotated[
        list[str] | None, typer.Option(metavar="P", help="A path's letter or strategy; may be given again.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Every fixture group and variant.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Worker processes.")] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure everything anew, timings too.")] = False,
    form: Form = Format.text,
) -> None:
    """Build, judge, rank and validate paths; write an ADR for each.

    The same command goes on where an interrupted run ended.
    """
    from explore.pipeline import Options
    from explore.pipeline import run as go
    from explore.progress import Display
    from explore.question import load
    from explore.views import checked, run_data, show_run

    project = _project()
    options = Options(tuple(path or ()), all, jobs, fresh)
    with Display() as display:
        record = go(project, question, options, display)
    value = run_data(record, load(project, question).title)
    _print(checked(value, "run") if form is Format.json else show_run(value, record.synthesis, form.value))
    if record.synthesis.recommended is None:
        raise typer.Exit(GATE_NOT_MET)


@app.command(name="list", epilog="Example: explore list --format json")
def list_(form: Form = Format.text) -> None:
    """List questions and ADRs with status, verdict and viability."""
    from explore.views import checked, listing, show_listing

    value = listing(_project())
    _print(checked(value, "list") if form is Format.json else show_listing(value, form.value))


@app.command(epilog="Example: explore show ADR-3")
def show(
    id: Annotated[str, typer.Argument(metavar="ADR-N", help="Id of an ADR or question.")], form: Form = Format.text
) -> None:
    """Print a question or an ADR."""
    from explore.views import checked, shown

    project = _project()
    if form is Format.json:
        _print(checked(shown(project, id), "show"))
    else:
        _print(project.read(id).markdown.text)


@app.command(epilog="Example: explore compare ADR-0 --sort maintenance --format md")
def compare(
    question: Question,
    *,
    sort: Annotated[str, typer.Option(metavar="KEY", help="rank, letter, or the name of a score.")] = "rank",
    form: Form = Format.text,
) -> None:
    """Compare a question's paths, from the committed evidence."""
    from explore.views import checked, committed, comparison_data, show_comparison, sorted_by

    comparison = committed(_project(), question)
    value = comparison_data(comparison, sorted_by(comparison, sort))
    _print(checked(value, "compare") if form is Format.json else show_comparison(value, form.value))


@app.command(epilog="Example: explore diff previous latest")
def diff(
    old: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, its start, latest or previous.")],
    new: Annotated[str, typer.Argument(metavar="RUN", help="Likewise.")],
    form: Form = Format.text,
) -> None:
    """Print only what changed between two runs, flips first."""
    from explore.views import checked, difference, read_record, show_difference

    project = _project()
    value = difference(read_record(project, old), read_record(project, new))
    _print(checked(value, "diff") if form is Format.json else show_difference(value, form.value))


@app.command(epilog="Example: explore lint")
def lint(form: Form = Format.text) -> None:
    """Check questions, ADRs, links and evidence for faults."""
    from explore.lint import lint as check
    from explore.oracle.records import to_json
    from explore.views import checked

    faults = check(_project())
    if form is Format.json:
        _print(checked({"schema": "explore/lint/1", "faults": to_json(faults)}, "lint"))
    else:
        bullet = "* " if form is Format.md else ""
        _print("".join(f"{bullet}{fault}\n" for fault in faults) or "no faults\n")
    if faults:
        raise typer.Exit(GATE_NOT_MET)


@app.command(epilog="Example: explore fixtures --check")
def fixtures(
    *,
    question: Annotated[str | None, typer.Option(help="Id of a question; default all of them.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Run each reference against what is known of it.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Worker processes.")] = 2,
    form: Form = Format.text,
) -> None:
    """List the fixtures with group and what each shows."""
    from explore.listing import fixture_data, show_fixtures
    from explore.views import checked

    value = fixture_data(_project(), question, check=check, jobs=jobs)
    _print(checked(value, "fixtures") if form is Format.json else show_fixtures(value, form.value))
    if any(item["reference"] not in (None, "done") for item in value["fixtures"]):
        raise typer.Exit(GATE_NOT_MET)


@app.command(epilog="Example: explore accept ADR-1 --reason 'the only path that is faithful'")
def accept(
    id: Decision,
    reason: Reason,
    *,
    reject_siblings: Annotated[bool, typer.Option("--reject-siblings", help="Reject the other drafts too.")] = False,
) -> None:
    """Accept an ADR; rejection of its siblings is offered."""
    from explore.decide import Decision as Change
    from explore.decide import decide, open_siblings

    project = _project()
    siblings = open_siblings(project, id)
    answer = reject_siblings or (
        bool(siblings)
        and sys.stdin.isatty()
        and typer.confirm(f"Reject the other drafts, {', '.join(siblings)}?", default=False)
    )
    changes = [Change(id, "accepted", reason)]
    changes += [Change(other, "rejected", f"{id} was accepted: {reason}") for other in siblings if answer]
    _print(f"changed: {', '.join(decide(project, changes))}")
    if siblings and not answer:
        _print(
            f"still drafts: {', '.join(siblings)}; explore reject ADR-N --reason …, or accept with --reject-siblings"
        )


@app.command(epilog="Example: explore reject ADR-2 --reason 'leaks'")
def reject(id: Decision, reason: Reason) -> None:
    """Reject an ADR."""
    from explore.decide import Decision as Change
    from explore.decide import decide

    _print(f"changed: {', '.join(decide(_project(), [Change(id, 'rejected', reason)]))}")


@app.command(epilog="Example: explore supersede ADR-1 --by ADR-6 --reason 'measured better'")
def supersede(
    id: Decision, reason: Reason, by: Annotated[str, typer.Option(metavar="ADR-M", help="Its successor.")]
) -> None:
    """Mark an ADR as superseded by another."""
    from explore.decide import Decision as Change
    from explore.decide import decide

    _print(f"changed: {', '.join(decide(_project(), [Change(id, 'superseded', reason, by)]))}")


@app.command(epilog="Example: explore brief ADR-0 --path K")
def brief(
    question: Question,
    path: Annotated[str, typer.Option(metavar="P", help="A path's letter or strategy.")],
    form: Form = Format.md,
) -> None:
    """Print what someone who is to build a prototype needs."""
    from explore.listing import brief_data, show_brief
    from explore.views import checked

    value = brief_data(_project(), question, path)
    _print(checked(value, "brief") if form is Format.json else show_brief(value))


@new.command(name="question", epilog="Example: explore new question 'Which cache?' --family command")
def new_question(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is to be decided.")],
    family: Annotated[str, typer.Option(help="What kind of question it is.")] = "command",
    strategy: Annotated[str | None, typer.Option(help="Of the first path, as the family reads it.")] = None,
) -> None:
    """Begin a question, with the next unused id.

    It gates on the family's first fixture until you edit it.
    """
    from explore.scaffold import add_question

    _print(str(add_question(_project(), title, family, strategy)))


@new.command(name="path", epilog="Example: explore new path ADR-0 canonical --letter K --title 'Faithful tables'")
def new_path(
    question: Question,
    strategy: Annotated[str, typer.Argument(metavar="STRATEGY", help="As the question's family reads it.")],
    letter: Annotated[str, typer.Option(help="A letter that is not taken.")],
    title: Annotated[str, typer.Option(help="What the path is, in one line.")],
) -> None:
    """Add a path, with the prior of what nobody has built yet."""
    from explore.scaffold import add_path

    _print(str(add_path(_project(), question, strategy, letter, title)))


@app.command(epilog="Example: explore init my-decisions")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or does not exist.")],
) -> None:
    """Make a repository with a small question that runs at once."""
    from explore.scaffold import make_project

    _print(make_project(folder))


@app.command(name="try", epilog="Example: explore try composed.wasm --call 'run()'")
def try_(
    input: Annotated[Path, typer.Argument(metavar="IN", help="The input, e.g. a composed component.")],
    *,
    call: Annotated[str | None, typer.Option(metavar="EXPR", help="What to call, e.g. 'f(1, \"x\")'.")] = None,
    question: Annotated[str, typer.Option(metavar="QUESTION", help="Whose paths are tried.")] = "ADR-0",
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Worker processes.")] = 2,
    form: Form = Format.text,
) -> None:
    """Try every path on an input of your own.

    No fixture file is needed, and nothing is written.
    """
    from explore.trial import show_trial, trial_data
    from explore.views import checked

    value = trial_data(_project(), question, input, call, jobs)
    _print(checked(value, "try") if form is Format.json else show_trial(value, form.value))


@app.command(epilog="Example: explore report ADR-0 -o report.html")
def report(
    question: Question,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The HTML file.")],
) -> None:
    """Write the comparison and its ADRs as one HTML file."""
    from explore.report import html
    from fuser.files import replace_file

    data = html(_project(), question).encode()
    output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(output, data)
    _print(f"wrote {output}")


def main() -> NoReturn:
    """Run the command line and exit."""
    signal.signal(signal.SIGTERM, _terminated)
    open_streams()
    status = _reported(lambda: app(standalone_mode=False) or 0)
    if status in _SIGNALS:
        _say(_SIGNALS[status], status)
    sys.exit(_reported(_flush) or status)


_SIGNALS = {INTERRUPTED: "interrupted", TERMINATED: "terminated"}


def _reported(work: Callable[[], int]) -> int:
    """Do something; say one line where it fails, and return the exit code."""
    try:
        return work()
    except SystemExit as exit:
        # The command line's library exits with 1 where the reader of the output has gone.
        return _report(BrokenPipeError()) if exit.code == 1 else int(exit.code or 0)
    except BaseException as error:  # noqa: BLE001 -- the last line of defence says one line, whatever it was
        return _report(error)


def _flush() -> int:
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        raise
    return 0


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by SystemExit, which cleans up; a second signal must not cut that short."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(TERMINATED)


def _report(error: BaseException) -> int:
    """Say one line about what went wrong; return the exit code."""
    if isinstance(error, ExploreError):
        return _say(f"error: {error}", error.code)
    if isinstance(error, typer.TyperException):
        return _say(f"error: {error.format_message().rstrip('.')}; see {_help(error)}", USAGE)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, MemoryError):
        return _say("error: out of memory", ENVIRONMENT)
    if isinstance(error, BrokenPipeError):
        return _say("error: the reader of the output has gone", ENVIRONMENT)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return _say(f"error: {where}{error.strerror or error}", ENVIRONMENT)
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    hint = f"please report it ({TRACEBACK}=1 shows where)"
    return _say(f"error: a defect of explore: {type(error).__name__}: {error}; {hint}", DEFECT)


def _help(error: typer.TyperException) -> str:
    """Return the command whose help says what would have been right."""
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else app.info.name} --help"


def _say(line: str, status: int) -> int:
    with suppress(OSError):  # the exit code still tells
        sys.stderr.write(" ".join(line.split()) + "\n")
    return status


if __name__ == "__main__":
    main()
