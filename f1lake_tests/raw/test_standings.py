"""Standings: the last round of history, every round of the season under way, as far back as a correction reaches."""

import polars as pl
import pytest

from f1lake.raw import constructor_standings, driver_standings, standings
from f1lake.raw.constructor_standings import ConstructorStandings
from f1lake.raw.driver_standings import DriverStandings
from f1lake.settings import FIRST_SEASON
from f1lake.storage.raw_io import RawIOManager
from f1lake.storage.rules import broken_rules
from f1lake.upstream.failures import ResultsGoneError, SourceHasNoneError
from f1lake.upstream.pages import CONSTRUCTOR_STANDINGS, STANDINGS
from f1lake.upstream.session import collecting
from f1lake_tests.recorded_upstream import UpstreamServer
from f1lake_tests.upstream import small

DRIVERS = (STANDINGS, driver_standings.TABLE, DriverStandings)
CONSTRUCTORS = (CONSTRUCTOR_STANDINGS, constructor_standings.TABLE, ConstructorStandings)


def collected(season: int, kind=DRIVERS) -> pl.DataFrame:
    what, table, schema = kind
    first = constructor_standings.FIRST_SEASON if kind is CONSTRUCTORS else FIRST_SEASON
    with collecting() as session:
        frame = standings.collected_standings(session, what, table, schema, season, first)
    assert broken_rules(schema, frame) == {}
    return frame


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setenv("F1LAKE_NOW", instant)


def test_a_season_of_more_than_a_hundred_drivers_is_whole(recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    frame = collected(1953)
    assert frame.height > 100
    assert frame["driverId"].is_unique().all()
    assert frame.filter(position=1)["driverId"].to_list() == ["ascari"]
    assert frame["round"].unique().to_list() == [9]


def test_constructors_have_a_title_since_1958_and_it_need_not_be_the_champions_car(recording, monkeypatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    assert collected(1957, CONSTRUCTORS).is_empty()
    assert collected(2008, CONSTRUCTORS).filter(position=1)["constructorId"].to_list() == ["ferrari"]
    assert collected(2008).filter(position=1)["constructorIds"].to_list() == [["mclaren"]]


def test_before_the_first_race_there_are_none_and_a_past_season_must_have_some(recorded, monkeypatch) -> None:
    recorded([small.race(2001, 1, "2001-05-01", driverStandings=small.standings(3))])
    for instant, drivers in (("2001-04-30T00:00:00Z", 0), ("2001-05-01T20:00:00Z", 3)):
        at(monkeypatch, instant)
        assert collected(2001).height == drivers
    with pytest.raises(SourceHasNoneError, match="driver standings of season 2000"):
        collected(2000)


def test_standings_that_were_there_and_are_gone_are_an_error(recorded, monkeypatch, lake) -> None:
    recorded([small.race(2001, 1, "2001-05-01", driverStandings=small.standings(3))])
    RawIOManager().write(driver_standings.TABLE, "2001", collected(2001))
    at(monkeypatch, "2001-04-30T00:00:00Z")
    with pytest.raises(ResultsGoneError, match="driver standings of season 2001"):
        collected(2001)


def test_a_season_under_way_keeps_every_round_and_asks_only_for_what_may_be_new(
    server: UpstreamServer, lake, monkeypatch
) -> None:
    def asked() -> int:
        before = server.log()["requests"]
        RawIOManager().write(driver_standings.TABLE, "2026", collected(2026))
        return server.log()["requests"] - before

    def stored() -> pl.DataFrame:
        return RawIOManager().read_one(driver_standings.TABLE, "2026")

    server.clock("2026-03-29")
    at(monkeypatch, "2026-03-29T20:00:00Z")
    assert asked() == 3
    assert set(stored()["round"]) == {1, 2, 3}
    assert asked() == 1, "nothing new"
    server.clock("2026-05-03")
    assert asked() == 1, "the new round"
    assert set(stored()["round"]) == {1, 2, 3, 4}
    server.amend({"season": 2026, "round": 1, "session": "results", "driverId": "russell", "disqualify": True})
    points = pl.col("points").filter(driverId="russell").sum().over("round")
    before = stored().select("round", points).unique().sort("round")
    assert asked() == 1, "the last round has every correction"
    after = stored().select("round", points).unique().sort("round")
    assert (before["points"] - after["points"]).to_list() == [0, 0, 0, 25]
    at(monkeypatch, "2027-01-10T20:00:00Z")
    assert asked() == 1
    assert set(stored()["round"]) == {1, 2, 3, 4}


def test_standings_after_a_round_that_was_renumbered_are_dropped(recorded, lake) -> None:
    races = [small.race(2001, n, f"2001-0{n + 3}-01", driverStandings=small.standings(3)) for n in (1, 2)]
    recorded(races)
    RawIOManager().write(driver_standings.TABLE, "2001", collected(2001))
    recorded([races[0]])
    assert collected(2001)["round"].unique().to_list() == [1]
