"""Judge every seeded fault, or those named, and print which fixture kills it with which verdict.

Exit code 1 where one survives, is not valid, or where fewer than 15 pass the public
record's oracle and die by ours.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.mutants import FAULTS
from tests.mutants.judging import Line, judge

AT_LEAST = 15
"""Faults that the public record's oracle must miss and ours see, where the whole catalogue runs."""
WORKERS = 2


def show(line: Line) -> str:
    """Return a line of the table."""
    record = "passes" if line.passed_record else "fails"
    if line.killed is None:
        return f"{line.name:32} {record:7} {'INVALID ' + line.invalid if line.invalid else 'SURVIVED'}"
    judgement = line.killed.judgement
    return f"{line.name:32} {record:7} {judgement.verdict:16} {line.killed.fixture:28} {judgement.divergence}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run the catalogue; return the exit code."""
    unknown = [name for name in arguments if name not in FAULTS]
    if unknown:
        sys.stderr.write(f"error: no fault named {', '.join(unknown)}; there are: {', '.join(FAULTS)}\n")
        return 2
    names = list(arguments) or list(FAULTS)
    _say(f"{'fault':32} {'record':7} {'verdict':16} {'killed by':28} where it first diverged")
    lines = []
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for line in pool.map(judge, names):
            _say(show(line))
            lines.append(line)
    killed = sum(line.killed is not None for line in lines)
    missed = sum(line.killed is not None and line.passed_record for line in lines)
    _say(f"{killed} of {len(lines)} killed; {missed} of these pass the public record's oracle")
    return int(killed < len(lines) or (not arguments and missed < AT_LEAST))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
