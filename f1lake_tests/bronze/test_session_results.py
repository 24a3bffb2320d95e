"""bronze/session_results says what the source says, durations as whole milliseconds."""

import datetime as dt

import polars as pl
import pytest

from f1lake.bronze.session_results import session_results
from f1lake.raw.event_schedule import collected_schedules
from f1lake.raw.session_results import collected_results, wanted_sessions
from f1lake.storage.delta_io import BronzeIOManager
from f1lake.storage.lake import read
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.small import entry, race, rows


@pytest.fixture
def bronze(made):
    """`bronze("2001-01")`: the bronze rows of events of one season of the present upstream."""

    def collect(*keys: str):
        with collecting() as session:
            schedule = collected_schedules(session, [int(keys[0][:4])]).rows
            return made(session_results, collected_results(session, wanted_sessions(keys, schedule)).rows, schedule)

    return collect


def test_durations_are_milliseconds_and_what_a_session_lacks_is_null(recorded, bronze) -> None:
    result = rows(2)
    result[0] |= {
        "Time": {"millis": "5231335", "time": "1:27:11.335"},
        "FastestLap": {"lap": "3", "Time": {"time": "1:32.871"}},
    }
    result[1] |= {"Time": {"millis": "5232335", "time": "+1.000"}}
    times = [entry(1), entry(2)]
    times[0] |= {"Q1": "1:29.719", "Q2": "59.5", "Q3": ""}
    recorded([race(2001, 1, "2001-05-01", results=result, qualifying=times)])
    frame = bronze("2001-01").sort("session", "position")
    columns = (
        "totalRaceTimeMillis",
        "totalRaceTime_ms",
        "fastestLapTime_ms",
        "Q1_ms",
        "Q2_ms",
        "Q3_ms",
        "points",
    )
    assert frame.filter(session="Race").select(columns).rows() == [
        (5231335, 5231335, 92871, None, None, None, 0.0),
        (5232335, 1000, None, None, None, None, 0.0),
    ]
    assert frame.filter(session="Qualifying").select(columns).rows() == [
        (None, None, None, 89719, 59500, None, None),
        (None, None, None, None, None, None, None),
    ]


def test_a_number_that_is_none_is_null(recorded, bronze) -> None:
    result = rows(2)
    result[0] |= {"number": "None", "Time": {"millis": "", "time": "1:27:11.335"}}
    recorded([race(2001, 1, "2001-05-01", results=result)])
    assert bronze("2001-01").select("number", "totalRaceTimeMillis").rows() == [(None, None), (2, None)]


def test_a_driver_of_two_cars_keeps_both_rows(recording, monkeypatch: pytest.MonkeyPatch, bronze) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    frame = bronze("1957-05")
    shared = frame.filter(driverId="brooks", session="Race").select("number", "position", "points")
    assert sorted(shared.rows()) == [(18, 12, 0.0), (20, 1, 4.0)]


def test_an_event_that_has_another_round_now_is_there_once(recorded, made) -> None:
    """Of rounds 1 to 3 the second is cancelled: what was round 3 is round 2 now, and its old file stays in raw."""
    races = [race(2001, n, f"2001-0{n + 3}-01", results=rows(2)) for n in (1, 2, 3)]
    recorded(races)
    with collecting() as session:
        old = collected_schedules(session, [2001]).rows
        before = collected_results(session, wanted_sessions(["2001-01", "2001-03"], old)).rows
    recorded([races[0], races[2] | {"round": "2"}])
    with collecting() as session:
        calendar = collected_schedules(session, [2001]).rows
        after = collected_results(session, wanted_sessions(["2001-02"], calendar)).rows
    table = BronzeIOManager()
    for raw, schedule in ((before, old), (pl.concat([before, after]), calendar)):
        table.write("bronze/session_results", made(session_results, raw, schedule), [2001])
    assert sorted(set(read("bronze/session_results").select("round", "raceDate").collect().iter_rows())) == [
        (1, dt.date(2001, 4, 1)), (2, dt.date(2001, 6, 1))
    ]  # fmt: skip
