"""What an instrumented component tells, as a trace: objects by type and number, never by address; memories by size."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from explore.oracle.host import Trace
from families.fusion.tap import MADE

OBJECT = "object"
MEMORY = "memory"
PAGES_COUNT = "memory-pages"


@dataclass
class Effects:
    """Objects made and destroyed so far, in one run of an instrumented component.

    An object's number counts those of its type. Objects of one type with the same rep
    (which two instances of one component may have) are taken in the order of making.
    """

    labels: Sequence[str]
    trace: Trace = field(default_factory=Trace)
    made: int = 0
    destroyed: int = 0

    def __post_init__(self) -> None:
        self._numbers: dict[int, int] = defaultdict(int)
        self._live: dict[tuple[int, int], deque[int]] = defaultdict(deque)
        self._known: set[tuple[int, int]] = set()

    def tell(self, event: int, rep: int) -> None:
        """Take one event of the tap."""
        number, what = divmod(event, 2)
        if what == MADE:
            self._make(number, rep)
        else:
            self._destroy(number, rep)

    @property
    def counts(self) -> Mapping[str, int]:
        """Totals that must be the reference's."""
        live = sum(map(len, self._live.values()))
        return {"destructors": self.destroyed, "live": live}

    def _make(self, type: int, rep: int) -> None:
        self.made += 1
        self._numbers[type] += 1
        self._live[type, rep].append(self._numbers[type])
        self._known.add((type, rep))
        self.trace.add(f"{OBJECT} made {self.labels[type]} {self._numbers[type]}")

    def _destroy(self, type: int, rep: int) -> None:
        self.destroyed += 1
        live = self._live.get((type, rep))
        otherwise = "again" if (type, rep) in self._known else "unknown"
        which = live.popleft() if live else otherwise
        self.trace.add(f"{OBJECT} destroyed {self.labels[type]} {which}")


@dataclass
class Sizes:
    """Pages of each guest's memory so far, in one run: what they are at first, and each change."""

    trace: Trace = field(default_factory=Trace)
    pages: Sequence[int] = ()

    def read(self, call: str, pages: Sequence[int]) -> None:
        """Take the sizes after a call."""
        known = dict(enumerate(self.pages))
        for number, size in enumerate(pages):
            if known.get(number) != size:
                self.trace.add(f"{MEMORY} {number} has {size} pages after {call}")
        self.pages = pages

    @property
    def counts(self) -> Mapping[str, int]:
        """The total at the end; none where nothing could be read."""
        return {PAGES_COUNT: sum(self.pages)} if self.pages else {}
