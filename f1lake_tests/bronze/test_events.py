"""bronze/events is the collected schedule, nothing left out."""

import polars as pl

from f1lake.bronze.events import events
from f1lake.raw.event_schedule import EventSchedule, collected_schedules
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.small import race


def test_the_day_of_the_race_is_the_event_date_and_nothing_else_changes(recorded, made) -> None:
    recorded([race(2001, 1, "2001-05-01"), race(2001, 2, "2001-06-03", "street", time="14:00:00Z")])
    with collecting() as session:
        schedule = collected_schedules(session, [2001]).rows
    frame = made(events, schedule)
    assert frame["event_date"].to_list() == schedule["raceDate"].to_list()
    assert frame.drop("event_date").equals(schedule.drop("raceDate"))


def test_a_season_without_a_schedule_has_no_rows(made) -> None:
    assert made(events, EventSchedule.create_empty()).select(pl.len()).item() == 0
