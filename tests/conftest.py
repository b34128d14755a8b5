"""What holds for all tests."""

from __future__ import annotations

import signal

# A job that a script puts in the background has SIGINT ignored, and so would the commands that are interrupted here.
signal.signal(signal.SIGINT, signal.default_int_handler)
