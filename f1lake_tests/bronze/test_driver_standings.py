"""bronze/driver_standings is what the source ranks, and whom it does not."""

import pytest

from f1lake.bronze.driver_standings import driver_standings
from f1lake.raw import driver_standings as raw
from f1lake.raw.standings import collected_standings
from f1lake.upstream.pages import STANDINGS
from f1lake.upstream.session import collecting


def test_schumacher_has_points_but_no_place_in_1997(recording, made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1LAKE_UPSTREAM", str(recording))
    with collecting() as session:
        frame = made(
            driver_standings, collected_standings(session, STANDINGS, raw.TABLE, raw.DriverStandings, 1997, 1950)
        )
    assert frame.filter(position=1)["driverId"].to_list() == ["villeneuve"]
    schumacher = frame.filter(driverId="michael_schumacher").row(0, named=True)
    assert (schumacher["position"], schumacher["points"], schumacher["constructorIds"]) == (
        None,
        78.0,
        ["ferrari"],
    )
