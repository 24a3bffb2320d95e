"""The last published standings of a season, whole, or a reason why there are none."""

import polars as pl
import pytest

from f1lake.raw.final_standings import FinalStandings, collected_standings
from f1lake.settings import settings
from f1lake.storage.contract import broken_rules
from f1lake.storage.raw_io import RawIOManager
from f1lake.upstream.failures import ResultsGoneError, SourceHasNoneError
from f1lake.upstream.session import collecting
from f1lake_tests.upstream.small import race, standings


def collected(season: int) -> pl.DataFrame:
    with collecting() as session:
        frame = collected_standings(session, season)
    assert broken_rules(FinalStandings, frame) == {}
    return frame


def test_a_season_of_more_than_a_hundred_drivers_is_whole(recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    settings.cache_clear()
    frame = collected(1953)
    assert frame.height > 100
    assert frame["driverId"].is_unique().all()
    assert frame.filter(position=1)["driverId"].to_list() == ["ascari"]
    assert frame["round"].unique().to_list() == [9]


def test_before_the_first_race_there_are_none_and_a_past_season_must_have_some(recorded, monkeypatch) -> None:
    recorded([race(2001, 1, "2001-05-01", driverStandings=standings(3))])
    for instant, drivers in (("2001-04-30T00:00:00Z", 0), ("2001-05-01T20:00:00Z", 3)):
        monkeypatch.setenv("F1LAKE_NOW", instant)
        settings.cache_clear()
        assert collected(2001).height == drivers
    with pytest.raises(SourceHasNoneError, match="driver standings of season 2000"):
        collected(2000)


def test_standings_that_were_there_and_are_gone_are_an_error(recorded, monkeypatch, lake) -> None:
    recorded([race(2001, 1, "2001-05-01", driverStandings=standings(3))])
    RawIOManager().write("raw/final_standings", "2001", collected(2001))
    monkeypatch.setenv("F1LAKE_NOW", "2001-04-30T00:00:00Z")
    settings.cache_clear()
    with pytest.raises(ResultsGoneError, match="driver standings of season 2001"):
        collected(2001)
