"""silver/events: the calendar in the lake's words."""

import datetime as dt
from collections.abc import Callable

import polars as pl

from f1lake.silver.events import events
from f1lake_tests.silver.small import calendar, calendars, race_day

Made = Callable[..., pl.DataFrame]


def test_rounds_remaining_count_down_to_the_last_round_of_each_season(made: Made) -> None:
    schedule = pl.concat([calendar(2025, 4), calendar(2026, 2)]).sample(fraction=1, shuffle=True, seed=1)
    remaining = made(events, schedule, calendars(schedule)).sort("season", "round")["rounds_remaining"].to_list()
    assert remaining == [3, 2, 1, 0, 1, 0]


def test_rounds_still_to_be_run_are_in_the_calendar(made: Made) -> None:
    """The running season's calendar is published whole; a round that was cancelled is gone from it."""
    published, one_less = calendar(2026, 22), calendar(2026, 21)
    assert made(events, published, calendars(published)).height == 22
    assert made(events, one_less, calendars(one_less)).filter(round=1)["rounds_remaining"].item() == 20


def test_a_postponed_race_keeps_its_number_and_one_without_a_date_is_still_to_come(made: Made) -> None:
    after_all = pl.when(pl.col("round") == 2).then(race_day(2026, 9)).otherwise("event_date")
    undated = pl.when(pl.col("round") != 4).then(after_all)
    schedule = calendar(2026, 5).with_columns(event_date=undated)
    remaining = made(events, schedule, calendars(schedule)).sort("round")["rounds_remaining"]
    assert remaining.to_list() == [4, 1, 3, 0, 2]


def test_a_sprint_that_only_the_format_has_is_on_the_day_before_the_race(made: Made) -> None:
    formats = pl.when(pl.col("round") == 2).then(pl.lit("sprint_qualifying")).otherwise(pl.lit("conventional"))
    schedule = calendar(2026, 3).with_columns(EventFormat=formats)
    made_of_it = made(events, schedule, calendars(schedule)).filter("is_sprint_weekend")
    assert made_of_it.select("round", "sprint_date").rows() == [(2, race_day(2026, 2) - dt.timedelta(days=1))]


def test_a_sprint_weekend_has_the_day_of_its_sprint(made: Made) -> None:
    schedule = calendar(2024, 3, sprints=(2,))
    made_of_it = made(events, schedule, calendars(schedule))
    assert made_of_it.filter("is_sprint_weekend")["round"].to_list() == [2]
    assert made_of_it.filter(round=2)["sprint_date"].item() == race_day(2024, 2) - dt.timedelta(days=1)


def test_the_recorded_calendars_have_sprints_from_2021_on(
    made: Made, recorded_bronze: dict[str, pl.DataFrame]
) -> None:
    made_of_it = made(events, recorded_bronze["events"], calendars(recorded_bronze["events"]))
    assert made_of_it.filter(season=2026)["rounds_remaining"].max() == 21
    sprints = made_of_it.filter("is_sprint_weekend").group_by("season").len().sort("season").rows()
    assert sprints == [(2021, 3), (2022, 3), (2023, 6), (2024, 6), (2025, 6), (2026, 6)]


def test_sprint_qualifying_has_its_time_under_either_of_its_names(made: Made) -> None:
    fields = [
        None, '{"SprintShootout": {"date": "2023-04-29", "time": "09:30:00Z"}}',
        '{"SprintQualifying": {"date": "2026-03-13", "time": "07:30:00Z"}, "other": 1}',
        '{"SprintQualifying": {"date": "2026-03-13"}}', '{"SprintQualifying": {"date": "soon", "time": "later"}}',
    ]
    schedule = calendar(2026, len(fields)).with_columns(unknown_fields=pl.Series(fields))
    begins = made(events, schedule, calendars(schedule)).sort("round")["sprint_qualifying_start"].to_list()
    shootout, qualifying = dt.datetime(2023, 4, 29, 9, 30), dt.datetime(2026, 3, 13, 7, 30)
    assert begins == [None, shootout.replace(tzinfo=dt.UTC), qualifying.replace(tzinfo=dt.UTC), None, None]
