"""The report's drawings, as inline SVG: viability against call cost, call costs, the graph of ADRs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from explore.assess import Assessment
from explore.scores import cost_ratios

WIDTH, HEIGHT, MARGIN = 640, 300, 48
COLOURS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#64748b")
BARE = "-against-bare"


@dataclass(frozen=True)
class Point:
    """A path in the plot: its mean call time over the reference's, and its viability."""

    letter: str
    ratio: float
    viability: int
    locus: str


def points(assessments: Sequence[Assessment]) -> list[Point]:
    """Return the paths that were timed and rated."""
    found = []
    for item in assessments:
        ratios = cost_ratios(item.measured.cost)
        if ratios and item.viability.value is not None:
            mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
            found.append(Point(item.letter, mean, item.viability.value, item.locus.value or "unknown"))
    return found


def pareto(found: Sequence[Point]) -> set[str]:
    """Return the letters that no other point beats: as viable and cheaper, or more viable and as cheap."""

    def beaten(point: Point) -> bool:
        return any(
            other.viability >= point.viability
            and other.ratio <= point.ratio
            and (other.viability, -other.ratio) != (point.viability, -point.ratio)
            for other in found
        )

    return {point.letter for point in found if not beaten(point)}


def _svg(height: int, inner: str, label: str) -> str:
    title = f"<title>{escape(label)}</title>"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label, quote=True)}">{title}{inner}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale in whole decades."""

    low: int
    high: int

    @classmethod
    def over(cls, values: Sequence[float]) -> Scale:
        """Return the decades that hold all values, and 1."""
        logs = [math.log10(value) for value in (*values, 1.0)]
        low, high = math.floor(min(logs)), math.ceil(max(logs))
        return cls(low, high if high > low else low + 1)

    def x(self, value: float) -> float:
        """Return where a value lies."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return MARGIN + share * (WIDTH - 2 * MARGIN)

    def grid(self, bottom: float) -> str:
        """Return a line and a number for each decade."""
        decades = range(self.low, self.high + 1)
        return "".join(
            _line(self.x(10.0**d), 20, self.x(10.0**d), bottom, "grid")
            + _text(self.x(10.0**d), bottom + 16, f"{10.0**d:g}×", "middle")
            for d in decades
        )


def scatter(assessments: Sequence[Assessment]) -> str:
    """Return viability against call cost, colour for the locus, a ring for the Pareto set."""
    found = points(assessments)
    if not found:
        return "<p>No path was timed.</p>"
    scale, best = Scale.over([point.ratio for point in found]), pareto(found)
    loci = sorted({point.locus for point in found})
    bottom = HEIGHT - 40

    def y(viability: float) -> float:
        return bottom - (viability - 0.5) / 5 * (bottom - 20)

    parts = [scale.grid(bottom)]
    parts += [_text(8, y(rating) + 4, str(rating)) for rating in range(1, 6)]
    for point in found:
        ring = ' class="pareto"' if point.letter in best else ""
        colour = COLOURS[loci.index(point.locus) % len(COLOURS)]
        parts.append(
            f'<circle cx="{scale.x(point.ratio):.1f}" cy="{y(point.viability):.1f}" r="7" fill="{colour}"{ring}/>'
        )
        parts.append(_text(scale.x(point.ratio) + 11, y(point.viability) + 4, point.letter))
    parts += [
        f'<rect x="{MARGIN + 120 * n}" y="2" width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>'
        + _text(MARGIN + 120 * n + 14, 11, locus)
        for n, locus in enumerate(loci)
    ]
    parts.append(
        _text(WIDTH / 2, HEIGHT - 6, "call time over the unfused reference's; ringed: the Pareto set", "middle")
    )
    return _svg(HEIGHT, "".join(parts), "Viability against call cost")


def bars(assessments: Sequence[Assessment]) -> str:
    """Return call costs on a log scale; lines for the reference and, where known, the bare limit."""
    rows = [(item, case, ratio) for item in assessments for case, ratio in cost_ratios(item.measured.cost).items()]
    if not rows:
        return "<p>No path was timed.</p>"
    limits = [_bare(item.measured.cost, case, ratio) for item, case, ratio in rows]
    scale = Scale.over([ratio for *_, ratio in rows] + [limit for limit in limits if limit is not None])
    bottom = 24 + 22 * len(rows)
    parts = [scale.grid(bottom)]
    for index, ((item, case, ratio), limit) in enumerate(zip(rows, limits, strict=True)):
        y = 24 + 22 * index
        parts.append(
            f'<rect x="{MARGIN}" y="{y}" width="{max(1.0, scale.x(ratio) - MARGIN):.1f}" height="16" class="bar"/>'
            + _text(MARGIN + 4, y + 12, f"{item.letter} {case}: {ratio:.3g}")
        )
        if limit is not None:
            parts.append(_line(scale.x(limit), y - 2, scale.x(limit), y + 18, "bare"))
    parts.append(_line(scale.x(1.0), 20, scale.x(1.0), bottom, "reference"))
    parts.append(_text(WIDTH / 2, bottom + 34, "solid: the unfused reference; dotted: the bare limit", "middle"))
    return _svg(bottom + 40, "".join(parts), "Call costs")


def _bare(cost: Mapping[str, float], case: str, ratio: float) -> float | None:
    """Return the bare limit over the reference, where the candidate was timed against it."""
    against = cost.get(case + BARE)
    return ratio / against if against else None


def graph(question: str, adrs: Sequence[tuple[str, str, str, str | None]]) -> str:
    """Return the question and its ADRs (id, text, status, successor), with an arrow to each successor."""
    place = {id: 30 + 34 * index for index, (id, *_) in enumerate(adrs)}
    height = 34 * max(1, len(adrs)) + 26
    parts = [_text(8, height / 2, question)]
    for id, text, status, successor in adrs:
        y = place[id]
        parts.append(_line(70, height / 2 - 4, 150, y - 4, "grid"))
        parts.append(f'<a href="#{escape(id, quote=True)}">{_text(156, y, f"{id} {text} ({status})")}</a>')
        if successor in place:
            parts.append(_line(600, y - 4, 600, place[successor] - 4, "reference") + _text(606, place[successor], "←"))
    return _svg(height, "".join(parts), "Graph of ADRs")
