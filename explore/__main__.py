"""The command `explore`, and `python -m explore`."""

from __future__ import annotations

from typing import NoReturn

from fuser.__main__ import start


def main() -> NoReturn:
    """Run the pipeline's command line."""
    start("explore.cli")


if __name__ == "__main__":
    main()
