"""The command `fuser`, and `python -m fuser`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

INTERRUPTED = 130


def start(name: str) -> NoReturn:
    """Load the module of a command line and run its `main`; an interrupt while it is loaded is one line, too."""
    try:
        command = import_module(name).main
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
    command()
    raise AssertionError("a command line ends its process")


def main() -> NoReturn:
    """Run the fuser's command line."""
    start("fuser.cli")


if __name__ == "__main__":
    main()
