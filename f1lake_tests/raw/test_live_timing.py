"""The tables of live timing: each by itself, from one reading of a session in a run."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from f1lake.raw import live_timing, timing_drivers, weather
from f1lake.upstream.failures import UnavailableError
from f1lake.upstream.live_timing import DRIVERS, WEATHER, LiveTiming

DAY = dt.date(2026, 3, 29)
EVENT = {"season": 2026, "round": 3}


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What live timing tells of the race of Suzuka, the drivers first, and how often it was read after it."""
    session = EVENT | {"session": "Race", "circuitId": "suzuka", "raceDate": DAY}
    drivers = pl.DataFrame({"DriverNumber": ["63"], "BroadcastName": ["G RUSSELL"], "Abbreviation": ["RUS"]})
    told: list[Any] = [
        {
            "drivers": drivers.with_columns(
                pl.lit(None, dtype).alias(name) for name, dtype in DRIVERS.items() if name not in drivers.columns
            ),
            "weather": UnavailableError("live timing", "status 503"),
        }
    ]

    def read_session(*_: object) -> LiveTiming:
        told.append("read")
        return LiveTiming(told[0])

    monkeypatch.setattr(live_timing, "wanted_sessions", lambda *_: pl.DataFrame([session]))
    monkeypatch.setattr(live_timing, "read_session", read_session)
    live_timing._read_in_run.cache_clear()
    return told


def collected(part: str, schema: Any) -> pl.DataFrame:
    context: Any = SimpleNamespace(partition_keys=["2026-03"], run_id="run")
    schedule = pl.LazyFrame(EVENT | {"raceName": "Japanese Grand Prix"})
    results = pl.LazyFrame(EVENT | {"session": "Race"})
    output, *_ = live_timing.collected_part(context, schedule, results, part, f"raw/{schema.__name__}", schema)
    return output.value["2026-03"]


def test_drivers_whom_the_api_did_not_name_are_asked_for_again(readings) -> None:
    with pytest.raises(UnavailableError, match="Race results of season 2026, round 3"):
        collected("drivers", timing_drivers.TimingDrivers)
    live_timing._read_in_run.cache_clear()
    readings[0]["drivers"] = readings[0]["drivers"].with_columns(DriverId=pl.lit("russell"))
    assert collected("drivers", timing_drivers.TimingDrivers)["DriverId"].to_list() == ["russell"]


def test_a_part_that_failed_fails_alone_and_is_not_read_again_by_its_neighbour(readings) -> None:
    readings[0]["drivers"] = readings[0]["drivers"].with_columns(DriverId=pl.lit("russell"))
    with pytest.raises(UnavailableError, match="status 503"):
        collected("weather", weather.Weather)
    assert collected("drivers", timing_drivers.TimingDrivers).height == 1
    assert readings.count("read") == 1


def test_a_part_of_which_there_is_nothing_has_no_rows(readings) -> None:
    readings[0]["weather"] = pl.DataFrame(schema=WEATHER)
    assert collected("weather", weather.Weather).is_empty()
