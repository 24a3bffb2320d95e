"""What is asked for and when: after each session, ever more rarely, again for corrections, and for what failed."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from f1lake.automation.asked import Asked, Failing, Questions
from f1lake.automation.due import begun_events, due, first
from f1lake.automation.questions import Question
from f1lake.automation.stored import CALENDAR, CONSTRUCTORS, DRIVERS, OPTIONAL, RESULTS, Stored
from f1lake.automation.waiting import waiting_for
from f1lake.partitions import registered_ranges
from f1lake.raw import laps, pit_stops
from f1lake.settings import settings

UTC = dt.UTC
TIMES = pl.Datetime("us", "UTC")
QUALIFYING_ENDED = dt.datetime(2026, 3, 7, 9, tzinfo=UTC)
RACE_ENDED = dt.datetime(2026, 3, 8, 8, tzinfo=UTC)
CHINA_ENDED = dt.datetime(2026, 3, 15, 11, tzinfo=UTC)
RACE, QUALIFYING = "2026-01 Race albert_park", "2026-01 Qualifying albert_park"
A_DAY, A_MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def from_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_FROM_SEASON", "1950")
    settings.cache_clear()


def weekend(season: int, round_: int, circuit: str, race: dt.datetime | None, day: dt.date) -> dict[str, object]:
    """An event of the calendar: practice two days and qualifying one day before the race, where it has times."""
    return {
        "season": season, "round": round_, "raceName": circuit, "circuitId": circuit, "raceDate": day, "raceTime": race,
        "fp1Time": race and race - 2 * A_DAY, "qualifyingTime": race and race - A_DAY + dt.timedelta(hours=1),
        "qualifyingDate": race and day - A_DAY, "sprintTime": None, "sprintDate": None, "EventFormat": None,
    }  # fmt: skip


def calendar() -> pl.DataFrame:
    """Melbourne and Shanghai 2026, the races on two Sundays, and a race of 1950."""
    schema = {"raceTime": TIMES, "fp1Time": TIMES, "qualifyingTime": TIMES, "sprintTime": TIMES, "sprintDate": pl.Date}
    schema |= {"EventFormat": pl.String, "qualifyingDate": pl.Date}
    rows = [
        weekend(1950, 1, "silverstone", None, dt.date(1950, 5, 13)),
        weekend(2026, 1, "albert_park", RACE_ENDED - dt.timedelta(hours=4), dt.date(2026, 3, 8)),
        weekend(2026, 2, "shanghai", CHINA_ENDED - dt.timedelta(hours=4), dt.date(2026, 3, 15)),
    ]
    return pl.DataFrame(rows, schema_overrides=schema)


POINTS = {
    "season": pl.Int32, "round": pl.Int32, "session": pl.String, "driverId": pl.String, "constructorId": pl.String,
    "points": pl.Float64, "collected_at": TIMES,
}  # fmt: skip
OFFICIAL = {
    "season": pl.Int32, "round": pl.Int32, "driverId": pl.String, "points": pl.Float64, "collected_at": TIMES
}


def stored(*sessions: tuple[str, str], rows: dict[str, set[str]] | None = None, **changes: object) -> Stored:
    """A lake with the calendars of all seasons, the race of 1950 and these sessions; `rows` of optional tables."""
    events = {"1950-01", *(event for event, _ in sessions)}
    seasons = frozenset(str(season) for season in range(1950, 2027))
    whole = [("1950-01", name) for name in ("Race", "Sprint", "Qualifying")]
    lake = Stored(
        calendar=calendar(),
        keys={
            CALENDAR: seasons, RESULTS: frozenset(events), DRIVERS: frozenset(key[:4] for key in events),
            CONSTRUCTORS: frozenset(key[:4] for key in events),
            **{table: frozenset(keys) for table, keys in (rows or dict.fromkeys(OPTIONAL, events)).items()},
        },
        empty={},
        sessions=pl.DataFrame([*whole, *sessions], schema=["event", "session"], orient="row"),
        points=pl.DataFrame(schema=POINTS),
        drivers=pl.DataFrame(schema=OFFICIAL),
        constructors=pl.DataFrame(schema=OFFICIAL),
    )  # fmt: skip
    return replace(lake, **changes)


def was(at: dt.datetime, number: int = 1, failing: Failing | None = None, is_open: bool = False) -> Asked:
    return Asked(at=at, number=number, claim="a", by="a machine", is_open=is_open, failing=failing)


def failed(at: dt.datetime, again_at: dt.datetime, number: int = 1, times: int = 1, error: str = "X") -> Asked:
    failing = Failing(since=at, times=times, error=error, is_temporary=True, why="503.", again_at=again_at)
    return was(at, number, failing)


def names(questions: list[Question], but: str = CALENDAR) -> list[str]:
    return [question.name for question in questions if question.table != but]


def sessions_due(now: dt.datetime, *there: tuple[str, str], asked: Questions | None = None) -> list[str]:
    return [q.about for q in due(stored(*there), asked or {}, now) if q.table == RESULTS]


def test_an_event_begins_with_its_first_session_and_an_old_one_with_its_day() -> None:
    just_before = dt.datetime(2026, 3, 6, 3, 59, tzinfo=UTC)
    assert begun_events(calendar().lazy(), just_before) == ["1950-01"]
    assert begun_events(calendar().lazy(), just_before + A_MINUTE) == ["1950-01", "2026-01"]


def test_nothing_is_asked_for_before_a_session_has_ended() -> None:
    assert sessions_due(QUALIFYING_ENDED - dt.timedelta(seconds=1)) == []
    assert sessions_due(QUALIFYING_ENDED) == [QUALIFYING]


def test_an_old_season_that_is_not_stored_is_one_question() -> None:
    lake = stored()
    lake = replace(lake, sessions=lake.sessions.clear(), keys={**lake.keys, RESULTS: frozenset()})
    [question] = [q for q in due(lake, {}, dt.datetime(2026, 1, 1, tzinfo=UTC)) if q.table == RESULTS]
    assert (question.about, question.keys, question.session) == ("1950", ("1950-01",), None)


def test_an_unpublished_race_is_asked_for_ever_more_rarely() -> None:
    asked: Questions = {}
    times = []
    now = RACE_ENDED
    while now < RACE_ENDED + dt.timedelta(days=200):
        if RACE in sessions_due(now, ("2026-01", "Qualifying"), asked=asked):
            asked = {f"{RESULTS} {RACE}": was(now)}
            times.append(now - RACE_ENDED)
        now += dt.timedelta(minutes=15) if now - RACE_ENDED < A_DAY else A_DAY
    minutes = [round(waited.total_seconds() / 60) for waited in times]
    assert minutes[:5] == [0, 15, 30, 60, 120]
    assert len(times) <= 17
    assert times[-1] > dt.timedelta(days=80)


def test_in_the_week_after_the_race_one_session_a_day_is_asked_for_again() -> None:
    there = ("2026-01", "Qualifying"), ("2026-01", "Race")
    asked: Questions = {f"{RESULTS} {about}": was(RACE_ENDED) for about in (RACE, QUALIFYING)}
    days: dict[int, list[str]] = {}
    for hours in range(0, 24 * 7 + 12, 6):
        now = RACE_ENDED + dt.timedelta(hours=hours)
        if again := [about for about in sessions_due(now, *there, asked=asked) if about.startswith("2026-01")]:
            asked |= {f"{RESULTS} {about}": was(now) for about in again}
            days[(now.date() - RACE_ENDED.date()).days] = again
    assert days == {1: [RACE], 2: [RACE], 5: [RACE], 7: [QUALIFYING]}


def test_qualifying_that_the_source_does_not_have_is_given_up_after_a_week() -> None:
    asked = {f"{RESULTS} {QUALIFYING}": was(RACE_ENDED + 8 * A_DAY)}
    assert QUALIFYING not in sessions_due(RACE_ENDED + 300 * A_DAY, ("2026-01", "Race"), asked=asked)


def test_a_race_that_is_collected_late_brings_its_qualifying() -> None:
    """One that was cancelled and is restored after weeks, or filed under another round until now."""
    assert sessions_due(RACE_ENDED + 30 * A_DAY)[:2] == [QUALIFYING, RACE]


def test_what_failed_is_asked_again_when_its_pause_is_over_and_keeps_nothing_else_waiting() -> None:
    pause = RACE_ENDED + 5 * A_MINUTE
    asked = {f"{RESULTS} {RACE}": failed(RACE_ENDED, pause)}
    assert sessions_due(RACE_ENDED + 4 * A_MINUTE, asked=asked) == [QUALIFYING]
    assert sessions_due(pause, asked=asked) == [QUALIFYING, RACE]


def test_a_question_whose_run_was_lost_is_asked_again_after_an_hour() -> None:
    asked = {f"{RESULTS} {RACE}": was(RACE_ENDED, is_open=True)}
    there = ("2026-01", "Qualifying")
    assert sessions_due(RACE_ENDED + 59 * A_MINUTE, there, asked=asked) == []
    assert sessions_due(RACE_ENDED + 60 * A_MINUTE, there, asked=asked) == [RACE]


def test_another_event_under_a_round_has_the_calendar_asked_for_and_then_itself_at_once_and_only_once() -> None:
    now = RACE_ENDED + A_MINUTE
    present, race = f"{CALENDAR} 2026", f"{RESULTS} {RACE}"
    asked = {present: was(RACE_ENDED, 1), race: failed(now, now + A_DAY, 2, error="OtherEventError")}
    lake = stored(("2026-01", "Qualifying"))
    assert [q.name for q in first(due(lake, asked, now))] == [present]
    asked[present] = was(now, 3)
    assert [q.name for q in first(due(lake, asked, now))] == [race]
    asked[race] = failed(now, now + A_DAY, 4, times=2, error="OtherEventError")
    assert names(due(lake, asked, now), but="") == []


def calendar_due(asked: Questions, day: int) -> bool:
    now = dt.datetime(2026, 3, day, 0, 1, tzinfo=UTC)
    there = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), ("2026-02", "Qualifying"), ("2026-02", "Race"))
    return any(question.table == CALENDAR for question in due(there, asked, now))


def test_the_calendar_is_asked_for_on_days_on_which_nothing_else_is() -> None:
    def asked(day: int, last: int = 6) -> Questions:
        other = {f"{RESULTS} {name}": was(dt.datetime(2026, 3, day, tzinfo=UTC)) for name in (RACE, QUALIFYING)}
        return {f"{CALENDAR} 2026": was(dt.datetime(2026, 3, last, tzinfo=UTC)), **other}

    assert calendar_due(asked(6), 7)
    assert not calendar_due(asked(7), 7)
    assert calendar_due(asked(8), 8), "the race's day, the second day after the last calendar"
    assert not calendar_due(asked(9), 9)
    assert calendar_due(asked(13), 13), "a week is long enough"


def test_past_seasons_without_formats_are_asked_for_once_a_week() -> None:
    old = pl.col("season").replace(1950, 2019)
    lake = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), calendar=calendar().with_columns(old))
    [question] = [q for q in due(lake, {}, RACE_ENDED) if q.about == "formats"]
    assert question.keys == ("2019",)
    asked = {question.name: was(RACE_ENDED)}
    assert question.name not in names(due(lake, asked, RACE_ENDED + 6 * A_DAY), but="")
    assert question.name in names(due(lake, asked, RACE_ENDED + 8 * A_DAY), but="")
    whole = replace(lake, calendar=lake.calendar.with_columns(EventFormat=pl.lit("conventional")))
    assert question.name not in names(due(whole, {}, RACE_ENDED), but="")


def test_the_calendar_comes_first_after_two_days_without_any_question() -> None:
    questions = due(stored(), {f"{CALENDAR} 2026": was(RACE_ENDED - 3 * A_DAY)}, RACE_ENDED)
    assert [question.table for question in first(questions)] == [CALENDAR]


def scored(round_: int, *points: float, at: dt.datetime = RACE_ENDED) -> list[tuple[object, ...]]:
    return [(2026, round_, "Race", f"driver{i}", "team", value, at) for i, value in enumerate(points)]


def official(round_: int, *points: float, at: dt.datetime = RACE_ENDED) -> list[tuple[object, ...]]:
    return [(2026, round_, f"driver{i}", value, at) for i, value in enumerate(points)]


def raced(results: list[tuple[object, ...]], standings: list[tuple[object, ...]]) -> Stored:
    """Both races of 2026 raced and stored."""
    sessions = [(f"2026-{r:02d}", name) for r in (1, 2) for name in ("Qualifying", "Race")]
    rows = pl.DataFrame(results, schema=POINTS, orient="row")
    of_drivers = pl.DataFrame(standings, schema=OFFICIAL, orient="row")
    of_teams = of_drivers.with_columns(constructorId=pl.lit("team"))
    return stored(*sessions, points=rows, drivers=of_drivers, constructors=of_teams)


BOTH = [*scored(1, 25, 18, 15), *scored(2, 18, 25, 15, at=CHINA_ENDED)]
JUNE = dt.datetime(2026, 6, 10, 0, 1, tzinfo=UTC)
ASKED_IN_MARCH = {f"{table} 2026": was(CHINA_ENDED) for table in (DRIVERS, CONSTRUCTORS)}


def test_standings_are_asked_for_until_they_have_the_last_race_ever_more_rarely() -> None:
    lake = raced(BOTH, official(1, 25, 18, 15))
    tables = [f"{DRIVERS} 2026", f"{CONSTRUCTORS} 2026"]
    assert [n for n in names(due(lake, {}, CHINA_ENDED)) if n in tables] == tables
    assert not set(tables) & {*names(due(lake, ASKED_IN_MARCH, CHINA_ENDED + 14 * A_MINUTE))}
    assert set(tables) <= {*names(due(lake, ASKED_IN_MARCH, CHINA_ENDED + 15 * A_MINUTE))}


def test_standings_wait_for_the_first_race_and_follow_it_though_the_lake_has_a_file_without_rows() -> None:
    on_saturday = stored(("2026-01", "Qualifying"))
    without = {**on_saturday.keys, DRIVERS: frozenset({"1950"}), CONSTRUCTORS: frozenset({"1950"})}
    assert [n for n in names(due(replace(on_saturday, keys=without), {}, QUALIFYING_ENDED)) if "standings" in n] == []
    lake = raced(scored(1, 25.0, 18.0), [])
    assert [n for n in names(due(lake, {}, RACE_ENDED + A_MINUTE)) if "standings" in n] == list(ASKED_IN_MARCH)


def test_standings_after_more_races_than_there_are_now_are_asked_for() -> None:
    """Round 2 has become the third: its points are the same, of which round they are is not."""
    later = CHINA_ENDED + A_DAY
    lake = raced(scored(1, 25, 18, 15, at=later), official(2, 25, 18, 15))
    assert [n for n in names(due(lake, ASKED_IN_MARCH, later)) if "standings" in n] == list(ASKED_IN_MARCH)


def test_a_correction_that_the_standings_have_already_calls_for_the_constructors_only() -> None:
    later = CHINA_ENDED + A_DAY
    results = [*scored(1, 25, 18, 15), *scored(2, 25, 18, 15, at=later)]
    lake = raced(results, official(2, 50, 36, 30))
    standings = [n for n in names(due(lake, ASKED_IN_MARCH, later)) if "standings" in n]
    assert standings == [f"{CONSTRUCTORS} 2026"]
    lake = raced(results, official(2, 43, 43, 30))
    assert [n for n in names(due(lake, ASKED_IN_MARCH, later)) if "standings" in n] == list(ASKED_IN_MARCH)


def test_once_a_week_on_a_day_without_any_other_question_the_official_standings_are_looked_at() -> None:
    lake = raced(BOTH, official(2, 43, 43, 30))
    asked = ASKED_IN_MARCH | {f"{CALENDAR} 2026": was(JUNE - A_DAY)}
    assert names(due(lake, asked, JUNE), but="") == [f"{DRIVERS} 2026"], "and the calendar another day"
    asked[f"{DRIVERS} 2026"] = was(JUNE - 6 * A_DAY)
    assert names(due(lake, asked, JUNE), but="") == [f"{CALENDAR} 2026"]


def test_of_races_that_the_official_standings_contradict_the_likeliest_is_asked_for_once_a_day_at_most() -> None:
    """Months later the winner of round 1 is disqualified: the standings say so, of which race they do not say."""
    results = [*scored(1, 25, 18, 15, 0), *scored(2, 25, 15, 18, 0, at=CHINA_ENDED)]
    lake = raced(results, official(2, 25, 40, 36, 15, at=JUNE))
    asked = ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    assert names(due(lake, asked, JUNE)) == [f"{RESULTS} {RACE}"]
    asked[f"{RESULTS} {RACE}"] = was(JUNE)
    assert names(due(lake, asked, JUNE + dt.timedelta(hours=23))) == []
    corrected = raced(
        [*scored(1, 0, 25, 18, 15, at=JUNE), *scored(2, 25, 15, 18, 0, at=CHINA_ENDED)],
        official(2, 25, 40, 36, 15, at=JUNE),
    )
    assert names(due(corrected, asked, JUNE)) == [f"{CONSTRUCTORS} 2026"], "those of drivers agree"


def test_an_id_that_was_renamed_has_the_season_asked_for_again_once_a_week() -> None:
    renamed = [*official(2, 43, 43)[:1], (2026, 2, "driver_one", 43.0, JUNE)]
    lake, asked = raced(BOTH, renamed), ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    [question] = [q for q in due(lake, asked, JUNE) if "driver_one" in q.about]
    assert question.keys == ("2026-01", "2026-02")
    asked[question.name] = was(JUNE)
    assert question.name not in names(due(lake, asked, JUNE + 6 * A_DAY))
    assert question.name in names(due(lake, asked, JUNE + 7 * A_DAY + A_MINUTE))


def test_what_a_dump_says_otherwise_is_asked_for_once_a_dump() -> None:
    lake = raced(BOTH, official(2, 43, 43, 30))
    asked = ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    [question] = due(lake, asked, JUNE, differing=["2026-02", "2031-01"])
    assert (question.table, question.keys) == (RESULTS, ("2026-02",))
    asked |= {question.name: was(JUNE), "dump newest": was(JUNE - A_MINUTE)}
    assert due(lake, asked, JUNE, differing=["2026-02"]) == []
    asked["dump newest"] = was(JUNE + A_MINUTE)
    assert question in due(lake, asked, JUNE + 2 * A_MINUTE, differing=["2026-02"]), "the next dump says so again"


def test_stops_and_laps_come_when_nothing_else_is_due_and_laps_of_history_only_where_they_are_wanted() -> None:
    there = stored(("2026-01", "Qualifying"), ("2026-01", "Race"), rows={pit_stops.TABLE: set(), laps.TABLE: set()})
    questions = due(there, {}, RACE_ENDED)
    optional = [question.name for question in questions if question.table in (pit_stops.TABLE, laps.TABLE)]
    assert optional == [f"{pit_stops.TABLE} 2026-01 albert_park", f"{laps.TABLE} 2026-01 albert_park"]
    assert [question.table for question in first(questions)] == [CALENDAR]
    without_standings = replace(there, keys={**there.keys, DRIVERS: frozenset({"1950"})})
    asked = {f"{CALENDAR} 2026": was(RACE_ENDED)}
    assert [question.table for question in first(due(without_standings, asked, RACE_ENDED))] == [DRIVERS]
    assert [question.name for question in first(due(there, asked, RACE_ENDED))] == optional


def test_laps_that_the_source_has_late_are_asked_for_daily_and_more_and_more_slowly_for_four_weeks() -> None:
    there = ("2026-01", "Qualifying"), ("2026-01", "Race")
    both = {pit_stops.TABLE: {"2026-01"}, laps.TABLE: {"2026-01"}}
    lake = stored(*there, rows=both, empty={laps.TABLE: frozenset({"2026-01"})})
    name, days = f"{laps.TABLE} 2026-01 albert_park", []
    asked = {name: was(RACE_ENDED)}
    for hours in range(0, 24 * 60, 12):
        now = RACE_ENDED + dt.timedelta(hours=hours)
        if name in names(due(lake, asked, now)):
            asked = {name: was(now)}
            days.append((now.date() - RACE_ENDED.date()).days)
    assert days == [1, 2, 3, 4, 6, 8, 11, 15, 20, 28]


def test_what_is_waited_for_is_said_in_words() -> None:
    late = waiting_for(stored(), {}, QUALIFYING_ENDED)
    assert late.startswith("waiting for Qualifying of albert_park (2026-01) to be published")
    words = waiting_for(stored(("2026-01", "Qualifying")), {}, QUALIFYING_ENDED)
    assert words == "waiting for Race of albert_park (2026-01), asked for from 2026-03-08 08:00 UTC"
    assert "next season" in waiting_for(stored(), {}, dt.datetime(2027, 1, 1, tzinfo=UTC))


def test_a_source_that_cannot_be_reached_is_said_with_since_when() -> None:
    asked = {f"{RESULTS} {RACE}": failed(RACE_ENDED, RACE_ENDED + 5 * A_MINUTE)}
    words = waiting_for(stored(), asked, RACE_ENDED + A_MINUTE)
    assert words.startswith(f"{RESULTS} {RACE} fails since 2026-03-08 08:00 UTC: 503.")
    assert "from 2026-03-08 08:05 UTC" in words


def test_ranges_follow_the_order_of_registration_not_the_calendar() -> None:
    registered = ["2010-17", "2018-26", "2019-01", "2019-02", "2018-27"]
    assert registered_ranges(["2019-01", "2018-27", "2018-26", "2019-02"], registered) == [("2018-26", "2018-27")]
    assert registered_ranges(["2010-17", "2019-01"], registered) == [("2010-17", "2010-17"), ("2019-01", "2019-01")]
    with pytest.raises(ValueError, match="2027-01"):
        registered_ranges(["2027-01"], registered)
