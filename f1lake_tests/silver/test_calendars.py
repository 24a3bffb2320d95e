"""silver/calendars: what was known of a season on a day, and that nothing earlier follows a later calendar."""

import datetime as dt
import shutil
from collections.abc import Callable

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from f1lake.bronze.events import Events
from f1lake.silver.calendars import TABLE, before_season, calendars, calendars_on, season_of
from f1lake.silver.departures import departures
from f1lake.silver.events import events
from f1lake.silver.season_state import season_state
from f1lake.silver.session_results import SessionResults
from f1lake.storage.delta_io import BronzeIOManager, DeltaIOManager
from f1lake.storage.lake import read
from f1lake.storage.schemas import CONTRACTS
from f1lake_tests.silver.small import calendar, frame
from f1lake_tests.silver.small import calendars as in_force
from f1lake_tests.silver.test_season_state import of_seasons, race

Made = Callable[..., pl.DataFrame]
BEFORE, CANCELLED, RESTORED = dt.date(2005, 1, 20), dt.date(2005, 3, 10), dt.date(2005, 3, 17)
OF_2005 = dg.PartitionKeyRange("2005", "2005")


def without(round_: int, of: pl.DataFrame) -> pl.DataFrame:
    """The calendar without one race, those after it renumbered."""
    kept = of.filter(pl.col("round") != round_)
    return kept.with_columns(round=pl.col("round") - (pl.col("round") > round_).cast(pl.Int32))


@pytest.fixture
def collected(made: Made, lake, monkeypatch: pytest.MonkeyPatch) -> Callable[[pl.DataFrame, dt.date], pl.DataFrame]:
    """`collected(calendar, day)` is silver/calendars once bronze has had this calendar since a day."""
    assert {"bronze/events", TABLE} <= set(CONTRACTS)

    def collect(schedule: pl.DataFrame, day: dt.date) -> pl.DataFrame:
        at = dt.datetime.combine(day, dt.time(9), dt.UTC)
        monkeypatch.setenv("F1LAKE_NOW", at.isoformat())
        bronze = Events.cast(schedule.with_columns(collected_at=pl.lit(at)))
        BronzeIOManager().write("bronze/events", bronze, [2005])
        bronze_now = read("bronze/events", [2005])
        rows = made(calendars, dg.build_asset_context(partition_key_range=OF_2005), bronze_now)
        DeltaIOManager().write(TABLE, rows, [2005])
        return rows

    return collect


def rounds_known(of: pl.DataFrame, *days: dt.date) -> list[tuple[int, bool]]:
    """How many rounds the calendar of 2005 had on each day, and whether it is that of the day."""
    asked = pl.LazyFrame({"season": [2005] * len(days), "as_of": days}, schema_overrides={"season": pl.Int32})
    found = calendars_on(asked, of.lazy()).group_by("as_of").agg(pl.len(), pl.col("is_of_the_day").first())
    return found.sort("as_of").select("len", "is_of_the_day").collect().rows()


def test_each_day_has_the_calendar_that_was_collected_by_its_evening(collected) -> None:
    published = calendar(2005, 6, sprints=(5,))
    collected(published, BEFORE)
    collected(without(4, published), CANCELLED)
    of = collected(published, RESTORED)
    days = [CANCELLED - dt.timedelta(days=1), CANCELLED, RESTORED - dt.timedelta(days=1), RESTORED]
    assert rounds_known(of, *days) == [(6, True), (5, True), (5, True), (6, True)]
    assert rounds_known(of, dt.date(2005, 1, 1)) == [(6, False)], "the lake was not there yet"
    assert of["bronze_version"].unique().sort().to_list() == [0, 1, 2]


def test_a_cancelled_last_race_is_gone_from_the_day_on_which_bronze_was_written(collected) -> None:
    """Nothing but a deletion: no row of it says when it was collected."""
    collected(calendar(2005, 6), BEFORE)
    of = collected(calendar(2005, 5), CANCELLED)
    assert rounds_known(of, CANCELLED - dt.timedelta(days=1), CANCELLED) == [(6, True), (5, True)]


def test_what_is_no_change_of_races_or_sprints_makes_no_calendar(collected) -> None:
    published = calendar(2005, 6)
    once = collected(published, BEFORE)
    assert_frame_equal(collected(published.with_columns(circuitName=pl.lit("renamed")), CANCELLED), once)


def test_a_bronze_made_anew_takes_no_calendar_away(collected, lake) -> None:
    published = calendar(2005, 6)
    collected(published, BEFORE)
    before = collected(without(4, published), CANCELLED)
    found = read("bronze/events").collect()
    shutil.rmtree(lake / "bronze" / "events")
    after = collected(Events.cast(found), CANCELLED)
    assert_frame_equal(after, before)
    moved = found.with_columns(event_date=pl.col("event_date") + dt.timedelta(days=1))
    assert rounds_known(collected(Events.cast(moved), RESTORED), RESTORED) == [(5, True)]
    assert read(TABLE).select(pl.col("collected_on").n_unique()).collect().item() == 3


def test_a_calendar_that_changes_later_changes_no_earlier_day(made: Made, collected) -> None:
    """Rounds that remain, points still to be won, and who can still win: on 2 days before, of a cancelled race."""
    published = calendar(2005, 6, sprints=(5,))
    rules = of_seasons(2005)
    held = frame_of(3)

    def known(of: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        state = made(season_state, held, of, rules, made(departures)).filter(pl.col("as_of") < CANCELLED)
        days = made(events, published, of).filter(pl.col("event_date") < CANCELLED)
        return state, days.select("season", "round", "rounds_remaining")

    then = known(collected(published, BEFORE))
    assert then[0]["rounds_remaining"].unique().sort().to_list() == [4, 5]
    for changed, day in ((without(4, published), CANCELLED), (without(2, without(4, published)), RESTORED)):
        now = known(collected(changed, day))
        for before, after in zip(then, now, strict=True):
            assert_frame_equal(after, before)


def frame_of(rounds: int) -> pl.DataFrame:
    """silver/session_results of the first races of 2005."""
    return frame(SessionResults, [row for n in range(1, rounds + 1) for row in race(n, ("a", "b", "c"))])


def test_the_day_before_a_season_is_1_january_or_the_day_before_a_race_on_it() -> None:
    new_years_day = calendar(2006, 2).with_columns(event_date=pl.col("event_date") - dt.timedelta(days=59))
    of = in_force(pl.concat([calendar(2005, 2), new_years_day]))
    days = dict(before_season(of.lazy()).collect().iter_rows())
    assert (days[2005], days[2006]) == (dt.date(2005, 1, 1), dt.date(2005, 12, 31))


@pytest.mark.parametrize(("day", "season"), [
    (dt.date(1964, 12, 31), 1965), (dt.date(1965, 1, 1), 1965), (dt.date(1962, 12, 29), 1962),
])
def test_the_day_before_a_season_is_of_that_season(day: dt.date, season: int):
    assert season_of(day) == season
