"""Seeded faults of the fuser, and how the oracle sees each: `python -m tests.mutants`."""

from tests.mutants import handles, merging, values
from tests.mutants.fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault", "handles", "merging", "values"]
