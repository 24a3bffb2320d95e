import itertools

import polars as pl
import pytest

from f1lake.app.charts import DARKEST, LABEL_PX, LIGHTEST, NEUTRAL, readable, title_race_chart

ALL = ["antonelli", "russell", "stroll", "bottas"]


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_each_line_has_the_values_of_the_odds(race_2026: pl.DataFrame):
    figure = title_race_chart(race_2026, ["russell", "stroll"], "en")
    assert {line.name: list(line.y) for line in figure.data} == {
        "Russell": [0.62, 0.68, 0.73, 0.446],
        "Stroll": [0.04, 0.02, 0.01, 0.004],
    }


def test_steps_are_named_with_their_winner_in_the_order_of_the_season(race_2026: pl.DataFrame):
    figure = title_race_chart(race_2026, ALL, "en")
    steps = [step.replace("<b>", "").replace("</b>", "") for step in figure.layout.xaxis.categoryarray]
    assert steps == [
        "Before the season",
        "Australian Grand Prix<br>Won by Russell",
        "Chinese Grand Prix, sprint<br>Sprint won by Russell",
        "Chinese Grand Prix<br>Won by Antonelli",
    ]
    assert set(figure.data[0].x) == set(figure.layout.xaxis.categoryarray)


def test_the_axis_names_races_but_not_sprints(race_2026: pl.DataFrame):
    names = title_race_chart(race_2026, ALL, "pt").layout.xaxis.ticktext
    assert sorted(names) == ["Austrália", "China", "Pré-temporada"]


def test_team_mates_share_a_colour_and_differ_by_dash(race_2026: pl.DataFrame):
    lines = {line.name: line.line for line in title_race_chart(race_2026, ALL, "en").data}
    assert lines["Antonelli"].color == lines["Russell"].color == readable("#27f4d2")
    assert (lines["Antonelli"].dash, lines["Russell"].dash, lines["Stroll"].dash) == ("solid", "dot", "solid")


def test_hover_tells_the_share_and_the_change(race_2026: pl.DataFrame):
    line = title_race_chart(race_2026, ["antonelli"], "en").data[0]
    assert [tuple(point) for point in line.customdata] == [
        ("30%", ""),
        ("28%", "−2"),
        ("25%", "−3"),
        ("55%", "+30"),
    ]


def test_labels_at_the_ends_never_overlap(race_2026: pl.DataFrame):
    figure = title_race_chart(race_2026, ALL, "en")
    low, high = figure.layout.yaxis.range
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    heights = sorted(label.y / (high - low) * plot_px - label.ay for label in figure.layout.annotations)
    assert len(heights) == 4
    assert min(b - a for a, b in itertools.pairwise(heights)) >= LABEL_PX - 0.01
    assert heights[-1] <= plot_px


def test_a_phone_gets_codes_and_a_desktop_names(race_2026: pl.DataFrame):
    def labels(narrow: bool) -> set[str]:
        return {label.text for label in title_race_chart(race_2026, ALL, "en", narrow).layout.annotations}

    assert labels(True) == {"<b>ANT</b> 55%", "<b>RUS</b> 45%", "<b>Stroll</b> <1%", "<b>BOT</b> 0%"}
    assert "<b>Antonelli</b> 55%" in labels(False)


def test_a_chart_of_no_drivers_is_empty_and_no_error(race_2026: pl.DataFrame):
    assert not title_race_chart(race_2026, [], "en").data


def test_drivers_who_never_had_a_chance_have_a_line_at_zero(race_2026: pl.DataFrame):
    hopeless = race_2026.with_columns(probability=pl.lit(0.0))
    figure = title_race_chart(hopeless, ["bottas"], "en")
    assert list(figure.data[0].y) == [0.0] * 4
    assert figure.layout.yaxis.range[1] > 0.1


def test_the_labels_of_a_whole_field_stay_beside_the_chart(race_2026: pl.DataFrame):
    one = race_2026.filter(pl.col("as_of") == pl.col("as_of").max()).head(1)
    field = pl.concat(one.with_columns(driver_id=pl.lit(f"{i}")) for i in range(30))
    figure = title_race_chart(field, field["driver_id"].to_list(), "en")
    low, high = figure.layout.yaxis.range
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    heights = [label.y / (high - low) * plot_px - label.ay for label in figure.layout.annotations]
    assert min(heights) >= -0.01
    assert max(heights) <= plot_px
    assert len(set(heights)) == 30


@pytest.mark.parametrize("color", ["#ffffff", "#000000", "#27f4d2", "#e8002d", "#1e41ff", "#fff500"])
def test_every_colour_reads_on_a_light_and_on_a_dark_page(color: str):
    assert DARKEST - 0.005 <= luminance(readable(color)) <= LIGHTEST + 0.005


def test_a_colour_that_reads_already_stays_and_a_missing_one_is_grey():
    assert readable("#dc0000") == "#dc0000"
    assert readable(None) == NEUTRAL
