"""What is asked for again: standings that lack a race, corrections that they or a dump show, and renamed ids."""

import datetime as dt
from dataclasses import replace

from f1lake.automation.due.rules import due
from f1lake.automation.due.stored import CALENDAR, CONSTRUCTORS, DRIVERS, RESULTS
from f1lake_tests.automation.due.two_weekends import (
    A_DAY,
    A_MINUTE,
    CHINA_ENDED,
    QUALIFYING_ENDED,
    RACE,
    RACE_ENDED,
    UTC,
    names,
    official,
    raced,
    scored,
    stored,
    was,
)

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
    attempts = ASKED_IN_MARCH | {f"{CALENDAR} 2026": was(JUNE - A_DAY)}
    assert names(due(lake, attempts, JUNE), but="") == [f"{DRIVERS} 2026"], "and the calendar another day"
    attempts[f"{DRIVERS} 2026"] = was(JUNE - 6 * A_DAY)
    assert names(due(lake, attempts, JUNE), but="") == [f"{CALENDAR} 2026"]


def test_of_races_that_the_official_standings_contradict_the_likeliest_is_asked_for_once_a_day_at_most() -> None:
    """Months later the winner of round 1 is disqualified: the standings say so, of which race they do not say."""
    results = [*scored(1, 25, 18, 15, 0), *scored(2, 25, 15, 18, 0, at=CHINA_ENDED)]
    lake = raced(results, official(2, 25, 40, 36, 15, at=JUNE))
    attempts = ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    assert names(due(lake, attempts, JUNE)) == [f"{RESULTS} {RACE}"]
    attempts[f"{RESULTS} {RACE}"] = was(JUNE)
    assert names(due(lake, attempts, JUNE + dt.timedelta(hours=23))) == []
    corrected = raced(
        [*scored(1, 0, 25, 18, 15, at=JUNE), *scored(2, 25, 15, 18, 0, at=CHINA_ENDED)],
        official(2, 25, 40, 36, 15, at=JUNE),
    )
    assert names(due(corrected, attempts, JUNE)) == [f"{CONSTRUCTORS} 2026"], "those of drivers agree"


def test_an_id_that_was_renamed_has_the_season_asked_for_again_once_a_week() -> None:
    renamed = [*official(2, 43, 43)[:1], (2026, 2, "driver_one", 43.0, JUNE)]
    attempts = ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    lake = raced(BOTH, renamed)
    [question] = [q for q in due(lake, attempts, JUNE) if "driver_one" in q.about]
    assert question.keys == ("2026-01", "2026-02")
    attempts[question.name] = was(JUNE)
    assert question.name not in names(due(lake, attempts, JUNE + 6 * A_DAY))
    assert question.name in names(due(lake, attempts, JUNE + 7 * A_DAY + A_MINUTE))


def test_what_a_dump_says_otherwise_is_asked_for_once_a_dump() -> None:
    lake = raced(BOTH, official(2, 43, 43, 30))
    attempts = ASKED_IN_MARCH | {f"{DRIVERS} 2026": was(JUNE), f"{CALENDAR} 2026": was(JUNE)}
    [question] = due(lake, attempts, JUNE, differing=["2026-02", "2031-01"])
    assert (question.table, question.keys) == (RESULTS, ("2026-02",))
    attempts |= {question.name: was(JUNE), "dump newest": was(JUNE - A_MINUTE)}
    assert due(lake, attempts, JUNE, differing=["2026-02"]) == []
    attempts["dump newest"] = was(JUNE + A_MINUTE)
    assert question in due(lake, attempts, JUNE + 2 * A_MINUTE, differing=["2026-02"]), "the next dump says so again"
