import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1lake.app.charts.colors import DARKEST, DASHES, LIGHTEST, NEUTRAL, dashes, readable
from f1lake.app.charts.lines import (
    LABEL_GAP,
    NAME_GAP_NARROW,
    NAME_GAP_WIDE,
    SIZE,
    Chart,
    Line,
    Step,
    line_chart,
    place_axis,
    share_axis,
)

STEPS = [Step(f"Race {n}", f"Won by {n}", f"{n}") for n in range(4)]


def line(*values: float | None, name: str = "Antonelli") -> Line:
    return Line(name, name[:3].upper(), "#27a08d", values, [f"{value}" for value in values])


def values_of(chart: Chart, place: int = 0) -> list[float]:
    """The values of a line, read back from the path that is drawn."""
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.-]+)", chart.drawn[place].path)]
    return [chart.axis.top - y / SIZE * (chart.axis.top - chart.axis.bottom) for y in heights]


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_line_is_drawn_through_its_values():
    shares = (0.30, 0.28, 0.25, 0.55)
    chart = line_chart("", STEPS, [line(*shares)], share_axis(shares))
    assert values_of(chart) == pytest.approx(shares, abs=1e-3)
    assert chart.x == sorted(chart.x)


def test_a_gap_breaks_the_line():
    chart = line_chart("", STEPS, [line(0.1, None, 0.2, 0.3)], share_axis([0.3]))
    assert chart.drawn[0].path.count("M") == 2
    assert chart.drawn[0].y[1] is None


def test_a_gap_breaks_the_band_too():
    values = (0.1, 0.2, None, 0.3)
    banded = Line("Car", "", NEUTRAL, values, [""] * 4, low=(0.0, 0.1, None, 0.2), high=(0.2, 0.3, None, 0.4))
    band = line_chart("", STEPS, [banded], share_axis([0.4])).drawn[0].band
    assert re.sub(r"[^MLZ]", "", band) == "MLLLZMLZ"


def test_a_season_breaks_the_line_too():
    shares = (0.1, 0.2, 0.9, 0.3)
    seasons = Line("Antonelli", "ANT", NEUTRAL, shares, [""] * 4, parts=[2025, 2025, 2026, 2026])
    chart = line_chart("", STEPS, [seasons], share_axis(shares))
    assert re.sub(r"[^ML]", "", chart.drawn[0].path) == "MLML"
    assert values_of(chart) == pytest.approx(shares, abs=1e-3)


def test_steps_to_come_leave_room_on_the_right():
    whole = line_chart("", STEPS, [line(0.1, 0.2, 0.3, 0.4)], share_axis([0.4]))
    until = line_chart("", STEPS[:2], [line(0.1, 0.2)], share_axis([0.4]), ahead=2)
    assert list(until.x) == list(whole.x[:2])


@pytest.mark.parametrize(("highest", "top"), [(0.0, 0.02), (0.03, 0.04), (0.41, 0.5), (0.804, 1.0), (1.0, 1.0)])
def test_the_share_axis_ends_at_a_round_number_above_the_values(highest: float, top: float):
    assert share_axis([highest, None]).top == pytest.approx(top)


def test_places_have_the_first_on_top():
    axis = place_axis(20)
    assert axis.y(1) < axis.y(2) < axis.y(20) < SIZE
    assert [mark for mark, _ in axis.marks] == [1, 10, 20]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=22))
def test_labels_at_the_ends_never_touch_nor_leave_the_chart(ends: list[float]):
    chart = line_chart("", STEPS[:1], [line(end, name=f"Driver {n}") for n, end in enumerate(ends)], share_axis(ends))
    heights = sorted(drawn.label_y for drawn in chart.drawn)
    assert min(heights) >= -0.1
    assert max(heights) <= SIZE
    room = min(LABEL_GAP, SIZE / len(ends)) - 0.2
    assert all(b - a >= room for a, b in itertools.pairwise(heights))


def test_labels_keep_the_order_of_the_lines():
    ends = [0.9, 0.5, 0.02, 0.01, 0.0]
    chart = line_chart("", STEPS[:1], [line(end) for end in ends], share_axis(ends))
    assert [d.label_y for d in chart.drawn] == sorted(d.label_y for d in chart.drawn)


def test_a_phone_names_fewer_steps_and_always_the_last():
    steps = [Step("", "", f"{n}") for n in range(24)]
    named = line_chart("", steps, [], share_axis([])).named
    assert len(named) == 24
    assert sum(fits for _, _, fits in named) == 12
    assert named[-1][2]


@given(st.lists(st.booleans(), max_size=400))
def test_names_on_the_axis_never_touch(is_first: list[bool]):
    steps = [Step("", "", "1968" if named else None) for named in is_first]
    named = line_chart("", steps, [], share_axis([])).named
    phone = [at for at, _, fits in named if fits]
    assert all(b - a >= NAME_GAP_WIDE for (a, _, _), (b, _, _) in itertools.pairwise(named))
    assert all(b - a >= NAME_GAP_NARROW for a, b in itertools.pairwise(phone))


def test_the_hover_has_every_value_and_note():
    hover = line_chart("", STEPS, [line(0.1, 0.2, 0.3, 0.4)], share_axis([0.4])).hover()
    assert hover["steps"][3] == ["Race 3", "Won by 3"]
    assert hover["lines"][0]["labels"] == ["0.1", "0.2", "0.3", "0.4"]


def test_a_chart_of_no_lines_is_empty_and_no_error():
    assert not line_chart("", [], [], share_axis([])).drawn


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_becomes_readable_on_light_and_dark(color: int):
    assert DARKEST - 0.01 <= luminance(readable(f"#{color:06x}")) <= LIGHTEST + 0.01


def test_a_team_without_a_colour_is_grey_and_nonsense_an_error():
    assert readable(None) == NEUTRAL
    with pytest.raises(ValueError, match="no colour"):
        readable("red")


def test_team_mates_differ_by_dash_and_other_teams_need_none():
    mclaren, williams = readable("#ff8000"), readable("#1e41ff")
    assert dashes([mclaren, williams, mclaren, williams]) == ["none", "none", DASHES[1], DASHES[1]]


def test_colours_that_the_colour_blind_confuse_differ_by_dash():
    red, green = readable("#b03030"), readable("#4a7a1e")
    one, other = dashes([red, green])
    assert one != other


def test_more_like_lines_than_dashes_is_no_error():
    assert len(dashes([NEUTRAL] * 20)) == 20
