"""Line charts: geometry as a function of values, for `templates/lines.html`, which draws it.

The SVG is stretched to whatever width there is (`preserveAspectRatio="none"`, strokes that do not
scale) and all words are HTML beside it, so that one answer fits every screen
(docs/decisions/0009-own-charts.md). Coordinates run from 0 to `SIZE`, y downwards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

SIZE = 1000.0
DOTS_TO = 60
"""A line of more steps has no dots: they would touch."""

NAME_GAP_WIDE, NAME_GAP_NARROW = 26.0, 56.0
"""What a step's name needs of the width on a desktop's axis, and on a phone's: 14 px of 250."""

LABEL_GAP = 46.0
"""What a label at a line's end needs of the height: 16 px of the 350 px on a phone."""


@dataclass(frozen=True)
class Step:
    """A place on the x axis."""

    title: str
    note: str = ""
    label: str | None = None
    """What stands on the axis; None: nothing, as at a sprint."""


@dataclass(frozen=True)
class Line:
    """One line: a value a step, or None where there is none."""

    name: str
    short: str
    color: str
    values: Sequence[float | None]
    labels: Sequence[str]
    """The values in words, for the hover."""
    dash: str = "none"
    last: str = ""
    """What stands beside the name at the line's end."""
    parts: Sequence[object] = ()
    """Where this changes from a step to the next, such as the season, the line is broken."""
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True)
class Axis:
    """The y axis from `bottom` to `top` (which may be the smaller: places), with (value, label) marks."""

    bottom: float
    top: float
    marks: Sequence[tuple[float, str]]

    def y(self, value: float) -> float:
        """Where a value stands, from 0 at the top to `SIZE`."""
        return round(SIZE * (self.top - value) / (self.top - self.bottom), 1)


@dataclass(frozen=True)
class Drawn:
    """A line with its coordinates."""

    line: Line
    path: str
    band: str
    y: Sequence[float | None]
    end: float | None = None
    label_y: float = 0.0


@dataclass(frozen=True)
class Chart:
    """Everything that the template needs, in coordinates."""

    alt: str
    axis: Axis
    steps: Sequence[Step]
    x: Sequence[float]
    drawn: Sequence[Drawn]
    named: Sequence[tuple[float, str, bool]]
    """(x, name, whether a phone has room for it) of the steps on the axis."""
    mark: tuple[float, str] | None = None
    """A step that is marked, with words: 'decided'."""
    has_ends: bool = True

    @property
    def has_dots(self) -> bool:
        """Whether each step of a line has its dot."""
        return len(self.steps) <= DOTS_TO

    def hover(self) -> dict[str, object]:
        """What the hover shows: for `page.js`."""
        return {
            "x": self.x,
            "steps": [[step.title, step.note] for step in self.steps],
            "lines": [
                {"name": d.line.name, "color": d.line.color, "y": d.y, "labels": list(d.line.labels)}
                for d in self.drawn
            ],
        }


def line_chart(
    alt: str, steps: Sequence[Step], lines: Sequence[Line], axis: Axis,
    marked: tuple[int, str] | None = None, ahead: int = 0, has_ends: bool = True,
) -> Chart:
    """The chart of some lines over steps; `marked` is a step's index with words, `ahead` the steps to come."""
    count = len(steps) + ahead
    x = [round(SIZE * (step + 0.5) / count, 1) for step in range(len(steps))]
    drawn = [_drawn(line, x, axis) for line in lines]
    return Chart(
        alt, axis, steps, x, _with_labels(drawn) if has_ends else drawn, _named(steps, x),
        mark=(x[marked[0]], marked[1]) if marked else None, has_ends=has_ends,
    )


def share_axis(values: Sequence[float | None], percent: str = "{}%") -> Axis:
    """An axis for shares of 1, from 0 to the next round number above the values."""
    highest = max((value for value in values if value is not None), default=0.0)
    step = next((step for step in (0.02, 0.05, 0.1, 0.2) if highest <= 5 * step), 0.25)
    marks = [(tick * step, percent.format(round(100 * tick * step))) for tick in range(6) if tick * step <= 1]
    top = next((value for value, _ in marks[1:] if value >= highest), 1.0)
    return Axis(0.0, top, [mark for mark in marks if mark[0] <= top])


def place_axis(worst: int) -> Axis:
    """An axis for places in a championship: the first on top."""
    far = (3, 5, 7, 9) if worst < 10 else (5, 10, 15) if worst < 20 else (10, 20, 30, 40)
    marks = [1, *[place for place in far if place <= worst]]
    return Axis(worst + 0.5, 0.5, [(place, str(place)) for place in marks])


def _drawn(line: Line, x: Sequence[float], axis: Axis) -> Drawn:
    y = [None if value is None else axis.y(value) for value in line.values]
    points = zip(x, y, line.parts or [None] * len(x), strict=True)
    runs = [list(run) for (there, _), run in groupby(points, lambda at: (at[1] is not None, at[2])) if there]
    path = "".join("M" + "L".join(f"{at_x} {at_y}" for at_x, at_y, _ in run) for run in runs)
    bounds = [
        None if low is None or high is None else (at_x, low, high)
        for at_x, low, high in zip(x, line.low, line.high, strict=False)
    ]
    bands = [[at for at in run if at] for there, run in groupby(bounds, bool) if there]
    band = "".join("M" + "L".join(_outline(run, axis)) + "Z" for run in bands)
    return Drawn(line, path, band, y, end=y[-1] if y else None)


def _outline(bounds: Sequence[tuple[float, float, float]], axis: Axis) -> list[str]:
    """Along the lower bounds and back along the upper ones."""
    lower = [f"{x} {axis.y(low)}" for x, low, _ in bounds]
    return lower + [f"{x} {axis.y(high)}" for x, _, high in reversed(bounds)]


def _with_labels(drawn: Sequence[Drawn]) -> list[Drawn]:
    """The lines with room for each label: those at the bottom are pushed up where they would touch."""
    ending = sorted((d for d in drawn if d.end is not None), key=lambda d: d.end or 0.0, reverse=True)
    gap = min(LABEL_GAP, SIZE / max(len(ending), 1))
    places: list[float] = []
    for d in ending:
        places.append(min(d.end or 0.0, places[-1] - gap if places else SIZE))
    short = max(0.0, -min(places, default=0.0))  # of the top: everything moves down, as far as the top asks
    for place in range(len(places) - 1, -1, -1):
        above = places[place + 1] + gap if place + 1 < len(places) else 0.0
        places[place] = max(places[place], above) if short else places[place]
    at = {id(d): place for d, place in zip(ending, places, strict=True)}
    return [replace(d, label_y=round(at.get(id(d), 0.0), 1)) for d in drawn]


def _named(steps: Sequence[Step], x: Sequence[float]) -> list[tuple[float, str, bool]]:
    """The names on the axis that have room, counted from the last step back, so that the latest is always there."""
    named: list[tuple[float, str, bool]] = []
    wide = narrow = math.inf
    for at, step in zip(reversed(x), reversed(steps), strict=True):
        if step.label is None or wide - at < NAME_GAP_WIDE:
            continue
        fits = narrow - at >= NAME_GAP_NARROW
        wide, narrow = at, at if fits else narrow
        named.append((at, step.label, fits))
    return named[::-1]
