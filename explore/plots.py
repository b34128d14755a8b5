"""The report's drawings: viability against call cost, call costs, the tree of ADRs.

HTML with positions in percent, not images: the words keep their size on a phone.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from explore.assess import Assessment
from explore.scores import cost_ratios

BARE, REFERENCE, NANOSECONDS, SPREAD = "-against-bare", "-against-reference", "-nanoseconds", "-spread"
COLOURS = 6
"""How many colours the style sheet has for loci: `locus0`, …"""
APART = 14.0
"""Percent of the width that a point's name takes: nearer points lie in another lane."""
RATINGS = (5, 4, 3, 2, 1)


@dataclass(frozen=True)
class Scale:
    """A logarithmic scale in whole decades."""

    low: int
    high: int

    @classmethod
    def over(cls, values: Iterable[float]) -> Scale:
        """Return the decades that hold all values, and 1."""
        logs = [math.log10(value) for value in (*values, 1.0)]
        low, high = math.floor(min(logs)), math.ceil(max(logs))
        return cls(low, high if high > low else low + 1)

    def at(self, value: float) -> float:
        """Return where a value lies, in percent of the width."""
        return 100 * (math.log10(value) - self.low) / (self.high - self.low)

    def grid(self) -> str:
        """Return a line for each decade."""
        return "".join(f'<i class="grid" style="left:{self.at(10.0**d):.2f}%"></i>' for d in self._decades())

    def axis(self) -> str:
        """Return the decades' numbers, as a row below."""
        ticks = (f'<b style="left:{self.at(10.0**d):.2f}%">{10.0**d:g}×</b>' for d in self._decades())
        return f'<div class="row axis"><span></span><div class="track">{"".join(ticks)}</div><em></em></div>'

    def _decades(self) -> range:
        return range(self.low, self.high + 1)


# -- viability against call cost ---------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A path in the plot: its mean call time over the reference's, and its viability."""

    letter: str
    ratio: float
    viability: int
    locus: str
    cases: int
    """How many kinds of call were timed."""


def points(assessments: Sequence[Assessment]) -> list[Point]:
    """Return the paths that were timed and rated."""
    found = []
    for item in assessments:
        ratios = cost_ratios(item.measured.cost)
        if ratios and item.viability.value is not None:
            mean = statistics.geometric_mean(ratios.values())
            found.append(Point(item.letter, mean, item.viability.value, item.locus.value or "unknown", len(ratios)))
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


def scatter(assessments: Sequence[Assessment]) -> str:
    """Return viability (rows) against call cost (across); colour for the locus, a ring for the Pareto set."""
    found = points(assessments)
    if not found:
        return "<p>No path was timed.</p>"
    scale, best = Scale.over(point.ratio for point in found), pareto(found)
    loci = sorted({point.locus for point in found})
    most = max(point.cases for point in found)
    rows = "".join(_rating(rating, found, scale, loci, best, most) for rating in RATINGS)
    keys = "".join(
        f'<span class="key"><i class="dot {_colour(loci, locus)}"></i>{escape(locus)}</span>' for locus in loci
    )
    legend = f'<p class="legend">{keys}<span class="key"><i class="dot pareto"></i>Pareto set</span></p>'
    partly = "; * not every kind of call could be timed" if any(point.cases < most for point in found) else ""
    told = f"Up: measured viability. Across: call time over the unfused composition's, mean over the calls{partly}."
    return f'{legend}<div class="plot points">{rows}{scale.axis()}</div><p class="note">{told}</p>'


def _colour(loci: Sequence[str], locus: str) -> str:
    return f"locus{loci.index(locus) % COLOURS}"


def _rating(rating: int, found: Sequence[Point], scale: Scale, loci: Sequence[str], best: set[str], most: int) -> str:
    """Return one row of the plot, its points in as many lanes as keep their names apart."""
    lanes: list[float] = []
    dots = []
    for point in sorted((point for point in found if point.viability == rating), key=lambda point: point.ratio):
        x = scale.at(point.ratio)
        lane = next((index for index, last in enumerate(lanes) if x - last >= APART), len(lanes))
        lanes[lane : lane + 1] = [x]
        ring = " pareto" if point.letter in best else ""
        label = escape(point.letter) + ("" if point.cases == most else "*")
        title = f"{point.letter}: {point.ratio:.3g} of the composition's time over {point.cases} kinds of call"
        side = " before" if x > 100 - APART else ""
        dots.append(
            f'<a class="point{side}" href="#path-{escape(point.letter)}" title="{escape(title)}" '
            f'style="left:{x:.2f}%;top:{lane * 1.6:.1f}rem"><i class="dot {_colour(loci, point.locus)}{ring}"></i>'
            f"<b>{label}</b></a>"
        )
    height = max(1, len(lanes)) * 1.6
    inner = f'<div class="track" style="height:{height:.1f}rem">{scale.grid()}{"".join(dots)}</div>'
    return f'<div class="row"><span>{rating}</span>{inner}</div>'


# -- call costs ------------------------------------------------------------------------


def bars(assessments: Sequence[Assessment]) -> str:
    """Return call costs on a log scale, case by case; lines for the composition and for the bare limit."""
    cases = list(dict.fromkeys(case for item in assessments for case in cost_ratios(item.measured.cost)))
    if not cases:
        return "<p>No path was timed.</p>"
    costs = [item.measured.cost for item in assessments]
    limits = {case: _limit(costs, case) for case in cases}
    shown = [ratio for cost in costs for ratio in cost_ratios(cost).values()]
    scale = Scale.over([*shown, *(limit for limit in limits.values() if limit)])
    parts = [_case(case, assessments, scale, limits[case]) for case in cases]
    legend = (
        '<p class="legend"><span class="key"><i class="mark composition"></i>unfused composition</span>'
        '<span class="key"><i class="mark limit"></i>bare limit: direct calls, written by hand</span></p>'
    )
    told = (
        "Call time over the unfused composition's, on a log scale; a ratio within one run, "
        "± the distance between the quartiles over the median."
    )
    return f'{legend}<div class="plot bars">{"".join(parts)}{scale.axis()}</div><p class="note">{told}</p>'


def _case(case: str, assessments: Sequence[Assessment], scale: Scale, limit: float | None) -> str:
    rows = "".join(_bar(case, item, scale, limit) for item in assessments if case in cost_ratios(item.measured.cost))
    return f"<h3>{escape(case.replace('-', ' '))}</h3>{rows}"


def _bar(case: str, item: Assessment, scale: Scale, limit: float | None) -> str:
    cost = item.measured.cost
    ratio, spread = cost[case + REFERENCE], cost.get(case + REFERENCE + SPREAD)
    nanoseconds = cost.get(case + NANOSECONDS)
    words = f"{ratio:.2g}×" + (f" ± {spread:.0%}" if spread is not None else "")
    words += f", {_whole(nanoseconds)} ns" if nanoseconds is not None else ""
    marks = f'<i class="mark composition" style="left:{scale.at(1.0):.2f}%"></i>'
    marks += f'<i class="mark limit" style="left:{scale.at(limit):.2f}%"></i>' if limit else ""
    width = scale.at(ratio)
    return (
        f'<div class="row"><span>{escape(item.letter)}</span><div class="track">{scale.grid()}'
        f'<div class="bar" style="width:{max(width, 0.5):.2f}%"></div>{marks}</div><em>{words}</em></div>'
    )


def _whole(value: float) -> str:
    """Return three digits, or all digits of a large number, without an exponent."""
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _limit(costs: Sequence[Mapping[str, float]], case: str) -> float | None:
    """Return the bare limit over the composition: the median of what the candidates were timed against."""
    found = [cost[case + REFERENCE] / cost[case + BARE] for cost in costs if cost.get(case + BARE)]
    return statistics.median(found) if found else None


# -- the tree of ADRs -----------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """One ADR in the tree."""

    id: str
    text: str
    status: str
    verdict: str
    successor: str | None


def tree(question: str, nodes: Sequence[Node]) -> str:
    """Return the question and its ADRs, each with a link to its successor where it has one."""
    items = "".join(f"<li>{_node(node)}</li>" for node in nodes)
    told = "They are alternatives to each other; what was superseded points at its successor."
    return f'<div class="tree"><b class="box">{escape(question)}</b><ul>{items}</ul></div><p class="note">{told}</p>'


def _node(node: Node) -> str:
    id = escape(node.id, quote=True)
    successor = escape(node.successor or "", quote=True)
    after = f' <span class="after">→ <a href="#{successor}">{successor}</a></span>' if successor else ""
    return (
        f'<a class="box {escape(node.status, quote=True)}" href="#{id}"><b>{id}</b> {escape(node.text)} '
        f"<small>{escape(node.status)}, {escape(node.verdict)}</small></a>{after}"
    )
